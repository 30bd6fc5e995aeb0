"""Keeps the calls of one lane under the provider's quota."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from journey_watch.aws.errors import is_throttle

if TYPE_CHECKING:
    from botocore.client import BaseClient


@dataclass(frozen=True, slots=True)
class Quota:
    """How often AWS lets an account call, in one Region."""

    per_second: float
    burst: float


SHARE: Final = 0.9
"""This share of the quota is used; the rest is for the console and for others."""
LOWEST_SHARE: Final = 0.1
"""However often AWS throttles, the poller goes on at this share of the full rate."""
RECOVERY: Final = 0.02
"""This share of the full rate is regained each second: half of it takes 25 seconds."""
HALVE_AT_MOST_EVERY: Final = 1.0
"""Seconds. Calls already under way when the rate was halved are throttled too, and prove nothing more."""


class RateLimit:
    """A token bucket that halves its rate when AWS throttles and raises it again slowly. Safe for threads.

    It governs every HTTP attempt of the clients it is attached to, botocore's own retries included.
    """

    def __init__(
        self,
        quota: Quota,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._full_rate = self._rate = quota.per_second * SHARE
        self._burst = self._tokens = quota.burst * SHARE
        self._clock = clock
        self._sleep = sleep
        self._at = clock()
        self._halved_at = float("-inf")
        self._throttles = 0
        self._lock = threading.Lock()

    @property
    def throttles(self) -> int:
        """How many answers asked for fewer calls, those included that botocore then retried."""
        return self._throttles

    @property
    def rate(self) -> float:
        """Calls per second allowed now."""
        with self._lock:
            self._catch_up()
            return self._rate

    def acquire(self) -> None:
        """Wait until one more call may be made. Calls are let through in the order they asked."""
        with self._lock:
            self._catch_up()
            self._tokens -= 1
            wait = max(0.0, -self._tokens / self._rate)
        if wait:
            self._sleep(wait)

    def throttled(self) -> None:
        """Note that AWS asked for fewer calls."""
        with self._lock:
            self._catch_up()
            self._throttles += 1
            if self._at - self._halved_at < HALVE_AT_MOST_EVERY:
                return
            self._halved_at = self._at
            self._rate = max(self._full_rate * LOWEST_SHARE, self._rate / 2)
            self._tokens = min(self._tokens, 0.0)

    def attach(self, client: "BaseClient") -> None:
        """Govern this client's calls."""
        service = client.meta.service_model.service_id.hyphenize()
        # Both are emitted for each HTTP attempt, while a client's method may make several.
        client.meta.events.register(f"before-send.{service}", self._before_send)
        client.meta.events.register(f"response-received.{service}", self._response_received)

    def _before_send(self, **_: object) -> None:
        self.acquire()

    def _response_received(
        self, *, response_dict: Mapping[str, Any] | None, parsed_response: Mapping[str, Any] | None, **_: object
    ) -> None:
        if response_dict is None:
            return  # the connection failed
        code = (parsed_response or {}).get("Error", {}).get("Code")
        if is_throttle(response_dict.get("status_code"), code):
            self.throttled()

    def _catch_up(self) -> None:
        now = self._clock()
        elapsed = max(0.0, now - self._at)
        self._at = now
        self._rate = min(self._full_rate, self._rate + self._full_rate * RECOVERY * elapsed)
        self._tokens = min(self._burst, self._tokens + self._rate * elapsed)
