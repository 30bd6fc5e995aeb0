"""An SNS topic under a real client: it keeps to the limits that SNS documents, and refuses what a test tells it to."""

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSPreparedRequest

from journey_watch.aws.clients import sns_client
from journey_watch.channels.sns.mail_pace import MailPace
from journey_watch.channels.sns.notifier import SnsNotifier
from journey_watch.core.alerts import Alert
from journey_watch.messages.forms.sns import TopicMessage, envelope_message
from tests.aws.doubles import ScriptedAnswers, session

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alerts"

Entry = dict[str, str]
"""One entry of a batch, by the names of the wire: `Subject`, `MessageAttributes.entry.1.Name`."""


class Topic:
    """Answers PublishBatch."""

    def __init__(self, refuse: Callable[[Entry], str | None] = lambda _: None) -> None:
        self.batches: list[list[Entry]] = []
        """What was accepted, batch by batch."""
        self.refuse = refuse
        """The error code for an entry, or None to accept it."""
        self.refuse_whole: Callable[[list[Entry]], str | None] = lambda _: None
        self.forget = False
        """True: it answers as if a batch had been empty."""

    def __call__(self, request: AWSPreparedRequest) -> tuple[int, bytes]:
        entries = _entries_of(request)
        _check_limits(entries)
        code = self.refuse_whole(entries)
        if code:
            return error_answer(code)
        failed = {entry["Id"]: code for entry in entries if (code := self.refuse(entry))}
        accepted = [entry for entry in entries if entry["Id"] not in failed]
        self.batches.append(accepted)
        return 200, accepting([] if self.forget else [entry["Id"] for entry in accepted], failed)

    @property
    def alert_ids(self) -> list[str]:
        return [body_of(entry)["id"] for batch in self.batches for entry in batch]


def body_of(entry: Entry) -> dict[str, str]:
    """What a queue's reader gets."""
    envelope: dict[str, str] = json.loads(entry["Message"])
    return envelope


def is_about(alert: Alert) -> Callable[[Entry], bool]:
    return lambda entry: body_of(entry)["id"] == alert.id


def error_answer(code: str, status: int = 400) -> tuple[int, bytes]:
    """A whole request refused."""
    return status, (
        f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>told to</Message></Error>"
        "<RequestId>r</RequestId></ErrorResponse>"
    ).encode()


def notifier_over(
    *answers: ScriptedAnswers.Answer,
    pace: MailPace | None = None,
    compose: Callable[[Alert], TopicMessage] = envelope_message,
) -> tuple[SnsNotifier, ScriptedAnswers]:
    """A notifier over the client that production uses."""
    client: SNSClient = sns_client(session())
    script = ScriptedAnswers(*answers).attach(client)
    return SnsNotifier(client, TOPIC, compose=compose, pace=pace), script


def _entries_of(request: AWSPreparedRequest) -> list[Entry]:
    body = request.body
    fields = dict(parse_qsl(body.decode() if isinstance(body, bytes) else str(body), keep_blank_values=True))
    assert fields["Action"] == "PublishBatch"
    assert fields["TopicArn"] == TOPIC
    entries: dict[int, Entry] = {}
    for name, value in fields.items():
        match = re.fullmatch(r"PublishBatchRequestEntries\.member\.(\d+)\.(.+)", name)
        if match:
            entries.setdefault(int(match[1]), {})[match[2]] = value
    return [entries[number] for number in sorted(entries)]


def _check_limits(entries: list[Entry]) -> None:
    assert 1 <= len(entries) <= 10
    assert len({entry["Id"] for entry in entries}) == len(entries)
    size = 0
    for entry in entries:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,80}", entry["Id"])
        assert re.fullmatch(r"[!-~][ -~]{0,98}", entry.get("Subject", "none"))
        attributes = [value for name, value in entry.items() if name.startswith("MessageAttributes.")]
        assert all(attributes)
        assert len([name for name in entry if name.endswith(".Name")]) <= 10
        size += sum(len(text.encode()) for text in [entry["Message"], entry.get("Subject", ""), *attributes])
    assert size <= 262_144


def accepting(accepted: list[str], failed: dict[str, str]) -> bytes:
    """An answer: the ids of entries that are accepted, and by id why others are not."""
    successes = "".join(f"<member><Id>{one}</Id><MessageId>m{one}</MessageId></member>" for one in accepted)
    failures = "".join(
        f"<member><Id>{one}</Id><Code>{escape(code)}</Code><Message>told to</Message>"
        "<SenderFault>true</SenderFault></member>"
        for one, code in failed.items()
    )
    return (
        '<PublishBatchResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishBatchResult>'
        f"<Successful>{successes}</Successful><Failed>{failures}</Failed>"
        "</PublishBatchResult></PublishBatchResponse>"
    ).encode()
