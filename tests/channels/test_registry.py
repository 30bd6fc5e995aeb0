"""A channel is one folder and one line: the poller owes it alerts, sends it a test, and keeps what it refuses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import boto3
import pytest
from moto import mock_aws

from journey_watch import contract
from journey_watch.channels import registry
from journey_watch.channels.entry import ChannelContext
from journey_watch.channels.registry import channels_of
from journey_watch.core.alerts import Alert
from journey_watch.core.severity import Severity
from journey_watch.ports import Channel
from journey_watch.settings import Settings, WatchConfig
from tests.messages.alert_builders import alert

REGION = "eu-west-1"
SETTINGS = Settings(
    table_name="state",
    alert_topic_arn=f"arn:aws:sns:{REGION}:111122223333:alerts",
    alert_mail_topic_arn=f"arn:aws:sns:{REGION}:111122223333:mail",
    ops_topic_arn=f"arn:aws:sns:{REGION}:111122223333:ops",
    ops_mail_topic_arn=f"arn:aws:sns:{REGION}:111122223333:ops-mail",
    chat_topic_arns={Severity.CRITICAL: f"arn:aws:sns:{REGION}:111122223333:cards"},
    account="111122223333",
    region=REGION,
    service="journey-watch",
    config=WatchConfig(),
    event_bus_arn=f"arn:aws:events:{REGION}:111122223333:event-bus/alerts",
)


@dataclass
class Pigeon:
    """The toy: all that a channel must be."""

    carried: list[str] = field(default_factory=list)

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        self.carried += [one.id for one in alerts]
        return {}


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch) -> ChannelContext:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    return ChannelContext(SETTINGS, boto3.Session(region_name=REGION), position=0, lanes=1)


def test_every_channel_has_the_name_under_which_alerts_are_owed(context: ChannelContext) -> None:
    with mock_aws():
        channels = channels_of(context)

    for_operators = {name for name, channel in channels.items() if channel.for_operators}
    assert for_operators == {contract.CHANNEL_OPS, contract.CHANNEL_OPS_MAIL}
    assert channels.keys() - for_operators == {
        contract.CHANNEL_MAIL,
        contract.CHANNEL_ALERTS,
        contract.chat_channel(Severity.CRITICAL),
        contract.CHANNEL_EVENT_BUS,
    }


def test_a_channel_more_is_one_line(context: ChannelContext, monkeypatch: pytest.MonkeyPatch) -> None:
    pigeon = Pigeon()
    monkeypatch.setattr(registry, "REGISTRY", [*registry.REGISTRY, lambda _: {"pigeon": Channel(pigeon)}])
    with mock_aws():
        channel = channels_of(context)["pigeon"]

    assert channel.notifier.publish([alert()]) == {}
    assert pigeon.carried == [alert().id]
