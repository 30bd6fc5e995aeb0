"""What queues got of a test alert: each way in which a topic can treat its recipients wrongly is a failure."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from journey_watch.messages.self_test import self_test_alert
from verify_aws.alerts import FORMS, compare
from verify_aws.findings import Verdict
from verify_aws.temporary_recipients import CRITICAL, EVERYTHING, INFO, Received

ALERT = self_test_alert(
    service="jw", account="111122223333", region="eu-west-1", sent_at=datetime(2026, 11, 24, 12, tzinfo=UTC)
)
TOPICS = {output: f"arn:aws:sns:eu-west-1:111122223333:{output}" for output in FORMS}
MAIL = TOPICS["AlertMailTopicArn"]


def received(reader: str, output: str) -> Received:
    message = FORMS[output](ALERT)
    attributes = {
        name: each if isinstance(each, str) else json.dumps(each) for name, each in message.attributes.items()
    }
    return Received(reader, TOPICS[output], message.subject or "", message.body, attributes)


HEARD = [received(reader, output) for output in TOPICS for reader in (EVERYTHING, CRITICAL)]


def failures(heard: list[Received]) -> list[str]:
    found = compare(ALERT.id, TOPICS, heard)
    return [f"{each.about}: {each.text}" for each in found if each.verdict is Verdict.FAILED]


def changed(reader: str, **changes: str | dict[str, str]) -> list[Received]:
    """HEARD, but for one message of the mail topic."""
    return [
        replace(one, **changes) if (one.reader, one.topic_arn) == (reader, MAIL) else one  # type: ignore[arg-type]
        for one in HEARD
    ]


def test_nothing_fails_when_every_reader_got_what_it_should() -> None:
    assert failures(HEARD) == []


def test_a_filter_that_lets_the_wrong_through_is_found() -> None:
    heard = [*HEARD, received(INFO, "AlertMailTopicArn")]

    assert failures(heard) == ["AlertMailTopic: A filter policy for info alerts let a critical one pass."]


def test_a_filter_that_holds_back_the_right_one_is_found() -> None:
    heard = [one for one in HEARD if (one.reader, one.topic_arn) != (CRITICAL, MAIL)]

    assert failures(heard) == [
        "AlertMailTopic: A filter policy for critical alerts held back a critical one: filters see no attributes."
    ]


def test_a_topic_that_nobody_hears_is_found() -> None:
    heard = [one for one in HEARD if one.topic_arn != MAIL]

    assert failures(heard) == ["AlertMailTopic: A queue without a filter policy got nothing of the test alert."]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"body": "Hello."}, "the body has 6 characters and begins 'Hello.'"),
        ({"subject": "Hello"}, "the subject is 'Hello'"),
        ({"attributes": {}}, "the attributes are {}"),
    ],
)
def test_a_message_that_was_changed_on_its_way_is_found(changes: dict[str, str | dict[str, str]], told: str) -> None:
    (failure,) = failures(changed(EVERYTHING, **changes))

    assert failure.startswith(f"AlertMailTopic: The message in the queue is not what was composed: {told}")
