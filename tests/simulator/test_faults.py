"""Each fault does to a real boto3 client what its docstring says, and only to the calls it is aimed at."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from mypy_boto3_pinpoint import PinpointClient

from simulator import RunningSimulator, Simulation
from tests.simulator.test_paging import WINBACK, page


def outcomes(client: PinpointClient, calls: int) -> list[int]:
    """The HTTP statuses of so many calls of GetApps."""
    statuses = []
    for _ in range(calls):
        try:
            statuses.append(client.get_apps()["ResponseMetadata"]["HTTPStatusCode"])
        except ClientError as error:
            statuses.append(error.response["ResponseMetadata"]["HTTPStatusCode"])
    return statuses


def seen_members(client: PinpointClient) -> set[str]:
    """The members of the JourneyRunsResponse that boto3 hands to its caller."""
    return set(client.get_journey_runs(**WINBACK)["JourneyRunsResponse"])


def test_throttling_hits_the_next_calls_only_as_often_as_told(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "throttle", "count": 2})
    assert outcomes(pinpoint, 4) == [429, 429, 200, 200]


def test_a_fault_can_leave_the_first_calls_alone(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "error", "status": 503, "after": 1, "count": 1})
    assert outcomes(pinpoint, 3) == [200, 503, 200]


def test_a_rate_hits_some_calls_and_the_same_ones_with_the_same_seed(
    control: Simulation, pinpoint: PinpointClient
) -> None:
    drawn = []
    for _ in range(2):
        control.load(control.scenario)
        control.switch_on({"kind": "throttle", "rate": 0.3})
        drawn.append(outcomes(pinpoint, 40))
    assert drawn[0] == drawn[1]
    assert 4 < drawn[0].count(429) < 20


@pytest.mark.parametrize(
    "elsewhere",
    [
        {"operation": "GetJourneyRuns"},
        {"application": "other"},
        {"journey": "welcome"},
        {"region": "us-east-1"},
        {"account": "999900001111"},
    ],
)
def test_a_fault_aimed_elsewhere_does_not_hit(
    control: Simulation, pinpoint: PinpointClient, elsewhere: dict[str, str]
) -> None:
    control.switch_on({"kind": "throttle", **elsewhere})
    assert pinpoint.get_journey(**WINBACK)["JourneyResponse"]["Id"] == "winback"


def test_a_fault_aimed_at_one_journey_hits_it(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "throttle", "operation": "GetJourneyRuns", "application": "shop", "journey": "winback"})
    with pytest.raises(pinpoint.exceptions.TooManyRequestsException):
        page(pinpoint)


def test_switching_off_by_name_leaves_the_others_on(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "throttle", "name": "busy"})
    control.switch_on({"kind": "error", "name": "broken"})
    assert outcomes(pinpoint, 1) == [429]
    assert control.switch_off("busy") == 1
    assert outcomes(pinpoint, 1) == [500]
    assert [(fault.name, hits) for fault, hits in control.faults()] == [("broken", 2)]


def test_latency_delays_the_answer(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "latency", "delay": "60ms"})
    begun = time.monotonic()
    assert outcomes(pinpoint, 1) == [200]
    assert time.monotonic() - begun >= 0.06


def test_a_connection_dropped_before_the_headers_is_an_error_to_the_client(
    control: Simulation, pinpoint: PinpointClient
) -> None:
    control.switch_on({"kind": "drop", "count": 1})
    with pytest.raises(ConnectionClosedError):
        pinpoint.get_apps()
    assert outcomes(pinpoint, 1) == [200]
    assert control.calls.by_operation() == {"GetApps": {"dropped": 1, "200": 1}}


def test_a_connection_dropped_in_mid_body_looks_to_boto3_like_an_answer_without_items(
    control: Simulation, trusting_pinpoint: PinpointClient
) -> None:
    """Botocore does not compare the length: the caller must notice the missing Item."""
    control.switch_on({"kind": "drop", "when": "mid_body", "count": 1})
    assert seen_members(trusting_pinpoint) == set()
    assert len(page(trusting_pinpoint)[0]) == 10


@pytest.mark.parametrize("body", [None, "<html>Service Unavailable</html>", "", "{}", '{"Item": [{"RunId": '])
def test_a_malformed_body_looks_to_boto3_like_an_answer_without_items(
    control: Simulation, trusting_pinpoint: PinpointClient, body: str | None
) -> None:
    control.switch_on({"kind": "malformed"} if body is None else {"kind": "malformed", "body": body})
    assert seen_members(trusting_pinpoint) == set()


def test_a_stale_answer_shows_an_older_world_until_the_fault_ends(
    control: Simulation, pinpoint: PinpointClient
) -> None:
    change = {"kind": "run_status", "application": "shop", "journey": "welcome", "run": "r-1", "status": "CANCELLED"}
    control.move_to("10s")
    control.play(change)
    control.switch_on({"kind": "stale", "by": "5s", "name": "replica"})

    def status() -> str:
        runs = pinpoint.get_journey_runs(ApplicationId="shop", JourneyId="welcome")["JourneyRunsResponse"]["Item"]
        return str(runs[-1]["Status"])

    assert status() == "RUNNING"
    control.advance("5s")
    assert status() == "CANCELLED"


def test_a_request_quota_is_a_token_bucket_per_operation_and_region(
    control: Simulation, pinpoint: PinpointClient, simulator: RunningSimulator
) -> None:
    quota = "[[quota]]\noperation = 'GetApps'\nper_second = 0.001\nburst = 3\n"
    simulator.control.load(quota)
    assert outcomes(pinpoint, 5) == [200, 200, 200, 429, 429]
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        pinpoint.get_app(ApplicationId="nowhere")
    assert control.calls.count(operation="GetApps", status="429") == 2


def test_concurrent_callers_are_each_answered_and_counted(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "throttle", "count": 20})
    with ThreadPoolExecutor(8) as pool:
        statuses = [status for found in pool.map(lambda _: outcomes(pinpoint, 10), range(8)) for status in found]
    assert (statuses.count(429), statuses.count(200)) == (20, 60)
    assert control.calls.by_operation() == {"GetApps": {"429": 20, "200": 60}}
