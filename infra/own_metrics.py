"""The metrics that the functions emit, as alarms and dashboards refer to them."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch

from journey_watch import contract
from journey_watch.core.runs import Lane


def lane_metric(service: str, lane: Lane, name: str, *, statistic: str, period: Duration) -> cloudwatch.Metric:
    """A metric of one lane."""
    return cloudwatch.Metric(
        namespace=contract.METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={contract.DIMENSION_SERVICE: service, contract.DIMENSION_LANE: str(lane)},
        statistic=statistic,
        period=period,
    )


def service_metric(service: str, name: str, *, statistic: str, period: Duration) -> cloudwatch.Metric:
    """A metric that all lanes share."""
    return cloudwatch.Metric(
        namespace=contract.METRICS_NAMESPACE,
        metric_name=name,
        dimensions_map={contract.DIMENSION_SERVICE: service},
        statistic=statistic,
        period=period,
    )


def search_of_lanes(service: str, name: str, *, statistic: str, period: Duration) -> str:
    """A search for the metric of every lane: one line in a graph for each, without naming any."""
    dimensions = f"{contract.METRICS_NAMESPACE},{contract.DIMENSION_LANE},{contract.DIMENSION_SERVICE}"
    terms = f'MetricName="{name}" {contract.DIMENSION_SERVICE}="{service}"'
    return f"SEARCH('{{{dimensions}}} {terms}', '{statistic}', {period.to_seconds():.0f})"
