"""The scenario's clock: stopped and moved by hand, or running with real time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class ScenarioClock:
    """`elapsed` counts from the scenario's start, which `origin` places in time (UTC).

    Without a fixed `starts_at` the scenario's start is now, and again the moment the clock is started: what happens
    then carries true times, however long the clock stood still before.
    """

    def __init__(self, starts_at: datetime | None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._fixed = starts_at is not None
        self.origin = starts_at or datetime.now(UTC)
        self._monotonic = monotonic
        self._set = timedelta()
        self._running_since: float | None = None

    @property
    def running(self) -> bool:
        """Whether the clock goes by itself."""
        return self._running_since is not None

    @property
    def elapsed(self) -> timedelta:
        """The time since the scenario's start."""
        if self._running_since is None:
            return self._set
        return self._set + timedelta(seconds=self._monotonic() - self._running_since)

    def start(self) -> None:
        """Lets the clock go on from where it stands."""
        if self._running_since is None:
            self._running_since = self._monotonic()
            if not self._fixed:
                self.origin = datetime.now(UTC) - self._set

    def stop(self) -> None:
        """Stops the clock where it stands."""
        self._set, self._running_since = self.elapsed, None

    def move_to(self, elapsed: timedelta) -> None:
        """Moves the clock forward; ValueError when it is past that."""
        if elapsed < self.elapsed:
            raise ValueError(
                f"the clock stands at {self.elapsed.total_seconds():g}s and cannot go back to "
                f"{elapsed.total_seconds():g}s; load the scenario again to begin anew"
            )
        self._set = elapsed
        if self._running_since is not None:
            self._running_since = self._monotonic()
