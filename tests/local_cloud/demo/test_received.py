import json
from collections.abc import Sequence

import pytest

from local_cloud.demo.received import JSON_RECIPIENT, Expected, Recipient, mismatches, read
from local_cloud.inbox import Delivery

READERS = (
    Recipient(JSON_RECIPIENT, "queue", "info"),
    Recipient("email", "ada@example.com", "info"),
    Recipient("https", "#chat", "info"),
    Recipient("email", "oncall@example.com", "critical"),
)
COMPLETED = Expected("r-1", "RUNNING → COMPLETED", "info")
AGAIN = Expected("r-1", "RUNNING → COMPLETED", "info", again="email")
ENVELOPE = {
    "id": "a1",
    "detail-type": "Journey Run Status Change",
    "detail": {
        "run_id": "r-1",
        "previous_status": "RUNNING",
        "status": "COMPLETED",
        "skipped_statuses": [],
        "severity": "info",
        "last_update_time": "2026-11-27T10:00:00Z",
    },
}
ENVELOPE_AND_CARD = (json.dumps(ENVELOPE), json.dumps({"id": "a1", "content": {}}))


def deliveries(*, json_: int = 1, mail: int = 1, card: int = 1, mail_to_oncall: int = 0) -> list[Delivery]:
    """So many copies of one alert to each reader."""
    envelope, chat = ENVELOPE_AND_CARD
    copies = (
        (json_, JSON_RECIPIENT, "arn:aws:sqs:::queue", envelope),
        (mail, "email", "ada@example.com", "Run r-1 …\nAlert id a1"),
        (card, "https", "https://chat/#chat", chat),
        (mail_to_oncall, "email", "oncall@example.com", "Run r-1 …\nAlert id a1"),
    )
    return [
        Delivery(1.0, "topic", "m", protocol, endpoint, "", body, {})
        for count, protocol, endpoint, body in copies
        for _ in range(count)
    ]


def found(expected: Sequence[Expected], received: Sequence[Delivery]) -> list[str]:
    return list(mismatches(read(received), expected, READERS))


def test_each_alert_once_to_each_who_should_hear_it_is_as_it_must_be() -> None:
    assert found([COMPLETED], deliveries()) == []


@pytest.mark.parametrize(
    ("received", "problem"),
    [
        ([], "never told: r-1 RUNNING → COMPLETED"),
        (deliveries(json_=2), "told and not expected, or told again: r-1 RUNNING → COMPLETED"),
        (deliveries(mail=0), "email ada@example.com got r-1 RUNNING → COMPLETED 0 times"),
        (deliveries(mail=2), "email ada@example.com got r-1 RUNNING → COMPLETED 2 times"),
        (deliveries(card=2), "https #chat got r-1 RUNNING → COMPLETED 2 times"),
        (deliveries(mail_to_oncall=1), "email oncall@example.com got r-1 RUNNING → COMPLETED 1 times"),
    ],
)
def test_whatever_is_not_is_named(received: list[Delivery], problem: str) -> None:
    assert problem in found([COMPLETED], received)


def test_what_is_not_expected_at_all_is_named() -> None:
    assert found([], deliveries())[0] == "told and not expected, or told again: r-1 RUNNING → COMPLETED"


def test_what_must_come_again_comes_once_more_to_its_own_readers() -> None:
    assert found([AGAIN], deliveries(mail=2)) == []


@pytest.mark.parametrize(
    "received",
    [
        deliveries(mail=1),
        deliveries(mail=3),
        deliveries(mail=2, card=2),
        deliveries(mail=1, card=2),
        deliveries(mail=2, json_=2),
        deliveries(mail=2, mail_to_oncall=1),
    ],
)
def test_that_repeat_must_come_and_allows_no_other(received: list[Delivery]) -> None:
    assert found([AGAIN], received) != []
