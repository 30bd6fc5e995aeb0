"""Somebody looks after what an alert told."""

from dataclasses import replace

from journey_watch.core.acknowledgements import Acknowledgement, in_force
from journey_watch.core.runs import JourneyState, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import compare, with_acknowledgements
from tests.core.builders import JOURNEY, LANE, NOON, known, listing, minutes, observed, recorded

GIVEN = Acknowledgement(
    alert_id="a",
    thread="t",
    lane=LANE,
    scope=JOURNEY,
    what="Run r1 has been RUNNING for 5 h.",
    severity=Severity.WARNING,
    recipients=("team",),
    for_operators=False,
    until=NOON + minutes(60),
    set_by="ann",
)
STATE = known({"r1": recorded(Status.RUNNING)})


def test_it_is_told_once_by_a_commit_of_its_own() -> None:
    (change,) = with_acknowledgements(JOURNEY, STATE, (), [GIVEN], NOON)
    assert (change.seen_version, change.state.version, change.acknowledged) == (7, 8, (GIVEN,))
    assert change.state.acknowledged == {"t": GIVEN.until}
    assert with_acknowledgements(JOURNEY, change.state, (), [GIVEN], NOON) == ()


def test_of_two_in_one_thread_one_counts_and_is_told_once() -> None:
    two = [GIVEN, replace(GIVEN, alert_id="reminder", until=NOON + minutes(90))]
    (change,) = with_acknowledgements(JOURNEY, STATE, (), two, NOON)
    assert change.acknowledged == (two[1],)
    assert with_acknowledgements(JOURNEY, change.state, (), two, NOON) == ()


def test_it_comes_after_what_else_has_changed() -> None:
    changes = compare(STATE, listing(observed("r1", Status.CANCELLED)), now=NOON).changes
    *before, last = with_acknowledgements(JOURNEY, STATE, changes, [GIVEN], NOON)
    assert tuple(before) == changes
    assert last.seen_version == changes[-1].state.version
    assert last.state.runs == changes[-1].state.runs


def test_a_longer_one_is_told_anew_and_one_that_is_over_is_not() -> None:
    known_of = replace(STATE, acknowledged={"t": GIVEN.until, "over": NOON})
    longer = replace(GIVEN, until=NOON + minutes(90))
    (change,) = with_acknowledgements(JOURNEY, known_of, (), [longer], NOON)
    assert change.state.acknowledged == {"t": longer.until}
    assert with_acknowledgements(JOURNEY, STATE, (), [GIVEN], GIVEN.until) == ()


def test_what_was_set_last_counts_until_its_end() -> None:
    state = JourneyState(acknowledged={"t": NOON + minutes(5), "other": NOON + minutes(9), "over": NOON})
    shorter = replace(GIVEN, until=NOON + minutes(1))
    assert in_force(state.acknowledged, [shorter], NOON) == {"t": shorter.until, "other": NOON + minutes(9)}
