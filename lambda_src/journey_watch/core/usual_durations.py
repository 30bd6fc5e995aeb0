"""How long the runs of a journey usually take, learned from those that completed, and what is too long by that."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Final, Self

REMEMBERED: Final = 20
"""The latest so many runs are learned from."""
ENOUGH: Final = 5
"""With fewer nothing is said: one quick run would make every other one look slow."""
GRACE: Final = timedelta(hours=1)
"""So much longer than the longest, or than planned, is not yet too long."""


@dataclass(frozen=True, slots=True)
class UsualDuration:
    """What is learned from the latest runs that completed: how long each had been RUNNING."""

    runs: int
    """From how many."""
    median: timedelta
    """Half of them took no longer."""
    longest: timedelta

    @classmethod
    def of(cls, durations: Sequence[int]) -> Self | None:
        """`durations` are in seconds. None if there are not enough of them."""
        if len(durations) < ENOUGH:
            return None
        seconds = timedelta(seconds=median(durations)), timedelta(seconds=max(durations))
        return cls(len(durations), *seconds)

    @property
    def limit(self) -> timedelta:
        """What is too long: twice the longest, and at least an hour more than it."""
        return max(2 * self.longest, self.longest + GRACE)


def remembering(durations: Sequence[int], seconds: float) -> tuple[int, ...]:
    """The durations with one more, the latest ones only."""
    return (*durations, round(seconds))[-REMEMBERED:]
