"""Brings the alerts of a queue to the endpoint of a signed webhook.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from time import monotonic
from typing import Final, Protocol

from standardwebhooks import Webhook

from journey_watch.channels.queued.delivery import QueuedAlert, RetryTable, read
from journey_watch.channels.queued.https import Answer
from journey_watch.channels.queued.retry_after import retry_after_seconds
from journey_watch.core.errors import ConfigurationError, RecipientRefusedError, RecipientUnavailableError
from journey_watch.messages.forms.signed_webhook import webhook_message

READ_SECONDS: Final = 15.0
"""The convention asks for 15 to 30."""
_MINUTE, _HOUR = 60.0, 3600.0
_WAITS: Final = (5.0, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 11 * _HOUR)
"""The convention's, but that SQS hides a message for 12 hours at most; without its jitter, for no more than two
invocations knock at once."""
RETRIES: Final = RetryTable(unavailable=_WAITS, refused=_WAITS, longest_pause=0.0)
MAX_WAIT: Final = 900.0
"""Seconds: whatever Retry-After asks for, it is tried again by then."""
GONE_FOR: Final = 600.0
"""Seconds: so long an endpoint that said that it is gone is not asked again."""
_GIVEN_UP: Final = 1.0
"""Seconds between the attempts of what waits for an endpoint that is gone: it becomes a dead letter soon."""


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


@dataclass(slots=True)
class SignedWebhookPoster:
    endpoints: Mapping[str, Endpoint]
    """By queue ARN."""
    keys_of: Callable[[str], Sequence[str]]
    """The keys that a secret holds: each signs."""
    https: Https
    now: Callable[[], datetime] = _utc_now
    clock: Callable[[], float] = monotonic
    _gone_until: dict[str, float] = field(default_factory=dict)

    def hand_over(self, alert: QueuedAlert) -> None:
        """Post one alert. Raises JourneyWatchError if it was not accepted."""
        endpoint = self.endpoints.get(alert.queue_arn)
        if endpoint is None:
            raise ConfigurationError(f"No webhook is known for {alert.queue_arn}; deploy the stack again.")
        if self.clock() < self._gone_until.get(alert.queue_arn, 0.0):
            raise RecipientRefusedError("The endpoint is gone: it has answered 410.", retry_after=_GIVEN_UP)
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
        if not answer.is_success:
            self._refused(alert.queue_arn, answer)

    def _refused(self, queue_arn: str, answer: Answer) -> None:
        said = f"The endpoint answered {answer.status}"
        if answer.status == HTTPStatus.GONE:
            self._gone_until[queue_arn] = self.clock() + GONE_FOR
            raise RecipientRefusedError(
                f"{said}: it is gone. Take it out of the configuration, or mend it.", retry_after=_GIVEN_UP
            )
        asked = retry_after_seconds(answer.retry_after, most=MAX_WAIT)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RecipientUnavailableError(f"{said}.", retry_after=asked)
        raise RecipientRefusedError(
            f"{said}, which is no success{' and is not followed' if answer.status // 100 == 3 else ''}.",  # noqa: PLR2004 - HTTP's own classes
            retry_after=asked,
        )
