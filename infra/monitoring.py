"""How Journey Watch is watched: alarms, dashboard, saved queries."""

from collections.abc import Collection, Sequence
from datetime import timedelta

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.alarms import Alarms
from infra.alert_channels import AlertChannels
from infra.channels import SendingParts
from infra.dashboard import Dashboard
from infra.poller import Poller
from infra.queued_channel import QUEUE_PATIENCE, QueuedChannel
from infra.saved_queries import SavedQueries
from infra.schedules import Schedules
from infra.state_table import StateTable
from journey_watch.core.runs import Lane


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
        queued: Sequence[QueuedChannel],
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
        for one in queued:
            name = one.kind.name
            self.alarms.watch_function(name, one.function)
            self.alarms.watch_dead_letters(name, one.dead_letters)
            for secret, queue in one.queues.items():
                self.alarms.watch_queue_age(f"{name} {secret}", queue, limit=QUEUE_PATIENCE)
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
