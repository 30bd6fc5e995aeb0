"""Brings the alerts of a queue to a PagerDuty service.

A queue keeps no order, and PagerDuty drops what resolves an incident that is not open: a resolution that overtakes the
opening would leave the incident open for ever. So each is sent a second time, when whatever it may have overtaken has
been tried again. That can resolve nothing wrongly: a condition that opens again is another incident.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, Protocol

from journey_watch.channels.queued.delivery import QueuedAlert, RetryTable, read
from journey_watch.core.alerts import AlertKind
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.severity import Severity
from journey_watch.messages.digest import members_of
from journey_watch.messages.forms.pagerduty import RESOLVE, Event, pagerduty_events

SECONDS_PER_ALERT: Final = 1.0
"""A key takes 120 events a minute, and two invocations may be at work."""
RETRIES: Final = RetryTable(
    unavailable=(15.0, 60.0, 180.0, 300.0),
    # What was refused is refused again until somebody mends the key: "do not retry".
    refused=(300.0,),
    longest_pause=300.0,
)
RESOLVED_AGAIN_AFTER: Final = 600
"""Seconds: more than an alert of the queue waits between two attempts, a crash of the function included."""
RESOLVED_AGAIN: Final = "resolved_again"
"""The one key of a message that says only what to resolve."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where the alerts of one queue go, as the function's environment says it."""

    secret: str
    min_severity: Severity
    """Of a digest's members: what is quieter is left out. What comes by itself is not asked again."""
    region: str

    @classmethod
    def from_json(cls, told: Mapping[str, str]) -> "Service":
        return cls(told["secret"], Severity(told["min_severity"]), told["region"])


class Events(Protocol):
    def send(self, event: Mapping[str, Any], *, routing_key: str, region: str) -> None:
        """Raises RecipientUnavailableError or RecipientRefusedError; returning means accepted."""


class Queue(Protocol):
    def send(self, queue_url: str, body: str, *, delay: int = 0) -> None:
        """Raises RecipientUnavailableError if it is not certain that the message lies there."""


@dataclass(frozen=True, slots=True)
class PagerDutyPoster:
    services: Mapping[str, Service]
    """By queue ARN."""
    key_of: Callable[[str], str]
    """The routing key that a secret holds."""
    events: Events
    queue: Queue

    def hand_over(self, alert: QueuedAlert) -> None:
        """Send what there is to be sent about one message. Raises JourneyWatchError if it was not accepted."""
        service = self.services.get(alert.queue_arn)
        if service is None:
            raise ConfigurationError(f"No PagerDuty service is known for {alert.queue_arn}; deploy the stack again.")
        work = read(alert.body, partial(_work, min_severity=service.min_severity))
        for member in work.members:
            self.queue.send(alert.queue_url, json.dumps(member, separators=(",", ":")))
        if not work.events:
            return
        key = self.key_of(service.secret)
        for event in work.events:
            self.events.send(event, routing_key=key, region=service.region)
        if work.resolves_again:
            again = {RESOLVED_AGAIN: work.events[-1]["dedup_key"]}
            self.queue.send(alert.queue_url, json.dumps(again), delay=RESOLVED_AGAIN_AFTER)


@dataclass(frozen=True, slots=True)
class _Work:
    """What one message asks for."""

    members: Sequence[Mapping[str, Any]] = ()
    """Of a digest: the envelopes that go back to the queue, each to go its own way from there. One that is sent back
    twice opens no second incident."""
    events: Sequence[Event] = ()
    resolves_again: bool = False


def _work(message: Mapping[str, Any], *, min_severity: Severity) -> _Work:
    if RESOLVED_AGAIN in message:
        return _Work(events=[{"event_action": RESOLVE, "dedup_key": str(message[RESOLVED_AGAIN])}])
    if AlertKind.of(message) is AlertKind.DIGEST:
        members = members_of(message)
        return _Work([each for each in members if Severity(each["detail"]["severity"]).reaches(min_severity)])
    events = pagerduty_events(message)
    # A test's trigger was accepted a moment before.
    return _Work(events=events, resolves_again=[each["event_action"] for each in events] == [RESOLVE])
