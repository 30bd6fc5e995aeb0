"""When a condition is suspected, opens, is reminded of and resolves."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from journey_watch.core.condition_rules import (
    GIVE_UP_AFTER,
    Assessment,
    AssessmentContext,
    Phase,
    assess_failure,
    assess_reading,
)
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.runs import JourneyInfo, JourneyState, Observation, Status
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import Thresholds
from tests.core.builders import NOON, days, known, listing, minutes, observed, recorded

HOUR = timedelta(hours=1)
PATIENCE = Thresholds(
    stuck_after=3600, late_after=3600, paused_after=3600, expect_run_every=86400, unreachable_after=600
)


def at(
    time: datetime, *, confirmed: bool = True, muted: bool = False, thresholds: Thresholds = PATIENCE
) -> AssessmentContext:
    return AssessmentContext(
        now=time,
        begun=time,
        interval=minutes(1),
        thresholds=thresholds,
        severities={**dict.fromkeys(ConditionKind, Severity.WARNING), ConditionKind.UNREACHABLE: Severity.CRITICAL},
        muted=muted,
        confirmed=confirmed,
    )


def with_run(status: Status, *, since: datetime = NOON) -> JourneyState:
    return known({"r1": recorded(status, updated=since, created=since)})


def assess(
    before: Assessment | None,
    state: JourneyState,
    reading: Observation,
    circumstances: AssessmentContext,
    *,
    expects_runs: bool = False,
) -> Assessment:
    info = JourneyInfo(dormant=not expects_runs)
    return assess_reading(before.conditions if before else {}, state, reading, circumstances, info)


def told(assessment: Assessment) -> list[tuple[Phase, ConditionKind, str | None]]:
    return [(event.phase, event.condition.kind, event.condition.run_id) for event in assessment.events]


RUNNING_LISTED = listing(observed("r1", Status.RUNNING), observed("other", Status.COMPLETED))
OTHERS_LISTED = listing(observed("other", Status.COMPLETED))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (Status.RUNNING, ConditionKind.STUCK),
        (Status.SCHEDULED, ConditionKind.LATE),
        (Status.PAUSED, ConditionKind.LEFT_PAUSED),
    ],
)
def test_too_long_in_a_status_opens_after_a_second_reading(status: Status, kind: ConditionKind) -> None:
    state, reading = with_run(status), listing(observed("r1", status))
    assert assess(None, state, reading, at(NOON + HOUR)).events == ()

    late = NOON + HOUR + minutes(1)
    first = assess(None, state, reading, at(late, confirmed=False))
    assert (first.unconfirmed, first.conditions, first.events) == (True, {}, ())
    second = assess(None, state, reading, at(late))
    assert told(second) == [(Phase.OPENED, kind, "r1")]
    (condition,) = second.conditions.values()
    assert (condition.since, condition.opened_at) == (NOON, late)


def late(state: JourneyState, now: datetime, starts_at: datetime) -> list[Condition]:
    reading = listing(observed("r1", Status.SCHEDULED))
    info = JourneyInfo(dormant=True, starts_at=starts_at)
    return [*assess_reading({}, state, reading, at(now), info).conditions.values()]


def test_what_is_planned_for_later_is_late_from_then_on() -> None:
    state, plan = with_run(Status.SCHEDULED), NOON + days(3)
    assert late(state, plan + HOUR, plan) == []
    (condition,) = late(state, plan + HOUR + minutes(1), plan)
    assert (condition.since, condition.planned) == (plan, True)


@pytest.mark.parametrize("plan", [NOON - days(3), NOON], ids=["long ago", "at that moment"])
def test_a_plan_that_was_over_when_a_run_was_scheduled_says_nothing_of_that_run(plan: datetime) -> None:
    """A journey that repeats has the plan of its first run."""
    (condition,) = late(with_run(Status.SCHEDULED), NOON + HOUR + minutes(1), plan)
    assert (condition.since, condition.planned) == (NOON, False)


def test_what_has_no_times_is_late_by_its_plan_alone() -> None:
    """A campaign that nobody has scheduled may stay a draft for ever."""
    draft = known({"r1": recorded(Status.SCHEDULED, updated=None, created=None)})
    assert late(draft, NOON + days(30), NOON + days(60)) == []
    assert assess(None, draft, listing(observed("r1", Status.SCHEDULED)), at(NOON + days(30))) == Assessment({})
    (condition,) = late(draft, NOON + days(30), NOON - days(3))
    assert (condition.since, condition.planned) == (NOON - days(3), True)


LEARNED = Thresholds(stuck_after="auto")


def stuck(
    now: datetime, *, durations: tuple[int, ...] = (), ends_at: datetime | None = None, created: datetime | None = NOON
) -> tuple[Condition, ...]:
    """What is found of a run that is RUNNING since noon."""
    run = recorded(Status.RUNNING, at=NOON, updated=NOON if created else None, created=created)
    state = replace(known({"r1": run}), durations=durations)
    found = assess_reading({}, state, RUNNING_LISTED, at(now, thresholds=LEARNED), JourneyInfo(ends_at=ends_at))
    return tuple(found.conditions.values())


def test_learned_patience_is_that_of_the_runs_that_completed() -> None:
    took = (3600, 1800, 1800, 1800, 1800)
    assert stuck(NOON + 2 * HOUR, durations=took) == ()
    (condition,) = stuck(NOON + 2 * HOUR + minutes(1), durations=took)
    assert (condition.kind, condition.since, condition.planned) == (ConditionKind.STUCK, NOON, False)


def test_nothing_is_learned_from_a_few_runs() -> None:
    assert stuck(NOON + days(30), durations=(60, 60, 60, 60)) == ()


def test_what_runs_an_hour_after_its_planned_end_is_stuck() -> None:
    end = NOON + days(3)
    assert stuck(end + HOUR, ends_at=end) == ()
    (condition,) = stuck(end + HOUR + minutes(1), ends_at=end)
    assert (condition.kind, condition.since, condition.planned) == (ConditionKind.STUCK, end, True)
    (campaign,) = stuck(end + HOUR + minutes(1), ends_at=end, created=None)
    assert campaign == condition


def test_a_plan_that_was_over_when_a_run_was_created_says_nothing_of_its_end() -> None:
    assert stuck(NOON + days(3), ends_at=NOON - minutes(1)) == ()


def test_what_was_learned_counts_before_a_planned_end_that_is_far() -> None:
    (condition,) = stuck(NOON + days(1), durations=(60,) * 5, ends_at=NOON + days(100))
    assert (condition.since, condition.planned) == (NOON, False)


def test_configured_patience_takes_no_heed_of_a_planned_end() -> None:
    thresholds = Thresholds(stuck_after=int(days(9).total_seconds()))
    info = JourneyInfo(ends_at=NOON)
    assert assess_reading(
        {}, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + days(8), thresholds=thresholds), info
    ) == Assessment({})


def test_what_lasts_too_long_says_by_which_measure_and_how_long_it_usually_takes() -> None:
    state = replace(with_run(Status.RUNNING), durations=(600, 600, 900, 1200, 1200))
    (configured,) = assess(None, state, RUNNING_LISTED, at(NOON + days(1))).events
    assert configured.limit == HOUR
    (learned,) = assess(None, state, RUNNING_LISTED, at(NOON + days(1), thresholds=LEARNED)).events
    assert learned.limit == HOUR + minutes(20)
    assert learned.usual is not None
    assert (learned.usual.runs, learned.usual.median, learned.usual.longest) == (5, minutes(15), minutes(20))
    paused = listing(observed("r1", Status.PAUSED))
    (other,) = assess(None, replace(state, runs=with_run(Status.PAUSED).runs), paused, at(NOON + days(1))).events
    assert (other.limit, other.usual) == (HOUR, None)


def test_what_may_last_longer_by_what_was_learned_since_is_no_longer_stuck() -> None:
    state = replace(with_run(Status.RUNNING), durations=(60,) * 5)
    opened = assess(None, state, RUNNING_LISTED, at(NOON + 2 * HOUR, thresholds=LEARNED))
    patient = replace(state, durations=(60,) * 5 + (7200,))
    over = assess(opened, patient, RUNNING_LISTED, at(NOON + 3 * HOUR, thresholds=LEARNED))
    assert [(event.phase, event.status_now) for event in over.events] == [(Phase.RESOLVED, Status.RUNNING)]


def test_journey_that_is_left_paused_itself_is_told_until_it_is_resumed() -> None:
    state = replace(with_run(Status.COMPLETED), itself=recorded(Status.PAUSED, updated=NOON, created=None))
    assert assess(None, state, OTHERS_LISTED, at(NOON + HOUR)).conditions == {}
    assert assess(None, state, OTHERS_LISTED, at(NOON + days(9), thresholds=Thresholds())).conditions == {}
    opened = assess(None, state, OTHERS_LISTED, at(NOON + HOUR + minutes(1)))
    assert told(opened) == [(Phase.OPENED, ConditionKind.LEFT_PAUSED, None)]
    assert opened.events[0].limit == HOUR
    resumed = replace(state, itself=recorded(Status.RUNNING, updated=NOON + days(1), created=None))
    over = assess(opened, resumed, OTHERS_LISTED, at(NOON + days(1)))
    assert [(event.phase, event.status_now) for event in over.events] == [(Phase.RESOLVED, Status.RUNNING)]


def test_nobody_is_reminded_of_what_is_acknowledged_until_that_is_over() -> None:
    state, patience = with_run(Status.RUNNING), replace(PATIENCE, remind_every=3600)
    opened = assess(None, state, RUNNING_LISTED, at(NOON + 2 * HOUR, thresholds=patience))
    stuck_one = replace(opened.conditions["STUCK:r1"], opened_by="thread")
    known_of = replace(opened, conditions={stuck_one.key: stuck_one})

    def later(hours: int, **acknowledged: datetime) -> list[Phase]:
        circumstances = replace(at(NOON + hours * HOUR, thresholds=patience), acknowledged=acknowledged)
        return [event.phase for event in assess(known_of, state, RUNNING_LISTED, circumstances).events]

    assert later(6) == [Phase.REMINDER]
    assert later(6, other=NOON + 9 * HOUR) == [Phase.REMINDER]
    assert later(6, thread=NOON + 9 * HOUR) == []
    assert later(9, thread=NOON + 9 * HOUR) == [Phase.REMINDER]


def test_what_is_acknowledged_resolves_all_the_same() -> None:
    opened = assess(None, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + 2 * HOUR))
    circumstances = replace(at(NOON + 3 * HOUR), acknowledged={"": NOON + 9 * HOUR})
    over = assess(opened, with_run(Status.COMPLETED), listing(observed("r1", Status.COMPLETED)), circumstances)
    assert told(over) == [(Phase.RESOLVED, ConditionKind.STUCK, "r1")]


def test_open_condition_is_told_once_and_needs_no_second_reading() -> None:
    state = with_run(Status.RUNNING)
    opened = assess(None, state, RUNNING_LISTED, at(NOON + 2 * HOUR))
    later = assess(opened, state, RUNNING_LISTED, at(NOON + 3 * HOUR, confirmed=False))
    assert (later.conditions, later.events, later.unconfirmed) == (opened.conditions, (), False)


def test_next_status_change_resolves_it() -> None:
    opened = assess(None, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + 2 * HOUR))
    over = assess(opened, with_run(Status.COMPLETED), OTHERS_LISTED, at(NOON + 3 * HOUR))
    assert told(over) == [(Phase.RESOLVED, ConditionKind.STUCK, "r1")]
    assert [event.status_now for event in over.events] == [Status.COMPLETED]
    assert over.conditions == {}


def test_it_is_reminded_of_once_in_each_interval() -> None:
    state = with_run(Status.RUNNING)
    opened = assess(None, state, RUNNING_LISTED, at(NOON + 2 * HOUR))
    reminded = assess(opened, state, RUNNING_LISTED, at(NOON + 2 * HOUR + days(1)))
    assert told(reminded) == [(Phase.REMINDER, ConditionKind.STUCK, "r1")]
    assert assess(reminded, state, RUNNING_LISTED, at(NOON + 2 * HOUR + days(1.5))).events == ()
    again = assess(reminded, state, RUNNING_LISTED, at(NOON + 2 * HOUR + days(5)))
    assert [event.condition.reminders for event in again.events] == [5]


def test_condition_that_is_switched_off_never_opens() -> None:
    off = Thresholds()
    assert assess(None, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + days(99), thresholds=off)).events == ()


def test_second_reading_is_asked_for_whatever_else_is_only_suspected() -> None:
    state = known({"r1": recorded(Status.RUNNING, updated=NOON), "r2": recorded(Status.RUNNING, updated=NOON)})
    first = assess(None, state, RUNNING_LISTED, at(NOON + 2 * HOUR, confirmed=False))
    assert first.unconfirmed
    assert [condition.kind for condition in first.conditions.values()] == [ConditionKind.MISSING]


def test_what_opens_and_what_is_over_are_told_together() -> None:
    opened = assess(None, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + 2 * HOUR))
    later = known({"r1": recorded(Status.COMPLETED), "r2": recorded(Status.RUNNING, updated=NOON)})
    both = listing(observed("r1", Status.COMPLETED), observed("r2", Status.RUNNING))
    assert told(assess(opened, later, both, at(NOON + 3 * HOUR))) == [
        (Phase.OPENED, ConditionKind.STUCK, "r2"),
        (Phase.RESOLVED, ConditionKind.STUCK, "r1"),
    ]


def test_run_without_a_time_has_its_status_since_it_was_recorded() -> None:
    state = known({"r1": recorded(Status.RUNNING, at=NOON, updated=None)})
    reading = listing(observed("r1", Status.RUNNING, updated=None))
    assert assess(None, state, reading, at(NOON + HOUR)).events == ()
    opened = assess(None, state, reading, at(NOON + HOUR + minutes(1)))
    assert [event.condition.since for event in opened.events] == [NOON]


# Missing


def test_missing_run_opens_at_a_second_complete_listing_an_interval_later_and_a_reading_more() -> None:
    state = with_run(Status.RUNNING)
    suspected = assess(None, state, OTHERS_LISTED, at(NOON, confirmed=False, thresholds=Thresholds()))
    assert (suspected.events, suspected.unconfirmed) == ((), False)
    too_soon = assess(suspected, state, OTHERS_LISTED, at(NOON + minutes(0.5), thresholds=Thresholds()))
    assert (too_soon.conditions, too_soon.events) == (suspected.conditions, ())

    ripe = assess(suspected, state, OTHERS_LISTED, at(NOON + minutes(1), confirmed=False, thresholds=Thresholds()))
    assert (ripe.unconfirmed, ripe.events) == (True, ())
    opened = assess(suspected, state, OTHERS_LISTED, at(NOON + minutes(1), thresholds=Thresholds()))
    assert told(opened) == [(Phase.OPENED, ConditionKind.MISSING, "r1")]
    assert next(iter(opened.conditions.values())).since == NOON


def test_suspicion_is_dropped_in_silence_when_the_run_is_listed_again() -> None:
    state = with_run(Status.RUNNING)
    suspected = assess(None, state, OTHERS_LISTED, at(NOON))
    back = assess(suspected, state, RUNNING_LISTED, at(NOON + minutes(1)))
    assert (back.conditions, back.events) == ({}, ())


def test_missing_run_that_reappears_resolves() -> None:
    state = with_run(Status.RUNNING)
    suspected = assess(None, state, OTHERS_LISTED, at(NOON))
    opened = assess(suspected, state, OTHERS_LISTED, at(NOON + minutes(1)))
    back = assess(opened, state, RUNNING_LISTED, at(NOON + minutes(2)))
    assert told(back) == [(Phase.RESOLVED, ConditionKind.MISSING, "r1")]


@pytest.mark.parametrize(
    "reading",
    [
        listing(observed("other", Status.COMPLETED), complete=False),
        listing(observed("other", Status.COMPLETED), observed("other", Status.COMPLETED)),
    ],
    ids=["a page failed", "the listing moved"],
)
def test_incomplete_listing_neither_suspects_nor_resolves(reading: Observation) -> None:
    state = with_run(Status.RUNNING)
    assert assess(None, state, reading, at(NOON)).conditions == {}
    suspected = assess(None, state, OTHERS_LISTED, at(NOON))
    assert assess(suspected, state, reading, at(NOON + minutes(0.5))).conditions == suspected.conditions


def test_run_missing_for_ninety_days_is_given_up_in_silence() -> None:
    state = with_run(Status.RUNNING)
    suspected = assess(None, state, OTHERS_LISTED, at(NOON))
    opened = assess(suspected, state, OTHERS_LISTED, at(NOON + minutes(1)))
    end = assess(opened, state, OTHERS_LISTED, at(NOON + GIVE_UP_AFTER + minutes(1), thresholds=Thresholds()))
    assert (end.conditions, end.events, end.forgotten) == ({}, (), frozenset({"r1"}))


def test_each_missing_run_is_given_up_in_its_own_time() -> None:
    state = known({name: recorded(Status.RUNNING) for name in ("r1", "r2")})
    suspected = assess(None, known({"r1": state.runs["r1"]}), OTHERS_LISTED, at(NOON))
    later = assess(suspected, state, OTHERS_LISTED, at(NOON + minutes(5)))
    exactly = assess(later, state, OTHERS_LISTED, at(NOON + GIVE_UP_AFTER))
    assert exactly.forgotten == frozenset()
    end = assess(exactly, state, OTHERS_LISTED, at(NOON + GIVE_UP_AFTER + minutes(1)))
    assert end.forgotten == frozenset({"r1"})
    assert [one.run_id for one in end.conditions.values()] == ["r2"]


# Unreachable


def test_suddenly_empty_listing_is_a_condition_of_the_journey_and_not_of_its_runs() -> None:
    ended = {name: recorded(Status.CANCELLED) for name in ("r2", "r3")}
    state = known({**with_run(Status.RUNNING).runs, **ended})
    suspected = assess(None, state, listing(), at(NOON))
    assert [condition.kind for condition in suspected.conditions.values()] == [ConditionKind.UNREACHABLE]
    opened = assess(suspected, state, listing(), at(NOON + minutes(10)))
    assert told(opened) == [(Phase.OPENED, ConditionKind.UNREACHABLE, None)]
    assert opened.events[0].condition.reason == "it lists no runs any more, though 1 had not ended"
    back = assess(opened, state, RUNNING_LISTED, at(NOON + minutes(11)))
    assert told(back) == [(Phase.RESOLVED, ConditionKind.UNREACHABLE, None)]


def test_empty_and_incomplete_listing_neither_suspects_nor_resolves_that_there_are_no_runs() -> None:
    state, part = with_run(Status.RUNNING), listing(complete=False)
    assert assess(None, state, part, at(NOON)).conditions == {}
    suspected = assess(None, state, listing(), at(NOON))
    assert assess(suspected, state, part, at(NOON + minutes(1))).conditions == suspected.conditions


def test_empty_listing_of_a_journey_without_live_runs_is_nothing() -> None:
    assert assess(None, with_run(Status.COMPLETED), listing(), at(NOON)).conditions == {}


def test_failure_opens_after_its_patience_and_resolves_when_it_answers() -> None:
    suspected = assess_failure({}, "403 Forbidden", at(NOON))
    assert suspected.events == ()
    assert assess_failure(suspected.conditions, "503", at(NOON + minutes(9))).conditions == suspected.conditions
    opened = assess_failure(suspected.conditions, "503", at(NOON + minutes(10)))
    assert told(opened) == [(Phase.OPENED, ConditionKind.UNREACHABLE, None)]
    assert opened.events[0].condition.reason == "403 Forbidden"
    assert told(assess_failure(opened.conditions, None, at(NOON + minutes(11)))) == [
        (Phase.RESOLVED, ConditionKind.UNREACHABLE, None)
    ]


def test_blindness_is_critical_and_all_else_a_warning() -> None:
    blind = assess_failure(assess_failure({}, "503", at(NOON)).conditions, "503", at(NOON + HOUR))
    stuck = assess(None, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + 2 * HOUR))
    severities = [event.condition.severity for event in (*blind.events, *stuck.events)]
    assert severities == [Severity.CRITICAL, Severity.WARNING]


def test_failure_leaves_the_other_conditions_alone() -> None:
    stuck = assess(None, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + 2 * HOUR)).conditions
    failing = assess_failure(stuck, "503", at(NOON + 2 * HOUR + minutes(1)))
    assert failing.conditions["STUCK:r1"] == stuck["STUCK:r1"]
    assert assess_failure(failing.conditions, None, at(NOON + 3 * HOUR)).conditions == stuck


# Overdue


def test_journey_without_a_new_run_for_too_long_is_overdue_until_one_comes() -> None:
    state = with_run(Status.COMPLETED)
    assert assess(None, state, OTHERS_LISTED, at(NOON + days(1)), expects_runs=True).events == ()
    opened = assess(None, state, OTHERS_LISTED, at(NOON + days(1) + minutes(1)), expects_runs=True)
    assert told(opened) == [(Phase.OPENED, ConditionKind.OVERDUE, None)]
    fresh = replace(state, runs={**state.runs, "r2": recorded(Status.RUNNING, created=NOON + days(1))})
    both = listing(observed("r1", Status.COMPLETED), observed("r2", Status.RUNNING))
    over = assess(opened, fresh, both, at(NOON + days(1) + minutes(2)), expects_runs=True)
    assert (Phase.RESOLVED, ConditionKind.OVERDUE, None) in told(over)


def test_overdue_since_a_new_run_was_to_be_expected() -> None:
    opened = assess(None, with_run(Status.COMPLETED), OTHERS_LISTED, at(NOON + days(9)), expects_runs=True)
    assert [event.condition.since for event in opened.events] == [NOON + days(1)]


@pytest.mark.parametrize(
    "state",
    [
        known({}, settled_before=NOON),
        known({}, baselined_at=NOON),
        known({"r1": recorded(Status.COMPLETED, at=NOON, created=None)}),
    ],
    ids=["runs that are settled", "the first look", "a run without a time"],
)
def test_a_run_is_expected_from_the_last_sign_of_one(state: JourneyState) -> None:
    assert assess(None, state, OTHERS_LISTED, at(NOON + days(1)), expects_runs=True).events == ()
    late = assess(None, state, OTHERS_LISTED, at(NOON + days(1) + minutes(1)), expects_runs=True)
    assert told(late) == [(Phase.OPENED, ConditionKind.OVERDUE, None)]


def test_incomplete_listing_neither_opens_nor_resolves_what_is_overdue() -> None:
    state, part = with_run(Status.COMPLETED), listing(observed("other", Status.COMPLETED), complete=False)
    assert assess(None, state, part, at(NOON + days(2)), expects_runs=True).conditions == {}
    opened = assess(None, state, OTHERS_LISTED, at(NOON + days(2)), expects_runs=True)
    assert assess(opened, state, part, at(NOON + days(2.5)), expects_runs=True).conditions == opened.conditions


def test_journey_without_a_first_look_is_never_overdue() -> None:
    state = known({}, baselined_at=None)
    assert assess(None, state, OTHERS_LISTED, at(NOON + days(99)), expects_runs=True).conditions == {}


def test_journey_that_has_ended_is_never_overdue() -> None:
    assert assess(None, with_run(Status.COMPLETED), OTHERS_LISTED, at(NOON + days(99))).conditions == {}


# Mutes


def test_what_opens_under_a_mute_is_told_when_the_mute_ends_if_it_is_still_open() -> None:
    state = with_run(Status.RUNNING)
    muted = assess(None, state, RUNNING_LISTED, at(NOON + 2 * HOUR, muted=True))
    assert muted.events == ()
    assert next(iter(muted.conditions.values())).opened_at == NOON + 2 * HOUR
    assert told(assess(muted, state, RUNNING_LISTED, at(NOON + 3 * HOUR))) == [
        (Phase.OPENED, ConditionKind.STUCK, "r1")
    ]


def test_what_opens_and_ends_under_a_mute_is_told_to_nobody() -> None:
    muted = assess(None, with_run(Status.RUNNING), RUNNING_LISTED, at(NOON + 2 * HOUR, muted=True))
    over = assess(muted, with_run(Status.COMPLETED), OTHERS_LISTED, at(NOON + 3 * HOUR))
    assert (over.conditions, over.events) == ({}, ())


def test_keys_are_distinct_for_each_kind_and_run() -> None:
    one = Condition(ConditionKind.STUCK, "r1", NOON)
    assert len({one.key, replace(one, run_id="r2").key, replace(one, kind=ConditionKind.MISSING).key}) == 3


def test_a_run_of_a_paused_journey_is_not_stuck_and_its_time_begins_anew_when_it_goes_on() -> None:
    state = with_run(Status.RUNNING)
    paused = replace(state, itself=recorded(Status.PAUSED, updated=NOON + minutes(10)))
    assert told(assess(None, paused, listing(observed("r1", Status.RUNNING)), at(NOON + days(2)))) == [
        (Phase.OPENED, ConditionKind.LEFT_PAUSED, None)
    ]
    resumed = replace(state, itself=recorded(Status.RUNNING, updated=NOON + days(2)))
    reading = listing(observed("r1", Status.RUNNING))
    assert told(assess(None, resumed, reading, at(NOON + days(2) + minutes(59)))) == []
    assert told(assess(None, resumed, reading, at(NOON + days(2) + minutes(61)))) == [
        (Phase.OPENED, ConditionKind.STUCK, "r1")
    ]


@pytest.mark.parametrize("start", [None, NOON - days(3), NOON - days(3) - HOUR])
def test_the_next_run_of_a_journey_that_repeats_is_late_from_its_due_time(start: datetime | None) -> None:
    state, reading = with_run(Status.SCHEDULED), listing(observed("r1", Status.SCHEDULED))
    info = JourneyInfo(starts_at=start, repeats_every=days(1), dormant=True)
    due = NOON + days(1) - (HOUR if start == NOON - days(3) - HOUR else timedelta())
    assert not assess_reading({}, state, reading, at(due + minutes(59)), info).events
    (event,) = assess_reading({}, state, reading, at(due + minutes(61)), info).events
    assert (event.condition.kind, event.condition.since) == (ConditionKind.LATE, due)


def test_a_campaign_that_is_running_before_its_start_or_between_executions_is_not_stuck() -> None:
    """Its provider calls it running from its publication to its end."""
    state = known({"journey-1": recorded(Status.RUNNING, at=NOON, updated=None, created=None)})
    reading = listing(observed("journey-1", Status.RUNNING, updated=None, created=None))

    def is_stuck(info: JourneyInfo, time: datetime) -> bool:
        return bool(assess_reading({}, state, reading, at(time), info).events)

    planned = JourneyInfo(starts_at=NOON + days(1), dormant=True)
    assert not is_stuck(planned, NOON + days(1))
    assert is_stuck(planned, NOON + days(1) + 2 * HOUR)
    repeating = replace(planned, repeats_every=days(1))
    assert not is_stuck(repeating, NOON + days(80))
    ending = replace(repeating, ends_at=NOON + days(5))
    assert not is_stuck(ending, NOON + days(5))
    assert is_stuck(ending, NOON + days(5) + 2 * HOUR)
