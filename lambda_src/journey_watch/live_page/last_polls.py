"""When each lane was last polled. A poll that finds nothing new writes nothing to the table, but it counts itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol, Self

from journey_watch.contract import POLLS_MISSING_INTERVALS
from journey_watch.core.runs import Lane

LOOK_BACK: Final = timedelta(hours=4)
"""More than three intervals of the slowest schedule: what was not polled within it is late."""
_ON_ITS_WAY: Final = timedelta(minutes=2)
"""A metric knows the minute only, and can be read a minute or so after it was logged."""


class LastPolls(Protocol):
    def read(self, lanes: Collection[Lane], *, now: datetime) -> Mapping[Lane, datetime | None]:
        """When a poll of each lane last came to its end; None if none did within LOOK_BACK.

        A lane of which that cannot be told is left out. The page does without it rather than fail: nothing is raised.
        """


@dataclass(frozen=True, slots=True)
class LastPoll:
    """The last poll of a lane that came to its end."""

    ended: datetime | None
    """To the minute; None if it was longer than LOOK_BACK ago, if ever."""
    late: bool
    """True if another should have come to its end since: nobody watches the lane."""

    @classmethod
    def judged(cls, ended: datetime | None, *, now: datetime, every: timedelta) -> Self:
        """`every` is the interval of the schedule. The alarm `polls-missing` waits as many of them."""
        patience = POLLS_MISSING_INTERVALS * every + _ON_ITS_WAY
        return cls(ended, late=ended is None or now - ended > patience)
