"""Reads when lanes were last polled from the metric that each poll leaves behind."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from journey_watch import contract
from journey_watch.core.runs import Lane
from journey_watch.live_page.last_polls import LOOK_BACK

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

logger = Logger(child=True)


class PollMetric:
    """What it needs of IAM is `cloudwatch:GetMetricData`. One call asks for all lanes: there are at most 50."""

    def __init__(self, client: "CloudWatchClient", service: str) -> None:
        """`service` is the stack's name."""
        self._client = client
        self._service = service

    def read(self, lanes: Collection[Lane], *, now: datetime) -> Mapping[Lane, datetime | None]:
        try:
            return self._read({f"lane{n}": lane for n, lane in enumerate(lanes)}, now) if lanes else {}
        except Exception as error:  # noqa: BLE001 - a broken answer makes botocore's parser raise whatever it likes
            logger.warning("when lanes were last polled could not be read", reason=str(error))
            return {}

    def _read(self, lanes: Mapping[str, Lane], now: datetime) -> Mapping[Lane, datetime | None]:
        pages = self._client.get_paginator("get_metric_data").paginate(
            MetricDataQueries=[self._query(id_, lane) for id_, lane in lanes.items()],
            StartTime=now - LOOK_BACK,
            EndTime=now,
            ScanBy="TimestampDescending",
        )
        found: dict[Lane, datetime | None] = {}
        for page in pages:
            for result in page["MetricDataResults"]:
                lane = lanes[result["Id"]]
                points = zip(result["Timestamps"], result["Values"], strict=True)
                ended = [time for time, count in points if count > 0]
                # Without a point, only an answer that is whole says that there was no poll.
                if ended or result["StatusCode"] == "Complete":
                    known = found.get(lane)
                    found[lane] = max([*ended, *([known] if known else [])], default=None)
        return found

    def _query(self, id_: str, lane: Lane) -> "MetricDataQueryTypeDef":
        return {
            "Id": id_,
            "MetricStat": {
                "Metric": {
                    "Namespace": contract.METRICS_NAMESPACE,
                    "MetricName": contract.METRIC_POLLS_COMPLETED,
                    "Dimensions": [
                        {"Name": contract.DIMENSION_SERVICE, "Value": self._service},
                        {"Name": contract.DIMENSION_LANE, "Value": str(lane)},
                    ],
                },
                "Period": 60,
                "Stat": "Sum",
            },
        }
