"""Alerts on an event bus: whole, in order, and none forgotten that was not accepted."""

import json
from typing import Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from hypothesis import given, settings

from journey_watch.aws.clients import events_client
from journey_watch.channels.batching import HELD_BACK
from journey_watch.channels.event_bus.notifier import MAX_CALL, EventBusNotifier
from journey_watch.core.alerts import Alert
from tests.aws.doubles import ScriptedAnswers, do_not_wait_between_retries, session
from tests.aws.hostile_answers import hostile
from tests.messages.alert_builders import alert, alerts

BUS = "arn:aws:events:eu-west-1:111122223333:event-bus/default"


def body_of(request: AWSPreparedRequest) -> dict[str, Any]:
    body = request.body
    assert isinstance(body, bytes | str)
    parsed: dict[str, Any] = json.loads(body)
    return parsed


class Bus:
    """Answers PutEvents, and refuses what concerns one run."""

    def __init__(self, refuse_run: str = "") -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.refuse_run = refuse_run

    def __call__(self, request: AWSPreparedRequest) -> tuple[int, bytes]:
        entries = body_of(request)["Entries"]
        assert 1 <= len(entries) <= 10
        self.calls.append(entries)
        results = [self._result(number, json.loads(entry["Detail"])) for number, entry in enumerate(entries)]
        failed = sum("ErrorCode" in result for result in results)
        return 200, json.dumps({"FailedEntryCount": failed, "Entries": results}).encode()

    def _result(self, number: int, detail: dict[str, Any]) -> dict[str, str]:
        if detail["run_id"] == self.refuse_run:
            return {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        return {"EventId": f"event-{number}"}

    @property
    def ids(self) -> list[str]:
        return [json.loads(entry["Detail"])["id"] for entries in self.calls for entry in entries]


def notifier_over(*answers: ScriptedAnswers.Answer) -> EventBusNotifier:
    client = events_client(session(), "eu-west-1")
    ScriptedAnswers(*answers).attach(client)
    return EventBusNotifier(client, BUS)


def test_an_event_is_the_envelope() -> None:
    bus, one = Bus(), alert()

    assert notifier_over(bus).publish([one]) == {}
    ((entry,),) = bus.calls
    assert json.loads(entry.pop("Detail")) == {"id": one.id, **one.envelope["detail"]}
    assert entry.pop("Time") == pytest.approx(1795435241.237)
    assert entry == {
        "EventBusName": BUS,
        "Source": "journey-watch",
        "DetailType": "Journey Run Status Change",
        "Resources": one.envelope["resources"],
    }


@settings(deadline=None)
@given(alerts())
def test_whatever_the_names_it_is_sent(one: Alert) -> None:
    sent: list[AWSPreparedRequest] = []

    def accept(request: AWSPreparedRequest) -> tuple[int, bytes]:
        sent.append(request)
        return 200, b'{"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}'

    assert notifier_over(accept).publish([one]) == {}
    (request,) = sent
    assert json.loads(body_of(request)["Entries"][0]["Detail"])["id"] == one.id


def test_ten_go_in_one_call() -> None:
    bus = Bus()
    many = [alert(run_id=f"r{number}") for number in range(25)]

    assert notifier_over(bus).publish(many) == {}
    assert [len(entries) for entries in bus.calls] == [10, 10, 5]
    assert bus.ids == [one.id for one in many]


def test_two_of_one_run_never_share_a_call() -> None:
    bus = Bus()
    notifier_over(bus).publish([alert(sequence=1), alert(sequence=2), alert(run_id="other")])

    assert [len(entries) for entries in bus.calls] == [1, 2]


def test_a_refused_entry_is_named_and_holds_back_what_follows_of_its_run_alone() -> None:
    bus = Bus(refuse_run="bad")
    first, second, other = alert(run_id="bad", sequence=1), alert(run_id="bad", sequence=2), alert(run_id="good")

    reasons = notifier_over(bus).publish([first, second, other])

    assert reasons == {
        first.id: "EventBridge refused it with ThrottlingException: slow down",
        second.id: HELD_BACK,
    }
    assert other.id in bus.ids


def test_a_call_without_an_answer_refuses_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    do_not_wait_between_retries(monkeypatch)
    one, other = alert(run_id="a"), alert(run_id="b")

    reasons = notifier_over(ConnectionError("gone")).publish([one, other])

    assert reasons.keys() == {one.id, other.id}
    assert all(reason.startswith("Putting events on the bus") for reason in reasons.values())


@pytest.mark.parametrize("answer", [b"{}", b'{"Entries": []}', b'{"Entries": [{}]}', b'{"Entries": ["x"]}', b"<html>"])
def test_an_answer_that_says_nothing_of_an_entry_is_a_refusal(answer: bytes) -> None:
    one = alert()

    assert notifier_over((200, answer)).publish([one]).keys() == {one.id}


def test_an_envelope_that_cannot_be_read_holds_back_its_run_alone() -> None:
    bus, broken, other = Bus(), alert(run_id="broken"), alert(run_id="other")
    envelope = {**broken.envelope, "time": None}
    unreadable = Alert.from_envelope(envelope, journey=broken.journey, thread=broken.thread)

    reasons = notifier_over(bus).publish([unreadable, alert(run_id="broken", sequence=18), other])

    assert "cannot be read by this version" in reasons[broken.id]
    assert len(reasons) == 2
    assert bus.ids == [other.id]


def test_what_is_too_large_is_refused_without_asking_and_keeps_no_other_back() -> None:
    bus = Bus()
    envelope = {**alert().envelope, "detail": {**alert().envelope["detail"], "summary": "x" * MAX_CALL}}
    large = Alert.from_envelope(envelope, journey=alert().journey, thread="large")
    small = alert(run_id="small")

    reasons = notifier_over(bus).publish([large, small])

    assert reasons.keys() == {large.id}
    assert f"EventBridge accepts {MAX_CALL}" in reasons[large.id]
    assert bus.ids == [small.id]


@given(answer=hostile({"FailedEntryCount": 1, "Entries": [{"EventId": "e"}, {"ErrorCode": "c", "ErrorMessage": "m"}]}))
def test_whatever_the_bus_answers_each_alert_is_accepted_or_refused_with_a_reason(answer: tuple[int, bytes]) -> None:
    two = [alert(run_id="r1"), alert(run_id="r2")]
    with pytest.MonkeyPatch.context() as patch:
        do_not_wait_between_retries(patch)
        refused = notifier_over(answer).publish(two)
    assert refused.keys() <= {one.id for one in two}
    assert all(refused.values())
    if answer[0] >= 300:
        assert len(refused) == 2
