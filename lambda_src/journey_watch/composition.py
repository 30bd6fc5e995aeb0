"""Puts the poller together: its settings, the store, a source and the channels for each lane."""

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import boto3

from journey_watch import contract
from journey_watch.aws import clients as aws_clients
from journey_watch.aws.assumed_role import session_for_role
from journey_watch.aws.event_history import EventHistory, cloudtrail_client
from journey_watch.channels.entry import ChannelContext
from journey_watch.channels.registry import channels_of
from journey_watch.channels.sns.entry import topic_subscriptions
from journey_watch.channels.sns.mail_pace import longest_wait
from journey_watch.core.attribution import Attribution
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import WatchTarget, lanes_of
from journey_watch.messages.envelope import Deployment
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.polling.report import PollReport
from journey_watch.polling.self_test import SelfTestReport, run_self_test
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import CallHistory, Channel, RunSource
from journey_watch.providers.registry import REGISTRY
from journey_watch.settings import Settings, bundled_watch_config
from journey_watch.store.dynamodb import DynamoDBRunStore

SECONDS_BETWEEN_CHECKS = 3600
"""Subscriptions are checked once an hour."""


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
        self._channels: dict[int, dict[str, Channel]] = {}
        self._subscriptions = topic_subscriptions(settings, self._session)
        self._sources: dict[Lane, RunSource] = {}
        self._sessions: dict[Lane, boto3.Session] = {}
        self._call_histories: dict[Lane, CallHistory] = {}

    def _channels_of(self, position: int) -> dict[str, Channel]:
        """Those through which a lane sends, by its position among the lanes."""
        if position not in self._channels:
            context = ChannelContext(
                self._settings, self._session, os.environ, position=position, lanes=len(self._targets)
            )
            self._channels[position] = channels_of(context)
        return self._channels[position]

    @classmethod
    def from_environment(cls) -> "Poller":
        """Raises ConfigurationError, naming what is missing."""
        return cls(Settings.from_env(os.environ, bundled_watch_config()))

    def poll(self, lane: Lane, *, remaining_seconds: float) -> PollReport:
        """Poll one lane. Raises what LanePoll.run raises, and ConfigurationError if there is no such lane."""
        targets = self._targets.get(lane)
        if targets is None:
            lanes = ", ".join(str(known) for known in self._targets)
            raise ConfigurationError(f'The configuration has no lane "{lane}"; it has: {lanes}.')
        time_budget = TimeBudget(
            now=_utc_now,
            deadline=_utc_now() + timedelta(seconds=remaining_seconds),
            turn_seconds=longest_wait(len(self._targets)),
        )
        context = PollContext(
            lane,
            targets,
            source=self._source(lane, targets),
            store=self._store,
            channels=self._channels_of(list(self._targets).index(lane)),
            config=self._settings.config,
            time_budget=time_budget,
            call_history=self._call_history(lane, targets),
            lanes=tuple(self._targets),
        )
        return LanePoll(context).run()

    def run_self_test(self) -> SelfTestReport:
        """Send a test alert through every channel."""
        settings = self._settings
        return run_self_test(
            self._channels_of(0),
            service=settings.service,
            account=settings.account,
            region=settings.region,
            now=_utc_now(),
            deployment=Deployment(settings.config.label, settings.config.time_zone),
            recipients=settings.config.recipients,
        )

    @property
    def per_journey_metrics(self) -> bool:
        return self._settings.config.per_journey_metrics

    def throttles(self, lane: Lane) -> int:
        """How often the lane's provider has asked for fewer calls since this object was made."""
        source = self._sources.get(lane)
        return source.throttles if source else 0

    def unconfirmed_subscriptions(self, lane: Lane) -> list[str] | None:
        """Who gets nothing for want of a confirmation; None if it is not this poll's turn to ask.

        The first lane asks for all, in one poll an hour. Raises SourceError if SNS does not say.
        """
        every = self._settings.config.every_seconds
        poll_number = int(_utc_now().timestamp()) // every
        if lane != next(iter(self._targets)) or poll_number % max(1, SECONDS_BETWEEN_CHECKS // every):
            return None
        return self._subscriptions.unconfirmed()

    def _source(self, lane: Lane, targets: Sequence[WatchTarget]) -> RunSource:
        if lane not in self._sources:
            entry = REGISTRY.get(lane.provider)
            if entry is None:
                raise ConfigurationError(f'"{lane.provider}" is no provider; there is: {", ".join(REGISTRY)}.')
            self._sources[lane] = entry.make_source(self._session_of(lane, targets))
        return self._sources[lane]

    def _call_history(self, lane: Lane, targets: Sequence[WatchTarget]) -> CallHistory | None:
        attribution, entry = self._settings.config.attribution, REGISTRY[lane.provider]
        if attribution is Attribution.OFF or entry.words.calls is None:
            return None
        if lane not in self._call_histories:
            session = self._session_of(lane, targets)
            names = entry.make_user_names(session) if entry.make_user_names else lambda _, __: None
            self._call_histories[lane] = EventHistory(lambda: cloudtrail_client(session), names)
        return self._call_histories[lane]

    def _session_of(self, lane: Lane, targets: Sequence[WatchTarget]) -> boto3.Session:
        """One for each lane: what reads it, and what looks for who did it, assume its role together."""
        if lane not in self._sessions:
            self._sessions[lane] = self._new_session(lane, targets)
        return self._sessions[lane]

    def _new_session(self, lane: Lane, targets: Sequence[WatchTarget]) -> boto3.Session:
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
