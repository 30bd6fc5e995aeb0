"""The SNS notifier: limits, order, pace, and every way in which SNS can refuse."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace

import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from journey_watch.channels.batching import HELD_BACK
from journey_watch.channels.sns.mail_pace import MailPace
from journey_watch.channels.sns.notifier import SnsNotifier
from journey_watch.core.alerts import Alert
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.forms.sns import TopicMessage, card_message, email_message, envelope_message
from tests.aws.doubles import Clock, do_not_wait_between_retries
from tests.aws.hostile_answers import STATUSES, no_answers
from tests.channels.sns.doubles import Topic, accepting, body_of, error_answer, is_about, notifier_over
from tests.messages.alert_builders import alert, alerts

URL = "https://sns.eu-west-1.amazonaws.com/"
DROPPED = ConnectionClosedError(endpoint_url=URL)


def of_runs(count: int) -> list[Alert]:
    """One alert for each of so many runs."""
    return [alert(run_id=f"run-{number}", sequence=number + 1) for number in range(count)]


def ids(some_alerts: list[Alert]) -> list[str]:
    return [one.id for one in some_alerts]


def padded(size: int) -> TopicMessage:
    return replace(envelope_message(alert()), body="x" * size)


# What a subscriber gets


@pytest.fixture
def queue_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A queue that subscribes to the topic, in memory."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        sqs = boto3.client("sqs")
        url = sqs.create_queue(QueueName="reader")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topic_arn = boto3.client("sns").create_topic(Name="alerts")["TopicArn"]
        boto3.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
        yield url


def test_a_queue_gets_the_envelope_with_attributes_to_filter_by(queue_url: str) -> None:
    built = alert(name="Grüße 🎂")
    topic_arn = boto3.client("sns").list_topics()["Topics"][0]["TopicArn"]
    assert SnsNotifier(boto3.client("sns"), topic_arn, compose=envelope_message).publish([built]) == {}
    [message] = boto3.client("sqs").receive_message(QueueUrl=queue_url)["Messages"]
    notification = json.loads(message["Body"])
    assert json.loads(notification["Message"]) == built.envelope
    assert "Subject" not in notification
    assert notification["MessageAttributes"]["severity"] == {"Type": "String", "Value": "critical"}
    assert notification["MessageAttributes"]["status"] == {"Type": "String.Array", "Value": '["CANCELLED"]'}


def test_a_queue_of_an_ordered_topic_gets_a_thread_in_its_order_and_nothing_twice_within_minutes(
    queue_url: str,  # noqa: ARG001 - only for what makes it
) -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic_arn = sns.create_topic(Name="in-order.fifo", Attributes={"FifoTopic": "true"})["TopicArn"]
    url = sqs.create_queue(QueueName="reader.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    notifier = SnsNotifier(sns, topic_arn, compose=envelope_message, in_order=True)
    first, second = alert(run_id="r", sequence=1), alert(run_id="r", sequence=2)
    assert notifier.publish([first, second, alert(run_id="other")]) == {}
    assert notifier.publish([first]) == {}

    def read() -> list[str]:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1).get("Messages", [])
        return [json.loads(message["Body"])["id"] for message in messages]

    assert [read(), read(), read()] == [[first.id], [alert(run_id="other").id], []]


def test_people_get_a_subject_and_plain_text() -> None:
    topic = Topic()
    built = alert(name="Grüße 🎂")
    assert notifier_over(topic, compose=email_message)[0].publish([built]) == {}
    [[entry]] = topic.batches
    assert (entry["Subject"], entry["Message"]) == (email_subject(built), email_text(built))


def test_a_notifier_of_a_chat_topic_sends_cards() -> None:
    topic = Topic()
    built = alert()
    assert notifier_over(topic, compose=card_message)[0].publish([built]) == {}
    assert body_of(topic.batches[0][0]) == chat_card(built)


@pytest.mark.parametrize("compose", [email_message, envelope_message, card_message])
def test_no_message_has_a_structure_because_filters_would_see_nothing_of_it(
    compose: Callable[[Alert], TopicMessage],
) -> None:
    topic = Topic()
    assert notifier_over(topic, compose=compose)[0].publish([alert()]) == {}
    [[entry]] = topic.batches
    assert "MessageStructure" not in entry
    assert "severity" in entry.values()


@pytest.mark.parametrize("compose", [email_message, envelope_message, card_message])
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=20)
@given(some_alerts=st.lists(alerts(), max_size=4))
def test_sns_accepts_whatever_a_journey_is_called(
    compose: Callable[[Alert], TopicMessage], some_alerts: list[Alert]
) -> None:
    topic = Topic()
    assert notifier_over(topic, compose=compose)[0].publish(some_alerts) == {}
    assert sum(map(len, topic.batches)) == len(some_alerts)


# Batches


def test_nothing_to_send_asks_nothing() -> None:
    notifier, script = notifier_over(Topic())
    assert notifier.publish([]) == {}
    assert script.requests == []


def test_ten_to_a_batch_and_in_order() -> None:
    topic = Topic()
    many = of_runs(23)
    assert notifier_over(topic)[0].publish(many) == {}
    assert [len(batch) for batch in topic.batches] == [10, 10, 3]
    assert topic.alert_ids == ids(many)


def test_two_alerts_of_a_run_are_never_in_one_batch() -> None:
    topic = Topic()
    first, second, other = alert(sequence=1), alert(sequence=2), alert(run_id="other")
    assert notifier_over(topic)[0].publish([first, second, other]) == {}
    assert [[body_of(entry)["id"] for entry in batch] for batch in topic.batches] == [
        [first.id],
        [second.id, other.id],
    ]


def test_batches_are_cut_by_size_before_they_are_sent() -> None:
    topic = Topic()
    notifier, _ = notifier_over(topic, compose=lambda _: padded(100_000))
    assert notifier.publish(of_runs(5)) == {}
    assert [len(batch) for batch in topic.batches] == [2, 2, 1]


def test_a_message_may_fill_a_batch_to_the_last_byte_and_no_further() -> None:
    def padding(alert_: Alert) -> TopicMessage:
        return padded(largest + alert_.sequence - 1)

    largest = 0
    probe = Topic()
    notifier_over(probe, compose=padding)[0].publish([alert(sequence=1)])
    [entry] = probe.batches[0]
    attributes = sum(len(value) for name, value in entry.items() if name.startswith("MessageAttributes."))
    largest = 262_144 - len(entry["Message"]) - attributes
    topic = Topic()
    fits, does_not = alert(sequence=1), alert(sequence=2, run_id="other")
    refused = notifier_over(topic, compose=padding)[0].publish([fits, does_not])
    assert refused == {does_not.id: "It takes 262145 bytes; SNS accepts 262144."}
    assert len(topic.batches) == 1


def test_an_envelope_too_large_is_refused_and_holds_back_its_run_only() -> None:
    topic = Topic()
    large, later, other = alert(sequence=1), alert(sequence=2), alert(run_id="other")

    def compose(an_alert: Alert) -> TopicMessage:
        return padded(300_000) if an_alert is large else envelope_message(an_alert)

    refused = notifier_over(topic, compose=compose)[0].publish([large, later, other])
    assert refused.keys() == {large.id, later.id}
    assert refused[large.id].endswith("SNS accepts 262144.")
    assert refused[later.id] == HELD_BACK
    assert topic.alert_ids == [other.id]


def test_an_envelope_that_cannot_be_read_is_refused_and_stops_no_other() -> None:
    topic = Topic()
    built = alert(run_id="other")
    broken = replace(alert(), envelope={"detail": {}})
    refused = notifier_over(topic)[0].publish([broken, built])
    assert refused.keys() == {broken.id}
    assert refused[broken.id].startswith("Its stored envelope cannot be read by this version: ")
    assert topic.alert_ids == [built.id]


# Refusals


def test_a_refused_entry_holds_back_later_ones_of_its_run_only() -> None:
    first, second, third, other = [*(alert(sequence=number) for number in (1, 2, 3)), alert(run_id="other")]
    topic = Topic(refuse=lambda entry: "InternalError" if is_about(second)(entry) else None)
    refused = notifier_over(topic)[0].publish([first, second, third, other])
    assert refused == {second.id: "SNS refused it with InternalError: told to", third.id: HELD_BACK}
    assert topic.alert_ids == [first.id, other.id]


def test_a_message_that_the_answer_leaves_out_counts_as_refused() -> None:
    topic = Topic()
    topic.forget = True
    built = alert()
    assert notifier_over(topic)[0].publish([built]) == {built.id: "SNS answered, but said nothing about this message."}


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("AuthorizationError", "Let the function's role publish to the topic."),
        ("KMSAccessDenied", "Let the function's role use the topic's key."),
        ("KMSDisabled", "Enable the topic's key."),
        ("NotFound", "Deploy the stack again: the topic is gone."),
    ],
)
def test_reasons_say_what_to_do(code: str, advice: str) -> None:
    whole, single = alert(), alert(run_id="other")
    refused = notifier_over(error_answer(code))[0].publish([whole])
    assert refused[whole.id] == f"Publishing to SNS was refused with {code} (HTTP 400): told to {advice}"
    refused = notifier_over(Topic(refuse=lambda _: code))[0].publish([single])
    assert refused[single.id] == f"SNS refused it with {code}: told to {advice}"


def test_one_message_for_which_sns_refuses_a_batch_does_not_keep_the_others() -> None:
    good, bad, fine = of_runs(3)
    topic = Topic()
    topic.refuse_whole = lambda entries: "InvalidParameter" if any(map(is_about(bad), entries)) else None
    refused = notifier_over(topic)[0].publish([good, bad, fine])
    assert refused.keys() == {bad.id}
    assert topic.alert_ids == [good.id, fine.id]


@pytest.mark.parametrize(
    "fault",
    [
        DROPPED,
        EndpointConnectionError(endpoint_url=URL),
        error_answer("InternalError", 500),
        error_answer("ServiceUnavailable", 503),
        error_answer("Throttling", 400),
        (502, b"<html>Bad gateway</html>"),
    ],
)
def test_a_passing_fault_is_retried_by_the_client(
    fault: Exception | tuple[int, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    do_not_wait_between_retries(monkeypatch)
    topic = Topic()
    notifier, script = notifier_over(fault, fault, topic)
    assert notifier.publish(of_runs(2)) == {}
    assert len(script.requests) == 3
    assert len(topic.alert_ids) == 2


@pytest.mark.parametrize(
    "fault",
    [DROPPED, ReadTimeoutError(endpoint_url=URL), error_answer("InternalError", 500), (200, b"no XML"), (200, b"<a/>")],
)
def test_without_a_usable_answer_the_whole_batch_is_refused_and_the_next_is_tried(
    fault: Exception | tuple[int, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    do_not_wait_between_retries(monkeypatch)
    topic = Topic()
    many = of_runs(12)
    late = alert(run_id="run-0", sequence=99)
    attempts = 1 if fault in ((200, b"no XML"), (200, b"<a/>")) or isinstance(fault, ReadTimeoutError) else 3
    notifier, _ = notifier_over(*[fault] * attempts, topic)
    refused = notifier.publish([*many, late])
    assert list(refused) == [*ids(many[:10]), late.id]
    assert all(refused.values())
    assert refused[late.id] == HELD_BACK
    assert topic.alert_ids == ids(many[10:])


def test_what_was_refused_can_be_sent_again_with_the_same_bytes() -> None:
    topic = Topic(refuse=lambda _: "InternalError")
    notifier, script = notifier_over(topic)
    built = alert()
    assert notifier.publish([built])
    topic.refuse = lambda _: None
    assert notifier.publish([built]) == {}
    assert script.requests[0].body == script.requests[1].body


# Pace


def lone_lane(clock: Clock) -> MailPace:
    return MailPace(position=0, lanes=1, clock=clock, sleep=clock.sleep)


def test_no_more_messages_a_second_than_allowed() -> None:
    clock, sent_at = Clock(), list[float]()
    topic = Topic()

    def answer(request: object) -> tuple[int, bytes]:
        status, body = topic(request)  # type: ignore[arg-type]  # as it came
        sent_at.extend([clock.at] * len(topic.batches[-1]))
        return status, body

    notifier, _ = notifier_over(answer, pace=lone_lane(clock))
    assert notifier.publish(of_runs(12)) == {}
    assert notifier.publish([alert(run_id="later")]) == {}
    assert [len(batch) for batch in topic.batches] == [5, 5, 2, 1]
    for at in sent_at:
        assert len([other for other in sent_at if at <= other < at + 1]) <= 5
    assert clock.slept == [1.0, 1.0]


def test_one_of_several_lanes_sends_one_at_a_time() -> None:
    clock = Clock()
    topic = Topic()
    pace = MailPace(position=3, lanes=10, clock=clock, sleep=clock.sleep)
    assert notifier_over(topic, pace=pace)[0].publish(of_runs(3)) == {}
    assert [len(batch) for batch in topic.batches] == [1, 1, 1]
    assert clock.slept[1:] == pytest.approx([2.0, 2.0])


def test_without_a_pace_batches_are_full() -> None:
    topic = Topic()
    assert notifier_over(topic)[0].publish(of_runs(30)) == {}
    assert [len(batch) for batch in topic.batches] == [10, 10, 10]


def test_after_a_pause_nothing_waits() -> None:
    clock = Clock()
    notifier, _ = notifier_over(Topic(), pace=lone_lane(clock))
    notifier.publish(of_runs(5))
    clock.at += 60
    notifier.publish(of_runs(5))
    assert clock.slept == []


@given(status=STATUSES, body=no_answers(accepting(["0"], {"1": "InternalError"})))
def test_whatever_the_topic_answers_each_alert_is_accepted_or_refused_with_a_reason(status: int, body: bytes) -> None:
    two = of_runs(2)
    with pytest.MonkeyPatch.context() as patch:
        do_not_wait_between_retries(patch)
        refused = notifier_over((status, body))[0].publish(two)
    assert refused.keys() <= set(ids(two))
    assert all(refused.values())
    if status >= 300:
        assert len(refused) == 2
