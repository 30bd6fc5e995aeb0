"""The control API does over HTTP what Simulation does in process."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from mypy_boto3_pinpoint import PinpointClient

from simulator import RunningSimulator, Simulation
from tests.simulator.plain_http import ask
from tests.simulator.test_events import STORY, statuses

Http = Callable[..., Any]


@pytest.fixture
def http(simulator: RunningSimulator, control: Simulation) -> Http:
    """Calls the control API by method, path and body, and gives the JSON it answers."""
    control.load(STORY)

    def steer(method: str, path: str, body: object = None, *, status: int = 200) -> Any:  # noqa: ANN401
        text = body if isinstance(body, str) else json.dumps(body)
        answer = ask(f"{simulator.url}/_simulator{path}", method=method, body=text.encode())
        assert answer.status == status
        return json.loads(answer.body)

    return steer


def refusal(http: Http, method: str, path: str, body: object) -> str:
    """The one-line reason of a 400."""
    message: str = http(method, path, body, status=400)["error"]
    assert "\n" not in message
    return message


def test_time_is_read_moved_started_and_stopped(http: Http) -> None:
    assert http("GET", "/time") == {"now": "2026-11-01T08:00:00.000Z", "elapsed_seconds": 0.0, "running": False}
    assert http("PUT", "/time", {"by": "2s"})["elapsed_seconds"] == 2
    assert http("PUT", "/time", {"at": "1m"})["now"] == "2026-11-01T08:01:00.000Z"
    assert http("PUT", "/time", {"running": True})["running"] is True
    assert http("PUT", "/time", {"running": False})["running"] is False
    assert "cannot go back" in refusal(http, "PUT", "/time", {"at": "1s"})
    assert "expected one of" in refusal(http, "PUT", "/time", {"by": "1s", "at": "1s"})


def test_events_are_listed_stepped_and_played(http: Http, pinpoint: PinpointClient) -> None:
    assert [event["kind"] for event in http("GET", "/events")["pending"]] == ["run_starts", "run_status"]
    assert http("POST", "/events/next")["played"]["run"] == "r-3"
    event = {"kind": "run_status", "application": "shop", "journey": "welcome", "run": "r-3", "status": "COMPLETED"}
    assert http("POST", "/events", event)["played"]["at"] == "5s"
    assert statuses(pinpoint)["r-3"] == "COMPLETED"
    played = http("GET", "/events")["played"]
    assert [(event["kind"], event["time"], event["problem"]) for event in played] == [
        ("run_starts", "2026-11-01T08:00:05.000Z", ""),
        ("run_status", "2026-11-01T08:00:05.000Z", ""),
    ]
    assert [one["kind"] for one in http("POST", "/events", [event, event])["played"]] == ["run_status", "run_status"]
    assert 'run "r-9"' in refusal(http, "POST", "/events", {**event, "run": "r-9"})
    assert "event: state is not a known key" in refusal(http, "POST", "/events", {**event, "state": "x"})


def test_of_events_that_are_played_together_none_happens_if_one_cannot(http: Http, pinpoint: PinpointClient) -> None:
    before = statuses(pinpoint)
    run = {"application": "shop", "journey": "welcome"}
    ends = {**run, "kind": "run_status", "run": "r-9", "status": "CANCELLED"}
    assert 'run "r-9"' in refusal(http, "POST", "/events", [{**run, "kind": "run_starts", "run": "r-7"}, ends])
    assert statuses(pinpoint) == before
    assert http("GET", "/events")["played"] == []


def test_faults_are_switched_on_listed_and_switched_off(http: Http, pinpoint: PinpointClient) -> None:
    http("POST", "/faults", {"kind": "throttle", "name": "busy", "operation": "GetApps"})
    with pytest.raises(pinpoint.exceptions.TooManyRequestsException):
        pinpoint.get_apps()
    (fault,) = http("GET", "/faults")["faults"]
    assert (fault["kind"], fault["name"], fault["hits"]) == ("throttle", "busy", 1)
    assert http("DELETE", "/faults/busy") == {"switched_off": 1}
    http("POST", "/faults", {"kind": "latency", "delay": "1s"})
    assert http("DELETE", "/faults") == {"switched_off": 1}
    assert 'fault: operation is "GetApp5"' in refusal(
        http, "POST", "/faults", {"kind": "throttle", "operation": "GetApp5"}
    )


def test_calls_are_counted_by_operation_and_status_and_reset(http: Http, pinpoint: PinpointClient) -> None:
    pinpoint.get_apps()
    statuses(pinpoint)
    statuses(pinpoint, "winback")
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_app(ApplicationId="nowhere")
    assert http("GET", "/calls") == {
        "total": 4,
        "operations": {"GetApps": {"200": 1}, "GetJourneyRuns": {"200": 2}, "GetApp": {"404": 1}},
    }
    assert http("GET", "/calls?journey=winback")["total"] == 1
    assert "not counted by colour" in refusal(http, "GET", "/calls?colour=red", None)
    http("DELETE", "/calls")
    assert http("GET", "/calls") == {"total": 0, "operations": {}}


def test_state_shows_the_world(http: Http) -> None:
    state = http("GET", "/state")
    assert state["applications"]["shop"]["journeys"]["welcome"] == {
        "state": "ACTIVE",
        "runs": {"r-1": "RUNNING", "r-2": "SCHEDULED"},
    }


def test_another_scenario_begins_anew(http: Http, pinpoint: PinpointClient) -> None:
    http("PUT", "/scenario", "[[application]]\nid = 'other'\n")
    assert [app["Id"] for app in pinpoint.get_apps()["ApplicationsResponse"]["Item"]] == ["other"]
    assert "sed is not a known key" in refusal(http, "PUT", "/scenario", "sed = 1")


@pytest.mark.parametrize("body", ["", "[]", "{", "3"])
def test_a_body_that_is_no_table_is_refused(http: Http, body: str) -> None:
    for method, path in (("POST", "/events"), ("POST", "/faults"), ("PUT", "/time")):
        assert refusal(http, method, path, body)
