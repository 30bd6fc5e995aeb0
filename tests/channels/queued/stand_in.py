"""One queue whose time passes only when told, with Lambda behind it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from math import inf
from typing import Any, Final

from infra.queued_channel import BATCH_SIZE

QUEUE_ARN: Final = "arn:aws:sqs:eu-west-1:111122223333:queue"
VISIBILITY_TIMEOUT: Final = 360


@dataclass
class _Message:
    body: str
    group: str
    sent_at: float
    visible_at: float
    attempt: int = 0


class QueueStandIn:
    """One SQS queue with Lambda behind it: visibility, batches, partial failures, dead letters; virtual seconds.

    A FIFO queue hands out nothing of a group while something earlier of it is there.
    """

    def __init__(self, bodies: Sequence[str], *, most_attempts: int, fifo: bool = False) -> None:
        self._most_attempts = most_attempts
        self._fifo = fifo
        self.at = 0.0
        self._waiting: dict[str, _Message] = {}
        self._receipts = map(str, count())
        for body in bodies:
            self.arrive(body)
        self.dead = 0
        self.slept: list[float] = []

    def arrive(self, body: str, *, group: str = "") -> None:
        """A message comes, to be handed out at once; by itself, if it is of no group."""
        receipt = next(self._receipts)
        self._waiting[receipt] = _Message(body, group or receipt, self.at, self.at)

    @property
    def age_of_oldest(self) -> float:
        """Of what waits, in seconds; 0 if nothing does."""
        return self.at - min((message.sent_at for message in self._waiting.values()), default=self.at)

    def clock(self) -> float:
        return self.at

    def now(self) -> datetime:
        return datetime(2026, 11, 23, 13, tzinfo=UTC) + timedelta(seconds=self.at)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def postpone(self, _queue_url: str, receipt: str, seconds: int) -> None:
        self._waiting[receipt].visible_at = self.at + seconds

    def drain(self, invoke: Callable[[dict[str, Any]], Any], *, until: float = inf) -> None:
        """Hand messages out until none is left, or the time has come."""
        while self._waiting:
            first = self._first_in_line()
            next_at = max(self.at, min(message.visible_at for message in first.values()))
            if next_at > until:
                return
            self.at = next_at
            visible = [receipt for receipt, message in first.items() if message.visible_at <= self.at]
            batch = visible[: 1 if self._fifo else BATCH_SIZE]
            for receipt in batch:
                self._waiting[receipt].attempt += 1
                self._waiting[receipt].visible_at = self.at + VISIBILITY_TIMEOUT
            answer = invoke({"Records": [self._record(receipt) for receipt in batch]})
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
            for receipt in batch:
                if receipt not in failed:
                    del self._waiting[receipt]
                elif self._waiting[receipt].attempt >= self._most_attempts:
                    del self._waiting[receipt]
                    self.dead += 1

    def _first_in_line(self) -> dict[str, _Message]:
        if not self._fifo:
            return self._waiting
        oldest_last = {message.group: receipt for receipt, message in reversed(self._waiting.items())}
        return {receipt: self._waiting[receipt] for receipt in sorted(oldest_last.values(), key=int)}

    def _record(self, receipt: str) -> dict[str, Any]:
        message = self._waiting[receipt]
        return {
            "messageId": receipt,
            "receiptHandle": receipt,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.attempt)},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": QUEUE_ARN,
            "awsRegion": "eu-west-1",
        }
