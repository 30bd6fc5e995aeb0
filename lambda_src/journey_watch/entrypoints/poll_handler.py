"""The poller: one schedule per lane invokes it with `{"lane": "provider/account/region"}`."""

from functools import cache
from time import monotonic
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from journey_watch.composition import Poller, lane_of
from journey_watch.metrics import emit

logger = Logger()
poller = cache(Poller.from_environment)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, float]:
    """Poll a lane; returns what was counted. An exception makes the invocation fail, which an alarm watches."""
    logger.set_correlation_id(context.aws_request_id)
    started = monotonic()
    lane = lane_of(event)
    logger.append_keys(lane=str(lane))
    report = poller().poll(lane, remaining_seconds=context.get_remaining_time_in_millis() / 1000)
    counted = {**report.measurements(), "PollsCompleted": 1, "PollDuration": round((monotonic() - started) * 1000)}
    emit(lane, {**counted, "DetectionDelay": report.detection_delays})
    logger.info("poll completed", extra=counted)
    return counted
