"""Which journeys a poll reads, in which order, and from what each is compared."""

import pytest

from journey_watch.core.poll_plan import (
    DORMANT_EVERY,
    journeys_to_poll,
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


def test_dormant_journey_with_a_live_run_or_without_a_first_look_is_always_polled() -> None:
    dormant = {A: JourneyInfo(dormant=True)}
    for remembered in ({A: LIVE}, {}, {A: known({}, baselined_at=None)}):
        assert all(plan(dormant, remembered, poll_number=number) for number in range(DORMANT_EVERY))


def test_journey_listed_after_its_target_was_once_complete_starts_empty() -> None:
    marked = {APP_1.marker: NOON}
    assert starting_state(A, {}, targets=[APP_1], listed=marked) == JourneyState(baselined_at=NOON)


def test_of_two_targets_the_longer_watching_one_decides() -> None:
    marked = {APP_1.marker: NOON, EVERYTHING.marker: NOON - days(1)}
    state = starting_state(A, {}, targets=[APP_1, EVERYTHING], listed=marked)
    assert state.baselined_at == NOON - days(1)


def test_journey_begins_with_a_first_look_where_its_target_never_was_complete() -> None:
    assert starting_state(A, {}, targets=[APP_1], listed={}) == JourneyState()
    assert starting_state(A, {}, targets=[APP_1], listed={EVERYTHING.marker: NOON}) == JourneyState()


def test_journey_named_by_id_begins_with_a_first_look() -> None:
    by_id = WatchTarget("pinpoint", "app-1", ("a",))
    assert starting_state(A, {}, targets=[by_id], listed={by_id.marker: NOON}) == JourneyState()


def test_remembered_journey_is_compared_with_what_is_remembered() -> None:
    forgotten = known({}, baselined_at=None)
    assert starting_state(A, {A: forgotten}, targets=[APP_1], listed={APP_1.marker: NOON}) is forgotten


def test_unwatched_are_the_remembered_ones_no_target_names() -> None:
    forgotten = known({}, baselined_at=None)
    assert unwatched({A: LIVE, ELSEWHERE: LIVE}, [APP_1]) == [ELSEWHERE]
    assert unwatched({ELSEWHERE: forgotten}, [APP_1]) == []


def test_unwatched_are_also_those_that_the_patterns_leave_out() -> None:
    assert unwatched({A: LIVE, B: LIVE}, [APP_1], excluded={B}) == [B]
    assert unwatched({}, [APP_1], excluded={B}) == []


def marks(
    *, complete: set[str], before: set[str], discovered: set[JourneyKey], baselined: set[JourneyKey]
) -> list[str]:
    return newly_listed(
        [APP_1, WatchTarget("pinpoint", "app-2", ("x",))],
        listed_completely=complete,
        listed_before=before,
        discovered=discovered,
        baselined=baselined,
    )


def test_target_is_marked_once_every_journey_of_a_complete_listing_had_its_first_look() -> None:
    complete = {APP_1.marker}
    assert marks(complete=complete, before=set(), discovered={A, B, ELSEWHERE}, baselined={A, B}) == [APP_1.marker]
    assert marks(complete=complete, before=set(), discovered={A, B}, baselined={A}) == []
    assert marks(complete=set(), before=set(), discovered={A}, baselined={A}) == []
    assert marks(complete=complete, before=complete, discovered={A}, baselined={A}) == []
