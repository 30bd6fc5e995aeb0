"""The poll's metrics, in the embedded metric format.

CloudWatch bills each name with each distinct set of dimension values. So only what an alarm needs for one lane carries
`lane`; a few more are summed over all lanes; every other number is a field of the poll's log line.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from journey_watch import contract
from journey_watch.core.runs import JourneyKey, Lane


@dataclass(frozen=True, slots=True)
class MetricSpec:
    """A metric, and what it is counted by beside the deployment."""

    name: str
    unit: MetricUnit = MetricUnit.Count
    of_lanes: bool = False
    """True: each lane has its own; False: the lanes share one."""
    of_journeys: bool = False
    """True: each journey has its own as well, if the configuration asks for it."""


METRICS: Final = (
    # Detection delays come first: Powertools writes a metric with 100 samples out at once, and something must follow.
    MetricSpec(contract.METRIC_DETECTION_DELAY, MetricUnit.Seconds, of_lanes=True),
    MetricSpec(contract.METRIC_POLLS_COMPLETED, of_lanes=True),
    MetricSpec(contract.METRIC_JOURNEYS_FAILED, of_lanes=True),
    MetricSpec(contract.METRIC_OLDEST_UNDELIVERED_AGE, MetricUnit.Seconds, of_lanes=True),
    MetricSpec(contract.METRIC_CONDITIONS_OPEN, of_lanes=True),
    MetricSpec(contract.METRIC_POLL_DURATION, MetricUnit.Milliseconds),
    MetricSpec(contract.METRIC_THROTTLES),
    MetricSpec(contract.METRIC_RUNS_RUNNING, of_journeys=True),
    MetricSpec(contract.METRIC_RUNS_CANCELLED, of_journeys=True),
    MetricSpec(contract.METRIC_ALERTS_UNDELIVERED),
    MetricSpec(contract.METRIC_SUBSCRIPTIONS_UNCONFIRMED),
)
PER_LANE: Final = {spec.name: spec.unit for spec in METRICS if spec.of_lanes}
SERVICE_WIDE: Final = {spec.name: spec.unit for spec in METRICS if not spec.of_lanes}
PER_JOURNEY: Final = {spec.name: spec.unit for spec in METRICS if spec.of_journeys}

Values = Mapping[str, float | Sequence[float]]
"""By metric name; a sequence is several samples of one metric."""


def emit(
    lane: Lane,
    values: Values,
    of_journeys: Mapping[JourneyKey, Values] | None = None,
    beside: Mapping[str, Any] | None = None,
) -> None:
    """Write those of the values that are metrics to standard output: one line, and one for each journey asked for.

    What is given to stand `beside` them in the line is no metric; log queries find it there.
    """
    of_lane = {contract.DIMENSION_LANE: str(lane)}
    documents = [_document(of_lane, PER_LANE, values), _document({}, SERVICE_WIDE, values)]
    _write([document for document in documents if document], beside or {})
    for journey, its_values in (of_journeys or {}).items():
        _write([_document(of_lane | {contract.DIMENSION_JOURNEY: str(journey)}, PER_JOURNEY, its_values)], {})


def _document(dimensions: Mapping[str, str], units: Mapping[str, MetricUnit], values: Values) -> dict[str, Any]:
    metrics = EphemeralMetrics()
    for name, dimension in dimensions.items():
        metrics.add_dimension(name, dimension)
    for name, unit in units.items():
        value = values.get(name, ())
        for sample in value if isinstance(value, Sequence) else (value,):
            metrics.add_metric(name, unit, sample)
    return _compact(dict(metrics.serialize_metric_set()), units) if metrics.metric_set else {}


def _compact(document: dict[str, Any], units: Mapping[str, MetricUnit]) -> dict[str, Any]:
    """A single sample as a number, which log queries can read; no unit where it is only a count."""
    for name in units:
        match document.get(name):
            case [sample]:
                document[name] = int(sample) if sample == int(sample) else sample
    for directive in document["_aws"]["CloudWatchMetrics"]:
        directive["Metrics"] = [
            {"Name": metric["Name"]} if metric.get("Unit") == MetricUnit.Count.value else metric
            for metric in directive["Metrics"]
        ]
    return document


def _write(documents: Sequence[Mapping[str, Any]], beside: Mapping[str, Any]) -> None:
    """One line for all: a document may hold several sets of dimensions, each with metrics of its own."""
    merged = {**beside, **{name: value for document in documents for name, value in document.items()}}
    directives = [directive for document in documents for directive in document["_aws"]["CloudWatchMetrics"]]
    merged["_aws"] = {**merged["_aws"], "CloudWatchMetrics": directives}
    print(json.dumps(merged, separators=(",", ":")))  # noqa: T201 - standard output is where the runtime reads metrics
