"""An alert: the envelope that is stored with a change and sent about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.runs import JourneyKey
from journey_watch.core.severity import Severity


@dataclass(frozen=True, slots=True)
class Alert:
    """What people receive about one change. Everything sent is derived from it, so a redelivery has the same bytes."""

    id: str
    """Stable for ever: a consumer can drop a repeat by it."""
    journey: JourneyKey
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
    def from_envelope(cls, envelope: Mapping[str, Any], *, journey: JourneyKey, thread: str) -> Self:
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
    def age(self) -> timedelta:
        """How old the change was when it was seen, as far as the provider says; zero for what is no change."""
        return timedelta(seconds=self.envelope["detail"].get("detection_delay_seconds") or 0)

    @property
    def is_for_operators(self) -> bool:
        """True if it is about the monitor's own sight, which those who look after it are told."""
        return bool(self.envelope["detail"].get("condition") == ConditionKind.UNREACHABLE)

    @property
    def sort_key(self) -> str:
        """Of the TRANSITION item that keeps the envelope."""
        return f"TRANSITION#{self.observed_time}#{self.id}"


@dataclass(frozen=True, slots=True)
class Owed:
    """One alert that one channel has yet to accept: each channel is owed, sent and acknowledged by itself."""

    alert: Alert
    channel: str

    @property
    def key(self) -> str:
        """Its name in `undelivered`: `id@channel`."""
        return f"{self.alert.id}@{self.channel}"


def channel_of(key: str) -> str:
    """The channel in an Owed.key."""
    return key.partition("@")[2]
