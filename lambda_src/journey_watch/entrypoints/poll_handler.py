"""The poller: one schedule per lane invokes it with `{"lane": "provider/account/region"}`."""

from functools import cache
from time import monotonic
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from journey_watch.composition import Poller, lane_of
from journey_watch.observability import telemetry
from journey_watch.polling.self_test import asks_for_self_test

logger = Logger()
poller = cache(Poller.from_environment)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Poll a lane, or send a test alert; returns what was counted. If it raises, it fails, which an alarm watches."""
    logger.set_correlation_id(context.aws_request_id)
    started = monotonic()
    if asks_for_self_test(event):
        return poller().run_self_test().to_json()
    lane = lane_of(event)
    logger.append_keys(lane=str(lane))
    polling = poller()
    throttles_before = polling.throttles(lane)
    try:
        report = polling.poll(lane, remaining_seconds=context.get_remaining_time_in_millis() / 1000)
    except Exception as error:
        throttles = polling.throttles(lane) - throttles_before
        telemetry.poll_failed(lane, error, milliseconds=_since(started), throttles=throttles)
        raise
    return telemetry.poll_completed(
        report,
        invocation_id=context.aws_request_id,
        milliseconds=_since(started),
        find_unconfirmed=polling.unconfirmed_subscriptions,
        per_journey=polling.per_journey_metrics,
    )


def _since(started: float) -> int:
    return round((monotonic() - started) * 1000)
