"""An alert: the envelope that is stored with a change and sent about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, Self

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.routing import DEFAULT
from journey_watch.core.runs import Scope, Status
from journey_watch.core.severity import Severity


class AlertKind(StrEnum):
    """What an alert tells of. The values are how its detail-type ends, which is part of the contract."""

    @property
    def is_change(self) -> bool:
        """True if it tells of a status that changed."""
        return self in (AlertKind.STATUS_CHANGE, AlertKind.JOURNEY_STATUS_CHANGE)

    STATUS_CHANGE = "Status Change"
    JOURNEY_STATUS_CHANGE = "Journey Status Change"
    """Of the journey itself, where it has a status beside those of its runs."""
    CONDITION = "Condition"
    """It opened, lasts or is over: its detail-type ends with the phase."""
    DIGEST = "Digest"
    MUTE_BEGAN = "Mute Began"
    """A mute of everything or a long one: for operators."""
    MUTE_ENDED = "Mute Ended"
    ACKNOWLEDGED = "Acknowledged"
    """Somebody looks after what an earlier alert of the thread told."""
    TEST = "Test"
    ATTRIBUTED = "Attributed"
    """Who did what an earlier alert of its thread has told; or that nobody could be found."""

    @classmethod
    def of(cls, envelope: Mapping[str, Any]) -> Self:
        """The kind of an envelope. Raises KeyError or ValueError if this project has not made it."""
        if envelope["detail-type"] == cls.JOURNEY_STATUS_CHANGE:
            return cls.JOURNEY_STATUS_CHANGE
        found = _DETAIL_TYPE.fullmatch(envelope["detail-type"])
        if found is None:
            raise ValueError(f"{envelope['detail-type']!r} is the detail-type of no alert of this version")
        return cls(found[1] or found[2])


_DETAIL_TYPE: Final = re.compile(
    r".+? (?:(Status Change|Digest|Mute Began|Mute Ended|Acknowledged|Test|Attributed)"
    r"|(Condition) (?:Opened|Reminder|Resolved))"
)


@dataclass(frozen=True, slots=True)
class Alert:
    """What people receive about one change. Everything sent is derived from it, so a redelivery has the same bytes."""

    id: str
    """Stable for ever: a consumer can drop a repeat by it."""
    journey: Scope
    thread: str
    """Names the run (or campaign) the alert is about: later alerts of a thread wait while an earlier one is refused."""
    severity: Severity
    sequence: int
    """The STATE version it was committed with: sorts the alerts of a thread."""
    observed_time: str
    """When the change was seen, ISO 8601 in UTC with milliseconds."""
    envelope: Mapping[str, Any]
    """The JSON body, shaped like an EventBridge event (version 1 of the contract)."""

    @classmethod
    def from_envelope(cls, envelope: Mapping[str, Any], *, journey: Scope, thread: str) -> Self:
        """Wrap an envelope that was built before, or read back from the table."""
        detail = envelope["detail"]
        return cls(
            id=envelope["id"],
            journey=journey,
            thread=thread,
            severity=Severity(detail["severity"]),
            sequence=detail["sequence"],
            observed_time=detail["observed_time"],
            envelope=envelope,
        )

    @property
    def kind(self) -> AlertKind:
        return AlertKind.of(self.envelope)

    @property
    def detail(self) -> Mapping[str, Any]:
        """What the envelope says of this alert; docs/alert-envelope.schema.json describes it."""
        detail: Mapping[str, Any] = self.envelope["detail"]
        return detail

    @property
    def status(self) -> Status | None:
        """The status to which a run or a journey changed; None if it is about no change of status."""
        return Status(self.detail["status"]) if self.kind.is_change else None

    @property
    def condition(self) -> ConditionKind | None:
        """The condition it is about, if it is about one."""
        return ConditionKind(self.detail["condition"]) if self.kind is AlertKind.CONDITION else None

    @property
    def detection_delay(self) -> timedelta | None:
        """How old the change was when it was seen, if it is about one and the provider says when it happened."""
        seconds = self.detail.get("detection_delay_seconds")
        return None if seconds is None else timedelta(seconds=seconds)

    @property
    def recipients(self) -> tuple[str, ...]:
        """The names of those to whom it is routed; operators are none of them, but may be told by some."""
        return tuple(self.detail.get("recipients", () if self.is_for_operators else (DEFAULT,)))

    def routed_to(self, recipients: tuple[str, ...]) -> "Alert":
        """The same alert for these recipients. Its envelope names them if they are not those it has anyway."""
        if recipients == self.recipients or not recipients:
            return self
        detail = {**self.detail, "recipients": list(recipients)}
        return replace(self, envelope={**self.envelope, "detail": detail})

    @property
    def muted_by(self) -> str | None:
        """The mute that keeps it from being sent, if one does."""
        return self.detail.get("muted_by")

    @property
    def is_for_operators(self) -> bool:
        """True if it is about the monitor's own sight, which those who look after it are told."""
        return self.condition is ConditionKind.UNREACHABLE or bool(self.detail.get("for_operators"))

    @property
    def sort_key(self) -> str:
        """The sort key of the TRANSITION item that keeps the envelope."""
        return f"TRANSITION#{self.observed_time}#{self.id}"


@dataclass(frozen=True, slots=True)
class PendingDelivery:
    """One alert that one channel has yet to accept: each channel is owed, sent and acknowledged by itself."""

    alert: Alert
    channel: str
    owed_to: str = ""
    """The channel's name when the alert was committed, if it has another now."""

    @property
    def key(self) -> str:
        """Its name in `undelivered`: `id@channel`."""
        return f"{self.alert.id}@{self.owed_to or self.channel}"


def channel_of(key: str) -> str:
    """The channel in an PendingDelivery.key."""
    return key.partition("@")[2]
