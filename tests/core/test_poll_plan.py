"""Which journeys a poll reads, in which order, and from what each is compared."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.poll_plan import (
    DORMANT_EVERY,
    deleted,
    journeys_to_poll,
    lacking,
    listed_at_last,
    newly_listed,
    next_start,
    starting_state,
    unwatched,
)
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Status
from journey_watch.core.watch_list import WatchTarget
from tests.core.builders import NOON, days, known, recorded

A, B, C = (JourneyKey("app-1", name) for name in "abc")
ELSEWHERE = JourneyKey("app-2", "x")
EVERYTHING = WatchTarget("pinpoint", "*")
APP_1 = WatchTarget("pinpoint", "app-1")
LIVE = known({"r": recorded(Status.RUNNING)})
QUIET = known({"r": recorded(Status.COMPLETED)})


def plan(
    discovered: dict[JourneyKey, JourneyInfo],
    remembered: dict[JourneyKey, JourneyState],
    *,
    targets: tuple[WatchTarget, ...] = (EVERYTHING,),
    unlisted: frozenset[str] = frozenset(),
    excluded: frozenset[JourneyKey] = frozenset(),
    resume_at: str | None = None,
    poll_number: int = 0,
) -> list[JourneyKey]:
    return journeys_to_poll(
        discovered,
        remembered,
        targets=targets,
        unlisted_containers=unlisted,
        excluded=excluded,
        resume_at=resume_at,
        poll_number=poll_number,
    )


def test_listed_journeys_and_those_with_a_live_run_are_polled() -> None:
    assert plan({A: JourneyInfo()}, {B: LIVE, C: QUIET}) == [A, B]


def test_where_listing_failed_what_complete_listings_have_lacked_is_not_polled() -> None:
    finished = replace(QUIET, lacking_since=NOON)
    assert plan({}, {A: finished, B: QUIET, C: replace(LIVE, lacking_since=NOON)}, unlisted=frozenset({"*"})) == [B, C]


def lacks(*targets: WatchTarget, incomplete: Collection[str] = (), excluded: Collection[JourneyKey] = ()) -> set[str]:
    found = lacking([A, B, ELSEWHERE], {B}, targets=targets, incomplete=incomplete, excluded=excluded)
    return {str(journey) for journey in found}


def test_lacking_is_what_a_complete_listing_does_not_name_and_no_target_by_its_id() -> None:
    assert lacks(EVERYTHING) == {str(A), str(ELSEWHERE)}
    assert lacks(APP_1) == {str(A)}
    assert lacks(EVERYTHING, WatchTarget("pinpoint", "app-1", ("a",))) == {str(ELSEWHERE)}
    assert lacks(WatchTarget("pinpoint", "app-1", ("a", "News *"))) == set()
    assert lacks(EVERYTHING, excluded={A}) == {str(ELSEWHERE)}


def test_incomplete_listing_shows_nothing_as_lacking() -> None:
    assert lacks(EVERYTHING, incomplete={"app-1"}) == {str(ELSEWHERE)}
    assert lacks(EVERYTHING, APP_1, incomplete={"*"}) == set()


def test_journey_that_is_no_longer_watched_is_not_polled() -> None:
    assert plan({}, {ELSEWHERE: LIVE}, targets=(APP_1,)) == []


def test_where_listing_failed_all_that_is_remembered_is_polled() -> None:
    remembered = {A: QUIET, ELSEWHERE: QUIET}
    assert plan({}, remembered, unlisted=frozenset({"app-1"})) == [A]
    assert plan({}, remembered, unlisted=frozenset({"*"})) == [A, ELSEWHERE]


def test_what_the_patterns_leave_out_is_not_polled_even_while_it_runs_or_a_listing_fails() -> None:
    remembered = {A: LIVE, B: LIVE}
    assert plan({A: JourneyInfo()}, remembered, excluded=frozenset({B})) == [A]
    assert plan({}, remembered, unlisted=frozenset({"*"}), excluded=frozenset({B})) == [A]


def test_poll_begins_where_the_last_one_was_cut_short() -> None:
    discovered = dict.fromkeys((A, B, C), JourneyInfo())
    assert plan(discovered, {}, resume_at=str(B)) == [B, C, A]
    assert plan(discovered, {}, resume_at="app-1/bb") == [C, A, B]
    assert plan(discovered, {}, resume_at="zzz") == [A, B, C]


def test_poll_that_resumes_nothing_begins_with_the_first_whatever_applications_are_called() -> None:
    first, last = JourneyKey("0a", "a"), JourneyKey("fa", "a")
    assert plan(dict.fromkeys((last, first), JourneyInfo()), {}) == [first, last]


def test_poll_resumes_where_it_stopped_whatever_applications_are_called() -> None:
    """`-` comes before `/`: so `app-1/a` before `app/a`, and `app` before `app-1`."""
    discovered = dict.fromkeys((A, JourneyKey("app", "a")), JourneyInfo())
    assert [str(one) for one in plan(discovered, {}, resume_at=str(A))] == ["app-1/a", "app/a"]


@pytest.mark.parametrize(
    ("finished", "following"),
    [((A, B, C), None), ((A, B), C), ((B,), C), ((C,), A), ((A, C), A), ((), B)],
    ids=["all", "cut short", "the first hung", "only the last", "one in the middle hung", "none"],
)
def test_next_poll_begins_after_the_last_journey_that_was_finished(
    finished: tuple[JourneyKey, ...], following: JourneyKey | None
) -> None:
    assert next_start([A, B, C], finished, at_once=1) == following


def test_dormant_journey_is_polled_in_one_of_several_polls() -> None:
    dormant = {A: JourneyInfo(dormant=True)}
    polled = [number for number in range(2 * DORMANT_EVERY) if plan(dormant, {A: QUIET}, poll_number=number)]
    assert len(polled) == 2


def test_dormant_journeys_are_not_all_polled_at_once() -> None:
    dormant = [JourneyKey("app-1", f"j{n}") for n in range(100)]
    discovered = dict.fromkeys(dormant, JourneyInfo(dormant=True))
    polled = [plan(discovered, dict.fromkeys(dormant, QUIET), poll_number=number) for number in range(DORMANT_EVERY)]
    assert sorted(one for of_poll in polled for one in of_poll) == sorted(dormant)
    assert max(map(len, polled)) < 2 * len(dormant) / DORMANT_EVERY


def test_dormant_journey_with_a_live_run_or_without_a_first_look_is_always_polled() -> None:
    dormant = {A: JourneyInfo(dormant=True)}
    for remembered in ({A: LIVE}, {}, {A: known({}, baselined_at=None)}):
        assert all(plan(dormant, remembered, poll_number=number) for number in range(DORMANT_EVERY))


def test_journey_listed_after_its_target_was_once_complete_starts_empty() -> None:
    marked = {APP_1.marker: NOON}
    assert starting_state(A, {}, targets=[APP_1], listed=marked, unlisted={}, now=NOON) == JourneyState(
        baselined_at=NOON
    )


def test_what_a_new_journey_shows_of_the_time_before_a_month_ago_is_no_news() -> None:
    marked = {APP_1.marker: NOON - days(300)}
    state = starting_state(A, {}, targets=[APP_1], listed=marked, unlisted={}, now=NOON)
    assert state == JourneyState(baselined_at=NOON - days(29))


def test_of_two_targets_the_longer_watching_one_decides() -> None:
    marked = {APP_1.marker: NOON, EVERYTHING.marker: NOON - days(1)}
    state = starting_state(A, {}, targets=[APP_1, EVERYTHING], listed=marked, unlisted={}, now=NOON)
    assert state.baselined_at == NOON - days(1)


def test_journey_begins_with_a_first_look_where_its_target_never_was_complete() -> None:
    assert starting_state(A, {}, targets=[APP_1], listed={}, unlisted={}, now=NOON) == JourneyState()
    assert (
        starting_state(A, {}, targets=[APP_1], listed={EVERYTHING.marker: NOON}, unlisted={}, now=NOON)
        == JourneyState()
    )


def test_journey_named_by_id_begins_with_a_first_look() -> None:
    by_id = WatchTarget("pinpoint", "app-1", ("a",))
    assert starting_state(A, {}, targets=[by_id], listed={by_id.marker: NOON}, unlisted={}, now=NOON) == JourneyState()


def test_remembered_journey_is_compared_with_what_is_remembered() -> None:
    forgotten = known({}, baselined_at=None)
    assert (
        starting_state(A, {A: forgotten}, targets=[APP_1], listed={APP_1.marker: NOON}, unlisted={}, now=NOON)
        is forgotten
    )


def test_unwatched_are_the_remembered_ones_no_target_names() -> None:
    forgotten = known({}, baselined_at=None)
    assert unwatched({A: LIVE, ELSEWHERE: LIVE}, [APP_1]) == [ELSEWHERE]
    assert unwatched({ELSEWHERE: forgotten}, [APP_1]) == []
    wrong = replace(forgotten, conditions={"UNREACHABLE": Condition(ConditionKind.UNREACHABLE, None, NOON)})
    assert unwatched({ELSEWHERE: wrong}, [APP_1]) == [ELSEWHERE]


def test_unwatched_are_also_those_that_the_patterns_leave_out() -> None:
    assert unwatched({A: LIVE, B: LIVE}, [APP_1], excluded={B}) == [B]
    assert unwatched({}, [APP_1], excluded={B}) == []


def marks(
    *,
    discovered: set[JourneyKey],
    known: set[JourneyKey],
    incomplete: Collection[str] = (),
    before: Collection[str] = (),
) -> dict[str, set[str]]:
    marked = newly_listed(
        [APP_1, EVERYTHING, WatchTarget("pinpoint", "app-2", ("x",))],
        incomplete=incomplete,
        listed_before=before,
        discovered=discovered,
        known=known,
    )
    return {marker: set(unlisted) for marker, unlisted in marked.items()}


def test_target_is_marked_once_every_journey_of_a_complete_listing_is_known() -> None:
    here, everywhere = APP_1.marker, EVERYTHING.marker
    assert marks(discovered={A, B, ELSEWHERE}, known={A, B}) == {here: set()}
    assert marks(discovered={A, B, ELSEWHERE}, known={A, B, ELSEWHERE}) == {here: set(), everywhere: set()}
    assert marks(discovered={A, B}, known={A}) == {}
    assert marks(discovered={A}, known={A}, incomplete={"app-1", "*"}) == {}
    assert marks(discovered={A}, known={A}, before={here, everywhere}) == {}
    assert marks(discovered={A}, known={A}, before={here}) == {everywhere: set()}
    assert marks(discovered={A}, known={A}, incomplete={"app-2"}) == {here: set(), everywhere: {"app-2"}}


def test_container_that_cannot_be_listed_does_not_keep_the_others_waiting() -> None:
    assert marks(discovered={A, ELSEWHERE}, known={ELSEWHERE}, incomplete={"app-1"}) == {EVERYTHING.marker: {"app-1"}}
    listed = {EVERYTHING.marker: NOON}
    unlisted = {EVERYTHING.marker: frozenset({"app-1"})}
    for journey, since in ((A, None), (ELSEWHERE, NOON)):
        state = starting_state(journey, {}, targets=[EVERYTHING], listed=listed, unlisted=unlisted, now=NOON)
        assert state.baselined_at == since


@pytest.mark.parametrize(
    ("incomplete", "discovered", "known", "counts"),
    [
        ({"app-1"}, set(), set(), False),
        ({"*"}, {A}, {A}, False),
        (set(), {A}, set(), False),
        (set(), {A, ELSEWHERE}, {A}, True),
        (set(), set(), set(), True),
    ],
    ids=["still not listed", "containers not listed", "not looked at", "looked at", "gone"],
)
def test_marker_counts_for_a_container_once_it_is_listed_and_all_its_journeys_are_known(
    incomplete: set[str], discovered: set[JourneyKey], known: set[JourneyKey], *, counts: bool
) -> None:
    found = listed_at_last({"*/*": {"app-1"}}, incomplete=incomplete, discovered=discovered, known=known)
    assert found == ({"*/*": {"app-1"}} if counts else {})


@pytest.mark.parametrize(
    ("incomplete", "gone"),
    [(set(), {A, ELSEWHERE}), ({"*"}, {A}), ({"app-1"}, {ELSEWHERE}), ({"app-1", "*"}, set())],
    ids=["all listed", "containers not listed", "one not listed", "neither listed"],
)
def test_deleted_is_what_a_complete_listing_lacks(incomplete: set[str], gone: set[JourneyKey]) -> None:
    targets = [APP_1, EVERYTHING]
    assert deleted([A, B, ELSEWHERE], {B}, targets=targets, incomplete=incomplete) == gone


def test_journey_that_is_named_by_its_id_is_never_taken_for_deleted() -> None:
    by_id = WatchTarget("pinpoint", "app-1", ("a",))
    assert deleted([A], set(), targets=[by_id], incomplete=set()) == frozenset()


def test_journey_with_a_condition_is_polled_until_that_is_over() -> None:
    wrong = replace(QUIET, conditions={"OVERDUE": Condition(ConditionKind.OVERDUE, None, NOON)})
    assert plan({}, {A: wrong, B: QUIET}) == [A]
