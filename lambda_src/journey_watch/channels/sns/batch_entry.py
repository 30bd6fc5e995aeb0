"""A message in the form in which SNS takes it, and how much room it takes."""

import json
from typing import TYPE_CHECKING, Final

from journey_watch.messages.forms.sns import TopicMessage

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef, PublishBatchRequestEntryTypeDef

MAX_BATCH: Final = 256 * 1024
"""Bytes of one message, and of all messages of a batch together, attributes included."""


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
