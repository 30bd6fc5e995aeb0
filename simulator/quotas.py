"""Request quotas as AWS enforces them: a token bucket per operation, account and Region."""

import math
from dataclasses import dataclass

from simulator.world import Site
from strict_toml.schemas import WrongValueError


@dataclass(frozen=True)
class Quota:
    """`per_second` requests are granted on average, `burst` at once."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        if self.per_second < 0 or self.burst < 1:
            problem = f"is {self.per_second} and burst {self.burst}; expected 0 or more, and a burst of at least 1."
            raise WrongValueError("per_second", problem)


class TokenBucket:
    """Full at first. `now` is any clock that counts seconds and never goes back."""

    def __init__(self, quota: Quota, now: float) -> None:
        self._quota = quota
        self._tokens = float(quota.burst)
        self._filled_at = now

    def take(self, now: float) -> bool:
        """Whether a request at `now` is granted."""
        added = (now - self._filled_at) * self._quota.per_second
        self._tokens = min(float(self._quota.burst), self._tokens + added)
        self._filled_at = now
        if self._tokens < 1 and not math.isclose(self._tokens, 1):
            return False
        self._tokens -= 1
        return True


class Quotas:
    """The buckets of all operations; an operation without a quota is never throttled."""

    def __init__(self, by_operation: dict[str, Quota]) -> None:
        self._by_operation = by_operation
        self._buckets: dict[tuple[str, Site], TokenBucket] = {}

    def take(self, operation: str, caller: Site, now: float) -> bool:
        """Whether this caller's request is granted."""
        quota = self._by_operation.get(operation)
        if quota is None:
            return True
        bucket = self._buckets.setdefault((operation, caller), TokenBucket(quota, now))
        return bucket.take(now)
