"""What stands in the folder of a channel: how it sends, and its entry of the registry."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from journey_watch.aws.access import Access
from journey_watch.channels.batching import BatchingNotifier
from journey_watch.channels.entry import ChannelContext, ChannelEntry
from journey_watch.core.alerts import Alert
from journey_watch.ports import Channel

PIGEON: Final = "pigeon"
LOFT: Final = "PIGEON_LOFT"
"""The poller's variable: the ARN of the queue from which pigeons fly, absent without one."""


class PigeonNotifier(BatchingNotifier[str]):
    """A Notifier over a loft; no pigeon carries more than a kilobyte."""

    service: ClassVar[str] = "the loft"
    max_bytes: ClassVar[int] = 1024
    max_entries = 1

    def __init__(self, client: Any, loft_arn: str) -> None:  # noqa: ANN401 - typed stubs of SQS are not installed
        self._client = client
        self._loft_url = client.get_queue_url(QueueName=loft_arn.rsplit(":", 1)[-1])["QueueUrl"]

    def prepare(self, alert: Alert) -> tuple[str, int]:
        letter = json.dumps({"id": alert.id, "summary": alert.detail["summary"]})
        return letter, len(letter.encode())

    def send(self, entries: Sequence[str]) -> Sequence[str | None]:
        for letter in entries:
            self._client.send_message(QueueUrl=self._loft_url, MessageBody=letter)
        return [None] * len(entries)


def _channels(context: ChannelContext) -> Mapping[str, Channel]:
    loft_arn = context.environment.get(LOFT)
    return {PIGEON: Channel(PigeonNotifier(context.session.client("sqs"), loft_arn))} if loft_arn else {}


def _uses(environment: Mapping[str, str]) -> list[Access]:
    return [Access(("sqs:GetQueueUrl", "sqs:SendMessage"), (environment[LOFT],))] if LOFT in environment else []


PIGEON_ENTRY: Final = ChannelEntry(make=_channels, sdk_operations={"sqs": ("GetQueueUrl", "SendMessage")}, uses=_uses)
