"""Each event changes what a real boto3 client sees, when the clock reaches it and not before."""

from datetime import UTC, datetime, timedelta

import pytest
from mypy_boto3_pinpoint import PinpointClient

from simulator import NotInWorldError, Simulation
from simulator.clock import ScenarioClock
from tests.simulator.conftest import SHOP

WELCOME = {"ApplicationId": "shop", "JourneyId": "welcome"}


def statuses(pinpoint: PinpointClient, journey: str = "welcome") -> dict[str, str]:
    answer = pinpoint.get_journey_runs(ApplicationId="shop", JourneyId=journey)["JourneyRunsResponse"]
    return {run["RunId"]: run["Status"] for run in answer["Item"]}


def journeys(pinpoint: PinpointClient) -> dict[str, str]:
    answer = pinpoint.list_journeys(ApplicationId="shop")["JourneysResponse"]
    return {journey["Id"]: journey["State"] for journey in answer["Item"]}


STORY = (
    SHOP
    + """
[[event]]
at = "10s"
kind = "run_status"
application = "shop"
journey = "welcome"
run = "r-1"
status = "CANCELLED"

[[event]]
at = "5s"
kind = "run_starts"
application = "shop"
journey = "welcome"
run = "r-3"
"""
)


def test_events_play_in_the_order_of_their_times(control: Simulation, pinpoint: PinpointClient) -> None:
    control.load(STORY)
    control.advance("4s")
    assert statuses(pinpoint) == {"r-2": "SCHEDULED", "r-1": "RUNNING"}
    control.advance("1s")
    assert statuses(pinpoint) == {"r-3": "RUNNING", "r-2": "SCHEDULED", "r-1": "RUNNING"}
    control.move_to("1m")
    assert statuses(pinpoint)["r-1"] == "CANCELLED"


def test_an_event_carries_the_time_it_was_due_at(control: Simulation, pinpoint: PinpointClient) -> None:
    control.load(STORY)
    control.move_to("1m")
    runs = pinpoint.get_journey_runs(**WELCOME)["JourneyRunsResponse"]["Item"]
    by_id = {run["RunId"]: run for run in runs}
    assert by_id["r-3"]["CreationTime"] == by_id["r-3"]["LastUpdateTime"] == "2026-11-01T08:00:05.000Z"
    assert by_id["r-1"]["LastUpdateTime"] == "2026-11-01T08:00:10.000Z"
    assert by_id["r-1"]["CreationTime"] == "2026-11-01T06:00:00.000Z"


def test_stepping_plays_one_event_at_a_time_until_none_is_left(control: Simulation) -> None:
    control.load(STORY)
    played = [control.play_next() for _ in range(3)]
    assert [event.kind if event else None for event in played] == ["run_starts", "run_status", None]
    assert control.now == datetime(2026, 11, 1, 8, 0, 10, tzinfo=UTC)


def test_a_started_clock_plays_what_is_due() -> None:
    seconds = iter([100.0] + [107.0] * 20)
    simulation = Simulation(STORY, monotonic=lambda: next(seconds))
    simulation.start_clock()
    assert [event.kind for event in simulation.pending] == ["run_status"]


def test_the_clock_does_not_go_back(control: Simulation) -> None:
    control.advance("10s")
    with pytest.raises(ValueError, match="stands at 10s and cannot go back to 5s"):
        control.move_to("5s")


def test_a_stopped_clock_goes_on_from_where_it_stood() -> None:
    now = 0.0
    clock = ScenarioClock(None, monotonic=lambda: now)
    clock.start()
    now = 5.0
    clock.stop()
    now = 50.0
    assert clock.elapsed == timedelta(seconds=5)
    clock.start()
    now = 52.0
    assert clock.elapsed == timedelta(seconds=7)


def test_a_run_vanishes_and_reappears_as_it_was(control: Simulation, pinpoint: PinpointClient) -> None:
    before = statuses(pinpoint)
    target = {"application": "shop", "journey": "welcome", "run": "r-1"}
    control.play({"kind": "run_vanishes", **target})
    assert statuses(pinpoint) == {"r-2": "SCHEDULED"}
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_journey_run_execution_metrics(**WELCOME, RunId="r-1")
    control.play({"kind": "run_reappears", **target})
    assert statuses(pinpoint) == before


def test_a_change_can_carry_an_older_time(control: Simulation, pinpoint: PinpointClient) -> None:
    change = {"application": "shop", "journey": "welcome", "run": "r-1", "status": "COMPLETED", "updated_ago": "3h"}
    control.play({"kind": "run_status", **change})
    runs = pinpoint.get_journey_runs(**WELCOME)["JourneyRunsResponse"]["Item"]
    assert runs[-1]["LastUpdateTime"] == "2026-11-01T05:00:00.000Z"


def test_a_journey_is_created_changes_state_and_is_removed(control: Simulation, pinpoint: PinpointClient) -> None:
    target = {"application": "shop", "journey": "new"}
    control.play({"kind": "journey_created", **target, "state": "DRAFT"})
    assert journeys(pinpoint)["new"] == "DRAFT"
    control.advance("1h")
    control.play({"kind": "journey_state", **target, "state": "ACTIVE"})
    journey = pinpoint.get_journey(ApplicationId="shop", JourneyId="new")["JourneyResponse"]
    assert (journey["State"], journey["LastModifiedDate"]) == ("ACTIVE", "2026-11-01T09:00:00.000Z")
    control.play({"kind": "journey_removed", **target})
    assert journeys(pinpoint) == {"welcome": "ACTIVE", "winback": "PAUSED"}
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        statuses(pinpoint, "new")


@pytest.mark.parametrize(("status", "listed"), [(403, ["shop"]), (404, []), (410, [])])
def test_an_application_vanishes_and_answers_again(
    control: Simulation, pinpoint: PinpointClient, status: int, listed: list[str]
) -> None:
    control.play({"kind": "application_refuses", "application": "shop", "status": status})
    with pytest.raises(pinpoint.exceptions.ClientError) as raised:
        statuses(pinpoint)
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert [app["Id"] for app in pinpoint.get_apps()["ApplicationsResponse"]["Item"]] == listed
    control.play({"kind": "application_answers", "application": "shop"})
    assert len(statuses(pinpoint)) == 2


def test_after_the_end_of_the_service_everything_is_empty(control: Simulation, pinpoint: PinpointClient) -> None:
    control.play({"kind": "service_ends", "answer": "empty"})
    assert (statuses(pinpoint), journeys(pinpoint)) == ({}, {})
    assert pinpoint.get_apps()["ApplicationsResponse"]["Item"] == []
    control.play({"kind": "service_answers"})
    assert len(statuses(pinpoint)) == 2


@pytest.mark.parametrize("status", [403, 410])
def test_after_the_end_of_the_service_everything_is_refused(
    control: Simulation, pinpoint: PinpointClient, status: int
) -> None:
    control.play({"kind": "service_ends", "answer": status})
    for ask in (pinpoint.get_apps, lambda: statuses(pinpoint), lambda: journeys(pinpoint)):
        with pytest.raises(pinpoint.exceptions.ClientError) as raised:
            ask()
        assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_after_the_end_of_the_service_applications_may_still_be_listed(
    control: Simulation, pinpoint: PinpointClient
) -> None:
    control.play({"kind": "service_ends", "answer": 403, "lists_applications": True})
    assert [app["Id"] for app in pinpoint.get_apps()["ApplicationsResponse"]["Item"]] == ["shop"]
    assert pinpoint.get_app(ApplicationId="shop")["ApplicationResponse"]["Name"] == "The shop"
    with pytest.raises(pinpoint.exceptions.ForbiddenException):
        statuses(pinpoint)
    with pytest.raises(pinpoint.exceptions.ForbiddenException):
        journeys(pinpoint)


def test_faults_are_switched_on_and_off_by_events(control: Simulation, pinpoint: PinpointClient) -> None:
    control.play({"kind": "fault_on", "fault": {"kind": "throttle", "name": "busy"}})
    with pytest.raises(pinpoint.exceptions.TooManyRequestsException):
        pinpoint.get_apps()
    control.play({"kind": "fault_off", "name": "busy"})
    assert pinpoint.get_apps()["ApplicationsResponse"]["Item"]


def test_an_event_about_what_is_not_there_is_refused_and_changes_nothing(control: Simulation) -> None:
    before = control.world
    with pytest.raises(NotInWorldError, match='journey "nowhere" is not in application "shop"'):
        control.play({"kind": "journey_state", "application": "shop", "journey": "nowhere", "state": "ACTIVE"})
    assert control.world is before


def test_an_event_made_impossible_by_hand_is_reported_not_raised(control: Simulation) -> None:
    control.load(STORY)
    control.play({"kind": "journey_removed", "application": "shop", "journey": "welcome"})
    control.move_to("1m")
    assert [event.problem for event in control.played[1:]] == ['journey "welcome" is not in application "shop"'] * 2


def test_without_a_fixed_time_the_scenario_begins_when_its_clock_is_started() -> None:
    begun = datetime.now(UTC)
    simulation = Simulation("")
    loaded = simulation.now
    simulation.start_clock()
    assert begun <= loaded <= simulation.now <= datetime.now(UTC)
