"""A message in the form in which SNS takes it, and how much room it takes."""

import json
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from journey_watch.core.messages import TopicMessage

if TYPE_CHECKING:
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef, PublishBatchRequestEntryTypeDef

LARGEST_BATCH: Final = 256 * 1024
"""Bytes of one message, and of all messages of a batch together, attributes included."""
SHORTEST_EMAIL: Final = 500
"""Characters: an e-mail cut further would not say what happened."""
CUT_NOTICE: Final = "\n[cut to the size that a message may have]\n"


def fitted_entry(message: TopicMessage) -> "PublishBatchRequestEntryTypeDef":
    """The message as an entry of a batch, still without its Id; the e-mail is cut if that makes it fit.

    Only the e-mail: it is for people, while a program that got half a document would have nothing.
    """
    entry, email = _entry(message), message.bodies.get("email")
    if email is None or size_of(entry) <= LARGEST_BATCH:
        return entry

    def with_email(text: str) -> "PublishBatchRequestEntryTypeDef":
        return _entry(replace(message, bodies={**message.bodies, "email": text}))

    room = LARGEST_BATCH - size_of(with_email(CUT_NOTICE))
    keep = bisect_right(range(len(email)), room, key=lambda length: len(json.dumps(email[:length])) - len('""')) - 1
    return entry if keep < SHORTEST_EMAIL else with_email(email[:keep] + CUT_NOTICE)


def size_of(entry: "PublishBatchRequestEntryTypeDef") -> int:
    """Bytes of everything in an entry that SNS may count."""
    texts = [entry["Message"], entry.get("Subject", "")]
    for name, value in entry.get("MessageAttributes", {}).items():
        texts += [name, value["DataType"], value.get("StringValue", "")]
    return sum(len(text.encode()) for text in texts)


def _entry(message: TopicMessage) -> "PublishBatchRequestEntryTypeDef":
    return {
        "Id": "",
        "Subject": message.subject,
        # In ASCII: queues that subscribe refuse some characters that are valid in JSON.
        "Message": json.dumps(dict(message.bodies), separators=(",", ":")),
        "MessageStructure": "json",
        "MessageAttributes": {name: _attribute(value) for name, value in message.attributes.items()},
    }


def _attribute(value: str | tuple[str, ...]) -> "MessageAttributeValueTypeDef":
    if isinstance(value, str):
        return {"DataType": "String", "StringValue": value}
    return {"DataType": "String.Array", "StringValue": json.dumps(value)}
