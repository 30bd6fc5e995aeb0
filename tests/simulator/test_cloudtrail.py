"""LookupEvents with its quirks, and who is said to have done what."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from journey_watch.core.errors import ConfigurationError
from simulator import RunningSimulator, parse_scenario, running

SCENARIO = """
starts_at = 2026-11-23T12:00:00Z
[[application]]
id = "shop"
journey = [{ id = "welcome", run = [{ id = "r-1", status = "RUNNING" }] }]
[[instance]]
id = "desk"
campaign = [{ id = "sale" }]
"""
WELCOME = {"application": "shop", "journey": "welcome"}


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with running(f"aws_quotas = false\n{SCENARIO}") as one:
        yield one


def client(simulator: RunningSimulator, region: str = "eu-west-1") -> Any:  # noqa: ANN401 - boto3 makes it
    session = boto3.Session("made-up", "made-up", region_name=region)
    once = Config(retries={"total_max_attempts": 1})
    return session.client("cloudtrail", endpoint_url=simulator.url, config=once)


def looked_up(simulator: RunningSimulator, **asked: object) -> list[dict[str, Any]]:
    events = client(simulator).lookup_events(**asked)["Events"]
    return [{"Username": each["Username"], **json.loads(each["CloudTrailEvent"])} for each in events]


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


@pytest.mark.parametrize(
    ("event", "name", "request_"),
    [
        ({"kind": "run_status", **WELCOME, "run": "r-1", "status": "CANCELLED"}, "UpdateJourneyState", "CANCELLED"),
        ({"kind": "journey_state", **WELCOME, "state": "PAUSED"}, "UpdateJourneyState", "PAUSED"),
        ({"kind": "journey_removed", **WELCOME}, "DeleteJourney", None),
        ({"kind": "campaign_state", "campaign": "sale", "state": "Paused"}, "PauseCampaign", None),
        ({"kind": "campaign_state", "campaign": "sale", "state": "Stopped"}, "StopCampaign", None),
        ({"kind": "campaign_state", "campaign": "sale", "state": "Running"}, "StartCampaign", None),
        ({"kind": "campaign_removed", "campaign": "sale"}, "DeleteCampaign", None),
    ],
)
def test_what_is_done_by_somebody_is_recorded_as_their_call(
    simulator: RunningSimulator, event: dict[str, Any], name: str, request_: str | None
) -> None:
    simulator.control.play({**event, "by": "user:ada"})
    simulator.control.advance("5m")

    (record,) = looked_up(simulator)
    assert (record["eventName"], record["userIdentity"]["userName"], record["Username"]) == (name, "ada", "ada")
    assert record["requestParameters"].get("State") == request_
    assert "welcome" in record["requestParameters"].values() or record["requestParameters"] == {"id": "sale"}


def test_who_resumes_calls_that(simulator: RunningSimulator) -> None:
    for state in ("Paused", "Running"):
        simulator.control.play({"kind": "campaign_state", "campaign": "sale", "state": state, "by": "root"})
        simulator.control.advance("5m")
    assert [each["eventName"] for each in looked_up(simulator)] == ["ResumeCampaign", "PauseCampaign"]


def test_what_nobody_did_is_not_recorded(simulator: RunningSimulator) -> None:
    simulator.control.play({"kind": "campaign_state", "campaign": "sale", "state": "Stopped"})
    simulator.control.advance("1h")
    assert looked_up(simulator) == []


def test_a_call_is_shown_five_minutes_later(simulator: RunningSimulator) -> None:
    simulator.control.play({"kind": "campaign_state", "campaign": "sale", "state": "Stopped", "by": "root"})
    simulator.control.advance("299s")
    assert looked_up(simulator) == []
    simulator.control.advance("1s")
    assert len(looked_up(simulator)) == 1


def test_a_call_of_its_own_changes_nothing_and_is_only_in_its_region(simulator: RunningSimulator) -> None:
    call = {"kind": "call", "name": "StopCampaign", "source": "connect-campaigns.amazonaws.com"}
    more = {"by": "role:Deploy/ci", "invoked_by": "cloudformation.amazonaws.com", "error_code": "AccessDenied"}
    simulator.control.play({**call, **more, "request": {"id": "sale"}})
    simulator.control.advance("5m")

    (record,) = looked_up(simulator)
    assert (record["errorCode"], record["sourceIPAddress"]) == ("AccessDenied", "cloudformation.amazonaws.com")
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == "Deploy"
    assert simulator.control.world.campaigns["sale"].state == "Running"


def test_one_attribute_is_looked_up_and_no_second(simulator: RunningSimulator) -> None:
    simulator.control.play({"kind": "campaign_state", "campaign": "sale", "state": "Stopped", "by": "root"})
    simulator.control.advance("5m")
    by_name = {"AttributeKey": "EventName", "AttributeValue": "StopCampaign"}
    other = {"AttributeKey": "EventName", "AttributeValue": "PauseCampaign"}
    assert len(looked_up(simulator, LookupAttributes=[by_name])) == 1
    assert looked_up(simulator, LookupAttributes=[other]) == []
    simulator.control.advance("1m")
    with pytest.raises(ClientError) as caught:
        client(simulator).lookup_events(LookupAttributes=[by_name, other])
    assert code(caught) == "InvalidLookupAttributesException"


def test_two_requests_a_second_are_answered() -> None:
    with running(SCENARIO, monotonic=lambda: 0.0) as simulator:
        ask = client(simulator).lookup_events
        ask()
        ask()
        with pytest.raises(ClientError) as caught:
            ask()
    assert code(caught) == "ThrottlingException"


def test_a_window_that_ends_before_it_begins_is_refused(simulator: RunningSimulator) -> None:
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with pytest.raises(ClientError) as caught:
        client(simulator).lookup_events(StartTime=now, EndTime=now - timedelta(hours=1))
    assert code(caught) == "InvalidTimeRangeException"


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "campaign_state", "campaign": "sale", "state": "Stopped", "by": "ada"},
        {"kind": "campaign_state", "campaign": "sale", "state": "Completed", "by": "user:ada"},
    ],
)
def test_a_scenario_in_which_nobody_can_have_done_it_is_refused(event: dict[str, str]) -> None:
    table = "\n".join(f'{key} = "{value}"' for key, value in event.items())
    with pytest.raises(ConfigurationError, match="cannot happen"):
        parse_scenario(f"{SCENARIO}\n[[event]]\n{table}")
