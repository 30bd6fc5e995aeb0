"""The only place that makes clients and picks adapters."""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import boto3

from journey_watch import contract
from journey_watch.aws import clients as aws_clients
from journey_watch.aws.assumed_role import session_for_role
from journey_watch.aws.rate_limit import CONNECT_READS, PINPOINT_READS, RateLimit
from journey_watch.channels.event_bus.notifier import EventBusNotifier
from journey_watch.channels.sns.mail_pace import MailPace, longest_wait
from journey_watch.channels.sns.notifier import SnsNotifier
from journey_watch.channels.sns.subscriptions import SnsReaders
from journey_watch.core.alerts import Alert
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.runs import Lane
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget, lanes_of
from journey_watch.polling.time_budget import Invocation
from journey_watch.messages.forms.sns import TopicMessage, card_message, email_message, envelope_message
from journey_watch.polling.poll_lane import poll_lane
from journey_watch.ports import Channel, RunSource
from journey_watch.providers.connect.source import CONNECT, ConnectCampaigns
from journey_watch.providers.pinpoint.counters import PinpointCounters
from journey_watch.providers.pinpoint.source import PINPOINT, PinpointJourneyRuns
from journey_watch.polling.report import PollReport
from journey_watch.settings import Settings, bundled_watch_config
from journey_watch.store.dynamodb import DynamoDBRunStore
from journey_watch.polling.self_test import TestReport, send_test_alert

SINGLY_SECONDS = 20
"""So long a poll may be busy with sending alerts one by one; more of them are told in a digest."""

SECONDS_BETWEEN_CHECKS = 3600
"""Of who has confirmed their subscription."""


def _pinpoint(session: boto3.Session) -> RunSource:
    limit = RateLimit(PINPOINT_READS)
    counters = PinpointCounters(lambda: aws_clients.impatient_pinpoint_client(session, limit))
    return PinpointJourneyRuns(aws_clients.pinpoint_client(session, limit), limit, counters)


def _connect(session: boto3.Session) -> RunSource:
    limit = RateLimit(CONNECT_READS)
    return ConnectCampaigns(aws_clients.campaigns_client(session, limit), limit)


SOURCES: Mapping[str, Callable[[boto3.Session], RunSource]] = {PINPOINT.name: _pinpoint, CONNECT.name: _connect}
"""By provider: a new one is one adapter, and one line here."""


class Poller:
    """Everything that outlives an invocation: clients, caches, rate limits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._targets = lanes_of(settings.config.watch, own_account=settings.account, own_region=settings.region)
        self._session = boto3.Session(region_name=settings.region)
        self._store = DynamoDBRunStore(
            aws_clients.dynamodb_client(self._session),
            settings.table_name,
            keep=timedelta(days=settings.config.history_days),
        )
        self._sns = aws_clients.sns_client(self._session)
        self._channels: dict[int, dict[str, Channel]] = {}
        self._readers = SnsReaders(
            self._sns,
            {
                settings.alert_mail_topic_arn: settings.config.alert_readers,
                settings.ops_mail_topic_arn: settings.config.ops_readers,
            },
        )
        self._sources: dict[Lane, RunSource] = {}

    def _channels_of(self, position: int) -> dict[str, Channel]:
        """Those through which a lane sends, by its position among the lanes."""
        if position not in self._channels:
            self._channels[position] = self._make_channels(position)
        return self._channels[position]

    def _make_channels(self, position: int) -> dict[str, Channel]:
        settings, lanes = self._settings, len(self._targets)

        def for_people(
            topic_arn: str,
            compose: Callable[[Alert], TopicMessage],
            min_severity: Severity = Severity.INFO,
            *,
            for_operators: bool = False,
        ) -> Channel:
            pace = MailPace(position=position, lanes=lanes)
            return Channel(
                SnsNotifier(self._sns, topic_arn, compose=compose, pace=pace),
                min_severity,
                for_operators=for_operators,
                at_once=pace.at_once,
                most_singly=int(SINGLY_SECONDS / longest_wait(lanes)) * pace.at_once,
            )

        def for_programs(topic_arn: str, *, for_operators: bool = False) -> Channel:
            return Channel(SnsNotifier(self._sns, topic_arn, compose=envelope_message), for_operators=for_operators)

        channels = {
            contract.CHANNEL_MAIL: for_people(settings.alert_mail_topic_arn, email_message),
            contract.CHANNEL_ALERTS: for_programs(settings.alert_topic_arn),
            contract.CHANNEL_OPS_MAIL: for_people(settings.ops_mail_topic_arn, email_message, for_operators=True),
            contract.CHANNEL_OPS: for_programs(settings.ops_topic_arn, for_operators=True),
        }
        for severity, topic_arn in settings.chat_topic_arns.items():
            channels[contract.chat_channel(severity)] = for_people(topic_arn, card_message, severity)
        if bus_arn := settings.event_bus_arn:
            # An event bus cannot be written to from another Region than its own.
            events = aws_clients.events_client(self._session, bus_arn.split(":")[3])
            channels[contract.CHANNEL_EVENT_BUS] = Channel(EventBusNotifier(events, bus_arn))
        return channels

    @classmethod
    def from_environment(cls) -> "Poller":
        """Raises ConfigurationError, naming what is missing."""
        return cls(Settings.from_env(os.environ, bundled_watch_config()))

    def poll(self, lane: Lane, *, remaining_seconds: float) -> PollReport:
        """Poll one lane. Raises ConfigurationError if the configuration has no such lane, and what poll_lane raises."""
        targets = self._targets.get(lane)
        if targets is None:
            lanes = ", ".join(str(known) for known in self._targets)
            raise ConfigurationError(f'The configuration has no lane "{lane}"; it has: {lanes}.')
        return poll_lane(
            lane,
            targets,
            source=self._source(lane, targets),
            store=self._store,
            channels=self._channels_of(list(self._targets).index(lane)),
            config=self._settings.config,
            invocation=Invocation(
                now=_utc_now,
                deadline=_utc_now() + timedelta(seconds=remaining_seconds),
                turn_seconds=longest_wait(len(self._targets)),
            ),
        )

    def send_test_alert(self) -> TestReport:
        """Send a test alert through every channel."""
        settings = self._settings
        return send_test_alert(
            self._channels_of(0),
            service=settings.service,
            account=settings.account,
            region=settings.region,
            now=_utc_now(),
        )

    @property
    def per_journey_metrics(self) -> bool:
        return self._settings.config.per_journey_metrics

    def throttles(self, lane: Lane) -> int:
        """How often the lane's provider has asked for fewer calls since this object was made."""
        source = self._sources.get(lane)
        return source.throttles if source else 0

    def unconfirmed_readers(self, lane: Lane) -> list[str] | None:
        """Who gets nothing for want of a confirmation; None if it is not this poll's turn to ask.

        The first lane asks for all, in one poll an hour. Raises SourceError if SNS does not say.
        """
        every = self._settings.config.every_seconds
        poll_number = int(_utc_now().timestamp()) // every
        if lane != next(iter(self._targets)) or poll_number % max(1, SECONDS_BETWEEN_CHECKS // every):
            return None
        return self._readers.unconfirmed()

    def _source(self, lane: Lane, targets: Sequence[WatchTarget]) -> RunSource:
        if lane not in self._sources:
            make_source = SOURCES.get(lane.provider)
            if make_source is None:
                raise ConfigurationError(f'"{lane.provider}" is no provider; there is: {", ".join(SOURCES)}.')
            self._sources[lane] = make_source(self._session_of(lane, targets))
        return self._sources[lane]

    def _session_of(self, lane: Lane, targets: Sequence[WatchTarget]) -> boto3.Session:
        # One lane has one role: the configuration is refused otherwise.
        role_arn, external_id = targets[0].role_arn, targets[0].external_id
        if role_arn:
            return session_for_role(role_arn, external_id=external_id, region=lane.region)
        # Another session would read the SDK's own data once more, a sixth of a cold start.
        own = lane.region == self._settings.region
        return self._session if own else boto3.Session(region_name=lane.region)


def _utc_now() -> datetime:
    return datetime.now(UTC)


def lane_of(event: object) -> Lane:
    """The lane that an event names. Raises ConfigurationError if it names none."""
    text = event.get(contract.EVENT_LANE) if isinstance(event, Mapping) else None
    if not isinstance(text, str):
        raise ConfigurationError('The event must be {"lane": "provider/account/region"}.')
    return Lane.parse(text)
