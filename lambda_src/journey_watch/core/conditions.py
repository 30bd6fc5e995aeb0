"""Conditions: something wrong that lasts. It is suspected, opens, is reminded of, and resolves."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from journey_watch.core.severity import Severity


class ConditionKind(StrEnum):
    STUCK = "STUCK"
    """A run has been RUNNING for too long, or long past its planned end."""
    LATE = "LATE"
    """A run has not started long after it was planned to, or has been SCHEDULED for too long."""
    LEFT_PAUSED = "LEFT_PAUSED"
    """A run, or a journey itself, has been PAUSED for too long."""
    MISSING = "MISSING"
    """A live run is no longer listed."""
    OVERDUE = "OVERDUE"
    """No new run has appeared for too long."""
    UNREACHABLE = "UNREACHABLE"
    """A journey, or a whole lane, cannot be read: the monitor is blind there. Told to the operators."""


class Resolution(StrEnum):
    """Why a condition is over, if it is not because the trouble is."""

    DELETED = "DELETED"
    """The provider does not have any more what it was about."""
    UNWATCHED = "UNWATCHED"
    """The configuration does not name any more what it was about."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that is wrong, or suspected to be, with one run, one journey, or a whole lane."""

    kind: ConditionKind
    run_id: str | None
    """None if it is about the journey or the lane itself."""
    since: datetime
    """When the trouble began, as far as known: for a run, when it took its status, or was to start or to end; else
    when it was first seen."""
    reason: str = ""
    """What the provider answered, in words, where the kind alone does not say it."""
    opened_at: datetime | None = None
    """When it was found to be so; None while it is only suspected, which is told to nobody."""
    severity: Severity = Severity.WARNING
    announced: bool = True
    """False while a mute holds its opening back."""
    reminders: int = 0
    """How many have been sent."""
    opened_by: str = ""
    """The id of the alert that announced it: reminders and the resolution stand in its thread."""
    told_to: tuple[str, ...] = ()
    """The recipients of its opening: whoever heard of it hears the rest."""
    planned: bool = False
    """True: `since` is when a late run was planned to start, or a stuck one to end."""

    @property
    def key(self) -> str:
        """Its name in the state: there is one of a kind for each run, and one for the journey."""
        return f"{self.kind}:{self.run_id}" if self.run_id else self.kind.value
