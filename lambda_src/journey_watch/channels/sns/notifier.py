"""Sends alerts to an SNS topic, a batch at a time.

Limits: https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final

from journey_watch.aws.errors import source_error
from journey_watch.channels.batching import BatchingNotifier
from journey_watch.channels.sns.mail_pace import MailPace
from journey_watch.core.alerts import Alert
from journey_watch.core.errors import SourceError
from journey_watch.messages.forms.sns import TopicMessage

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import (
        BatchResultErrorEntryTypeDef,
        MessageAttributeValueTypeDef,
        PublishBatchRequestEntryTypeDef,
    )

ENTRIES_PER_BATCH: Final = 10
MAX_BATCH: Final = 256 * 1024
"""Bytes of one message, and of all messages of a batch together, attributes included."""

_MAY_BE_ONE_MESSAGE: Final = frozenset(
    {"BatchRequestTooLong", "InvalidParameter", "ParameterValueInvalid", "ValidationException"}
)
"""Codes with which SNS refuses a whole batch where one message in it may be the reason."""
_ADVICE: Final = {
    "AccessDenied": "Let the function's role publish to the topic.",
    "AuthorizationError": "Let the function's role publish to the topic.",
    "KMSAccessDenied": "Let the function's role use the topic's key.",
    "KMSDisabled": "Enable the topic's key.",
    "KMSInvalidState": "Enable the topic's key, or cancel its deletion.",
    "KMSNotFound": "Deploy the stack again: the topic's key is gone.",
    "NotFound": "Deploy the stack again: the topic is gone.",
}
"""What the operator should do about it, by SNS's error code."""


class SnsNotifier(BatchingNotifier["PublishBatchRequestEntryTypeDef"]):
    """A Notifier over one topic. Not thread-safe.

    `compose` decides what recipients of the topic get; the same alert must always give the same message. Every batch
    waits for its turn at the `pace`: SNS stops sending e-mail to an address that gets more than ten messages a second,
    and Amazon Q shows no more. A topic that only programs read has none. `in_order` is for a FIFO topic: its queues
    hand out nothing of a thread while something earlier of it is there, and an alert that comes twice within five
    minutes once.
    """

    service: ClassVar[str] = "SNS"
    max_bytes: ClassVar[int] = MAX_BATCH

    def __init__(
        self,
        client: "SNSClient",
        topic_arn: str,
        *,
        compose: Callable[[Alert], TopicMessage],
        pace: MailPace | None = None,
        in_order: bool = False,
    ) -> None:
        self._client = client
        self._topic_arn = topic_arn
        self._compose = compose
        self._pace = pace
        self._in_order = in_order
        self.max_entries = pace.at_once if pace else ENTRIES_PER_BATCH

    def prepare(self, alert: Alert) -> "tuple[PublishBatchRequestEntryTypeDef, int]":
        """The composed message as an entry, still without its Id."""
        entry = entry_of(self._compose(alert))
        if self._in_order:
            entry |= {"MessageGroupId": alert.thread, "MessageDeduplicationId": alert.id}
        return entry, size_of(entry)

    def send(self, entries: "Sequence[PublishBatchRequestEntryTypeDef]") -> Sequence[str | None]:
        """One PublishBatch, when it is its turn."""
        if self._pace:
            self._pace.wait(len(entries))
        try:
            answer = self._client.publish_batch(
                TopicArn=self._topic_arn,
                PublishBatchRequestEntries=[{**entry, "Id": str(position)} for position, entry in enumerate(entries)],
            )
        except Exception as error:  # noqa: BLE001 - a broken answer makes botocore's parser raise whatever it likes
            return self._refused_whole(entries, source_error(error, "Publishing to SNS"))
        accepted = {entry.get("Id") for entry in answer.get("Successful", [])}
        failed = {entry.get("Id"): entry for entry in answer.get("Failed", [])}
        ids = [str(position) for position in range(len(entries))]
        return [None if entry_id in accepted else _reason_of_entry(failed.get(entry_id)) for entry_id in ids]

    def _refused_whole(
        self, entries: "Sequence[PublishBatchRequestEntryTypeDef]", problem: SourceError
    ) -> Sequence[str | None]:
        if problem.code in _MAY_BE_ONE_MESSAGE and len(entries) > 1:
            # The others would be refused with it for ever: leftovers come in the same order each time.
            return [reason for entry in entries for reason in self.send([entry])]
        return [_advised(str(problem), problem.code)] * len(entries)


def _reason_of_entry(failed: "BatchResultErrorEntryTypeDef | None") -> str:
    if failed is None:
        return "SNS answered, but said nothing about this message."
    code = failed.get("Code", "an error without a code")
    return _advised(f"SNS refused it with {code}: {failed.get('Message', 'no reason given')}", code)


def _advised(reason: str, code: str) -> str:
    return f"{reason} {_ADVICE[code]}" if code in _ADVICE else reason


def entry_of(message: TopicMessage) -> "PublishBatchRequestEntryTypeDef":
    """The message as an entry of a batch, still without its Id.

    It has no MessageStructure: with one, SNS would send no attributes, and filter policies would match nothing.
    """
    entry: PublishBatchRequestEntryTypeDef = {
        "Id": "",
        "Message": message.body,
        "MessageAttributes": {name: _attribute(value) for name, value in message.attributes.items()},
    }
    if message.subject is not None:
        entry["Subject"] = message.subject
    return entry


def size_of(entry: "PublishBatchRequestEntryTypeDef") -> int:
    """Bytes of everything in an entry that SNS may count."""
    texts = [entry["Message"], entry.get("Subject", "")]
    for name, value in entry.get("MessageAttributes", {}).items():
        texts += [name, value["DataType"], value.get("StringValue", "")]
    return sum(len(text.encode()) for text in texts)


def _attribute(value: str | tuple[str, ...]) -> "MessageAttributeValueTypeDef":
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(value)}
