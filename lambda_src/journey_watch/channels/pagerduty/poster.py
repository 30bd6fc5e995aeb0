"""Brings the alerts of a queue to a PagerDuty service.

The queue keeps the order of a thread: PagerDuty drops what resolves an incident that is not open yet, and would then
leave it open for ever.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from journey_watch.channels.queued.delivery import QueuedAlert, RetryTable, read
from journey_watch.core.errors import ConfigurationError
from journey_watch.messages.forms.pagerduty import pagerduty_events

SECONDS_PER_ALERT: Final = 1.0
"""A key takes 120 events a minute, and two invocations may be at work."""
RETRIES: Final = RetryTable(
    unavailable=(15.0, 60.0, 180.0, 300.0),
    # What was refused is refused again until somebody mends the key: "do not retry".
    refused=(300.0,),
    longest_pause=300.0,
)


@dataclass(frozen=True, slots=True)
class Service:
    """Where the alerts of one queue go, as the function's environment says it."""

    secret: str
    region: str


class Events(Protocol):
    def send(self, event: Mapping[str, Any], *, routing_key: str, region: str) -> None:
        """Raises RecipientUnavailableError or RecipientRefusedError; returning means accepted."""


@dataclass(frozen=True, slots=True)
class PagerDutyPoster:
    services: Mapping[str, Service]
    """By queue ARN."""
    key_of: Callable[[str], str]
    """The routing key that a secret holds."""
    events: Events

    def hand_over(self, alert: QueuedAlert) -> None:
        """Send what there is to be sent about one alert. Raises JourneyWatchError if it was not accepted."""
        service = self.services.get(alert.queue_arn)
        if service is None:
            raise ConfigurationError(f"No PagerDuty service is known for {alert.queue_arn}; deploy the stack again.")
        events = read(alert.body, pagerduty_events)
        if not events:
            return
        key = self.key_of(service.secret)
        for event in events:
            self.events.send(event, routing_key=key, region=service.region)
