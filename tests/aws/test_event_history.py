"""CloudTrail's event history, asked as it wants to be asked, and what it may answer."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from journey_watch.aws.event_history import EventHistory, cloudtrail_client
from journey_watch.core.attribution import read_call
from journey_watch.core.errors import SourceError
from simulator import RunningSimulator, running

SCENARIO = """
starts_at = 2026-11-23T12:00:00Z
cloudtrail_delay = "0s"
aws_quotas = false
[[instance]]
id = "desk"
campaign = [{ id = "c-1" }]
"""
SINCE = datetime(2026, 11, 23, 11, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=3)


@pytest.fixture
def simulator() -> Iterator[RunningSimulator]:
    with running(SCENARIO) as one:
        yield one


@pytest.fixture
def history(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> EventHistory:
    monkeypatch.setenv("AWS_ENDPOINT_URL_CLOUDTRAIL", simulator.url)
    session = boto3.Session("made-up", "made-up", region_name="eu-west-1")
    return EventHistory(lambda: cloudtrail_client(session))


def stop(simulator: RunningSimulator) -> None:
    simulator.control.advance("1s")
    event: dict[str, Any] = {"kind": "campaign_state", "campaign": "c-1", "state": "Stopped", "by": "user:ada"}
    simulator.control.play(event)


def test_calls_of_one_name_come_newest_first_and_are_readable(
    simulator: RunningSimulator, history: EventHistory
) -> None:
    stop(simulator)
    stop(simulator)
    events, token = history.page("StopCampaign", SINCE, UNTIL)

    calls = [call for event in events if (call := read_call(event))]
    assert token is None
    assert [call.id for call in calls] == ["call-2", "call-1"]
    assert {call.request["id"] for call in calls} == {"c-1"}
    assert history.page("PauseCampaign", SINCE, UNTIL) == ([], None)


def test_what_lies_outside_the_window_is_not_shown(simulator: RunningSimulator, history: EventHistory) -> None:
    stop(simulator)
    assert history.page("StopCampaign", SINCE, SINCE + timedelta(minutes=5)) == ([], None)


def test_there_are_pages(simulator: RunningSimulator, history: EventHistory) -> None:
    for _ in range(51):
        stop(simulator)
    first, token = history.page("StopCampaign", SINCE, UNTIL)
    second, end = history.page("StopCampaign", SINCE, UNTIL, token)

    assert (len(first), len(second), end) == (50, 1, None)


def test_a_refusal_is_asked_once_and_told(simulator: RunningSimulator, history: EventHistory) -> None:
    simulator.control.switch_on({"kind": "throttle", "name": "busy"})
    with pytest.raises(SourceError) as caught:
        history.page("StopCampaign", SINCE, UNTIL)

    assert caught.value.throttled
    assert simulator.control.calls.count(operation="LookupEvents") == 1


@pytest.mark.parametrize("body", ["{}", '{"Events": 7}', "no JSON", '{"Events": null}'])
def test_a_broken_answer_is_a_refusal_or_holds_no_call(
    simulator: RunningSimulator, history: EventHistory, body: str
) -> None:
    simulator.control.switch_on({"kind": "malformed", "name": "odd", "body": body})
    try:
        events, _ = history.page("StopCampaign", SINCE, UNTIL)
    except SourceError:
        return
    assert [event for event in events if read_call(event)] == []
