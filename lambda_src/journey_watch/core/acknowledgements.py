"""Acknowledgements: somebody looks after what an alert told, and nobody needs to be reminded of it for a while."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import Lane, Scope
from journey_watch.core.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """One that an operator has set."""

    alert_id: str
    """The alert that it is about."""
    thread: str
    """That alert's: all that comes in it is acknowledged."""
    lane: Lane
    scope: Scope
    what: str
    """What that alert said, in one sentence."""
    severity: Severity
    """How loud that alert was: whoever was told of it is told of this."""
    recipients: tuple[str, ...]
    """To whom that alert was routed."""
    for_operators: bool
    """True if that alert was for operators: the monitor is blind."""
    until: datetime
    set_by: str
    identity: str = ""
    """The ARN that STS reported to the command that set it. No proof: CloudTrail's record is."""
    note: str = ""
    """What they had to say about it."""

    @classmethod
    def of(
        cls, alert: Alert, lane: Lane, *, until: datetime, set_by: str, identity: str = "", note: str = ""
    ) -> "Acknowledgement":
        """One about an alert of the lane."""
        return cls(
            alert_id=alert.id,
            thread=alert.thread,
            lane=lane,
            scope=alert.journey,
            what=alert.detail["summary"],
            severity=alert.severity,
            recipients=alert.recipients,
            for_operators=alert.is_for_operators,
            until=until,
            set_by=set_by,
            identity=identity,
            note=note,
        )


def in_force(
    remembered: Mapping[str, datetime], given: Iterable[Acknowledgement], now: datetime
) -> dict[str, datetime]:
    """By thread, until when it is acknowledged: by what is remembered, and by what operators have set since."""
    latest = dict(remembered) | {each.thread: each.until for each in given}
    return {thread: until for thread, until in latest.items() if until > now}


def newly_given(
    remembered: Mapping[str, datetime], given: Iterable[Acknowledgement], now: datetime
) -> tuple[Acknowledgement, ...]:
    """Return the acknowledgements in force that are not stored yet. Of several in one thread the last counts."""
    one_a_thread = {each.thread: each for each in given}.values()
    return tuple(each for each in one_a_thread if each.until > now and remembered.get(each.thread) != each.until)
