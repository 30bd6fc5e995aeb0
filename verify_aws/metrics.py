"""What CloudWatch bills by the month, compared with what docs/cost.md says it will."""

from collections.abc import Iterator, Mapping
from typing import Final

from journey_watch import contract
from journey_watch.observability.metrics import PER_LANE, SERVICE_WIDE
from tools import cost
from verify_aws.findings import Finding, failed, ok
from verify_aws.verification import Verification

Metric = tuple[str, str | None]
"""Name, and the lane it is of; None for what all lanes share."""
ONLY_SOMETIMES: Final = frozenset({contract.METRIC_DETECTION_DELAY, contract.METRIC_SUBSCRIPTIONS_UNCONFIRMED})
"""Sent only with changes, or once an hour: it need not be there, and may be."""


def find(verification: Verification) -> Iterator[Finding]:
    """As many metrics, alarms and dashboards as the cost model counts, by name."""
    lanes = [str(lane) for lane in verification.lanes]
    counted = {(name, lane) for name in PER_LANE for lane in lanes} | {(name, None) for name in SERVICE_WIDE}
    needed = {metric for metric in counted if metric[0] not in ONLY_SOMETIMES}
    listed = verification.waiting.until(
        "metrics to be listed",
        lambda: _listed(verification),
        lambda found: found >= needed,
        limit=verification.surroundings.patience.metrics,
    )
    for name, lane in sorted(needed - listed, key=str):
        yield failed("metrics", f"{_named(name, lane)} is not listed, and every poll should send it.")
    for name, lane in sorted(listed - counted, key=str):
        yield failed("metrics", f"{_named(name, lane)} is listed and billed, and the cost model does not know it.")
    if needed <= listed <= counted:
        yield ok("metrics", f"{len(listed)} metrics are listed, all of them in the cost model.", metrics=len(listed))
    yield _compare("alarms", len(_alarms(verification)), cost.ALARMS_PER_LANE * len(lanes) + cost.ALARMS_OF_THE_REST)


def _named(name: str, lane: str | None) -> str:
    return f"{name} of {lane}" if lane else f"{name} of all lanes"


def _compare(what: str, found: int, counted: int) -> Finding:
    if found == counted:
        return ok("metrics", f"{found} {what} are deployed, as the cost model counts them.")
    return failed("metrics", f"{found} {what} are deployed, and the cost model counts {counted}.")


def _listed(verification: Verification) -> set[Metric]:
    verification.surroundings.look_again()
    pages = (
        verification.surroundings.client("cloudwatch")
        .get_paginator("list_metrics")
        .paginate(
            Namespace=contract.METRICS_NAMESPACE,
            RecentlyActive="PT3H",
            Dimensions=[{"Name": contract.DIMENSION_SERVICE, "Value": verification.stack}],
        )
    )
    return {_read(metric) for page in pages for metric in page["Metrics"]}


def _read(metric: Mapping[str, object]) -> Metric:
    name, dimensions = str(metric["MetricName"]), metric["Dimensions"]
    assert isinstance(dimensions, list)  # noqa: S101 - by the API's model
    values = {each["Name"]: each["Value"] for each in dimensions}
    unknown = sorted(values.keys() - {contract.DIMENSION_SERVICE, contract.DIMENSION_LANE})
    return (f"{name} by {', '.join(unknown)}" if unknown else name), values.get(contract.DIMENSION_LANE)


def _alarms(verification: Verification) -> list[str]:
    return verification.of_type("AWS::CloudWatch::Alarm")
