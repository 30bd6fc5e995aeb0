"""Discovering Pinpoint's journeys: the contract, how long things are remembered, and what is dormant."""

from datetime import timedelta

import pytest

import simulator
from journey_watch.core.runs import JourneyKey, ObservedRun, Status
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.providers.pinpoint.answers import read_journey
from journey_watch.providers.pinpoint.discovery import DORMANT_AFTER
from journey_watch.providers.remembered_listing import REMEMBER_SECONDS
from tests.aws.doubles import do_not_wait_between_retries
from tests.core.builders import NOON
from tests.providers.pinpoint.doubles import SCENARIO, SimulatedPinpoint, by_request, page, scripted_source
from tests.providers.run_source_contract import (
    ELSEWHERE,
    FIRST,
    JOURNEYS,
    SECOND,
    ContainerByContainerContract,
    RunSourceDiscoveryContract,
)

EVERYTHING = WatchTarget("pinpoint", ALL)
FIRST_APPLICATION = WatchTarget("pinpoint", FIRST.container_id)
ONE_BY_ID = WatchTarget("pinpoint", FIRST.container_id, (FIRST.journey_id,))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    do_not_wait_between_retries(monkeypatch)


@pytest.fixture
def provider(server: simulator.RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> SimulatedPinpoint:
    server.control.load(SCENARIO)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return SimulatedPinpoint(server.control)


class TestContract(RunSourceDiscoveryContract, ContainerByContainerContract):
    """On the simulator."""


def test_journeys_and_applications_have_their_names(provider: SimulatedPinpoint) -> None:
    source = provider.source()
    for targets in ([EVERYTHING], [FIRST_APPLICATION], [ONE_BY_ID]):
        info = source.discover(targets).journeys[FIRST]
        assert (info.name, info.container_name) == ("Welcome", "First")


def test_what_was_listed_is_not_asked_for_again_within_minutes(provider: SimulatedPinpoint) -> None:
    source, calls = provider.source(), provider.simulation.calls
    first = source.discover([EVERYTHING])
    asked = calls.count()
    provider.clock.at += REMEMBER_SECONDS - 1
    assert source.discover([EVERYTHING]) == first
    assert calls.count() == asked
    provider.clock.at += 1
    source.discover([EVERYTHING])
    assert calls.count() == 2 * asked


def test_new_and_removed_journeys_are_noticed(provider: SimulatedPinpoint) -> None:
    source = provider.source()
    source.discover([FIRST_APPLICATION])
    provider.simulation.play({"kind": "journey_created", "application": "container-1", "journey": "new"})
    provider.simulation.play({"kind": "journey_removed", "application": "container-1", "journey": "journey-2"})
    provider.let_time_pass()
    assert set(source.discover([FIRST_APPLICATION]).journeys) == {FIRST, JourneyKey("container-1", "new")}


def test_an_application_that_vanishes_takes_its_journeys_along_and_brings_them_back(
    provider: SimulatedPinpoint,
) -> None:
    source = provider.source()
    source.discover([EVERYTHING])
    provider.simulation.play({"kind": "application_refuses", "application": "container-2", "status": 404})
    provider.let_time_pass()
    without = source.discover([EVERYTHING])
    assert set(without.journeys) == {FIRST, SECOND}
    assert not without.incomplete
    provider.simulation.play({"kind": "application_answers", "application": "container-2"})
    provider.let_time_pass()
    assert set(source.discover([EVERYTHING]).journeys) == set(JOURNEYS)


@pytest.mark.parametrize("status", [403, 404, 410])
def test_an_application_that_is_named_and_refused_is_a_failure_that_says_so(
    provider: SimulatedPinpoint, status: int
) -> None:
    provider.simulation.play({"kind": "application_refuses", "application": "container-1", "status": status})
    discovery = provider.source().discover([FIRST_APPLICATION])
    assert discovery.failures["container-1"].absent
    assert not discovery.journeys


def test_what_could_not_be_listed_is_asked_for_at_the_next_poll(provider: SimulatedPinpoint) -> None:
    provider.refuse_listing("container-1")
    source = provider.source()
    assert source.discover([EVERYTHING]).failures
    provider.simulation.switch_off()
    discovery = source.discover([EVERYTHING])
    assert not discovery.failures
    assert not discovery.incomplete
    assert set(discovery.journeys) == set(JOURNEYS)


def test_a_listing_that_breaks_off_still_shows_what_it_showed(provider: SimulatedPinpoint) -> None:
    for number in range(3):
        event = {"kind": "journey_created", "application": "container-1", "journey": f"new-{number}"}
        provider.simulation.play(event)
    provider.simulation.switch_on({"kind": "drop", "operation": "ListJourneys", "after": 1})
    discovery = provider.source().discover([FIRST_APPLICATION])
    assert len(discovery.journeys) == 2  # one page
    assert set(discovery.failures) == {"container-1"}
    assert discovery.incomplete


def test_a_journey_without_an_id_makes_the_listing_incomplete(provider: SimulatedPinpoint) -> None:
    provider.simulation.switch_on(
        {"kind": "fields", "operation": "ListJourneys", "item": "journey-2", "remove": ["Id"]}
    )
    discovery = provider.source().discover([FIRST_APPLICATION])
    assert set(discovery.journeys) == {FIRST}
    assert set(discovery.failures) == {"container-1"}


def test_a_listing_that_moved_while_it_was_read_is_no_failure_but_not_complete(provider: SimulatedPinpoint) -> None:
    provider.simulation.play({"kind": "journey_created", "application": "container-1", "journey": "new"})
    provider.simulation.switch_on({"kind": "duplicate", "operation": "ListJourneys"})
    source = provider.source()
    discovery = source.discover([FIRST_APPLICATION])
    assert not discovery.failures
    assert discovery.incomplete
    provider.simulation.switch_off()
    assert not source.discover([FIRST_APPLICATION]).incomplete


def test_names_that_cannot_be_had_are_not_asked_for_at_every_poll(provider: SimulatedPinpoint) -> None:
    provider.refuse_listing("container-1")
    source = provider.source()
    source.discover([ONE_BY_ID])
    asked = provider.simulation.calls.count()
    assert set(source.discover([ONE_BY_ID]).journeys) == {FIRST}
    assert provider.simulation.calls.count() == asked


def test_names_that_cannot_be_had_are_not_logged(provider: SimulatedPinpoint, caplog: pytest.LogCaptureFixture) -> None:
    provider.refuse_listing("container-1")
    provider.source().discover([ONE_BY_ID])
    assert not [record for record in caplog.records if "pinpoint" in record.name]


def test_a_failure_is_one_log_line(provider: SimulatedPinpoint, caplog: pytest.LogCaptureFixture) -> None:
    provider.refuse_listing("container-1")
    provider.source().discover([EVERYTHING])
    (line,) = [record for record in caplog.records if "pinpoint" in record.name]
    assert vars(line)["application_id"] == "container-1"


def test_an_earlier_name_outlives_a_failing_look_up(provider: SimulatedPinpoint) -> None:
    source = provider.source()
    source.discover([ONE_BY_ID])
    provider.break_everything()
    provider.let_time_pass()
    info = source.discover([ONE_BY_ID]).journeys[FIRST]
    assert (info.name, info.container_name) == ("Welcome", "First")


def test_ids_without_an_application_are_looked_for_in_all(provider: SimulatedPinpoint) -> None:
    discovery = provider.source().discover([WatchTarget("pinpoint", ALL, (ELSEWHERE.journey_id, "nowhere"))])
    assert set(discovery.journeys) == {ELSEWHERE}
    assert not discovery.incomplete


@pytest.mark.parametrize(
    ("state", "ago", "dormant"),
    [
        ("ACTIVE", timedelta(days=30), False),
        ("DRAFT", timedelta(days=30), False),
        ("PAUSED", timedelta(days=30), False),
        ("COMPLETED", timedelta(days=30), True),
        ("CANCELLED", timedelta(days=30), True),
        ("CLOSED", timedelta(days=30), True),
        ("CLOSED", DORMANT_AFTER, False),
        ("CLOSED", DORMANT_AFTER + timedelta(seconds=1), True),
        ("CLOSED", None, False),
        ("EXPLODED", timedelta(days=30), False),
        (None, timedelta(days=30), False),
    ],
)
def test_a_journey_is_dormant_a_day_after_it_ended(state: str | None, ago: timedelta | None, dormant: bool) -> None:
    modified = "long ago" if ago is None else (NOON - ago).isoformat()
    journey = {"Id": FIRST.journey_id, "Name": "W", "State": state, "LastModifiedDate": modified}
    source, _ = scripted_source(by_request(lambda url: page(journey) if url.count("journeys") else (403, b"{}")))
    assert source.discover([FIRST_APPLICATION]).journeys[FIRST].dormant is dormant


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("DRAFT", Status.SCHEDULED),
        ("ACTIVE", Status.RUNNING),
        ("PAUSED", Status.PAUSED),
        ("CLOSED", Status.COMPLETED),
        ("COMPLETED", Status.COMPLETED),
        ("CANCELLED", Status.CANCELLED),
        ("EXPLODED", Status.UNKNOWN),
    ],
)
def test_a_journey_has_a_status_of_its_own(state: str, status: Status) -> None:
    listed = read_journey({"Id": "journey-1", "State": state, "LastModifiedDate": NOON.isoformat()})
    assert listed is not None
    assert listed.itself == ObservedRun("journey-1", status, state, last_update_time=NOON)


@pytest.mark.parametrize("state", [None, 7, {}])
def test_a_journey_that_does_not_say_its_state_has_no_status(state: object) -> None:
    listed = read_journey({"Id": "journey-1", "State": state})
    assert listed is not None
    assert listed.itself is None


@pytest.mark.parametrize(("ahead", "believed"), [(timedelta(hours=23), True), (timedelta(hours=25), False)])
def test_a_status_from_the_future_is_not_believed(ahead: timedelta, *, believed: bool) -> None:
    journey = {"Id": FIRST.journey_id, "State": "PAUSED", "LastModifiedDate": (NOON + ahead).isoformat()}
    source, _ = scripted_source(by_request(lambda url: page(journey) if url.count("journeys") else (403, b"{}")))
    assert (source.discover([FIRST_APPLICATION]).journeys[FIRST].itself is not None) is believed


@pytest.mark.parametrize(
    ("schedule", "starts_at", "ends_at"),
    [
        ({"StartTime": NOON, "EndTime": NOON + timedelta(days=1)}, NOON, NOON + timedelta(days=1)),
        ({"StartTime": NOON.isoformat()}, NOON, None),
        ({"StartTime": "soon", "EndTime": NOON.isoformat()}, None, NOON),
        ({}, None, None),
        ("daily", None, None),
        (None, None, None),
    ],
)
def test_a_journey_says_when_it_is_to_start_and_to_end_as_far_as_that_can_be_read(
    schedule: object, starts_at: object, ends_at: object
) -> None:
    listed = read_journey({"Id": "journey-1", "Schedule": schedule})
    assert listed is not None
    assert (listed.starts_at, listed.ends_at) == (starts_at, ends_at)


def test_the_plan_of_a_journey_is_discovered() -> None:
    schedule = {"StartTime": NOON.isoformat(), "EndTime": (NOON + timedelta(days=1)).isoformat()}
    journey = {"Id": FIRST.journey_id, "Schedule": schedule}
    source, _ = scripted_source(by_request(lambda url: page(journey) if url.count("journeys") else (403, b"{}")))
    info = source.discover([FIRST_APPLICATION]).journeys[FIRST]
    assert (info.starts_at, info.ends_at) == (NOON, NOON + timedelta(days=1))


def test_a_journey_that_is_paused_says_so_once_it_is_listed_again(provider: SimulatedPinpoint) -> None:
    source = provider.source()
    before = source.discover([FIRST_APPLICATION]).journeys[FIRST].itself
    provider.simulation.play(
        {"kind": "journey_state", "application": FIRST.container_id, "journey": FIRST.journey_id, "state": "PAUSED"}
    )
    assert source.discover([FIRST_APPLICATION]).journeys[FIRST].itself == before
    provider.clock.at += REMEMBER_SECONDS
    after = source.discover([FIRST_APPLICATION]).journeys[FIRST].itself
    assert before is not None
    assert after is not None
    assert (before.status, after.status) == (Status.RUNNING, Status.PAUSED)
    assert (before.last_update_time or NOON) < (after.last_update_time or NOON)


@pytest.mark.parametrize("start", ["2026-11-23T09:00:00Z", "2026-11-23T09:00:00"])
def test_a_schedule_in_participants_local_time_has_come_when_it_has_come_everywhere(start: str) -> None:
    entry = {"Id": "j", "LocalTime": True, "RefreshFrequency": "P1D", "Schedule": {"StartTime": start}}
    listed = read_journey(entry)
    assert listed is not None
    assert listed.starts_at == NOON.replace(hour=9) + timedelta(hours=26)
    assert listed.repeats_every == timedelta(days=1)
    plain = read_journey({**entry, "LocalTime": False})
    assert plain is not None
    assert plain.starts_at == (NOON.replace(hour=9) if start.endswith("Z") else None)
