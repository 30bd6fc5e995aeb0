"""The poller as Lambda calls it: event and context in; alerts, log lines and metrics out."""

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from journey_watch.contract import DIMENSION_LANE, DIMENSION_SERVICE, METRICS_NAMESPACE
from journey_watch.core.errors import ConfigurationError, PollFailedError
from journey_watch.entrypoints import poll_handler
from tests.entrypoints.anything import JSON, almost
from tests.entrypoints.conftest import LANE, Context, Deployment

Printed = Callable[[object], list[dict[str, Any]]]
EVENT = {"lane": LANE}
CANCEL = {"kind": "run_status", "application": "shop", "journey": "welcome", "run": "r1", "status": "CANCELLED"}


@pytest.fixture
def printed(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[object], list[dict[str, Any]]]:
    """Invokes the poller and returns the lines it wrote."""

    def invoke(event: object) -> list[dict[str, Any]]:
        # The logger was made when its module was imported, and still writes to the standard output of then.
        monkeypatch.setattr(poll_handler.logger.registered_handler, "stream", sys.stdout)
        capsys.readouterr()
        deployment.invoke(event)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return invoke


def test_cancelled_run_reaches_a_subscriber(deployment: Deployment) -> None:
    deployment.simulation.play(CANCEL)
    counted = deployment.invoke(EVENT)
    (envelope,) = deployment.received()
    assert (envelope["detail"]["previous_status"], envelope["detail"]["status"]) == ("RUNNING", "CANCELLED")
    assert (counted["Transitions"], counted["RunsCancelled"]) == (1, 1)
    assert counted["AlertsDelivered"] == 2  # to programs, and by mail


def test_polling_an_unchanged_world_again_sends_nothing(deployment: Deployment) -> None:
    deployment.simulation.play(CANCEL)
    deployment.invoke(EVENT)
    deployment.received()
    counted = deployment.invoke(EVENT)
    assert counted["Transitions"] == 0
    assert deployment.received() == []


@pytest.mark.parametrize("event", [{}, [], {"lane": 7}, {"lane": "pinpoint"}, {"line": LANE}])
def test_event_that_names_no_lane_is_refused_with_the_form_it_must_have(deployment: Deployment, event: object) -> None:
    with pytest.raises(ConfigurationError, match="provider/account/region"):
        deployment.invoke(event)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # a refused event leaves nothing behind
@given(event=JSON | almost(lane=st.text("abc/#\ud800", max_size=12), test=st.just(True)))
def test_whatever_the_event_it_is_refused_with_the_form_it_must_have_or_the_lanes_there_are(
    deployment: Deployment, event: object
) -> None:
    with pytest.raises(ConfigurationError, match=f"provider/account/region|{LANE}"):
        deployment.invoke(event)


def test_event_that_names_an_unknown_lane_is_refused_with_those_there_are(deployment: Deployment) -> None:
    with pytest.raises(ConfigurationError, match=LANE):
        deployment.invoke({"lane": "pinpoint/999999999999/us-east-1"})


def test_invocation_fails_when_nothing_can_be_read(deployment: Deployment) -> None:
    deployment.simulation.switch_on({"kind": "error", "status": 403})
    with pytest.raises(PollFailedError, match="403"):
        deployment.invoke(EVENT)


def test_quiet_poll_logs_one_line_of_under_a_kilobyte(printed: Printed) -> None:
    (summary,) = printed(EVENT)
    assert summary["message"] == "poll completed"
    assert len(json.dumps(summary, separators=(",", ":"))) < 1000
    assert summary["lane"] == LANE
    assert summary["correlation_id"] == Context().aws_request_id


def metrics(lines: list[dict[str, Any]]) -> dict[frozenset[str], dict[str, Any]]:
    """What CloudWatch would make of the lines: values by name, by their set of dimensions."""
    found = {}
    for line in lines:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Namespace"] == METRICS_NAMESPACE
            (dimensions,) = directive["Dimensions"]
            found[frozenset(dimensions)] = {metric["Name"]: line[metric["Name"]] for metric in directive["Metrics"]} | {
                name: line[name] for name in dimensions
            }
    return found


def test_metrics_of_an_alarm_carry_the_lane_and_the_others_only_the_service(
    deployment: Deployment, printed: Printed
) -> None:
    deployment.simulation.play(CANCEL)
    by_dimensions = metrics(printed(EVENT))
    of_lane = by_dimensions[frozenset({DIMENSION_SERVICE, DIMENSION_LANE})]
    of_service = by_dimensions[frozenset({DIMENSION_SERVICE})]
    assert of_lane.pop(DIMENSION_LANE) == LANE
    assert of_lane["PollsCompleted"] == 1
    assert of_lane.pop("DetectionDelay") >= 0
    assert of_service["RunsCancelled"] == 1
    assert of_service["RunsRunning"] == 0
    assert set(by_dimensions) == {frozenset({DIMENSION_SERVICE, DIMENSION_LANE}), frozenset({DIMENSION_SERVICE})}
