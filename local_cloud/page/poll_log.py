"""When each lane was last polled, as the poller's log says: MiniStack makes no metrics of it, as CloudWatch does."""

import threading
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from journey_watch import contract
from journey_watch.core.runs import Lane
from local_cloud.emf_bridge import metric_data


class PollLog:
    """Reads on where it stopped. Safe for threads."""

    def __init__(self, client: Any, log_group: str) -> None:  # noqa: ANN401 - boto3's, of CloudWatch Logs
        """`log_group` is the poller's."""
        self._logs = client
        self._group = log_group
        self._read_until = 0
        """By the log's own clock, which runs fast, in milliseconds."""
        self._ended: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def read(self, lanes: Collection[Lane], *, now: datetime) -> Mapping[Lane, datetime | None]:
        del now  # the log of a local cloud is as old as the cloud
        try:
            with self._lock:
                self._read_on()
        except (ClientError, BotoCoreError):
            return {}
        return {lane: self._ended.get(str(lane)) for lane in lanes}

    def _read_on(self) -> None:
        pages = self._logs.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self._group, startTime=self._read_until):
            for event in page["events"]:
                self._read_until = max(self._read_until, event["timestamp"])
                for _, entry in metric_data([event["message"]]):
                    lane = {each["Name"]: each["Value"] for each in entry["Dimensions"]}.get(contract.DIMENSION_LANE)
                    if entry["MetricName"] == contract.METRIC_POLLS_COMPLETED and lane is not None:
                        ended = datetime.fromtimestamp(entry["Timestamp"], UTC)
                        self._ended[lane] = max(ended, self._ended.get(lane, ended))
