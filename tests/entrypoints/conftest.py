"""The poller with everything real but AWS: moto in process for the table and the topics, the simulator for Pinpoint."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws

from journey_watch import contract
from journey_watch.composition import Poller
from journey_watch.core.watch_list import WatchTarget
from journey_watch.entrypoints import poll_handler
from journey_watch.settings import Settings, WatchConfig
from simulator import RunningSimulator, Simulation

REGION = "eu-west-1"
ACCOUNT = "123456789012"
LANE = f"pinpoint/{ACCOUNT}/{REGION}"
SCENARIO = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    run = [{ id = "r1", status = "RUNNING" }]
    [[application.journey]]
    id = "goodbye"
"""


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a handler."""

    remaining_ms: int = 50_000
    aws_request_id: str = "11111111-2222-3333-4444-555555555555"
    function_name: str = "poller"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:poller"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@dataclass(frozen=True)
class Deployment:
    """A deployed poller, seen from outside."""

    simulation: Simulation
    queue_url: str
    invoke: Callable[[object], dict[str, float]]

    def received(self) -> list[dict[str, Any]]:
        """The envelopes that a queue on both topics for programs, which are one here, got since it was last asked."""
        answer = boto3.client("sqs").receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10)
        return [json.loads(json.loads(message["Body"])["Message"]) for message in answer.get("Messages", [])]


def _make_table() -> str:
    boto3.client("dynamodb").create_table(
        TableName="state",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": contract.PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": contract.SORT_KEY, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": contract.PARTITION_KEY, "AttributeType": "S"},
            {"AttributeName": contract.SORT_KEY, "AttributeType": "S"},
        ],
    )
    return "state"


def _make_topic_with_queue() -> tuple[str, str]:
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    topic = sns.create_topic(Name="alerts")["TopicArn"]
    queue = sqs.create_queue(QueueName="reader")["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:{REGION}:{ACCOUNT}:reader")
    return topic, queue


@pytest.fixture
def deployment(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """After its first look at a journey with one running run, and one without runs."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv(contract.ENV_SERVICE, "journey-watch")
    monkeypatch.setenv(contract.ENV_METRICS_NAMESPACE, contract.METRICS_NAMESPACE)
    simulator.control.load(SCENARIO)
    with mock_aws():
        monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", simulator.url)
        table, (topic, queue) = _make_table(), _make_topic_with_queue()
        mail = boto3.client("sns").create_topic(Name="mail")["TopicArn"]
        settings = Settings(
            table_name=table,
            alert_topic_arn=topic,
            alert_mail_topic_arn=mail,
            ops_topic_arn=topic,
            ops_mail_topic_arn=mail,
            chat_topic_arns={},
            account=ACCOUNT,
            region=REGION,
            service="journey-watch",
            config=WatchConfig(watch=(WatchTarget("pinpoint", "*"),)),
        )
        poller = Poller(settings)
        monkeypatch.setattr(poll_handler, "poller", lambda: poller)

        handler: Callable[..., dict[str, float]] = poll_handler.handler

        def invoke(event: object) -> dict[str, float]:
            return handler(event, Context())

        invoke({"lane": LANE})
        yield Deployment(simulator.control, queue, invoke)
