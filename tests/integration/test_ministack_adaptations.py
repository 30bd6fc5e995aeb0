"""What MiniStack does once it is adapted, as far as the stack and its tests rely on it; and once, as it comes."""

import json
import subprocess
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Event, Thread
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud
from local_cloud.fault_proxy import Fault
from local_cloud.inbox import Delivery
from local_cloud.toolchain import CHECKOUT, Toolchain
from local_cloud.waiting import eventually
from tests.integration.grants import session_of_a_role

pytestmark = pytest.mark.integration

LANE = "pinpoint/111122223333/eu-west-1"
BODIES = json.dumps({"default": "for machines", "email": "for people", "https": "for Amazon Q"})


@pytest.fixture
def topic(probe: LocalCloud) -> Iterator[str]:
    """A topic with no recipients."""
    sns = probe.client("sns")
    arn: str = sns.create_topic(Name="fresh")["TopicArn"]
    yield arn
    sns.delete_topic(TopicArn=arn)


def entry(name: str, **changes: object) -> dict[str, Any]:
    return {"Id": name, "Message": "text", "Subject": "CRITICAL: a run was cancelled", **changes}


def calls_of(probe: LocalCloud, lane: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = probe.client("dynamodb").query(
        TableName=probe.outputs["TableName"],
        KeyConditionExpression="pk = :lane",
        ExpressionAttributeValues={":lane": {"S": lane}},
    )["Items"]
    return items


def test_a_schedule_of_every_minute_fires_every_two_seconds_with_its_input(probe: LocalCloud) -> None:
    times = eventually(lambda: sorted(float(call["at"]["N"]) for call in calls_of(probe, LANE))[2:])
    assert times[-1] - times[0] < 60 * len(times) / 10


def test_a_schedule_waits_for_the_last_invocation_to_end(probe: LocalCloud) -> None:
    """Each writes down when it begins; a call that the proxy holds back makes one last as long as it likes."""
    proxy, held = probe.faults["dynamodb"], Event()
    eventually(lambda: calls_of(probe, LANE))
    proxy.clear()
    proxy.inject(Fault("PutItem", until=held, times=1))
    eventually(lambda: proxy.counts["PutItem"])
    held.wait(3)  # the schedule is due every 2 s, and the function may take 5
    assert proxy.counts["PutItem"] == 1
    held.set()
    eventually(lambda: proxy.counts["PutItem"] > 1)
    proxy.clear()


def severity(value: str) -> dict[str, dict[str, str]]:
    """As a message's attributes."""
    return {"severity": {"DataType": "String", "StringValue": value}}


def deliveries_of(probe: LocalCloud, message: dict[str, Any]) -> list[Delivery]:
    """What came of a message to the topic that has a reader of each protocol, two of them by e-mail."""
    answer = probe.client("sns").publish_batch(TopicArn=probe.outputs["TopicArn"], PublishBatchRequestEntries=[message])
    sent = answer["Successful"][0]["MessageId"]
    return [each for each in probe.inbox.deliveries() if each.message_id == sent]


@pytest.mark.parametrize(
    ("value", "addresses"),
    [("info", {"all@example.com"}), ("critical", {"all@example.com", "critical@example.com"})],
)
def test_each_reader_gets_what_its_filter_lets_pass(probe: LocalCloud, value: str, addresses: set[str]) -> None:
    deliveries = deliveries_of(probe, entry("1", MessageAttributes=severity(value)))
    assert {each.endpoint.rpartition(":")[2] for each in deliveries if each.protocol == "email"} == addresses
    assert len(deliveries) == len(addresses) + 3
    assert {each.body for each in deliveries} == {"text"}
    assert deliveries[0].subject == "CRITICAL: a run was cancelled"
    assert deliveries[0].attributes == {"severity": value}


def test_a_body_for_each_protocol_comes_without_attributes_so_that_no_filter_lets_it_pass(probe: LocalCloud) -> None:
    """AWS: "Message attributes are sent only when the message structure is String, not JSON"."""
    message = entry("1", Message=BODIES, MessageStructure="json", MessageAttributes=severity("critical"))
    deliveries = deliveries_of(probe, message)
    assert {(each.endpoint.rpartition(":")[2], each.body) for each in deliveries if each.protocol != "sqs"} == {
        ("all@example.com", "for people"),
        ("//hooks.example.com/alerts", "for Amazon Q"),
        ("//global.sns-api.chatbot.amazonaws.com#probe-slack", "for Amazon Q"),
    }
    assert [each.body for each in deliveries if each.protocol == "sqs"] == ["for machines"]
    assert [each.attributes for each in deliveries] == [{}] * len(deliveries)


@pytest.mark.parametrize(
    "changes",
    [
        {"Subject": "x" * 100},
        {"Subject": "Grüße"},
        {"Subject": "two\nlines"},
        {"Message": json.dumps({"email": "no default"}), "MessageStructure": "json"},
        {"Message": "no JSON", "MessageStructure": "json"},
    ],
    ids=["100 characters", "not ASCII", "line break", "no default", "no JSON"],
)
def test_what_aws_refuses_is_refused(probe: LocalCloud, topic: str, changes: dict[str, str]) -> None:
    sns = probe.client("sns")
    with pytest.raises(ClientError, match="InvalidParameter"):
        sns.publish(TopicArn=topic, **{key: value for key, value in entry("1", **changes).items() if key != "Id"})
    entries = [entry("good"), entry("bad", **changes), entry("also good")]
    answer = sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [each["Id"] for each in answer["Successful"]] == ["good", "also good"]
    assert [(each["Id"], each["Code"], each["SenderFault"]) for each in answer["Failed"]] == [
        ("bad", "InvalidParameter", True)
    ]


def test_a_batch_of_which_every_entry_is_refused_still_answers(probe: LocalCloud, topic: str) -> None:
    answer = probe.client("sns").publish_batch(
        TopicArn=topic, PublishBatchRequestEntries=[entry("1", Subject="x" * 100)]
    )
    assert [each["Id"] for each in answer["Failed"]] == ["1"]
    assert "Successful" not in answer or answer["Successful"] == []


def test_a_batch_over_256_kib_is_refused_as_a_whole(probe: LocalCloud, topic: str) -> None:
    halves = [entry(name, Message="x" * 140_000) for name in ("1", "2")]
    with pytest.raises(ClientError, match="BatchRequestTooLong"):
        probe.client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=halves)


def test_an_endpoint_on_this_machine_is_confirmed_and_posted_to(probe: LocalCloud, topic: str) -> None:
    posts: list[dict[str, Any]] = []

    class Endpoint(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        sns = probe.client("sns")
        sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"http://127.0.0.1:{server.server_port}/alerts")
        eventually(lambda: sns.get_topic_attributes(TopicArn=topic)["Attributes"]["SubscriptionsConfirmed"] == "1")
        sns.publish(TopicArn=topic, Message="hello")
        eventually(lambda: posts)
        server.shutdown()
        thread.join()
    assert [(post["Type"], post["Message"]) for post in posts] == [("Notification", "hello")]


def test_resources_that_ministack_does_not_know_are_deployed(probe: LocalCloud) -> None:
    alarms = probe.client("cloudwatch").describe_alarms(AlarmTypes=["CompositeAlarm", "MetricAlarm"])
    assert [alarm["AlarmName"] for alarm in alarms["CompositeAlarms"]] == ["probe-any"]
    assert "MetricMathIsNotEvaluated" in {alarm["MetricName"] for alarm in alarms["MetricAlarms"]}


def test_tables_expire_and_recover_as_the_template_asks(probe: LocalCloud) -> None:
    dynamodb, table = probe.client("dynamodb"), probe.outputs["TableName"]
    assert dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_a_failed_asynchronous_call_reaches_the_failure_queue(probe: LocalCloud) -> None:
    event = {"lane": "fails", "fail": True}
    probe.client("lambda").invoke(
        FunctionName=probe.outputs["FunctionName"], InvocationType="Event", Payload=json.dumps(event).encode()
    )

    def failed() -> list[object]:
        queue = probe.client("sqs").receive_message(QueueUrl=probe.outputs["FailuresUrl"], MaxNumberOfMessages=10)
        return [json.loads(message["Body"])["requestPayload"] for message in queue.get("Messages", [])]

    eventually(lambda: event in failed())
    assert len(calls_of(probe, "fails")) == 1


def test_a_function_that_takes_too_long_is_stopped(probe: LocalCloud) -> None:
    answer = probe.client("lambda").invoke(FunctionName=probe.outputs["FunctionName"], Payload=b'{"sleep": 600}')
    assert answer["FunctionError"]
    assert "timed out" in json.load(answer["Payload"])["errorMessage"]


def test_this_ministack_has_every_private_name() -> None:
    check = [str(Toolchain.find().ministack_python), "-m", "local_cloud.inside_ministack", "--check"]
    done = subprocess.run(check, cwd=CHECKOUT, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stderr


def test_a_ministack_without_one_of_them_is_named_and_not_started() -> None:
    code = """
import runpy, sys
import ministack.services.sns
del ministack.services.sns._fanout
runpy.run_module("local_cloud.inside_ministack", run_name="__main__")
"""
    python = str(Toolchain.find().ministack_python)
    done = subprocess.run([python, "-c", code], cwd=CHECKOUT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 1
    assert "lacks ministack.services.sns._fanout" in done.stderr


def publish_batch(probe: LocalCloud, session: boto3.Session) -> list[dict[str, Any]]:
    sns: Any = session.client("sns", endpoint_url=probe.endpoint, config=Config(proxies={}))
    answer = sns.publish_batch(TopicArn=probe.outputs["TopicArn"], PublishBatchRequestEntries=[entry("1")])
    return [dict(each) for each in answer["Successful"]]


PUBLISH: Final = {"Action": "sns:Publish", "Resource": "*"}
KEY: Final = {"Action": ["kms:Decrypt", "kms:GenerateDataKey*"], "Resource": "*"}


def by_way_of(service: str) -> dict[str, Any]:
    return {"Condition": {"StringEquals": {"kms:ViaService": f"{service}.eu-west-1.amazonaws.com"}}}


def test_a_role_publishes_batches_with_what_aws_asks_for(probe: LocalCloud) -> None:
    """The topic is closed to plain HTTP, which is all there is here; and IAM knows no sns:PublishBatch."""
    with session_of_a_role(probe, PUBLISH, {**KEY, **by_way_of("sns")}) as session:
        assert len(publish_batch(probe, session)) == 1


@pytest.mark.parametrize("key", [{"Action": "kms:Decrypt", "Resource": "*"}, {**KEY, **by_way_of("dynamodb")}])
def test_publishing_to_an_encrypted_topic_takes_its_key(probe: LocalCloud, key: dict[str, Any]) -> None:
    with (
        session_of_a_role(probe, PUBLISH, key) as session,
        probe.permissions.expecting_refusals("kms:Decrypt", "kms:GenerateDataKey"),
        pytest.raises(ClientError, match=r"\(KMSAccessDenied\).*not authorized to perform: kms:.* on resource: arn:"),
    ):
        publish_batch(probe, session)


@pytest.mark.parametrize("action", ["kms:Decrypt", "kms:DescribeKey"])
def test_reading_an_encrypted_table_takes_its_key(probe: LocalCloud, action: str) -> None:
    others = [each for each in ("kms:Decrypt", "kms:DescribeKey") if each != action]
    allowed = {"Action": ["dynamodb:Query", *others], "Resource": "*"}
    with session_of_a_role(probe, allowed) as session, probe.permissions.expecting_refusals(action):
        dynamodb = session.client("dynamodb", endpoint_url=probe.endpoint, config=Config(proxies={}))
        with pytest.raises(
            ClientError, match=rf"\(AccessDeniedException\).*no identity-based policy allows the {action}"
        ):
            dynamodb.query(
                TableName=probe.outputs["TableName"],
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": {"S": "none"}},
            )


def test_a_refusal_names_the_resource(probe: LocalCloud) -> None:
    with (
        session_of_a_role(probe, KEY) as session,
        probe.permissions.expecting_refusals("sns:Publish"),
        pytest.raises(ClientError, match=f"to perform: SNS:Publish on resource: {probe.outputs['TopicArn']} because"),
    ):
        publish_batch(probe, session)


def test_a_queue_that_does_not_let_topics_in_gets_nothing(probe: LocalCloud, topic: str) -> None:
    sqs, sns = probe.client("sqs"), probe.client("sns")
    closed = sqs.create_queue(QueueName="closed")["QueueUrl"]
    _, opened = probe.open_queue("opened")
    arn = sqs.get_queue_attributes(QueueUrl=closed, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    for endpoint in (arn, opened):
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint)
    sns.publish(TopicArn=topic, Message="hello")

    assert [each.endpoint for each in probe.inbox.deliveries(protocol="sqs", topic_arn=topic)] == [opened]
    assert "Messages" not in sqs.receive_message(QueueUrl=closed)
