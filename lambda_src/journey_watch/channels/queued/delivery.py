"""Hands what waits in a queue to whom it is for. The queue keeps every alert until it was accepted."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, Protocol, TypeVar

from aws_lambda_powertools import Logger

from journey_watch.core.errors import (
    JourneyWatchError,
    NotAcceptedError,
    RecipientRefusedError,
    RecipientUnavailableError,
)

logger = Logger(child=True)
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryTable:
    """How long an alert that was not accepted waits, in seconds: after its first attempt, its second and so on.

    After the last entry all waits are like it.
    """

    unavailable: Sequence[float]
    """If nobody took it, or whoever answered wants it later."""
    refused: Sequence[float]
    """If it was refused, or it is not known where to bring it."""
    longest_pause: float
    """For so long at most, nothing else of the queue is tried after one that nobody took."""

    def wait(self, error: JourneyWatchError, attempt: int) -> float:
        """Seconds from a failure to the next attempt; `attempt` is how often it was tried."""
        if isinstance(error, NotAcceptedError) and error.retry_after:
            return error.retry_after
        waits = self.unavailable if isinstance(error, RecipientUnavailableError) else self.refused
        return waits[min(max(attempt, 1), len(waits)) - 1]


class Poster(Protocol):
    def hand_over(self, alert: QueuedAlert) -> None:
        """Bring one alert to whom its queue is for. Raises JourneyWatchError; returning means that it was accepted."""


class Queue(Protocol):
    def postpone(self, queue_url: str, receipt: str, seconds: int) -> None:
        """Hide a message for so long, from now on. Does not raise: the queue's own time-out is as good."""


@dataclass(slots=True)
class QueuedDelivery:
    """Outlives invocations, so that a recipient who asked for a pause gets it from the next invocation too."""

    recipient: str
    """How sentences call who gets the alerts."""
    poster: Poster
    queue: Queue
    retries: RetryTable
    seconds_per_alert: float = 0.0
    """How long one invocation waits after each: two may be at work, Lambda knows no lower limit."""
    clock: Callable[[], float] = monotonic
    sleep: Callable[[float], None] = sleep
    _paused_until: dict[str, float] = field(default_factory=dict)

    def deliver(self, alert: QueuedAlert) -> None:
        """Hand over one alert. Raises JourneyWatchError if it was not accepted: the queue hands it out again later."""
        pause = self._paused_until.get(alert.queue_arn, 0.0) - self.clock()
        if pause > 0:
            self.queue.postpone(alert.queue_url, alert.receipt, round(pause) + 1)
            raise RecipientUnavailableError(f"{self.recipient} takes no messages now.", retry_after=pause)
        try:
            self.poster.hand_over(alert)
        except JourneyWatchError as error:
            wait = self.retries.wait(error, alert.attempt)
            if isinstance(error, RecipientUnavailableError):
                pause = error.retry_after or min(wait, self.retries.longest_pause)
                self._paused_until[alert.queue_arn] = self.clock() + pause
            logger.warning(
                "not accepted; kept",
                recipient=self.recipient,
                reason=str(error),
                attempt=alert.attempt,
                retry_after=wait,
            )
            self.queue.postpone(alert.queue_url, alert.receipt, round(wait))
            raise
        self.sleep(self.seconds_per_alert)


def read(body: str, form: Callable[[Mapping[str, Any]], T]) -> T:
    """What `form` makes of a message's JSON. Raises RecipientRefusedError if this version has not made the message."""
    try:
        return form(json.loads(body))
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise RecipientRefusedError(f"It cannot be read by this version: {error!r}.") from error
