"""Turns metrics that functions log in the embedded metric format into metrics: CloudWatch does, MiniStack does not."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from local_cloud.cloud import LocalCloud


def metric_data(lines: Iterable[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The metrics in log lines, each as a namespace and a `MetricData` entry of PutMetricData.

    One entry for each dimension set and value, as in
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    for line in lines:
        document = _embedded(line)
        if document is None:
            continue
        timestamp = document["_aws"]["Timestamp"] / 1000
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for names in directive["Dimensions"]:
                dimensions = [{"Name": name, "Value": str(document[name])} for name in names]
                for metric in directive["Metrics"]:
                    values = document[metric["Name"]]
                    yield (
                        directive["Namespace"],
                        {
                            "MetricName": metric["Name"],
                            "Dimensions": dimensions,
                            "Timestamp": timestamp,
                            "Unit": metric.get("Unit", "None"),
                            "Values": values if isinstance(values, list) else [values],
                        },
                    )


class EmfBridge:
    """Carries the metrics of one function over, each once."""

    def __init__(self, cloud: LocalCloud, function_name: str) -> None:
        self._cloud = cloud
        self._function_name = function_name
        self._cloudwatch = cloud.client("cloudwatch")
        self._carried = 0

    def carry(self) -> int:
        """Put the metrics logged since the last call into CloudWatch; how many they were."""
        logged = list(metric_data(self._cloud.logs(self._function_name)))
        new = logged[self._carried :]
        for namespace, entry in new:
            self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=[entry])
        self._carried = len(logged)
        return len(new)


def _embedded(line: str) -> dict[str, Any] | None:
    try:
        document = json.loads(line)
    except ValueError:
        return None
    return document if isinstance(document, dict) and "CloudWatchMetrics" in document.get("_aws", ()) else None
