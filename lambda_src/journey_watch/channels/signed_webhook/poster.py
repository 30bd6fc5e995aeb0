"""Brings the alerts of a queue to the endpoint of a signed webhook.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final, Protocol

from standardwebhooks import Webhook

from journey_watch.channels.queued.delivery import QueuedAlert, RetryTable, read
from journey_watch.channels.queued.https import Answer
from journey_watch.channels.queued.retry_after import retry_after_seconds
from journey_watch.core.errors import ConfigurationError, RecipientRefusedError, RecipientUnavailableError
from journey_watch.messages.forms.signed_webhook import webhook_message

SECONDS: Final = 18.0
"""For one alert, from the look-up of the name to the end of the answer: the convention asks for 15 to 30."""
_WAITS: Final = (5.0, 60.0, 300.0, 600.0)
"""Closer together than the convention's, which reach ten hours: after an outage an alert of hours ago is none."""
RETRIES: Final = RetryTable(unavailable=_WAITS, refused=_WAITS, longest_pause=0.0)
MAX_WAIT: Final = 900.0
"""Seconds: whatever Retry-After asks for, it is tried again by then."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the alerts of one queue go, as the function's environment says it."""

    url: str
    secret: str


class Https(Protocol):
    def post_json(self, url: str, body: str, headers: Mapping[str, str], *, recipient: str) -> Answer:
        """Raises RecipientUnavailableError or RecipientRefusedError if there was no answer."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class SignedWebhookPoster:
    endpoints: Mapping[str, Endpoint]
    """By queue ARN."""
    keys_of: Callable[[str], Sequence[str]]
    """The keys that a secret holds: each signs."""
    https: Https
    now: Callable[[], datetime] = _utc_now

    def hand_over(self, alert: QueuedAlert) -> None:
        """Post one alert. Raises JourneyWatchError if it was not accepted."""
        endpoint = self.endpoints.get(alert.queue_arn)
        if endpoint is None:
            raise ConfigurationError(f"No webhook is known for {alert.queue_arn}; deploy the stack again.")
        message = read(alert.body, webhook_message)
        now = self.now()
        headers = {
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            # It takes any time for one in UTC.
            "webhook-signature": " ".join(
                Webhook(key).sign(message.id, now.astimezone(UTC), message.body)
                for key in self.keys_of(endpoint.secret)
            ),
        }
        answer = self.https.post_json(endpoint.url, message.body, headers, recipient="The endpoint")
        if answer.is_success:
            return
        said = f"The endpoint answered {answer.status}"
        asked = retry_after_seconds(answer.retry_after, most=MAX_WAIT)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RecipientUnavailableError(f"{said}.", retry_after=asked)
        if answer.status == HTTPStatus.GONE:
            # The convention would stop asking. Nobody but operators can, and an alarm tells them.
            said = f"{said}: it is gone; take it out of the configuration, or mend it"
        elif answer.status // 100 == 3:  # noqa: PLR2004 - HTTP's own classes
            said = f"{said}, and no redirect is followed"
        raise RecipientRefusedError(f"{said}.", retry_after=asked)
