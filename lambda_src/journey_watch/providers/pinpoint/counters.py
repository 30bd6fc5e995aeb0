"""GetJourneyRunExecutionMetrics: how many endpoints a run has had so far."""

from collections.abc import Callable, Mapping
from threading import Lock
from typing import TYPE_CHECKING, Final

from journey_watch.core.runs import JourneyKey
from journey_watch.providers.untrusted_values import read_text

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient

MAX_COUNTERS: Final = 20
"""Pinpoint documents fewer; an alert has room for no more."""


class PinpointCounters:
    """Reads a run's counters with an impatient client, made when it is first needed. Safe for threads."""

    def __init__(self, make_client: "Callable[[], PinpointClient]") -> None:
        self._make_client = make_client
        self._client: PinpointClient | None = None
        self._lock = Lock()

    def read(self, journey: JourneyKey, run_id: str) -> Mapping[str, str]:
        """By Pinpoint's names, such as ENDPOINT_ENTERED; empty if they cannot be had at once."""
        try:
            answer = self._impatient_client().get_journey_run_execution_metrics(
                ApplicationId=journey.container_id, JourneyId=journey.journey_id, RunId=run_id
            )
            metrics: object = answer["JourneyRunExecutionMetricsResponse"]["Metrics"]
        except Exception:  # noqa: BLE001 - whatever it was, the alert goes out without them
            return {}
        if not isinstance(metrics, dict):
            return {}
        read = {name: read_text(value) for name, value in metrics.items() if isinstance(name, str)}
        return dict([(name, value) for name, value in read.items() if value is not None][:MAX_COUNTERS])

    def _impatient_client(self) -> "PinpointClient":
        with self._lock:
            if self._client is None:
                self._client = self._make_client()
            return self._client
