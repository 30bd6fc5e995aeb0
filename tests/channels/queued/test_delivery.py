"""How long what was not accepted waits, and what waits with it."""

from dataclasses import dataclass, field

import pytest

from journey_watch.channels.queued.delivery import QueuedAlert, QueuedDelivery, RetryTable
from journey_watch.core.errors import (
    ConfigurationError,
    JourneyWatchError,
    RecipientRefusedError,
    RecipientUnavailableError,
)

TABLE = RetryTable(unavailable=(1.0, 2.0, 4.0), refused=(100.0,), longest_pause=3.0)


@pytest.mark.parametrize(
    ("error", "attempt", "wait"),
    [
        (RecipientUnavailableError("", retry_after=7.0), 2, 7.0),
        (RecipientUnavailableError(""), 1, 1.0),
        (RecipientUnavailableError(""), 3, 4.0),
        (RecipientUnavailableError(""), 9**99, 4.0),
        (RecipientUnavailableError(""), 0, 1.0),
        (RecipientRefusedError(""), 1, 100.0),
        (RecipientRefusedError("", retry_after=1.0), 1, 1.0),
        (ConfigurationError(""), 5, 100.0),
    ],
)
def test_the_table_says_how_long_unless_somebody_knows_better(
    error: JourneyWatchError, attempt: int, wait: float
) -> None:
    assert TABLE.wait(error, attempt) == wait


@dataclass
class Doubles:
    """A poster that fails as it is told, and a queue that remembers."""

    failures: list[JourneyWatchError]
    handed_over: list[str] = field(default_factory=list)
    postponed: list[tuple[str, int]] = field(default_factory=list)
    at: float = 0.0

    def hand_over(self, alert: QueuedAlert) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.handed_over.append(alert.receipt)

    def postpone(self, _queue_url: str, receipt: str, seconds: int) -> None:
        self.postponed.append((receipt, seconds))

    def clock(self) -> float:
        return self.at

    def delivery(self) -> QueuedDelivery:
        return QueuedDelivery("It", self, self, TABLE, clock=self.clock, sleep=lambda _: None)


def alert(receipt: str, *, queue: str = "one", attempt: int = 1) -> QueuedAlert:
    return QueuedAlert("{}", queue, f"https://{queue}", receipt, attempt)


@pytest.mark.parametrize(
    ("failure", "paused"),
    [
        (RecipientUnavailableError("", retry_after=50.0), 50.0),
        (RecipientUnavailableError(""), 3.0),
        (RecipientRefusedError(""), 0.0),
    ],
)
def test_nothing_else_of_the_queue_is_tried_while_a_pause_lasts(failure: JourneyWatchError, paused: float) -> None:
    doubles = Doubles([failure])
    delivery = doubles.delivery()
    with pytest.raises(JourneyWatchError):
        delivery.deliver(alert("first", attempt=3))
    delivery.deliver(alert("of another", queue="two"))

    if paused:
        with pytest.raises(RecipientUnavailableError, match="It takes no messages now"):
            delivery.deliver(alert("second"))
        assert doubles.postponed[-1] == ("second", paused + 1)
    doubles.at = paused
    delivery.deliver(alert("third"))

    assert doubles.handed_over == ["of another", "third"]
