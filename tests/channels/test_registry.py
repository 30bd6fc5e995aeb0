"""A channel is a folder and its entry; tests/infra/test_another_channel.py has what follows for the infrastructure."""

import json
from dataclasses import replace

import boto3
import pytest
from moto import mock_aws

from journey_watch import contract
from journey_watch.channels import registry
from journey_watch.channels.entry import ChannelContext
from journey_watch.channels.registry import channels_of
from journey_watch.core.severity import Severity
from journey_watch.settings import Settings, WatchConfig
from tests.channels.toy.pigeon import LOFT, PIGEON, PIGEON_ENTRY
from tests.messages.alert_builders import alert

REGION = "eu-west-1"
SETTINGS = Settings(
    table_name="state",
    alert_topic_arn=f"arn:aws:sns:{REGION}:111122223333:alerts",
    alert_mail_topic_arn=f"arn:aws:sns:{REGION}:111122223333:mail",
    ops_topic_arn=f"arn:aws:sns:{REGION}:111122223333:ops",
    ops_mail_topic_arn=f"arn:aws:sns:{REGION}:111122223333:ops-mail",
    chat_topic_arns={("default", Severity.CRITICAL): f"arn:aws:sns:{REGION}:111122223333:cards"},
    account="111122223333",
    region=REGION,
    service="journey-watch",
    config=WatchConfig(),
)
ENVIRONMENT = {
    contract.ENV_ALERT_TOPIC: SETTINGS.alert_topic_arn,
    contract.ENV_ALERT_MAIL_TOPIC: SETTINGS.alert_mail_topic_arn,
    contract.ENV_OPS_TOPIC: SETTINGS.ops_topic_arn,
    contract.ENV_OPS_MAIL_TOPIC: SETTINGS.ops_mail_topic_arn,
    contract.ENV_CHAT_TOPICS: json.dumps({"default/critical": f"arn:aws:sns:{REGION}:111122223333:cards"}),
    contract.ENV_ORDERED_TOPIC: f"arn:aws:sns:{REGION}:111122223333:in-order.fifo",
    contract.ENV_EVENT_BUSES: json.dumps({"default": f"arn:aws:events:{REGION}:111122223333:event-bus/alerts"}),
}


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> ChannelContext:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    return ChannelContext(SETTINGS, boto3.Session(region_name=REGION), ENVIRONMENT, position=0, lanes=1)


def test_every_channel_has_the_name_under_which_alerts_are_owed(context: ChannelContext) -> None:
    with mock_aws():
        channels = channels_of(context)

    for_operators = {name for name, channel in channels.items() if channel.for_operators}
    assert for_operators == {contract.CHANNEL_OPS, contract.CHANNEL_OPS_MAIL}
    assert channels.keys() - for_operators == {
        contract.CHANNEL_MAIL,
        contract.CHANNEL_ALERTS,
        contract.chat_channel(Severity.CRITICAL),
        contract.CHANNEL_IN_ORDER,
        contract.CHANNEL_EVENT_BUS,
    }


def test_chat_that_is_told_of_other_severities_than_before_inherits_what_was_owed_to_it(
    context: ChannelContext,
) -> None:
    cards = f"arn:aws:sns:{REGION}:111122223333:cards"
    topics = [("default", Severity.WARNING), ("default", Severity.CRITICAL), ("team", Severity.CRITICAL)]
    settings = replace(SETTINGS, chat_topic_arns=dict.fromkeys(topics, cards))
    with mock_aws():
        channels = channels_of(replace(context, settings=settings))
    former = {name: channel.formerly for name, channel in channels.items() if channel.formerly}
    assert former == {
        "chat-warning": ("chat-info",),
        "chat-team-critical": ("chat-team-info", "chat-team-warning"),
    }


def test_each_recipient_has_channels_of_its_own(context: ChannelContext) -> None:
    buses = {name: f"arn:aws:events:{REGION}:111122223333:event-bus/{name}" for name in ("default", "team")}
    environment = {**ENVIRONMENT, contract.ENV_EVENT_BUSES: json.dumps(buses)}
    with mock_aws():
        channels = channels_of(replace(context, environment=environment))
    routed = alert().routed_to(("team",))
    assert [name for name, channel in channels.items() if channel.recipient and channel.takes(routed)] == [
        "event-bus-team"
    ]
    assert channels[contract.CHANNEL_MAIL].takes(routed), "its subscriptions choose"


@pytest.mark.parametrize(
    ("channel", "variable"),
    [
        (contract.CHANNEL_EVENT_BUS, contract.ENV_EVENT_BUSES),
        (contract.CHANNEL_IN_ORDER, contract.ENV_ORDERED_TOPIC),
    ],
)
def test_what_not_every_deployment_has_is_a_channel_only_where_it_is(
    context: ChannelContext, channel: str, variable: str
) -> None:
    without = {name: value for name, value in ENVIRONMENT.items() if name != variable}
    with mock_aws():
        assert channel not in channels_of(replace(context, environment=without))


def test_what_is_told_in_order_is_told_one_by_one_whoever_it_is_for(context: ChannelContext) -> None:
    with mock_aws():
        channel = channels_of(context)[contract.CHANNEL_IN_ORDER]
    assert (channel.one_by_one, channel.for_operators) == (True, None)


def test_a_channel_more_is_an_entry_more(context: ChannelContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "REGISTRY", [*registry.REGISTRY, PIGEON_ENTRY])
    with mock_aws():
        sqs = boto3.client("sqs", region_name=REGION)
        loft = sqs.create_queue(QueueName="loft")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:123456789012:loft"
        channel = channels_of(replace(context, environment={**ENVIRONMENT, LOFT: arn}))[PIGEON]
        assert channel.notifier.publish([alert()]) == {}
        (arrived,) = sqs.receive_message(QueueUrl=loft)["Messages"]

    assert json.loads(arrived["Body"])["id"] == alert().id
