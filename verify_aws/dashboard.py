"""The dashboard: CloudWatch answers what its widgets ask."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.log_queries import run_query
from verify_aws.surroundings import Gap
from verify_aws.verification import Verification, said_by

ABOUT: Final = "dashboard"
_BROKEN: Final = frozenset({"InternalError", "Forbidden"})
_SOURCE: Final = re.compile(r"^\s*(SOURCE\s+'[^']*'\s*\|\s*)+")
"""How a dashboard names log groups; a query that is started is given them beside it."""


def find(verification: Verification) -> Iterator[Finding]:
    """Each query of the log and each graph's metrics and searches, asked for as the dashboard asks."""
    answer = verification.surroundings.client("cloudwatch").get_dashboard(
        DashboardName=verification.deployment.outputs["DashboardName"]
    )
    without_expressions = Gap.EXPRESSIONS in verification.surroundings.gaps
    if without_expressions:
        yield not_checked(ABOUT, Gap.EXPRESSIONS)
    for widget in json.loads(answer["DashboardBody"])["widgets"]:
        properties = widget["properties"]
        if widget["type"] == "log":
            yield run_query(verification, ABOUT, properties["title"], _SOURCE.sub("", properties["query"]))
        elif "metrics" in properties:
            queries = list(metric_queries(properties))
            if without_expressions:
                queries = [query for query in queries if "Expression" not in query]
            if queries:
                yield _ask(verification, properties["title"], queries)


def metric_queries(graph: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A graph's rows as GetMetricData takes them.

    A row is a namespace, a name, dimensions, and last how to show it; or an expression over others.
    """
    for number, row in enumerate(graph["metrics"]):
        words = [word for word in row if isinstance(word, str)]
        shown = next((word for word in row if isinstance(word, dict)), {})
        query: dict[str, Any] = {"Id": shown.get("id", f"m{number}")}
        period = shown.get("period", graph.get("period", 300))
        if "expression" in shown:
            yield query | {"Expression": shown["expression"], "Period": period}
            continue
        namespace, name, *dimensions = words
        metric = {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [
                {"Name": key, "Value": value} for key, value in zip(dimensions[::2], dimensions[1::2], strict=True)
            ],
        }
        statistic = shown.get("stat", graph.get("stat", "Average"))
        yield query | {"MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}}


def _ask(verification: Verification, title: str, queries: list[dict[str, Any]]) -> Finding:
    now = datetime.now(UTC)
    try:
        results = verification.surroundings.client("cloudwatch").get_metric_data(
            MetricDataQueries=queries, StartTime=now - timedelta(hours=3), EndTime=now
        )["MetricDataResults"]
    except ClientError as error:
        return failed(ABOUT, f'"{title}" is refused: {said_by(error)}')
    problems = [f"{message['Code']}: {message['Value']}" for each in results for message in each.get("Messages", [])]
    problems += [each["StatusCode"] for each in results if each["StatusCode"] in _BROKEN]
    if problems:
        return failed(ABOUT, f'"{title}" is not answered: {problems[0]}', problems=problems)
    return ok(ABOUT, f'"{title}": what it shows of metrics was answered.')
