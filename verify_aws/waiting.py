"""Waiting for what AWS does in its own time: bounded, and seen to be waiting."""

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Self, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long each kind of thing may take before its absence is a finding."""

    poll: timedelta
    """Until the next poll of a lane has ended and its log line can be read."""
    delivery: timedelta
    """Until a message, or an alarm's, lies in a queue."""
    filters: timedelta
    """Until a subscription's filter policy is in force."""
    metrics: timedelta
    """Until a new metric is listed."""
    queries: timedelta
    """Until a query of the log has ended."""
    deletion: timedelta
    """Until a stack is gone."""

    def times(self, factor: float) -> Self:
        """So many times as patient."""
        return type(self)(**{each.name: getattr(self, each.name) * factor for each in fields(self)})


ON_AWS = Patience(
    poll=timedelta(minutes=5),
    delivery=timedelta(minutes=2),
    # SNS, "Subscription filter policies": a change takes up to 15 minutes.
    filters=timedelta(minutes=15),
    # CloudWatch, ListMetrics: a new metric takes up to 15 minutes to be listed.
    metrics=timedelta(minutes=20),
    queries=timedelta(minutes=1),
    deletion=timedelta(minutes=30),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Looks again and again. `clock` is in seconds and never goes back."""

    progress: Callable[[str], object]
    """Told every time what is waited for, and for how long it has been."""
    pause: timedelta = timedelta(seconds=5)
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep

    def until(self, what: str, look: Callable[[], T], done: Callable[[T], bool], *, limit: timedelta) -> T:
        """What `look` answers as soon as it is `done`; its last answer, done or not, when the limit is over."""
        started = self.clock()
        while not done(answer := look()):
            waited = self.clock() - started
            if waited >= limit.total_seconds():
                return answer
            self.progress(f"waiting for {what}: {waited:.0f} s of at most {limit.total_seconds():.0f} s")
            self.sleep(self.pause.total_seconds())
        return answer
