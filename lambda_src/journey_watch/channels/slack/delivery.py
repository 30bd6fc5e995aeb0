"""Hands what waits in a queue to Slack. The queue keeps every alert until Slack has accepted it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Any, Final, Protocol

from aws_lambda_powertools import Logger

from journey_watch.core.errors import ChatRefusedError, ChatUnavailableError, ConfigurationError, JourneyWatchError
from journey_watch.messages.forms.slack import slack_message

SECONDS_PER_MESSAGE: Final = 2.0
"""A channel takes one message a second, and two invocations may be at work: Lambda knows no lower limit."""
FIRST_WAIT: Final = 15.0
MAX_WAIT: Final = 600.0
"""Seconds before the second attempt, and between the last ones; each wait is twice the one before."""

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class QueuedAlert:
    """One message of a queue."""

    body: str
    """The envelope."""
    queue_arn: str
    queue_url: str
    receipt: str
    attempt: int
    """How often the queue has handed it out: 1 the first time."""


class Webhook(Protocol):
    def post(self, url: str, message: Mapping[str, Any]) -> None:
        """Raises ChatUnavailableError or ChatRefusedError; returning means accepted."""


class Queue(Protocol):
    def postpone(self, queue_url: str, receipt: str, seconds: int) -> None:
        """Hide a message for so long, from now on. Does not raise: the queue's own time-out is as good."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class SlackDelivery:
    """Outlives invocations, so that a channel that asked for a pause gets it from the next invocation too."""

    secrets: Mapping[str, str]
    """By queue ARN: the secret that holds the webhook's URL."""
    url_of: Callable[[str], str]
    webhook: Webhook
    queue: Queue
    now: Callable[[], datetime] = _utc_now
    clock: Callable[[], float] = monotonic
    sleep: Callable[[float], None] = sleep
    _paused_until: dict[str, float] = field(default_factory=dict)

    def deliver(self, alert: QueuedAlert) -> None:
        """Post one alert. Raises JourneyWatchError if it was not accepted: the queue hands it out again later."""
        pause = self._paused_until.get(alert.queue_arn, 0.0) - self.clock()
        if pause > 0:
            self.queue.postpone(alert.queue_url, alert.receipt, round(pause) + 1)
            raise ChatUnavailableError("Slack takes no messages now.", retry_after=pause)
        try:
            self._post(alert)
        except JourneyWatchError as error:
            wait = _wait_after(error, alert.attempt)
            if isinstance(error, ChatUnavailableError):
                self._paused_until[alert.queue_arn] = self.clock() + wait
            logger.warning("not accepted by Slack; kept", reason=str(error), attempt=alert.attempt, retry_after=wait)
            self.queue.postpone(alert.queue_url, alert.receipt, round(wait))
            raise
        self.sleep(SECONDS_PER_MESSAGE)

    def _post(self, alert: QueuedAlert) -> None:
        secret = self.secrets.get(alert.queue_arn)
        if secret is None:
            raise ConfigurationError(f"No webhook is known for {alert.queue_arn}; deploy the stack again.")
        try:
            message = slack_message(json.loads(alert.body), now=self.now())
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            raise ChatRefusedError(f"It cannot be read by this version: {error!r}.") from error
        self.webhook.post(self.url_of(secret), message)


def _wait_after(error: JourneyWatchError, attempt: int) -> float:
    asked = error.retry_after if isinstance(error, ChatUnavailableError) else None
    # Clamped before it is raised to a power: a message may come back hundreds of times.
    return asked or min(FIRST_WAIT * 2 ** min(attempt - 1, 10), MAX_WAIT)
