"""Questions to the poller's log, ready in the console under Logs Insights. The dashboard asks some of them too."""

from collections.abc import Mapping
from typing import Final

from aws_cdk import Stack
from aws_cdk import aws_logs as logs
from constructs import Construct

from journey_watch import contract

RECENT_CHANGES: Final = contract.QUERY_RECENT_CHANGES
CHANGES_BY_KIND: Final = "Changes by kind"
LIVE_RUNS: Final = "Live runs over time"
TROUBLE: Final = contract.QUERY_TROUBLE
SLOWEST_POLLS: Final = "Slowest polls"
CALLS: Final = "Pages read over time"

_POLLS: Final = f'filter message = "{contract.LOG_POLL_COMPLETED}"'
_CHANGES: Final = f'filter message = "{contract.LOG_CHANGE}"'


def _over_all_lanes(field: str, name: str) -> str:
    """An average poll's value times the number of lanes: it stays right where a bin holds one poll more or less."""
    return f"sum({field}) * count_distinct(lane) / count(*) as {name}"


QUERIES: Final[Mapping[str, tuple[str, ...]]] = {
    RECENT_CHANGES: (
        "fields @timestamp, severity, change, previous_status, status, condition, journey, run_id, lane",
        _CHANGES,
        "sort @timestamp desc",
        "limit 50",
    ),
    CHANGES_BY_KIND: (_CHANGES, "stats count(*) as changes by change, previous_status, status", "sort changes desc"),
    LIVE_RUNS: (
        _POLLS,
        "stats "
        + ", ".join(
            _over_all_lanes(field, name)
            for field, name in (
                ("RunsScheduled", "scheduled"),
                (contract.METRIC_RUNS_RUNNING, "running"),
                ("RunsPaused", "paused"),
            )
        )
        + " by bin(5m)",
    ),
    TROUBLE: (
        "fields @timestamp, level, message, reason, lane, journey, container",
        'filter level in ["WARNING", "ERROR", "CRITICAL"]',
        "sort @timestamp desc",
        "limit 100",
    ),
    SLOWEST_POLLS: (
        f"fields @timestamp, lane, {contract.METRIC_POLL_DURATION}, PagesRead, {contract.METRIC_THROTTLES}",
        _POLLS,
        f"sort {contract.METRIC_POLL_DURATION} desc",
        "limit 25",
    ),
    CALLS: (_POLLS, "stats sum(PagesRead) as pages, sum(JourneysPolled) as journeys by bin(5m)"),
}
"""The lines of each query, by its name."""


class SavedQueries(Construct):
    """All of QUERIES, in a folder with the stack's name."""

    def __init__(self, scope: Construct, construct_id: str, *, log_group: logs.ILogGroup) -> None:
        super().__init__(scope, construct_id)
        for name, lines in QUERIES.items():
            logs.CfnQueryDefinition(
                self,
                name.replace(" ", ""),
                name=f"{Stack.of(self).stack_name}/{name}",
                query_string="\n| ".join(lines),
                log_group_names=[log_group.log_group_name],
            )
