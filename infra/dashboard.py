"""The dashboard, from top to bottom in the order of the questions that a person on call asks."""

from collections.abc import Sequence
from typing import Final

from aws_cdk import Aws, Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import saved_queries
from infra.alarms import RUNBOOK
from infra.own_metrics import search_of_lanes, service_metric
from journey_watch import contract
from journey_watch.core.aws_partitions import partition_of

_WIDTH: Final = 24
_HALF, _THIRD, _QUARTER = 12, 8, 6
_HEIGHT: Final = 6
_ALARMS_PER_WIDGET: Final = 100
"""CloudWatch shows no more in one."""
_PERIOD: Final = Duration.minutes(5)


class Dashboard(Construct):
    """As many widgets for fifty lanes as for one: graphs search for the lanes instead of naming them."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Sequence[cloudwatch.IAlarm],
        lanes: int,
        function: lambda_.IFunction,
        timeout: Duration,
        log_group: logs.ILogGroup,
        table: dynamodb.ITable,
        live_runs: cloudwatch.IWidget | None = None,
    ) -> None:
        super().__init__(scope, construct_id)
        self._service = Stack.of(self).stack_name
        self._lanes = lanes
        self._log_group = log_group
        self._function = function
        self._timeout = timeout
        self._table = table
        self.dashboard = cloudwatch.Dashboard(self, "Dashboard", default_interval=Duration.hours(3))
        self._add(_text(self._introduction(), height=2))
        self._add(_text("## Is the monitor healthy?"))
        for at in range(0, len(alarms), _ALARMS_PER_WIDGET):
            some = list(alarms[at : at + _ALARMS_PER_WIDGET])
            self._add(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=some, width=_WIDTH, height=_HEIGHT))
        self._add(*self._polls())
        self._add(_text("## What is running now?"))
        if live_runs is not None:
            self._add(live_runs)
        self._add(*self._running())
        self._add(_text("## What changed lately?"))
        self._add(self._table_of(saved_queries.RECENT_CHANGES, width=_WIDTH))
        self._add(*self._changes())
        self._add(_text("## What is open, and how late are we?"))
        self._add(*self._open())
        self._add(*self._lateness())
        self._add(_text("## What does it cost?"))
        self._add(*self._cost())

    def _add(self, *widgets: cloudwatch.IWidget) -> None:
        self.dashboard.add_widgets(*widgets)

    def _introduction(self) -> str:
        # A Region that is not known at synth counts as one of the standard partition.
        console = f"https://{Aws.REGION}.{partition_of(Stack.of(self).region).console_host}"
        table = f"{console}/dynamodbv2/home?region={Aws.REGION}#table?name={self._table.table_name}"
        function = f"{console}/lambda/home?region={Aws.REGION}#/functions/{self._function.function_name}"
        return (
            f"# {self._service}\n"
            f"Something is red? `{RUNBOOK}` says for each alarm what it means and what to do. "
            f"[State table]({table}) · [Poller]({function}) · "
            f"[Log]({console}/cloudwatch/home?region={Aws.REGION}#logsV2:log-groups) · "
            f"saved queries are under Logs Insights, in the folder `{self._service}`."
        )

    def _polls(self) -> list[cloudwatch.IWidget]:
        duration = self._own(contract.METRIC_POLL_DURATION, "Maximum", label="slowest poll")
        return [
            self._by_lane("Polls completed", contract.METRIC_POLLS_COMPLETED, "Sum"),
            self._by_lane("Journeys that could not be read", contract.METRIC_JOURNEYS_FAILED, "Maximum"),
            _graph(
                "Poll duration",
                [duration, duration.with_(statistic="p50", label="median")],
                limit=self._timeout.to_milliseconds(),
            ),
            _graph(
                "Failures",
                [
                    self._function.metric_errors(period=_PERIOD, label="polls that failed"),
                    self._function.metric_throttles(period=_PERIOD, label="polls that Lambda did not start"),
                    self._own(contract.METRIC_THROTTLES, "Sum", label="calls that a provider refused"),
                ],
            ),
        ]

    def _running(self) -> list[cloudwatch.IWidget]:
        running = self._own(contract.METRIC_RUNS_RUNNING, "Average")
        # A lane's poll counts its own; a sum would depend on how many polls happen to fall into a period.
        all_lanes = cloudwatch.MathExpression(
            expression=f"running * {self._lanes}",
            using_metrics={"running": running},
            label="running",
            period=_PERIOD,
        )
        return [
            _graph("Running now", [all_lanes]),
            self._chart_of(
                saved_queries.LIVE_RUNS, cloudwatch.LogQueryVisualizationType.STACKEDAREA, width=_WIDTH - _QUARTER
            ),
        ]

    def _changes(self) -> list[cloudwatch.IWidget]:
        return [
            self._table_of(saved_queries.CHANGES_BY_KIND, width=_HALF),
            _graph(
                "Cancelled or failed",
                [self._own(contract.METRIC_RUNS_CANCELLED, "Sum", label="runs cancelled or failed")],
                width=_HALF,
            ),
        ]

    def _open(self) -> list[cloudwatch.IWidget]:
        return [
            self._by_lane("Conditions open", contract.METRIC_CONDITIONS_OPEN, "Maximum", width=_HALF),
            self._table_of(saved_queries.TROUBLE, width=_HALF),
        ]

    def _lateness(self) -> list[cloudwatch.IWidget]:
        return [
            self._in_the_worst_lane(
                "Seconds from a change to its detection", contract.METRIC_DETECTION_DELAY, ("p50", "p90", "p99")
            ),
            self._by_lane(
                "Age of the oldest undelivered alert, in seconds",
                contract.METRIC_OLDEST_UNDELIVERED_AGE,
                "Maximum",
                width=_THIRD,
            ),
            _graph(
                "Alerts that could not be sent",
                [self._own(contract.METRIC_ALERTS_UNDELIVERED, "Maximum", label="in one poll")],
                width=_THIRD,
            ),
        ]

    def _cost(self) -> list[cloudwatch.IWidget]:
        hour = Duration.hours(1)
        consumed = [
            self._table.metric(name, statistic="Sum", period=hour)
            for name in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
        ]
        log_bytes = cloudwatch.Metric(
            namespace="AWS/Logs",
            metric_name="IncomingBytes",
            dimensions_map={"LogGroupName": self._log_group.log_group_name},
            statistic="Sum",
            period=hour,
        )
        return [
            _graph("Milliseconds of Lambda an hour", [self._function.metric_duration(statistic="Sum", period=hour)]),
            _graph("DynamoDB units an hour", consumed),
            _graph("Bytes logged an hour", [log_bytes]),
            self._chart_of(saved_queries.CALLS, cloudwatch.LogQueryVisualizationType.LINE, width=_QUARTER),
        ]

    def _own(self, name: str, statistic: str, *, label: str | None = None) -> cloudwatch.Metric:
        metric = service_metric(self._service, name, statistic=statistic, period=_PERIOD)
        return metric.with_(label=label) if label else metric

    def _by_lane(self, title: str, name: str, statistic: str, *, width: int = _QUARTER) -> cloudwatch.GraphWidget:
        search = search_of_lanes(self._service, name, statistic=statistic, period=_PERIOD)
        label = f"${{PROP('Dim.{contract.DIMENSION_LANE}')}}"
        return _graph(title, [_expression(search, label)], width=width)

    def _in_the_worst_lane(self, title: str, name: str, statistics: Sequence[str]) -> cloudwatch.GraphWidget:
        searches = (search_of_lanes(self._service, name, statistic=each, period=_PERIOD) for each in statistics)
        lines = [
            _expression(f"MAX({search})", f"{each}, slowest lane")
            for each, search in zip(statistics, searches, strict=True)
        ]
        return _graph(title, lines, width=_THIRD)

    def _table_of(self, query: str, *, width: int) -> cloudwatch.LogQueryWidget:
        return self._chart_of(query, cloudwatch.LogQueryVisualizationType.TABLE, width=width)

    def _chart_of(
        self, query: str, view: cloudwatch.LogQueryVisualizationType, *, width: int
    ) -> cloudwatch.LogQueryWidget:
        return cloudwatch.LogQueryWidget(
            title=query,
            log_group_names=[self._log_group.log_group_name],
            query_lines=list(saved_queries.QUERIES[query]),
            view=view,
            width=width,
            height=_HEIGHT,
        )


def _text(markdown: str, *, height: int = 1) -> cloudwatch.TextWidget:
    background = cloudwatch.TextWidgetBackground.TRANSPARENT
    return cloudwatch.TextWidget(markdown=markdown, width=_WIDTH, height=height, background=background)


def _expression(expression: str, label: str) -> cloudwatch.MathExpression:
    # What a search finds are no metrics of the graph, which the CDK would warn about.
    return cloudwatch.MathExpression(expression=expression, using_metrics={}, label=label, period=_PERIOD)


def _graph(
    title: str,
    lines: Sequence[cloudwatch.IMetric],
    *,
    width: int = _QUARTER,
    limit: float | None = None,
) -> cloudwatch.GraphWidget:
    line = cloudwatch.HorizontalAnnotation(value=limit, label="time-out", color=cloudwatch.Color.RED) if limit else None
    return cloudwatch.GraphWidget(
        title=title,
        left=list(lines),
        left_y_axis=cloudwatch.YAxisProps(min=0, show_units=False),
        left_annotations=[line] if line else None,
        width=width,
        height=_HEIGHT,
    )
