"""Brings the alerts of a queue to the Slack channel behind its webhook."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Protocol

from journey_watch.channels.queued.delivery import QueuedAlert, RetryTable, read
from journey_watch.core.errors import ConfigurationError
from journey_watch.messages.forms.slack import slack_message

SECONDS_PER_MESSAGE: Final = 2.0
"""A channel takes one message a second, and two invocations may be at work."""
_WAITS: Final = (15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 600.0)
RETRIES: Final = RetryTable(unavailable=_WAITS, refused=_WAITS, longest_pause=_WAITS[-1])


class Webhook(Protocol):
    def post(self, url: str, message: Mapping[str, Any]) -> None:
        """Raises RecipientUnavailableError or RecipientRefusedError; returning means accepted."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SlackPoster:
    secrets: Mapping[str, str]
    """By queue ARN: the secret that holds the webhook's URL."""
    url_of: Callable[[str], str]
    webhook: Webhook
    now: Callable[[], datetime] = _utc_now

    def hand_over(self, alert: QueuedAlert) -> None:
        """Post one alert. Raises JourneyWatchError if it was not accepted."""
        secret = self.secrets.get(alert.queue_arn)
        if secret is None:
            raise ConfigurationError(f"No webhook is known for {alert.queue_arn}; deploy the stack again.")
        message = read(alert.body, partial(slack_message, now=self.now()))
        self.webhook.post(self.url_of(secret), message)
