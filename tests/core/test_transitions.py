"""What a listing means, rule by rule: plain values in, plain values out."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.condition_rules import Assessment, ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.runs import DeliveryLease, JourneyState, Observation, ObservedRun, RecordedRun, Status
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.transitions import CROWDED_BYTES, approximate_bytes, compare, with_assessment
from tests.core.builders import JOURNEY, NOON, days, known, listing, minutes, observed, recorded
from tests.core.planning import MAX_EVENTS, Compared, compared, planned

SCHEDULED, RUNNING, PAUSED = Status.SCHEDULED, Status.RUNNING, Status.PAUSED
COMPLETED, CANCELLED, FAILED, UNKNOWN = Status.COMPLETED, Status.CANCELLED, Status.FAILED, Status.UNKNOWN


def steps(comparison: Compared) -> list[tuple[str, Status | None, Status]]:
    return [
        (transition.run.run_id, transition.previous_status, transition.run.status)
        for change in comparison.changes
        for transition in change.transitions
    ]


# Baseline


def test_first_look_is_silent_and_remembers_everything() -> None:
    comparison = compared(JourneyState(), listing(observed("r1", RUNNING), observed("r2", CANCELLED)), now=NOON)

    assert steps(comparison) == []
    (change,) = comparison.changes
    assert change.seen_version == 0
    assert change.state.version == 1
    assert change.state.baselined_at == NOON
    assert {run_id: run.status for run_id, run in change.state.runs.items()} == {"r1": RUNNING, "r2": CANCELLED}


def test_first_look_at_a_journey_without_runs_is_remembered_too() -> None:
    (change,) = compared(JourneyState(), listing(), now=NOON).changes
    assert change.state.baselined_at == NOON


@pytest.mark.parametrize(
    "reading",
    [listing(observed("r1", RUNNING), complete=False), listing(observed("r1", RUNNING), observed("r1", RUNNING))],
    ids=["a page failed", "a run is listed twice"],
)
def test_incomplete_listing_is_no_first_look_and_only_remembered_to_have_been_there(reading: Observation) -> None:
    (change,) = compared(JourneyState(), reading, now=NOON).changes
    assert (change.seen_version, change.state) == (0, JourneyState(version=1))
    assert compared(change.state, reading, now=NOON) == Compared()


def test_name_is_remembered_with_whatever_is_and_kept_when_none_is_given() -> None:
    partial = listing(observed("r1", RUNNING), complete=False)
    (unseen,) = compared(JourneyState(), partial, now=NOON, journey_name="Welcome").changes
    (seen,) = compared(unseen.state, listing(observed("r1", RUNNING)), now=NOON).changes
    (renamed,) = compared(seen.state, listing(observed("r1", CANCELLED)), now=NOON, journey_name="Hello").changes
    assert [one.state.journey_name for one in (unseen, seen, renamed)] == ["Welcome", "Welcome", "Hello"]


def test_a_thousand_old_runs_leave_one_small_state() -> None:
    history = [
        observed(f"r{n}", COMPLETED, updated=NOON - days(3 + n), created=NOON - days(3 + n)) for n in range(1000)
    ]

    (change,) = compared(JourneyState(), listing(*history), now=NOON).changes

    assert change.transitions == ()
    assert len(change.state.runs) == 0
    again = compared(change.state, listing(*history), now=NOON + minutes(1))
    assert again.changes == ()


def test_history_without_times_is_kept_by_name() -> None:
    old = observed("r1", COMPLETED, updated=None, created=None)
    (change,) = compared(JourneyState(), listing(old), now=NOON).changes
    assert "r1" in change.state.runs
    assert compared(change.state, listing(old), now=NOON + days(9)).changes == ()


def test_first_sight_can_be_asked_to_alert_what_is_live_or_recent() -> None:
    runs = [
        observed("old", CANCELLED, updated=NOON - days(9), created=NOON - days(9)),
        observed("recent", CANCELLED, updated=NOON - days(1)),
        observed("live", RUNNING, updated=NOON - days(9), created=NOON - days(9)),
    ]
    comparison = compared(JourneyState(), listing(*runs), now=NOON, alert_on_first_sight=True)
    assert steps(comparison) == [("live", None, RUNNING), ("recent", None, CANCELLED)]


# Changes


def test_run_never_seen_before_is_a_transition_from_nothing() -> None:
    state = known({"r1": recorded(RUNNING)})
    comparison = compared(state, listing(observed("r1", RUNNING), observed("r2", CANCELLED)), now=NOON)
    assert steps(comparison) == [("r2", None, CANCELLED)]


def test_running_then_cancelled_is_one_transition_with_the_next_version() -> None:
    state = known({"r1": recorded(RUNNING)}, version=7)
    (change,) = compared(state, listing(observed("r1", CANCELLED)), now=NOON).changes
    (transition,) = change.transitions
    assert (change.seen_version, change.state.version, transition.sequence) == (7, 8, 8)
    assert (transition.previous_status, transition.run.status) == (RUNNING, CANCELLED)
    assert change.state.runs["r1"].status is CANCELLED
    assert change.state.runs["r1"] == recorded(CANCELLED, at=NOON, updated=NOON, created=NOON - timedelta(hours=1))


def test_nothing_changed_writes_nothing() -> None:
    state = known({"r1": recorded(RUNNING), "r2": recorded(COMPLETED)})
    same = listing(observed("r1", RUNNING), observed("r2", COMPLETED))
    assert compared(state, same, now=NOON) == Compared()


@pytest.mark.parametrize(
    ("before", "after", "skipped"),
    [
        (SCHEDULED, COMPLETED, (RUNNING,)),
        (SCHEDULED, PAUSED, (RUNNING,)),
        (None, COMPLETED, (RUNNING,)),
        (SCHEDULED, CANCELLED, ()),
        (RUNNING, COMPLETED, ()),
        (None, RUNNING, ()),
    ],
)
def test_states_passed_unseen_are_named(before: Status | None, after: Status, skipped: tuple[Status, ...]) -> None:
    state = known({"r1": recorded(before)} if before else {})
    (change,) = compared(state, listing(observed("r1", after)), now=NOON).changes
    assert change.transitions[0].skipped == skipped


def test_changes_come_oldest_first() -> None:
    late, early = observed("a", RUNNING, updated=NOON), observed("b", RUNNING, updated=NOON - minutes(3))
    assert [run_id for run_id, _, _ in steps(compared(known({}), listing(late, early), now=NOON))] == ["b", "a"]


# Stale reads


@pytest.mark.parametrize(("now", "before"), [(CANCELLED, RUNNING), (PAUSED, RUNNING), (RUNNING, SCHEDULED)])
def test_older_news_loses_while_the_record_is_fresh(now: Status, before: Status) -> None:
    state = known({"r1": recorded(now, at=NOON - minutes(14), updated=NOON - minutes(14))})
    comparison = compared(state, listing(observed("r1", before, updated=NOON - minutes(20))), now=NOON)
    assert comparison.changes == ()
    assert comparison.stale == 1


def test_each_stale_run_is_counted() -> None:
    state = known({name: recorded(CANCELLED, at=NOON, updated=NOON) for name in ("r1", "r2", "r3")})
    older = [observed(name, RUNNING, updated=NOON - minutes(1)) for name in state.runs]
    assert compared(state, listing(*older), now=NOON + minutes(1)) == Compared(stale=3)


def test_step_back_with_newer_time_waits_until_the_record_is_not_fresh() -> None:
    state = known({"r1": recorded(COMPLETED, at=NOON, updated=NOON)})
    back = listing(observed("r1", RUNNING, updated=NOON + minutes(1)))
    assert steps(compared(state, back, now=NOON + minutes(14))) == []
    assert steps(compared(state, back, now=NOON + minutes(15))) == [("r1", COMPLETED, RUNNING)]


def test_equal_time_is_believed_only_forwards_while_fresh() -> None:
    state = known({"r1": recorded(RUNNING, at=NOON, updated=NOON)})
    assert steps(compared(state, listing(observed("r1", COMPLETED)), now=NOON)) == [("r1", RUNNING, COMPLETED)]
    assert steps(compared(state, listing(observed("r1", PAUSED)), now=NOON)) == []
    assert steps(compared(state, listing(observed("r1", SCHEDULED)), now=NOON)) == []


def test_older_step_forward_loses_too_while_the_record_is_fresh() -> None:
    state = known({"r1": recorded(SCHEDULED, at=NOON, updated=NOON)})
    older = listing(observed("r1", RUNNING, updated=NOON - minutes(1)))
    assert compared(state, older, now=NOON + minutes(1)) == Compared(stale=1)


@pytest.mark.parametrize(("before", "after"), [(RUNNING, PAUSED), (COMPLETED, FAILED)])
def test_newer_sideways_step_is_believed(before: Status, after: Status) -> None:
    state = known({"r1": recorded(before, at=NOON, updated=NOON)})
    sideways = listing(observed("r1", after, updated=NOON + timedelta(seconds=1)))
    assert steps(compared(state, sideways, now=NOON + minutes(1))) == [("r1", before, after)]


def test_after_the_window_the_listing_is_believed_whatever_its_time() -> None:
    state = known({"r1": recorded(RUNNING, at=NOON - minutes(15), updated=NOON)})
    older = listing(observed("r1", CANCELLED, updated=NOON - days(1)))
    assert steps(compared(state, older, now=NOON)) == [("r1", RUNNING, CANCELLED)]


@pytest.mark.parametrize("lacking", ["listed", "recorded"])
def test_without_times_only_a_step_forward_is_believed_at_once(lacking: str) -> None:
    state = known({"r1": recorded(PAUSED, updated=None if lacking == "recorded" else NOON)})
    time = None if lacking == "listed" else NOON
    forward = compared(state, listing(observed("r1", COMPLETED, updated=time)), now=NOON)
    assert steps(forward) == [("r1", PAUSED, COMPLETED)]
    sideways = compared(state, listing(observed("r1", RUNNING, updated=time)), now=NOON)
    assert sideways.changes == ()
    assert sideways.unconfirmed == {("r1", RUNNING)}


def test_second_reading_confirms_a_move_without_times() -> None:
    state = known({"r1": recorded(PAUSED, updated=None)})
    reading = listing(observed("r1", RUNNING, updated=None))
    first = compared(state, reading, now=NOON)
    assert steps(compared(state, reading, now=NOON, confirmed=first.unconfirmed)) == [("r1", PAUSED, RUNNING)]


def test_ended_run_lives_again_only_once_the_record_is_not_fresh_whatever_its_times_or_a_second_reading_say() -> None:
    for updated in (None, NOON + minutes(1)):
        state = known({"r1": recorded(COMPLETED, at=NOON, updated=updated and NOON)})
        reading = listing(observed("r1", RUNNING, updated=updated))
        early = compared(state, reading, now=NOON + minutes(14), confirmed=frozenset({("r1", RUNNING)}))
        assert (early.changes, early.unconfirmed, early.stale) == ((), frozenset(), 1)
        late = compared(state, reading, now=NOON + minutes(15), confirmed=frozenset({("r1", RUNNING)}))
        assert steps(late) == [("r1", COMPLETED, RUNNING)]


def test_second_reading_that_differs_confirms_nothing() -> None:
    state = known({"r1": recorded(COMPLETED, updated=None)})
    first = compared(state, listing(observed("r1", RUNNING, updated=None)), now=NOON)
    second = compared(state, listing(observed("r1", PAUSED, updated=None)), now=NOON, confirmed=first.unconfirmed)
    assert second.changes == ()


# The same run twice, incomplete listings, missing runs


def test_of_one_run_on_two_pages_the_newest_update_wins() -> None:
    pages = [
        observed("r1", CANCELLED, updated=NOON),
        observed("r1", RUNNING, updated=NOON - minutes(5)),
    ]
    for order in (pages, pages[::-1]):
        comparison = compared(known({"r1": recorded(RUNNING)}), listing(*order), now=NOON)
        assert steps(comparison) == [("r1", RUNNING, CANCELLED)]


@pytest.mark.parametrize(("running", "completed"), [(NOON, NOON), (NOON, None), (None, NOON), (None, None)])
def test_of_one_run_on_two_pages_the_ended_one_wins_where_times_do_not_decide(
    running: datetime | None, completed: datetime | None
) -> None:
    pages = [observed("r1", RUNNING, updated=running), observed("r1", COMPLETED, updated=completed)]
    for order in (pages, pages[::-1]):
        assert steps(compared(known({}), listing(*order), now=NOON)) == [("r1", None, COMPLETED)]


def test_incomplete_listing_reports_the_changes_it_shows() -> None:
    state = known({"r1": recorded(RUNNING), "r2": recorded(RUNNING)})
    comparison = compared(state, listing(observed("r1", CANCELLED), complete=False), now=NOON)
    assert steps(comparison) == [("r1", RUNNING, CANCELLED)]


def test_run_missing_from_a_complete_listing_is_never_called_cancelled() -> None:
    state = known({"r1": recorded(RUNNING), "r2": recorded(RUNNING), "r3": recorded(COMPLETED)})
    assert compared(state, listing(observed("r1", RUNNING)), now=NOON).changes == ()


def test_empty_listing_of_a_journey_with_live_runs_changes_nothing() -> None:
    state = known({"r1": recorded(RUNNING)})
    assert compared(state, listing(), now=NOON).changes == ()


def test_unknown_run_from_before_the_first_look_is_remembered_silently() -> None:
    state = known({}, baselined_at=NOON - days(1))
    late = listing(observed("r1", RUNNING, updated=NOON - days(1) - minutes(16)))
    (change,) = compared(state, late, now=NOON).changes
    assert change.transitions == ()
    assert change.state.runs["r1"].status is RUNNING


def test_unknown_run_from_around_the_first_look_is_news() -> None:
    state = known({}, baselined_at=NOON - days(1))
    around = listing(observed("r1", RUNNING, updated=NOON - days(1) - minutes(15)))
    assert steps(compared(state, around, now=NOON)) == [("r1", None, RUNNING)]


@pytest.mark.parametrize("complete", [True, False])
def test_unknown_run_that_ended_long_before_the_first_look_is_kept_by_name_only_if_the_listing_is_incomplete(
    *, complete: bool
) -> None:
    old = observed("old", COMPLETED, updated=NOON - days(40), created=NOON - days(41))
    state = known({"r1": recorded(RUNNING)})
    (change,) = compared(state, listing(old, observed("r1", RUNNING), complete=complete), now=NOON).changes
    assert change.transitions == ()
    assert set(change.state.runs) == ({"r1"} if complete else {"r1", "old"})
    assert change.state.settled_update == (old.last_update_time if complete else None)


def test_run_that_ended_just_as_long_ago_as_ended_runs_are_kept_is_kept() -> None:
    ended = observed("r1", COMPLETED, updated=NOON - days(2), created=NOON - days(3))
    (change,) = compared(JourneyState(), listing(ended), now=NOON).changes
    assert set(change.state.runs) == {"r1"}


# Settling


def settling_state() -> JourneyState:
    old = recorded(COMPLETED, at=NOON - days(2), updated=NOON - days(2), created=NOON - days(3))
    return known({"old": old, "live": recorded(RUNNING)})


OLD_LISTED = observed("old", COMPLETED, updated=NOON - days(2), created=NOON - days(3))


def test_ended_run_is_dropped_with_the_next_commit_and_stays_known() -> None:
    state = settling_state()
    assert compared(state, listing(OLD_LISTED, observed("live", RUNNING)), now=NOON).changes == ()

    (change,) = compared(state, listing(OLD_LISTED, observed("live", COMPLETED)), now=NOON).changes

    assert set(change.state.runs) == {"live"}
    assert change.state.settled_before == NOON - days(3)
    assert change.state.settled_update == NOON - days(2)
    later = listing(OLD_LISTED, observed("live", COMPLETED))
    assert compared(change.state, later, now=NOON + days(1)).changes == ()


def test_incomplete_listing_drops_nothing() -> None:
    (change,) = compared(settling_state(), listing(observed("live", COMPLETED), complete=False), now=NOON).changes
    assert set(change.state.runs) == {"old", "live"}


def test_dropping_remembers_the_latest_time_the_listing_shows() -> None:
    touched = observed("old", COMPLETED, updated=NOON - minutes(5), created=NOON - days(3))
    (change,) = compared(settling_state(), listing(touched, observed("live", COMPLETED)), now=NOON).changes
    assert change.state.settled_update == NOON - minutes(5)
    assert compared(change.state, listing(touched, observed("live", COMPLETED)), now=NOON + days(1)).changes == ()


def test_dropping_remembers_the_latest_times_of_all_that_is_and_was_dropped() -> None:
    ended = {
        "first": recorded(COMPLETED, at=NOON - days(3), updated=NOON - days(3), created=NOON - days(5)),
        "second": recorded(COMPLETED, at=NOON - days(4), updated=NOON - days(4), created=NOON - days(4)),
    }
    state = known({**ended, "live": recorded(RUNNING)})
    (change,) = compared(state, listing(observed("live", COMPLETED)), now=NOON).changes
    assert (change.state.settled_before, change.state.settled_update) == (NOON - days(4), NOON - days(3))
    later = replace(state, settled_before=NOON - days(2), settled_update=NOON - days(1))
    (change,) = compared(later, listing(observed("live", COMPLETED)), now=NOON).changes
    assert (change.state.settled_before, change.state.settled_update) == (NOON - days(2), NOON - days(1))


@pytest.mark.parametrize(("updated", "created"), [(None, NOON - days(9)), (NOON - days(9), None), (None, None)])
def test_run_without_times_is_never_dropped(updated: datetime | None, created: datetime | None) -> None:
    old = recorded(COMPLETED, at=NOON - days(9), updated=updated, created=created)
    state = known({"old": old, "live": recorded(RUNNING)})
    shown = listing(observed("old", COMPLETED, updated=updated, created=created), observed("live", COMPLETED))
    (change,) = compared(state, shown, now=NOON).changes
    assert set(change.state.runs) == {"old", "live"}


@pytest.mark.parametrize("updated", [NOON, NOON - days(2)])
def test_settled_run_that_lives_again_is_news(updated: datetime) -> None:
    state = known({}, settled_before=NOON - days(3), settled_update=NOON - days(2))
    alive = observed("old", RUNNING, updated=updated, created=NOON - days(3))
    assert steps(compared(state, listing(alive), now=NOON)) == [("old", None, RUNNING)]


def test_run_created_before_the_settled_ones_that_ended_just_now_is_news() -> None:
    """A run scheduled long ago and cancelled unseen must not be taken for a settled one."""
    state = known({}, settled_before=NOON - days(3), settled_update=NOON - days(2))
    ended = observed("slow", CANCELLED, updated=NOON, created=NOON - days(20))
    assert steps(compared(state, listing(ended), now=NOON)) == [("slow", None, CANCELLED)]


def test_what_was_settled_and_the_first_look_outlive_the_next_commit() -> None:
    state = known({"r1": recorded(RUNNING)}, settled_before=NOON - days(3), settled_update=NOON - days(2))
    (change,) = compared(state, listing(observed("r1", CANCELLED)), now=NOON).changes
    after = change.state
    assert (after.settled_before, after.settled_update) == (NOON - days(3), NOON - days(2))
    assert after.baselined_at == state.baselined_at


@pytest.mark.parametrize(("updated", "created"), [(None, NOON - days(9)), (NOON, None), (None, None)])
def test_run_without_times_that_has_ended_is_news_though_others_were_settled(
    updated: datetime | None, created: datetime | None
) -> None:
    state = known({}, settled_before=NOON - days(3), settled_update=NOON - days(2))
    ended = observed("r1", CANCELLED, updated=updated, created=created)
    assert steps(compared(state, listing(ended), now=NOON)) == [("r1", None, CANCELLED)]


# Commits


def test_storm_is_cut_into_commits_that_differ_only_by_their_own_runs() -> None:
    runs = {f"r{n:03}": recorded(RUNNING) for n in range(MAX_EVENTS + 1)}
    storm = [observed(run_id, CANCELLED) for run_id in runs]
    late = observed("late", RUNNING, updated=NOON - days(31), created=NOON - days(31))

    first, last = compared(known(runs), listing(*storm, late), now=NOON).changes

    assert (len(first.transitions), len(last.transitions)) == (MAX_EVENTS, 1)
    assert (first.seen_version, last.seen_version, last.state.version) == (7, 8, 9)
    moved = {run_id for run_id, run in first.state.runs.items() if run.status is CANCELLED}
    assert moved == {transition.run.run_id for transition in first.transitions}
    assert "late" not in first.state.runs
    assert "late" in last.state.runs


def crowded(*, recorded_days_ago: float, created_days_ago: float) -> JourneyState:
    ended = recorded(
        COMPLETED,
        at=NOON - days(recorded_days_ago),
        updated=NOON - days(recorded_days_ago),
        created=NOON - days(created_days_ago),
    )
    state = known({f"run-{n:05}": ended for n in range(CROWDED_BYTES // 130)})
    assert approximate_bytes(state) > CROWDED_BYTES
    return state


def test_crowded_state_is_pruned_before_anything_is_added() -> None:
    state = crowded(recorded_days_ago=3, created_days_ago=3)
    prune, news = compared(state, listing(observed("new", RUNNING)), now=NOON).changes
    assert (prune.transitions, len(prune.state.runs)) == ((), 0)
    assert (prune.journey, prune.seen_version, prune.state.version, news.seen_version) == (JOURNEY, 7, 8, 8)
    assert [transition.run.run_id for transition in news.transitions] == ["new"]


def test_crowded_state_of_which_nothing_may_be_dropped_is_not_written() -> None:
    recent = crowded(recorded_days_ago=1, created_days_ago=1)
    assert compared(recent, listing(), now=NOON).changes == ()
    old = crowded(recorded_days_ago=3, created_days_ago=3)
    assert compared(old, listing(complete=False), now=NOON).changes == ()


def test_what_is_owed_crowds_a_state_too() -> None:
    owed = {f"id-{n:03}@alerts": DeliveryLease(f"TRANSITION#{NOON.isoformat()}#id-{n:03}", NOON) for n in range(100)}
    stored = sum(len(key) + len(lease.sort_key) + len(NOON.isoformat()) for key, lease in owed.items())
    assert approximate_bytes(known({})) == 0
    assert approximate_bytes(replace(known({"run": recorded(RUNNING)}), undelivered=owed)) > stored


def test_the_longer_the_names_of_channels_are_the_more_room_takes_what_is_owed_to_them() -> None:
    def with_name(length: int) -> int:
        key = f"id@{'c' * length}"
        return approximate_bytes(replace(known({}), undelivered={key: DeliveryLease("TRANSITION", NOON)}))

    assert with_name(60) - with_name(6) == 54


def test_the_names_of_those_who_are_not_told_who_did_it_take_room_too() -> None:
    def with_names(*names: str) -> int:
        window = CallWindow(("StopCampaign",), "", NOON, NOON)
        return approximate_bytes(replace(known({}), searches=(Search("TRANSITION", NOON, window, names),)))

    assert with_names("team", "boss") - with_names() >= len('"team","boss"')
    assert with_names() > len("TRANSITION") + len("StopCampaign") + 3 * len(NOON.isoformat())


def test_pruning_first_never_makes_pending_news_look_settled() -> None:
    """After an outage, a run that ended unseen is older than those dropped: a crash in between would lose it."""
    state = crowded(recorded_days_ago=3, created_days_ago=3)
    unseen = observed("unseen", CANCELLED, updated=NOON - days(4), created=NOON - days(4))
    first, *_ = compared(state, listing(unseen), now=NOON).changes
    assert [transition.run.run_id for transition in first.transitions] == ["unseen"]


@given(changed=st.integers(0, 7), opened=st.integers(0, 9), resolved=st.integers(0, 5), max_events=st.integers(1, 4))
def test_conditions_too_many_for_one_commit_go_into_commits_after_it(
    changed: int, opened: int, resolved: int, max_events: int
) -> None:
    before = known({f"c{n}": recorded(RUNNING) for n in range(changed)})
    over = [Condition(ConditionKind.STUCK, f"old{n}", NOON) for n in range(resolved)]
    fresh = [Condition(ConditionKind.STUCK, f"new{n}", NOON) for n in range(opened)]
    state = replace(before, conditions={one.key: one for one in over})
    news = listing(*(observed(f"c{n}", CANCELLED) for n in range(changed)))
    events = [ConditionEvent(Phase.OPENED, one) for one in fresh] + [
        ConditionEvent(Phase.RESOLVED, one) for one in over
    ]
    assessment = Assessment({one.key: one for one in fresh}, tuple(events))

    comparison = compare(state, news, now=NOON)
    final = with_assessment(comparison.after, assessment)
    commits = planned(JOURNEY, state, [*comparison.transitions, *assessment.events], final, max_events=max_events)

    assert all(len(commit.transitions) + len(commit.events) <= max_events for commit in commits)
    assert [event for commit in commits for event in commit.events] == events
    assert [one.run for commit in commits for one in commit.transitions] == [one.run for one in comparison.transitions]
    seen, conditions = state.version, set(state.conditions)
    for commit in commits:
        assert (commit.seen_version, commit.state.version) == (seen, seen + 1)
        seen += 1
        for event in commit.events:
            (conditions.discard if event.phase is Phase.RESOLVED else conditions.add)(event.condition.key)
            assert event.phase is Phase.RESOLVED or commit.state.conditions[event.condition.key] == event.condition
        assert set(commit.state.conditions) == conditions
    assert conditions == set(assessment.conditions)


@pytest.mark.parametrize(
    ("before", "after", "began", "ended", "learned"),
    [
        (Status.RUNNING, Status.COMPLETED, NOON - minutes(50), NOON, (7, 3000)),
        (Status.RUNNING, Status.CANCELLED, NOON - minutes(50), NOON, (7,)),
        (Status.SCHEDULED, Status.COMPLETED, NOON - minutes(50), NOON, (7,)),
        (Status.RUNNING, Status.COMPLETED, None, NOON, (7,)),
        (Status.RUNNING, Status.COMPLETED, NOON - minutes(50), None, (7,)),
        (Status.RUNNING, Status.COMPLETED, NOON - minutes(50), NOON - minutes(51), (7,)),
        (Status.RUNNING, Status.COMPLETED, NOON, NOON, (7, 0)),
    ],
)
def test_how_long_a_run_was_running_is_remembered_when_it_completes_and_both_times_are_known(
    before: Status, after: Status, began: datetime | None, ended: datetime | None, learned: tuple[int, ...]
) -> None:
    state = replace(known({"r1": recorded(before, updated=began)}), durations=(7,))
    (change,) = compared(state, listing(observed("r1", after, updated=ended)), now=NOON).changes
    assert change.state.durations == learned


def test_a_run_that_teaches_nothing_keeps_those_after_it_from_nothing() -> None:
    state = known({"r1": recorded(Status.RUNNING, updated=NOON - minutes(50))})
    reading = listing(observed("new", Status.RUNNING, updated=NOON - minutes(9)), observed("r1", Status.COMPLETED))
    (change,) = compared(state, reading, now=NOON).changes
    assert [one.run.run_id for one in change.transitions] == ["new", "r1"]
    assert change.state.durations == (3000,)


def itself(status: Status, *, updated: datetime | None = NOON, raw: str = "") -> ObservedRun:
    return ObservedRun(JOURNEY.journey_id, status, raw or status.value, last_update_time=updated)


ACTIVE = replace(known({"r1": recorded(Status.RUNNING)}), itself=recorded(Status.RUNNING, created=None))
UNCHANGED = listing(observed("r1", Status.RUNNING))


def test_change_of_the_journey_itself_is_news_beside_those_of_its_runs() -> None:
    reading = listing(observed("r1", Status.CANCELLED))
    (change,) = compared(ACTIVE, reading, now=NOON, itself=itself(Status.CANCELLED, updated=NOON - minutes(1))).changes
    assert [(one.of_journey, one.previous_status, one.run.status) for one in change.transitions] == [
        (True, Status.RUNNING, Status.CANCELLED),
        (False, Status.RUNNING, Status.CANCELLED),
    ]
    assert set(change.state.runs) == {"r1"}
    assert change.state.itself == RecordedRun(Status.CANCELLED, NOON, last_update_time=NOON - minutes(1))


def test_change_of_the_journey_itself_is_news_though_nothing_else_changed_and_pages_are_missing() -> None:
    reading = listing(observed("r1", Status.RUNNING), complete=False)
    (change,) = compared(ACTIVE, reading, now=NOON, itself=itself(Status.PAUSED)).changes
    (transition,) = change.transitions
    assert (transition.of_journey, transition.skipped, change.state.durations) == (True, (), ())
    assert transition.sequence == change.state.version == ACTIVE.version + 1


@pytest.mark.parametrize(
    "seen",
    [
        None,
        itself(Status.RUNNING),
        itself(Status.PAUSED, updated=None),
        # A listing that is remembered for minutes may be older than what another poller has seen.
        itself(Status.PAUSED, updated=NOON - days(1)),
        itself(Status.PAUSED, updated=NOON - days(2)),
    ],
)
def test_journey_itself_has_changed_only_by_a_newer_time(seen: ObservedRun | None) -> None:
    assert compared(ACTIVE, UNCHANGED, now=NOON, itself=seen).changes == ()


@pytest.mark.parametrize("state", [replace(ACTIVE, itself=None), JourneyState()])
def test_journey_itself_is_recorded_silently_when_it_is_first_seen(state: JourneyState) -> None:
    (change,) = compared(state, UNCHANGED, now=NOON, itself=itself(Status.PAUSED), alert_on_first_sight=False).changes
    assert change.transitions == ()
    assert change.state.itself == RecordedRun(Status.PAUSED, NOON, last_update_time=NOON)
    assert compared(change.state, UNCHANGED, now=NOON, itself=itself(Status.PAUSED)).changes == ()


def test_completed_journey_is_no_run_that_took_so_long() -> None:
    (change,) = compared(ACTIVE, UNCHANGED, now=NOON, itself=itself(Status.COMPLETED)).changes
    assert change.state.durations == ()


def test_changes_of_a_journey_and_of_its_runs_that_are_too_many_for_one_commit_are_all_told_once() -> None:
    reading = listing(observed("r1", Status.CANCELLED), *(observed(f"n{n}", Status.RUNNING) for n in range(4)))
    changes = compared(ACTIVE, reading, now=NOON, itself=itself(Status.CANCELLED), max_events=2).changes
    told = [(one.of_journey, one.run.run_id) for change in changes for one in change.transitions]
    assert sorted(told) == sorted(
        [(True, JOURNEY.journey_id), *((False, run) for run in ("r1", "n0", "n1", "n2", "n3"))]
    )
    assert changes[-1].state.itself == RecordedRun(Status.CANCELLED, NOON, last_update_time=NOON)
