"""When the stored state of a journey ends."""

from dataclasses import replace
from datetime import datetime

import pytest

from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.expiry import Mark, due_marks
from journey_watch.core.runs import DeliveryLease, JourneyKey, JourneyState, Status
from journey_watch.core.searches import CallWindow, Search
from tests.core.builders import JOURNEY, NOON, days, known, minutes, recorded

ENDED = known({"r": recorded(Status.COMPLETED)})
LACKING = replace(ENDED, lacking_since=NOON - days(30))
UNFINISHED = {
    "live": {"runs": {"r": recorded(Status.RUNNING)}},
    "unknown": {"runs": {"r": recorded(Status.UNKNOWN)}},
    "suspected": {"conditions": {"OVERDUE": Condition(ConditionKind.OVERDUE, None, NOON)}},
    "undelivered": {"undelivered": {"a@alerts": DeliveryLease("TRANSITION#a", NOON)}},
    "searched": {"searches": (Search("TRANSITION#a", NOON, CallWindow((), "", NOON, NOON), ()),)},
    "acknowledged": {"acknowledged": {"thread": NOON + minutes(1)}},
    "without an update time": {"runs": {"r": recorded(Status.COMPLETED, updated=None)}},
    "without a creation time": {"runs": {"r": recorded(Status.COMPLETED, created=None)}},
}


def marks(state: JourneyState, *, lacking: bool = True, listed: bool = False, now: datetime = NOON) -> list[Mark]:
    gone: set[JourneyKey] = {JOURNEY} if lacking else set()
    there: set[JourneyKey] = {JOURNEY} if listed else set()
    return [mark for _, mark in due_marks({JOURNEY: state}, lacking=gone, listed=there, now=now)]


def test_first_listing_without_a_journey_is_noted_once() -> None:
    assert marks(ENDED) == [Mark(NOON)]
    assert marks(replace(ENDED, lacking_since=NOON)) == []


def test_state_ends_a_day_after_listings_have_lacked_the_journey_for_30_days() -> None:
    assert marks(LACKING, now=NOON - minutes(1)) == []
    assert marks(LACKING) == [Mark(NOON - days(30), NOON + days(1))]
    assert marks(replace(LACKING, expires_at=NOON + days(1)), now=NOON + days(9)) == []


def test_journey_that_is_listed_again_loses_its_marks_and_one_that_has_none_is_not_written() -> None:
    assert marks(replace(LACKING, expires_at=NOON), lacking=False, listed=True) == [Mark()]
    assert marks(ENDED, lacking=False, listed=True) == []


def test_incomplete_listing_changes_no_mark() -> None:
    assert marks(LACKING, lacking=False) == marks(ENDED, lacking=False) == []


@pytest.mark.parametrize("what", UNFINISHED)
def test_state_with_something_left_does_not_end(what: str) -> None:
    assert marks(replace(ENDED, **UNFINISHED[what])) == []  # type: ignore[arg-type]
    assert marks(replace(LACKING, **UNFINISHED[what])) == []  # type: ignore[arg-type]


def test_acknowledgement_that_is_over_keeps_nothing() -> None:
    assert marks(replace(ENDED, acknowledged={"thread": NOON})) == [Mark(NOON)]


def test_returns_are_written_first() -> None:
    other = JourneyKey("app-1", "z")
    found = due_marks({JOURNEY: ENDED, other: LACKING}, lacking={JOURNEY}, listed={other}, now=NOON)
    assert [journey for journey, _ in found] == [other, JOURNEY]
