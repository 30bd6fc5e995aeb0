"""The poll's metrics, in the embedded metric format.

CloudWatch bills each name with each distinct set of dimensions. So only what an alarm needs for one lane carries
`lane`; five more are summed over all lanes; every other number is a field of the poll's log line.
"""

from collections.abc import Mapping

from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from journey_watch.contract import DIMENSION_LANE
from journey_watch.core.runs import Lane

PER_LANE = {
    "PollsCompleted": MetricUnit.Count,
    "JourneysFailed": MetricUnit.Count,
    "OldestUndeliveredAge": MetricUnit.Seconds,
    "DetectionDelay": MetricUnit.Seconds,
}
SERVICE_WIDE = {
    "PollDuration": MetricUnit.Milliseconds,
    "Throttles": MetricUnit.Count,
    "RunsRunning": MetricUnit.Count,
    "RunsCancelled": MetricUnit.Count,
    "AlertsUndelivered": MetricUnit.Count,
}


def emit(lane: Lane, values: Mapping[str, float | list[float]]) -> None:
    """Write those of the values that are metrics to standard output; a list is several samples of one metric."""
    of_lane = EphemeralMetrics()
    of_lane.add_dimension(DIMENSION_LANE, str(lane))
    of_service = EphemeralMetrics()
    for metrics, units in ((of_lane, PER_LANE), (of_service, SERVICE_WIDE)):
        for name, unit in units.items():
            value = values.get(name, [])
            for sample in value if isinstance(value, list) else [value]:
                metrics.add_metric(name, unit, sample)
        metrics.flush_metrics()
