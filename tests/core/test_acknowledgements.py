"""Somebody looks after what an alert told."""

from dataclasses import replace
from datetime import datetime

from journey_watch.core.acknowledgements import Acknowledgement, in_force, newly_given
from journey_watch.core.runs import JourneyState, Status
from journey_watch.core.severity import Severity
from tests.core.builders import JOURNEY, LANE, NOON, known, minutes, recorded
from tests.core.planning import Planned, planned

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


def told(state: JourneyState, *given: Acknowledgement, now: datetime = NOON) -> tuple[Planned, ...]:
    new = newly_given(state.acknowledged, given, now)
    final = replace(state, acknowledged=in_force(state.acknowledged, given, now)) if new else state
    return planned(JOURNEY, state, new, final)


def test_it_is_told_once_by_a_commit_of_its_own() -> None:
    (change,) = told(STATE, GIVEN)
    assert (change.seen_version, change.state.version, change.acknowledged) == (7, 8, (GIVEN,))
    assert change.state.acknowledged == {"t": GIVEN.until}
    assert told(change.state, GIVEN) == ()


def test_of_two_in_one_thread_one_counts_and_is_told_once() -> None:
    two = [GIVEN, replace(GIVEN, alert_id="reminder", until=NOON + minutes(90))]
    (change,) = told(STATE, *two)
    assert change.acknowledged == (two[1],)
    assert told(change.state, *two) == ()


def test_many_are_cut_and_each_commit_remembers_its_own_and_those_before() -> None:
    given = [replace(GIVEN, thread=f"t{n}") for n in range(5)]
    final = replace(STATE, acknowledged={one.thread: one.until for one in given})
    changes = planned(JOURNEY, STATE, given, final, max_events=2)
    assert [list(change.state.acknowledged) for change in changes] == [
        ["t0", "t1"],
        ["t0", "t1", "t2", "t3"],
        ["t0", "t1", "t2", "t3", "t4"],
    ]


def test_a_longer_one_is_told_anew_and_one_that_is_over_is_not() -> None:
    known_of = replace(STATE, acknowledged={"t": GIVEN.until, "over": NOON})
    longer = replace(GIVEN, until=NOON + minutes(90))
    (change,) = told(known_of, longer)
    assert change.state.acknowledged == {"t": longer.until}
    assert told(STATE, GIVEN, now=GIVEN.until) == ()


def test_what_was_set_last_counts_until_its_end() -> None:
    state = JourneyState(acknowledged={"t": NOON + minutes(5), "other": NOON + minutes(9), "over": NOON})
    shorter = replace(GIVEN, until=NOON + minutes(1))
    assert in_force(state.acknowledged, [shorter], NOON) == {"t": shorter.until, "other": NOON + minutes(9)}
