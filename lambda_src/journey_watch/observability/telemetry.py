"""What is seen of a poll from outside: metrics, one summary line, one line for each change and each failure."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from journey_watch import contract
from journey_watch.core.alerts import Alert
from journey_watch.core.errors import ConfigurationError, SourceError
from journey_watch.core.runs import Lane, Status
from journey_watch.observability.metrics import Values, emit
from journey_watch.polling.journey_poll import JourneyOutcome
from journey_watch.polling.report import PollReport

_LOGGED_OF_A_CHANGE = ("run_id", "previous_status", "status", "condition", "severity", "detection_delay_seconds")

logger = Logger(child=True)


def poll_completed(
    report: PollReport,
    *,
    invocation_id: str,
    milliseconds: int,
    find_unconfirmed: Callable[[Lane], list[str] | None],
    per_journey: bool,
) -> dict[str, float]:
    """Tell of a poll that came to its end; returns what was counted."""
    counted = {
        **report.measurements(),
        contract.METRIC_POLLS_COMPLETED: 1,
        contract.METRIC_POLL_DURATION: milliseconds,
    }
    if not report.in_use:
        # Nothing can fail of a provider that is not there.
        counted[contract.METRIC_JOURNEYS_FAILED] = 0
    counted |= _subscriptions(report.lane, find_unconfirmed)
    of_journeys = {outcome.journey: _values_of(outcome) for outcome in report.outcomes if outcome.observed}
    _tell_changes_and_failures(report)
    # The metrics are the summary line: one line a poll, for CloudWatch bills by the byte.
    summary = {"level": "INFO", "message": contract.LOG_POLL_COMPLETED, "correlation_id": invocation_id}
    emit(
        report.lane,
        {**counted, contract.METRIC_DETECTION_DELAY: report.detection_delays},
        of_journeys if per_journey else {},
        beside={**summary, **counted},
    )
    return counted


def poll_failed(lane: Lane, error: Exception, *, milliseconds: int, throttles: int) -> None:
    """Tell of a poll that raised. Without PollsCompleted: that one is the heartbeat."""
    logger.error(contract.LOG_POLL_FAILED, reason=str(error), error=type(error).__name__, milliseconds=milliseconds)
    if isinstance(error, ConfigurationError):
        return  # there may be no such lane, and each lane's metrics cost money
    emit(
        lane,
        {
            contract.METRIC_JOURNEYS_FAILED: 1,
            contract.METRIC_POLL_DURATION: milliseconds,
            contract.METRIC_THROTTLES: throttles,
        },
    )


def _subscriptions(lane: Lane, find_unconfirmed: Callable[[Lane], list[str] | None]) -> dict[str, float]:
    try:
        unconfirmed = find_unconfirmed(lane)
    except SourceError as error:
        logger.warning("who has confirmed is not known", reason=str(error))
        return {}
    except Exception:
        # The poll is done, and must not fail for what is looked at once an hour.
        logger.exception("who has confirmed is not known")
        return {}
    if unconfirmed:
        logger.warning("recipients get nothing until they confirm their subscription", recipients=unconfirmed)
    return {} if unconfirmed is None else {contract.METRIC_SUBSCRIPTIONS_UNCONFIRMED: len(unconfirmed)}


def _tell_changes_and_failures(report: PollReport) -> None:
    for outcome in report.outcomes:
        for alert in outcome.committed:
            logger.info(contract.LOG_CHANGE, extra=_facts(alert))
        # A change that could not be saved was logged where that was found out.
        if isinstance(outcome.failure, SourceError):
            logger.warning(contract.LOG_SOURCE_FAILED, journey=str(outcome.journey), reason=str(outcome.failure))
    # Of a provider that is not in use the poll has said so, in a line that is no warning.
    for container, failure in report.unlisted.items() if report.in_use else ():
        logger.warning(contract.LOG_SOURCE_FAILED, container=container, reason=str(failure))


def _facts(alert: Alert) -> dict[str, Any]:
    facts = {name: alert.detail[name] for name in _LOGGED_OF_A_CHANGE if name in alert.detail}
    return {"change": alert.envelope["detail-type"], "alert": alert.id, "journey": str(alert.journey), **facts}


def _values_of(outcome: JourneyOutcome) -> Values:
    ended_badly = [alert for alert in outcome.committed if alert.status in (Status.CANCELLED, Status.FAILED)]
    return {
        contract.METRIC_RUNS_RUNNING: outcome.runs[Status.RUNNING],
        contract.METRIC_RUNS_CANCELLED: len(ended_badly),
    }
