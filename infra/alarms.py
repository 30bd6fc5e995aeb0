"""The alarms by which Journey Watch says that it is itself in trouble. Each kind has its entry in docs/runbook.md."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.all_clear import AllClear
from infra.own_metrics import lane_metric, service_metric
from infra.schedules import lane_id
from infra.watch_entries import MAX_LANES_APART
from journey_watch import contract
from journey_watch.core.runs import Lane

RUNBOOK: Final = "docs/runbook.md"

_MINUTE: Final = Duration.minutes(1)
_HOUR: Final = Duration.hours(1)
_SHORTEST_BACKLOG: Final = timedelta(minutes=5)
_ATTEMPTS: Final = 5
"""So often is one call repeated that a provider throttles: fewer throttles are a brush with the quota."""


@dataclass(frozen=True, kw_only=True)
class _When:
    """When a metric puts its alarm on."""

    threshold: float = 1
    comparison: cloudwatch.ComparisonOperator = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
    periods: int = 5
    datapoints: int = 3
    missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING
    """Never `MISSING`: an alarm without data would leave ALARM with nobody knowing whether its cause is gone."""


_TROUBLE_THAT_STAYS: Final = _When()
"""For most: the next poll repairs what passes."""


class Alarms(Construct):
    """Alarms on the ops topics, which hear when they are over too. Each `watch_…` adds those of one thing.

    The name of an alarm that rings is the stack's name, a space, its kind, and what it is about. One that rings only
    through a composite alarm has a slash in place of the first space.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ops_mail_topic: sns.ITopic,
        ops_topic: sns.ITopic,
        every: timedelta,
    ) -> None:
        super().__init__(scope, construct_id)
        self.all: list[cloudwatch.IAlarm] = []
        self._service = Stack.of(self).stack_name
        self._actions = [actions.SnsAction(topic) for topic in (ops_mail_topic, ops_topic)]
        self._every = every
        self._interval = Duration.minutes(every // timedelta(minutes=1))
        self.all_clear = AllClear(
            self,
            "AllClear",
            mail_topic=ops_mail_topic,
            topic=ops_topic,
            names_begin=f"{self._service} ",
            runbook=RUNBOOK,
        )

    def watch_lanes(self, lanes: Collection[Lane]) -> None:
        """Whether each is polled, its journeys can be read, and its alerts leave."""
        self._add_of_lanes(
            "polls-missing",
            "No poll of {} came to its end for three intervals: nobody watches it.",
            lanes,
            (contract.METRIC_POLLS_COMPLETED, "Sum"),
            when=_When(
                comparison=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
                periods=contract.POLLS_MISSING_INTERVALS,
                datapoints=contract.POLLS_MISSING_INTERVALS,
                missing=cloudwatch.TreatMissingData.BREACHING,
            ),
        )
        self._add_of_lanes(
            "journeys-failing",
            "Some journeys of {} could not be read or saved in most of the last polls.",
            lanes,
            (contract.METRIC_JOURNEYS_FAILED, "Maximum"),
        )
        patience = max(_SHORTEST_BACKLOG, 3 * self._every)
        self._add_of_lanes(
            "alerts-undelivered",
            f"An alert of {{}} has been waiting for more than {patience // timedelta(minutes=1)} minutes.",
            lanes,
            (contract.METRIC_OLDEST_UNDELIVERED_AGE, "Maximum"),
            # While no poll ends, whatever waits goes on waiting.
            when=_When(
                threshold=patience.total_seconds(),
                periods=1,
                datapoints=1,
                missing=cloudwatch.TreatMissingData.IGNORE,
            ),
        )

    def watch_service(self, *, timeout: Duration) -> None:
        """What all lanes share; `timeout` is the poller's."""
        self._add(
            "polls-slow",
            f"Polls took more than 80 % of the {timeout.to_seconds():.0f} s that the function has.",
            self._of_service(contract.METRIC_POLL_DURATION, "Maximum", self._interval),
            when=_When(threshold=0.8 * timeout.to_seconds() * 1000),
        )
        self._add(
            "provider-throttling",
            "A provider keeps refusing calls for coming too fast: changes are seen late, or not at all.",
            self._of_service(contract.METRIC_THROTTLES, "Sum", self._interval),
            when=_When(threshold=_ATTEMPTS),
        )
        self._add(
            "subscriptions-unconfirmed",
            "Some recipients never confirmed their subscription, or gave it up: they get nothing.",
            self._of_service(contract.METRIC_SUBSCRIPTIONS_UNCONFIRMED, "Maximum", _HOUR),
            # It is counted once an hour, give or take a few seconds.
            when=_When(periods=1, datapoints=1, missing=cloudwatch.TreatMissingData.IGNORE),
        )

    def watch_function(self, name: str, function: lambda_.IFunction) -> None:
        self._add(
            "function-failing",
            f"The {name} function failed in most of the last intervals.",
            function.metric_errors(period=self._interval),
            about=name,
        )
        self._add(
            "function-throttled",
            f"Lambda refused to start the {name} function: the account's concurrency is used up.",
            function.metric_throttles(period=self._interval),
            about=name,
        )

    def watch_topic(self, name: str, topic: sns.ITopic) -> None:
        self._add(
            "notifications-failing",
            f"SNS could not hand a message of the {name} topic to one of its recipients.",
            topic.metric_number_of_notifications_failed(period=_MINUTE),
            about=name,
            when=_When(periods=1, datapoints=1),
        )

    def watch_table(self, table: dynamodb.ITable) -> None:
        """Watch throttling and failures of the table. Throttle metrics with a table's name alone leave out its index.

        CloudWatch has no metric for expiry that fails, and counts callers' errors by account only.
        """
        of_index = {"TableName": table.table_name, "GlobalSecondaryIndexName": contract.LANE_INDEX}
        for metric_name in ("ReadThrottleEvents", "WriteThrottleEvents"):
            for about, dimensions in ((metric_name, None), (f"{metric_name} {contract.LANE_INDEX}", of_index)):
                self._add(
                    "table-throttled",
                    f"DynamoDB keeps refusing calls for coming too fast ({about}).",
                    table.metric(metric_name, statistic="Sum", period=self._interval, dimensions_map=dimensions),
                    about=about,
                )
        for operation in ("Query", "TransactWriteItems"):
            self._add(
                "table-failing",
                f"DynamoDB keeps failing to answer {operation}: state is not read, or changes are not saved.",
                table.metric(
                    "SystemErrors", statistic="Sum", period=self._interval, dimensions_map=_operation(table, operation)
                ),
                about=operation,
            )

    def watch_dead_letters(self, name: str, queue: sqs.IQueue) -> None:
        """For a queue that should always be empty."""
        self._add(
            "dead-letters",
            f"Something was given up and lies in the {name} dead-letter queue.",
            queue.metric_approximate_number_of_messages_visible(period=_MINUTE),
            about=name,
            when=_When(periods=1, datapoints=1),
        )

    def watch_queue_age(self, name: str, queue: sqs.IQueue, *, limit: timedelta) -> None:
        """For a queue that should be emptied within the limit."""
        self._add(
            "queue-too-old",
            f"The {name} queue has not been emptied for more than {limit}.",
            queue.metric_approximate_age_of_oldest_message(period=_MINUTE),
            about=name,
            when=_When(threshold=limit.total_seconds()),
        )

    def _of_service(self, name: str, statistic: str, period: Duration) -> cloudwatch.Metric:
        return service_metric(self._service, name, statistic=statistic, period=period)

    def _add_of_lanes(
        self,
        kind: str,
        meaning: str,
        lanes: Collection[Lane],
        metric: tuple[str, str],
        *,
        when: _When = _TROUBLE_THAT_STAYS,
    ) -> None:
        """One alarm for each lane, and with many lanes one over them.

        `meaning` has `{}` where a lane is named; `metric` is a name and a statistic.
        """
        name, statistic = metric
        apart = len(lanes) <= MAX_LANES_APART
        of_lanes = [
            self._alarm(
                kind,
                meaning.format(lane),
                lane_metric(self._service, lane, name, statistic=statistic, period=self._interval),
                about=str(lane),
                path=lane_id(self, lane),
                rings=apart,
                when=when,
            )
            for lane in lanes
        ]
        if not apart:
            self._ring_together(kind, meaning.format("at least one lane"), of_lanes)
        self.all += of_lanes

    def _ring_together(self, kind: str, meaning: str, alarms: Collection[cloudwatch.Alarm]) -> None:
        together = cloudwatch.CompositeAlarm(
            self,
            kind,
            composite_alarm_name=f"{self._service} {kind}",
            alarm_description=(
                f"{meaning} Which: those whose alarm {self._service}/{kind} is in ALARM on the dashboard. "
                f"What to do: {RUNBOOK}#{kind}"
            ),
            # By name: the ARNs of fifty lanes might not fit into the 10,240 characters that a rule may have.
            alarm_rule=cloudwatch.AlarmRule.from_string(
                " OR ".join(f'ALARM("{alarm.alarm_name}")' for alarm in alarms)
            ),
        )
        together.add_alarm_action(*self._actions)
        self.all.append(together)

    def _add(
        self,
        kind: str,
        meaning: str,
        metric: cloudwatch.IMetric,
        *,
        about: str = "",
        when: _When = _TROUBLE_THAT_STAYS,
    ) -> None:
        self.all.append(self._alarm(kind, meaning, metric, about=about, path=about, rings=True, when=when))

    def _alarm(
        self,
        kind: str,
        meaning: str,
        metric: cloudwatch.IMetric,
        *,
        about: str,
        path: str,
        rings: bool,
        when: _When,
    ) -> cloudwatch.Alarm:
        """One alarm.

        `kind` is the heading of its entry in the runbook; `path` stands for `about`, which may not be known at synth.
        """
        alarm = cloudwatch.Alarm(
            self,
            "-".join(filter(None, (kind, path))),
            # The name is the subject of the e-mail at night.
            alarm_name=" ".join(filter(None, (f"{self._service}{' ' if rings else '/'}{kind}", about))),
            alarm_description=f"{meaning} What to do: {RUNBOOK}#{kind}",
            metric=metric,
            threshold=when.threshold,
            comparison_operator=when.comparison,
            evaluation_periods=when.periods,
            datapoints_to_alarm=when.datapoints,
            treat_missing_data=when.missing,
        )
        if rings:
            alarm.add_alarm_action(*self._actions)
        return alarm


def _operation(table: dynamodb.ITable, operation: str) -> dict[str, str]:
    return {"TableName": table.table_name, "Operation": operation}
