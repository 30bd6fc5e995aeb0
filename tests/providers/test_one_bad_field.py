"""One bad field spoils only itself: every field of every answer of every provider, with every kind of wrong value."""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from journey_watch.aws.event_history import EventHistory
from journey_watch.aws.plain_json import read_as_json
from journey_watch.aws.rate_limit import Quota, RateLimit
from journey_watch.core.attribution import read_call, time_of
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.providers.connect.client import campaigns_client, users_client
from journey_watch.providers.connect.source import ConnectCampaigns
from journey_watch.providers.connect.users import ConnectUsers
from journey_watch.providers.pinpoint.client import impatient_pinpoint_client, pinpoint_client
from journey_watch.providers.pinpoint.counters import PinpointCounters
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns
from tests.aws.doubles import ScriptedAnswers, session
from tests.aws.hostile_answers import VALUES, modelled
from tests.core.builders import NOON
from tests.damage import Path, paths
from tests.providers.test_hostile_answers import sound

WRONG: Final = [json.dumps(value).encode() for value in VALUES] + [b"9" * 5000, b'"\xff\xfe"', b'"1e999"', b"1e999"]
"""Values as they stand on the wire; some are no valid JSON or UTF-8 of Python's."""
LIMIT: Final = RateLimit(Quota(per_second=1e9, burst=1e9))
Read = Callable[[], object]


def broken(document: Any, path: Path, instead: bytes) -> bytes:  # noqa: ANN401 - JSON
    """Return the document as JSON with another value at the path."""
    damaged = copy.deepcopy(document)
    around = damaged
    for key in path[:-1]:
        around = around[key]
    around[path[-1]] = "\x00here"
    return json.dumps(damaged).encode().replace(json.dumps("\x00here").encode(), instead)


def within(document: Any, *start: str | int) -> Iterator[Path]:  # noqa: ANN401 - JSON
    """Return the path of everything in the entry at `start`, and of the entry."""
    entry = document
    for key in start:
        entry = entry[key]
    yield start
    yield from ((*start, *path) for path in paths(entry))


def check(client: Any, read: Read, document: Any, spots: list[Path], expected: object) -> None:  # noqa: ANN401
    script = ScriptedAnswers((200, json.dumps(document).encode())).attach(client)
    assert read() == expected, "the sound answer"
    for path in spots:
        for value in WRONG:
            script.say((200, broken(document, path, value)))
            assert read() == expected, (path, value)


def test_a_bad_field_of_a_campaign_hides_no_other_campaign() -> None:
    client = campaigns_client(session(), LIMIT)
    document = copy.deepcopy(sound("connect", "ListCampaigns"))
    document["campaignSummaryList"][1]["schedule"] = {"startTime": "2026-11-23T08:00:00Z", "refreshFrequency": "P1D"}

    def read() -> object:
        source = ConnectCampaigns(client, LIMIT)
        found = source.discover([WatchTarget("connect", ALL)])
        return JourneyKey("container-0", "journey-0") in found.journeys

    spots = [*within(document, "campaignSummaryList", 1), ("nextToken",)]
    check(client, read, document, spots, expected=True)


def test_an_empty_time_costs_a_campaign_nothing_but_that_time() -> None:
    client = campaigns_client(session(), LIMIT)
    document = sound("connect", "ListCampaigns")
    document = copy.deepcopy(document)
    document["campaignSummaryList"][0]["schedule"] = {"startTime": "2026-11-23T08:00:00Z", "endTime": ""}
    ScriptedAnswers((200, json.dumps(document).encode())).attach(client)
    found = ConnectCampaigns(client, LIMIT).discover([WatchTarget("connect", ALL)])
    assert (len(found.journeys), found.failures) == (2, {})
    info = found.journeys[JourneyKey("container-0", "journey-0")]
    assert (info.ends_at, info.starts_at is not None) == (None, True)


def test_a_bad_field_of_a_state_hides_no_other_state() -> None:
    client = campaigns_client(session(), LIMIT)
    document = sound("connect", "GetCampaignStateBatch")
    first, second = JourneyKey("c", "journey-0"), JourneyKey("c", "journey-1")

    def read() -> object:
        read_state = ConnectCampaigns(client, LIMIT).observe([first, second])[first]
        return not isinstance(read_state, SourceError) and read_state.runs[0].raw_status

    spots = [*within(document, "successfulRequests", 1), ("failedRequests",)]
    check(client, read, document, spots, expected="Running")


@pytest.mark.parametrize("operation", ["GetApps", "ListJourneys", "GetApp"])
def test_a_bad_field_of_an_application_or_a_journey_hides_no_other(operation: str) -> None:
    client = pinpoint_client(session(), LIMIT)
    documents = {name: sound("pinpoint", name) for name in ("GetApps", "ListJourneys", "GetApp")}
    document = documents[operation]
    body: list[bytes] = [b""]

    def answer(request: Any) -> tuple[int, bytes]:  # noqa: ANN401 - botocore's
        url = str(request.url)
        asked = (
            "ListJourneys" if "/journeys" in url else "GetApps" if "/apps?" in url or url.endswith("apps") else "GetApp"
        )
        return 200, body[0] if asked == operation else json.dumps(documents[asked]).encode()

    ScriptedAnswers(answer).attach(client)
    spots = [*within(document, "Item", 1), ("NextToken",)] if operation != "GetApp" else list(paths(document))
    for path in spots:
        for value in WRONG:
            body[0] = broken(document, path, value)
            source = PinpointJourneyRuns(client, LIMIT, now=lambda: NOON)
            watched = ALL if operation != "GetApp" else "container-0"
            found = source.discover([WatchTarget("pinpoint", watched)])
            assert JourneyKey("container-0", "journey-0") in found.journeys, (path, value)


def test_a_bad_field_of_a_run_hides_no_other_run() -> None:
    client = pinpoint_client(session(), LIMIT)
    document = sound("pinpoint", "GetJourneyRuns")
    journey = JourneyKey("a", "j")

    def read() -> object:
        reading = PinpointJourneyRuns(client, LIMIT, now=lambda: NOON).observe([journey])[journey]
        return not isinstance(reading, SourceError) and reading.runs[0].run_id

    check(client, read, document, [*within(document, "Item", 1), ("NextToken",)], expected="run-0")


def test_a_bad_counter_hides_no_other_counter() -> None:
    client = impatient_pinpoint_client(session(), LIMIT)
    document = modelled("pinpoint", "GetJourneyRunExecutionMetrics", {})
    document = {**document, "Metrics": {"ENDPOINT_ENTERED": "12", "ENDPOINT_LEFT": "3"}}
    spots = [path for path in paths(document) if path not in (("Metrics",), ("Metrics", "ENDPOINT_ENTERED"))]
    counters = PinpointCounters(lambda: client)

    def read() -> object:
        return counters.read(JourneyKey("a", "j"), "r").get("ENDPOINT_ENTERED")

    check(client, read, document, spots, expected="12")


def test_a_bad_field_of_a_user_costs_no_name_that_is_there() -> None:
    client = users_client(session())
    document = {
        "User": {"Username": "ada", "IdentityInfo": {"FirstName": 7}, "LastModifiedTime": 1.5, "Tags": {"a": "b"}}
    }
    spots = [path for path in paths(document) if path not in (("User",), ("User", "Username"))]
    spots.remove(("User", "IdentityInfo", "FirstName"))
    users = ConnectUsers(lambda: client)
    check(client, lambda: users.name("i", "u"), document, spots, expected="ada")


def test_a_bad_field_of_a_recorded_call_hides_no_other_call() -> None:
    client = session().client("cloudtrail")
    read_as_json(client)
    record = {"eventID": "e-1", "eventName": "StopCampaign", "eventSource": "s", "eventTime": "2026-11-23T12:00:00Z"}
    event = {
        "EventId": "e",
        "EventTime": NOON.timestamp(),
        "CloudTrailEvent": json.dumps(record),
        "Resources": [{"ResourceType": "x"}],
    }
    document = {"Events": [event, copy.deepcopy(event)], "NextToken": "t"}
    history = EventHistory(lambda: client)

    def read() -> object:
        events, _ = history.page("StopCampaign", NOON, NOON)
        call = read_call(events[0])
        times = [time_of(one) for one in events]
        return call and call.id, times[0]

    check(client, read, document, [*within(document, "Events", 1), ("NextToken",)], expected=("e-1", NOON))
