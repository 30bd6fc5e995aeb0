"""UNREACHABLE opens once and stays open: a lane is judged over what was due to be read."""

from dataclasses import replace

import pytest

from journey_watch.core.errors import PollFailedError, SourceError
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyInfo, JourneyKey, Scope, Status
from journey_watch.core.watch_list import WatchTarget
from tests.polling.scripted import EVERYTHING, PollHarness

REFUSED = SourceError("500 it does not answer", code="InternalServerErrorException")
GONE = SourceError("404 Not Found", code="NotFoundException", absent=True)
BAD = JourneyKey("app-1", "bad")
POLLS = 72


def sleeping(count: int) -> list[JourneyKey]:
    return [JourneyKey("app-1", f"dormant-{number}") for number in range(count)]


def lane_of(*broken: JourneyKey, dormant: int) -> PollHarness:
    """A lane that is polled every five minutes, after its baseline; some of its journeys ended long ago."""
    harness = PollHarness()
    harness.config = replace(harness.config, every_seconds=300)
    for journey in sleeping(dormant):
        harness.source.infos[journey] = JourneyInfo(name=journey.journey_id, dormant=True)
        harness.source.runs[journey] = {}
        harness.source.set(journey, "ended", Status.COMPLETED)
    for journey in broken:
        harness.source.set(journey, "r1", Status.RUNNING)
    harness.poll()
    return harness


def let_six_hours_pass(harness: PollHarness) -> int:
    """Poll for six hours; return how many polls failed."""
    failed = 0
    for _ in range(POLLS):
        harness.clock.advance(minutes=5)
        try:
            harness.poll()
        except PollFailedError:
            failed += 1
    return failed


def told(harness: PollHarness) -> list[tuple[Scope, str]]:
    """The operators' alerts: their scope and phase, without reminders."""
    alerts = [(alert.journey, alert.detail["phase"]) for alert in harness.operators.accepted]
    return [alert for alert in alerts if alert[1] != "Reminder"]


@pytest.mark.parametrize("dormant", [0, 1, 3, 20])
def test_one_journey_that_cannot_be_read_has_one_alert_and_fails_no_poll(dormant: int) -> None:
    harness = lane_of(BAD, dormant=dormant)
    harness.source.failures[BAD] = REFUSED
    assert let_six_hours_pass(harness) == 0
    assert told(harness) == [(BAD, "Opened")]
    harness.source.failures.clear()
    let_six_hours_pass(harness)
    assert told(harness) == [(BAD, "Opened"), (BAD, "Resolved")]


@pytest.mark.parametrize("dormant", [1, 3, 20])
def test_a_journey_watched_by_id_that_was_deleted_does_not_make_the_lane_blind(dormant: int) -> None:
    harness = lane_of(BAD, dormant=dormant)
    harness.configure(EVERYTHING, WatchTarget("pinpoint", "app-1", (BAD.journey_id,)))
    harness.source.failures[BAD] = GONE
    assert let_six_hours_pass(harness) == 0
    assert told(harness) == [(BAD, "Opened")]


def test_a_deleted_journey_is_no_sign_that_the_lane_can_be_read() -> None:
    broken = JourneyKey("app-1", "a"), JourneyKey("app-1", "b")
    harness = lane_of(BAD, *broken, dormant=0)
    harness.source.failures = {BAD: GONE} | dict.fromkeys(broken, REFUSED)
    del harness.source.runs[BAD]  # a complete listing lacks it
    assert let_six_hours_pass(harness) == POLLS
    assert told(harness) == [(LANE_ITSELF, "Opened")]


@pytest.mark.parametrize("dormant", [1, 3, 20])
def test_several_journeys_that_cannot_be_read_do_not_flap(dormant: int) -> None:
    broken = BAD, JourneyKey("app-1", "worse")
    harness = lane_of(*broken, dormant=dormant)
    harness.source.failures = dict.fromkeys(broken, REFUSED)
    let_six_hours_pass(harness)
    of_the_lane = [phase for scope, phase in told(harness) if scope == LANE_ITSELF]
    assert of_the_lane in ([], ["Opened", "Resolved"])
    assert {scope for scope, _ in told(harness)} - {LANE_ITSELF} == set(broken)
    before = told(harness)
    assert let_six_hours_pass(harness) == 0
    assert told(harness) == before


@pytest.mark.parametrize("dormant", [0, 3])
def test_a_lane_of_which_no_runs_can_be_read_is_one_alert_until_something_is_read(dormant: int) -> None:
    active = [JourneyKey("app-1", f"active-{number}") for number in range(3)]
    harness = lane_of(*active, dormant=dormant)
    harness.source.failures = dict.fromkeys([*active, *sleeping(dormant)], REFUSED)
    let_six_hours_pass(harness)
    assert told(harness) == [(LANE_ITSELF, "Opened")]
    harness.source.failures.clear()
    let_six_hours_pass(harness)
    assert told(harness) == [(LANE_ITSELF, "Opened"), (LANE_ITSELF, "Resolved")]


def test_a_lane_with_dormant_journeys_alone_is_not_readable_again_because_none_is_due() -> None:
    harness = lane_of(dormant=2)
    harness.source.failures = dict.fromkeys(sleeping(2), REFUSED)
    harness.source.infos.clear()
    let_six_hours_pass(harness)
    harness.source.infos = {journey: JourneyInfo(dormant=True) for journey in sleeping(2)}
    let_six_hours_pass(harness)
    assert told(harness) == [(LANE_ITSELF, "Opened")]


@pytest.mark.parametrize("dormant", [0, 1, 3, 20])
def test_applications_whose_listings_and_runs_are_all_refused_are_one_alert(dormant: int) -> None:
    elsewhere = JourneyKey("app-2", "other")
    harness = lane_of(BAD, elsewhere, dormant=dormant)
    harness.source.unlisted = {"app-1": REFUSED, "app-2": REFUSED}
    harness.source.failures = dict.fromkeys([BAD, elsewhere, *sleeping(dormant)], REFUSED)
    assert let_six_hours_pass(harness) == POLLS
    assert told(harness) == [(LANE_ITSELF, "Opened")]


def test_a_listing_that_fails_while_its_dormant_journeys_can_be_read_is_one_alert() -> None:
    harness = lane_of(dormant=3)
    harness.source.keeps_listing = True
    harness.source.unlisted = {"app-1": REFUSED}
    let_six_hours_pass(harness)
    assert told(harness) in (
        [(ContainerScope("app-1"), "Opened")],
        [(LANE_ITSELF, "Opened"), (LANE_ITSELF, "Resolved"), (ContainerScope("app-1"), "Opened")],
    )
    before = told(harness)
    assert let_six_hours_pass(harness) == 0
    assert told(harness) == before


def test_a_throttled_journey_is_reported_if_nothing_else_is_read() -> None:
    harness = lane_of(BAD, dormant=2)
    harness.source.failures[BAD] = SourceError("429 slow down", code="TooManyRequestsException", throttled=True)
    let_six_hours_pass(harness)
    assert told(harness) == [(BAD, "Opened")]
