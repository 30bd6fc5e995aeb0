"""The topics of a deployment: for people, for programs, for operators, the cards for Amazon Q, and the ordered one."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Final

import boto3

from journey_watch import contract
from journey_watch.aws.access import Access
from journey_watch.aws.clients import sns_client
from journey_watch.channels.entry import ChannelContext, ChannelEntry
from journey_watch.channels.sns.mail_pace import MailPace, longest_wait
from journey_watch.channels.sns.notifier import SnsNotifier
from journey_watch.channels.sns.subscriptions import TopicSubscriptions
from journey_watch.core.alerts import Alert
from journey_watch.core.severity import SENT, Severity
from journey_watch.messages.forms.sns import TopicMessage, card_message, email_message, envelope_message
from journey_watch.ports import Channel
from journey_watch.settings import Settings

MAX_SECONDS_OF_SINGLE_ALERTS: Final = 20
"""A poll may be busy so long with sending alerts one by one; more of them are told in a digest."""


_client = cache(sns_client)
"""All lanes share one: to make a client takes a good part of a cold start."""


def _channels(context: ChannelContext) -> Mapping[str, Channel]:
    """A channel for each topic. People and chats get what they get at a pace, programs at full speed."""
    settings, sns = context.settings, _client(context.session)

    def for_people(
        topic_arn: str,
        compose: Callable[[Alert], TopicMessage],
        min_severity: Severity = Severity.INFO,
        *,
        recipient: str | None = None,
        for_operators: bool = False,
        formerly: tuple[str, ...] = (),
    ) -> Channel:
        pace = MailPace(position=context.position, lanes=context.lanes)
        return Channel(
            SnsNotifier(sns, topic_arn, compose=compose, pace=pace),
            min_severity,
            recipient,
            for_operators=for_operators,
            at_once=pace.at_once,
            formerly=formerly,
            max_single=int(MAX_SECONDS_OF_SINGLE_ALERTS / longest_wait(context.lanes)) * pace.at_once,
        )

    def for_programs(topic_arn: str, *, for_operators: bool = False) -> Channel:
        return Channel(SnsNotifier(sns, topic_arn, compose=envelope_message), for_operators=for_operators)

    def in_order(topic_arn: str) -> Channel:
        notifier = SnsNotifier(sns, topic_arn, compose=envelope_message, in_order=True)
        return Channel(notifier, for_operators=None, one_by_one=True)

    ordered = context.environment.get(contract.ENV_ORDERED_TOPIC)
    chats = {contract.chat_channel(severity, recipient) for recipient, severity in settings.chat_topic_arns}
    heirs: set[str] = set()

    def former_chats(recipient: str) -> tuple[str, ...]:
        """A chat that is told from another severity on has another topic: one inherits what is owed to that before."""
        if recipient in heirs:
            return ()
        heirs.add(recipient)
        return tuple(name for each in SENT if (name := contract.chat_channel(each, recipient)) not in chats)

    return {
        contract.CHANNEL_MAIL: for_people(settings.alert_mail_topic_arn, email_message),
        contract.CHANNEL_ALERTS: for_programs(settings.alert_topic_arn),
        contract.CHANNEL_OPS_MAIL: for_people(settings.ops_mail_topic_arn, email_message, for_operators=True),
        contract.CHANNEL_OPS: for_programs(settings.ops_topic_arn, for_operators=True),
        **{
            contract.chat_channel(severity, recipient): for_people(
                topic_arn, card_message, severity, recipient=recipient, formerly=former_chats(recipient)
            )
            for (recipient, severity), topic_arn in settings.chat_topic_arns.items()
        },
        **({contract.CHANNEL_IN_ORDER: in_order(ordered)} if ordered else {}),
    }


def _uses(environment: Mapping[str, str]) -> list[Access]:
    ordered = environment.get(contract.ENV_ORDERED_TOPIC)
    mail = (environment[contract.ENV_ALERT_MAIL_TOPIC], environment[contract.ENV_OPS_MAIL_TOPIC])
    programs = (environment[contract.ENV_ALERT_TOPIC], environment[contract.ENV_OPS_TOPIC])
    cards: dict[str, str] = json.loads(environment.get(contract.ENV_CHAT_TOPICS, "{}"))
    return [
        # PublishBatch is authorised as Publish.
        Access(("sns:Publish",), (*mail, *programs, *cards.values(), *([ordered] if ordered else []))),
        # Once an hour the poller looks who never confirmed.
        Access(("sns:ListSubscriptionsByTopic",), mail),
    ]


SNS_ENTRY: Final = ChannelEntry(
    make=_channels, sdk_operations={"sns": ("ListSubscriptionsByTopic", "PublishBatch")}, uses=_uses
)


def topic_subscriptions(settings: Settings, session: boto3.Session) -> TopicSubscriptions:
    """Who should have confirmed a subscription to the two topics for e-mail."""
    expected = {
        settings.alert_mail_topic_arn: settings.config.alert_recipients,
        settings.ops_mail_topic_arn: settings.config.ops_recipients,
    }
    return TopicSubscriptions(_client(session), expected)
