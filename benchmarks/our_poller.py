"""The project's poller, wired as the composition wires it, on a session that can be watched."""

from datetime import UTC, datetime, timedelta

import boto3

from journey_watch import contract
from journey_watch.aws import clients as aws_clients
from journey_watch.aws.rate_limit import Quota, RateLimit
from journey_watch.channels.sns.mail_pace import MailPace
from journey_watch.channels.sns.notifier import SnsNotifier
from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import WatchTarget
from journey_watch.messages.forms.sns import email_message, envelope_message
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.polling.report import PollReport
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import Channel
from journey_watch.providers.pinpoint.client import PINPOINT_READS, pinpoint_client
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns
from journey_watch.settings import WatchConfig
from journey_watch.store.dynamodb import DynamoDBRunStore

ENDLESS = timedelta(hours=1)
"""No poll of a benchmark is cut short."""
LANE = Lane("pinpoint", "111122223333", "eu-west-1")
UNLIMITED = Quota(per_second=1e9, burst=1e9)


class OurPoller:
    """Watches every journey of one application."""

    def __init__(
        self,
        session: boto3.Session,
        *,
        table: str,
        topic_arn: str,
        application_id: str,
        quota: Quota = PINPOINT_READS,
    ) -> None:
        limit = RateLimit(quota)
        self._source = PinpointJourneyRuns(pinpoint_client(session, limit), limit)
        self._store = DynamoDBRunStore(aws_clients.dynamodb_client(session), table, keep=timedelta(days=90))
        sns = aws_clients.sns_client(session)
        mail = SnsNotifier(sns, topic_arn, compose=email_message, pace=MailPace(position=0, lanes=1))
        alerts = SnsNotifier(sns, topic_arn, compose=envelope_message)
        self._channels = {contract.CHANNEL_MAIL: Channel(mail), contract.CHANNEL_ALERTS: Channel(alerts)}
        self._config = WatchConfig(watch=(WatchTarget("pinpoint", application_id),))

    def poll(self) -> PollReport:
        return LanePoll(
            PollContext(
                LANE,
                self._config.watch,
                source=self._source,
                store=self._store,
                channels=self._channels,
                config=self._config,
                time_budget=TimeBudget(now=_now, deadline=_now() + ENDLESS),
            )
        ).run()


def _now() -> datetime:
    return datetime.now(UTC)
