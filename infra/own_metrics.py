"""The metrics that the functions emit, as alarms and dashboards refer to them."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_iam as iam

from infra.nag import acknowledge
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


def grant_reading_metrics(role: iam.Role) -> None:
    """Let a role read metrics: IAM knows no narrower resource than all of them, and no key that names a namespace."""
    role.add_to_principal_policy(iam.PolicyStatement(actions=["cloudwatch:GetMetricData"], resources=["*"]))
    acknowledge(role, "IAM5[Resource::*]", reason="GetMetricData takes no resource.")
