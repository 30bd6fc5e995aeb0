"""A clock for waiting that takes no time."""

from dataclasses import dataclass, field
from datetime import timedelta

from verify_aws.waiting import Waiting


@dataclass
class Clock:
    """Time passes while somebody sleeps, and no other way."""

    now: float = 0.0
    told: list[str] = field(default_factory=list)

    def waiting(self) -> Waiting:
        return Waiting(progress=self.told.append, pause=timedelta(seconds=5), clock=lambda: self.now, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
