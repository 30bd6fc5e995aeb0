"""How Journey Watch is watched: alarms, dashboard, saved queries."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Final

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import Alarms
from infra.alert_channels import AlertChannels
from infra.channels import SendingParts
from infra.dashboard import Dashboard
from infra.poller import Poller
from infra.saved_queries import SavedQueries
from infra.schedules import Schedules
from infra.slack_webhooks import SlackWebhooks
from infra.state_table import StateTable
from journey_watch.core.runs import Lane

_SLACK_PATIENCE: Final = timedelta(minutes=15)
"""Long enough for a storm at one message a second, and for a Slack that is down for a moment."""


class Monitoring(Construct):
    """Wires the alarms of everything there is; `live_runs` is the widget that shows what runs now."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        every: timedelta,
        lanes: Collection[Lane],
        poller: Poller,
        schedules: Schedules,
        state: StateTable,
        topics: AlertChannels,
        channels: Sequence[SendingParts],
        slack: SlackWebhooks | None,
        live_runs: cloudwatch.IWidget | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = Alarms(
            self, "Alarms", ops_mail_topic=topics.ops_mail_topic, ops_topic=topics.ops_topic, every=every
        )
        self.alarms.watch_lanes(lanes)
        self.alarms.watch_service(timeout=poller.timeout)
        self.alarms.watch_function("poller", poller.function)
        self.alarms.watch_dead_letters("schedules", schedules.dead_letters)
        for parts in channels:
            for channel, topic in parts.topics.items():
                self.alarms.watch_topic(channel, topic)
        if slack:
            self.alarms.watch_function("slack", slack.function)
            self.alarms.watch_dead_letters("slack", slack.dead_letters)
            for secret, queue in slack.queues.items():
                self.alarms.watch_queue_age(f"slack {secret}", queue, limit=_SLACK_PATIENCE)
        self.alarms.watch_table(state.table)
        SavedQueries(self, "Queries", log_group=poller.log_group)
        self.dashboard = Dashboard(
            self,
            "Overview",
            alarms=self.alarms.all,
            lanes=len(lanes),
            function=poller.function,
            timeout=poller.timeout,
            log_group=poller.log_group,
            table=state.table,
            live_runs=live_runs,
        ).dashboard
