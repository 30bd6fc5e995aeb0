"""What is wrong, what is shown, in which order: before any markup."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.mutes import Mute
from journey_watch.core.pairs import Pair
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyKey, JourneyState, RecordedRun, Scope, Status
from journey_watch.core.severity import Severity
from journey_watch.live_page import LaneSnapshot, Query, Sort, build_view
from journey_watch.live_page.problems import UNSENT_AFTER
from journey_watch.live_page.timeline_bars import MAX_RUNS
from journey_watch.live_page.view import PAGE_SIZE, View
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import minutes
from tests.live_page.samples import (
    BILLING,
    CONNECT_LANE,
    DIGEST,
    LATE,
    LOYALTY,
    NOW,
    PINPOINT_LANE,
    POLLED,
    WELCOME,
    change,
    condition,
    pinpoint_reading,
    readings,
    run,
    state,
)


def view(query: Query | None = None) -> View:
    return build_view(readings(), query or Query(), NOW)


def labels(found: View) -> list[str]:
    return [row.label for row in found.rows]


def told(found: View) -> list[tuple[str, str | None]]:
    return [(problem.label, problem.run_id) for problem in found.problems]


def with_welcome(reading: LaneSnapshot, **changes: object) -> LaneSnapshot:
    journeys = dict(reading.journeys)
    journeys[WELCOME] = replace(journeys[WELCOME], **changes)  # type: ignore[arg-type]
    return replace(reading, journeys=journeys)


def problems_of(reading: LaneSnapshot) -> list[tuple[str, str | None]]:
    return told(build_view([reading], Query(), NOW))


def test_what_is_wrong_stands_worst_and_latest_first() -> None:
    assert told(view()) == [
        ("CANCELLED", "welcome-1123"),
        ("NOT SENT", None),
        ("PAUSED", None),
        ("LATE", "winback-07"),
        ("STUCK", "cart-a"),
    ]
    assert [problem.lasts for problem in view().problems] == [False, True, False, True, True]


def test_a_condition_that_is_only_suspected_is_no_problem() -> None:
    suspected = replace(condition(ConditionKind.STUCK, "r", since=60), opened_at=None)
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {}, suspected)})

    assert problems_of(reading) == []


def test_a_cancelled_run_that_came_back_is_no_problem_any_more() -> None:
    reading = with_welcome(pinpoint_reading(), runs={"welcome-1123": run(Status.RUNNING, began=2)})

    assert ("CANCELLED", "welcome-1123") not in problems_of(reading)


def test_the_alert_rules_decide_whether_a_cancelled_run_is_a_problem() -> None:
    quiet = change(Status.RUNNING, Status.CANCELLED, ago=5, journey=WELCOME, run_id="r")
    reading = LaneSnapshot(
        PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {"r": run(Status.CANCELLED, began=9, ended=5)})}, [quiet]
    )

    assert quiet.severity is Severity.INFO
    assert problems_of(reading) == []


def test_a_journey_that_was_cancelled_itself_is_a_problem_until_it_is_something_else() -> None:
    told = [
        change(Status.RUNNING, Status.CANCELLED, ago=30, journey=WELCOME, severity=Severity.CRITICAL, of_journey=True)
    ]

    def problems(now: Status) -> list[tuple[str, str | None]]:
        journeys = {WELCOME: replace(state("Welcome", {}), itself=RecordedRun(now, NOW - minutes(30)))}
        return problems_of(LaneSnapshot(PINPOINT_LANE, PINPOINT, journeys, told))

    assert problems(Status.CANCELLED) == [("CANCELLED", None)]
    assert problems(Status.RUNNING) == []


def test_a_run_that_was_cancelled_before_anybody_watched_is_no_problem() -> None:
    journeys = {WELCOME: state("W", {"r": run(Status.CANCELLED, began=9, ended=5)})}

    assert problems_of(LaneSnapshot(PINPOINT_LANE, PINPOINT, journeys)) == []


def test_an_alert_that_may_still_be_on_its_way_is_no_problem() -> None:
    journeys = {WELCOME: state("W", {}, owed_since=NOW - UNSENT_AFTER)}

    assert problems_of(LaneSnapshot(PINPOINT_LANE, PINPOINT, journeys)) == []


def test_a_lane_or_container_that_cannot_be_read_is_a_problem_that_filters_by_journey_leave_out() -> None:
    blind = Condition(
        ConditionKind.UNREACHABLE, None, NOW - minutes(30), "HTTP 403", opened_at=NOW, severity=Severity.CRITICAL
    )
    scopes: dict[Scope, JourneyState] = {
        LANE_ITSELF: state(None, {}, blind),
        ContainerScope("app"): state(None, {}, blind),
    }
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {}, scopes=scopes)

    (lane, container) = build_view([reading], Query(), NOW).problems

    assert lane.text == "cannot be read: nothing is seen there (HTTP 403)"
    assert container.text.startswith("application app cannot be read")
    assert build_view([reading], Query(journey="x"), NOW).problems == []


def test_journeys_with_problems_come_first_then_live_ones() -> None:
    assert labels(view()) == [
        "Welcome series",
        "Loyalty tier change",
        "Billing reminders (calls)",
        "Win-back: „20 % off“ <b>🎉</b>",
        "Abandoned cart",
        "Contract renewal",
        "Weekly digest",
        "Birthday greetings",
        "Satisfaction survey",
    ]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (Query(lane=str(CONNECT_LANE)), {"Billing reminders (calls)", "Loyalty tier change"}),
        (Query(application="1f0e7c52"), {"Billing reminders (calls)", "Loyalty tier change"}),
        (Query(application="Contact centre"), {"Billing reminders (calls)", "Loyalty tier change"}),
        (Query(journey="WELCOME"), {"Welcome series"}),
        (Query(journey="calls"), {"Billing reminders (calls)"}),
        (Query(status="PAUSED"), {"Billing reminders (calls)"}),
        (Query(status="CANCELLED"), {"Welcome series"}),
        (
            Query(application="1f0e7c52", only_problems=True, status="RUNNING"),
            {"Loyalty tier change", "Billing reminders (calls)"},
        ),
        (Query(lane="no/such/lane"), set()),
    ],
)
def test_filters_leave_what_matches(query: Query, expected: set[str]) -> None:
    assert set(labels(view(query))) == expected


def test_problems_and_changes_are_those_of_the_journeys_that_are_left() -> None:
    found = view(Query(application="Contact centre"))

    assert told(found) == [("NOT SENT", None), ("PAUSED", None)]
    assert {one.journey for one in found.changes} == {BILLING}
    assert found.live == {Status.PAUSED: 1, Status.RUNNING: 1}


def test_only_problems_narrows_the_list_and_not_the_counts() -> None:
    found = view(Query(only_problems=True))

    assert (found.matching, found.watched) == (5, 9)


def test_sorting_by_name_and_by_change() -> None:
    assert labels(view(Query(sort=Sort.NAME)))[0] == "Abandoned cart"
    assert labels(view(Query(sort=Sort.CHANGED)))[0] == "Birthday greetings"
    assert labels(view(Query(sort=Sort.CHANGED)))[-1] == "Satisfaction survey"


def many(count: int) -> list[LaneSnapshot]:
    return [
        LaneSnapshot(PINPOINT_LANE, PINPOINT, {JourneyKey("a", f"{n:05}"): state(f"J{n:05}", {}) for n in range(count)})
    ]


def test_every_journey_is_on_exactly_one_page() -> None:
    pages = [build_view(many(1030), Query(page=page, sort=Sort.NAME), NOW) for page in range(1, 7)]

    assert {page.pages for page in pages} == {6}
    assert [len(page.rows) for page in pages] == [PAGE_SIZE] * 5 + [30]
    shown = [row for page in pages for row in page.rows]
    assert len({row.key for row in shown}) == 1030


def test_a_page_that_is_not_there_is_the_last_one() -> None:
    found = build_view(many(PAGE_SIZE + 1), Query(page=99), NOW)

    assert (found.query.page, found.pages, len(found.rows)) == (2, 2, 1)


def test_names_of_applications_come_from_what_was_told_of_any_journey_in_them() -> None:
    named = {row.label: row.container_name for row in view().rows}

    assert named["Win-back: „20 % off“ <b>🎉</b>"] == "Web shop"
    assert named["Satisfaction survey"] == "Insurance"


def test_the_age_of_the_data_is_that_of_the_last_record() -> None:
    assert view().last_recorded == NOW - minutes(9) + timedelta(seconds=40)
    assert build_view([], Query(), NOW).last_recorded is None


MOVED = Pair("Zebra club", (("pinpoint", DIGEST.journey_id), ("connect", LOYALTY.journey_id)))


@pytest.mark.parametrize("sort", Sort)
def test_a_pair_stands_together_where_its_first_stood_and_nothing_else_moves(sort: Sort) -> None:
    alone = [row.key for row in build_view(readings(), Query(sort=sort), NOW).rows]
    rows = build_view(readings(), Query(sort=sort), NOW, [MOVED]).rows
    together = [row.key for row in rows]

    first = min(together.index(DIGEST), together.index(LOYALTY))
    assert set(together[first : first + 2]) == {DIGEST, LOYALTY}
    assert [key for key in together if key not in (DIGEST, LOYALTY)] == [
        key for key in alone if key not in (DIGEST, LOYALTY)
    ]
    assert {row.pair for row in rows[first : first + 2]} == {"Zebra club"}
    assert {row.pair for row in rows if row.key not in (DIGEST, LOYALTY)} == {None}
    if sort is not Sort.NAME:
        assert first == min(alone.index(DIGEST), alone.index(LOYALTY))


def test_by_name_a_pair_stands_under_its_own() -> None:
    rows = build_view(readings(), Query(sort=Sort.NAME), NOW, [MOVED]).rows
    assert [row.key for row in rows[-2:]] == [DIGEST, LOYALTY]


def test_the_name_of_a_pair_finds_both() -> None:
    found = build_view(readings(), Query(journey="zebra"), NOW, [MOVED])
    assert {row.key for row in found.rows} == {DIGEST, LOYALTY}


def test_the_same_id_at_another_provider_is_not_in_the_pair() -> None:
    other = Pair("Zebra club", (("connect", DIGEST.journey_id), ("pinpoint", LOYALTY.journey_id)))
    assert not any(row.pair for row in build_view(readings(), Query(), NOW, [other]).rows)


def test_problems_outside_of_the_selection_are_hidden_and_not_gone() -> None:
    everything = set(told(view()))

    for query in (
        Query(lane=str(CONNECT_LANE)),
        Query(application="Contact centre"),
        Query(journey="cart"),
        Query("?"),
    ):
        found = view(query)
        hidden = {(problem.label, problem.run_id) for problem in found.hidden}
        assert set(told(found)) | hidden == everything
        assert not set(told(found)) & hidden
    assert view().hidden == []


def test_the_status_narrows_the_rows_alone_so_that_it_hides_no_problem() -> None:
    assert (told(view(Query(status="COMPLETED"))), view(Query(status="COMPLETED")).hidden) == (told(view()), [])


def test_what_went_wrong_before_the_time_that_is_shown_is_hidden_and_what_lasts_is_not() -> None:
    reading = pinpoint_reading()
    long_ago = change(
        Status.RUNNING, Status.CANCELLED, ago=400, journey=DIGEST, run_id="digest-45", severity=Severity.CRITICAL
    )
    reading = replace(reading, changes=[*reading.changes, long_ago])

    found = build_view([reading], Query(hours=6), NOW)

    assert [(one.label, one.run_id) for one in found.hidden] == [("CANCELLED", "digest-45")]
    assert told(found) == [("CANCELLED", "welcome-1123"), ("LATE", "winback-07"), ("STUCK", "cart-a")]
    assert long_ago not in found.changes
    assert ("CANCELLED", "digest-45") in told(build_view([reading], Query(), NOW))


def test_the_troubles_of_a_lane_are_hidden_by_a_filter_for_journeys_too() -> None:
    late = replace(pinpoint_reading(), last_poll=LATE)

    assert told(build_view([late], Query(), NOW))[0] == ("NOT POLLED", None)
    assert ("NOT POLLED", None) in [
        (one.label, one.run_id) for one in build_view([late], Query(journey="x"), NOW).hidden
    ]


def test_a_lane_that_was_polled_in_time_or_of_which_nobody_knows_is_no_problem() -> None:
    for last_poll in (POLLED, None):
        assert problems_of(LaneSnapshot(PINPOINT_LANE, PINPOINT, {}, last_poll=last_poll)) == []


def test_what_cannot_be_read_is_a_problem_and_a_row_of_its_own() -> None:
    key, reason = JourneyKey("app", "odd"), "a newer version wrote it"
    reading = LaneSnapshot(
        PINPOINT_LANE,
        PINPOINT,
        {},
        unreadable={key: reason, LANE_ITSELF: reason, ContainerScope("app"): reason},
        unreadable_changes=3,
    )

    found = build_view([reading], Query(), NOW)

    assert [(one.journey, one.severity) for one in found.problems] == [
        (key, Severity.CRITICAL),
        *[(None, Severity.WARNING)] * 3,
    ]
    assert (
        found.problems[0].text == "is not watched: what is remembered of it cannot be read (a newer version wrote it)"
    )
    assert "application app what is remembered of it cannot be read" in {
        one.text.split(" (")[0] for one in found.problems
    }
    assert "3 of the recorded changes cannot be read, and are not shown" in {one.text for one in found.problems}
    assert [(row.key, row.is_readable) for row in found.rows] == [(key, False)]
    assert found.watched == 0, "it is left alone"


RELEASE = Mute(id="release", until=NOW + minutes(30))


def muted(*conditions: Condition, mutes: Sequence[Mute] = (RELEASE,)) -> list[tuple[str, str | None]]:
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {}, *conditions)})
    found = build_view([reading], Query(), NOW, mutes={mute.id: mute for mute in mutes})
    return [(problem.label, problem.mute) for problem in found.problems]


def test_a_problem_under_a_mute_is_shown_and_marked() -> None:
    stuck = condition(ConditionKind.STUCK, "r", since=60)

    assert muted(stuck) == [("STUCK", "release")]
    assert muted(stuck, mutes=[replace(RELEASE, journeys=("other",))]) == [("STUCK", None)]
    assert muted(stuck, mutes=[replace(RELEASE, until=NOW)]) == [("STUCK", None)]


def test_what_nobody_was_told_of_is_marked_until_the_next_poll_tells_it() -> None:
    unannounced = replace(condition(ConditionKind.STUCK, "r", since=60), announced=False)

    assert muted(unannounced, mutes=[]) == [("STUCK", "")]


def test_the_monitors_own_blindness_is_never_muted() -> None:
    blind = condition(ConditionKind.UNREACHABLE, None, since=60, severity=Severity.CRITICAL)

    assert muted(blind) == [("UNREACHABLE", None)]


def test_a_bad_end_that_a_mute_held_back_stays_marked_when_the_mute_is_over() -> None:
    held = change(
        Status.RUNNING, Status.CANCELLED, ago=5, journey=WELCOME, run_id="r", severity=Severity.CRITICAL, muted_by="old"
    )
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {})}, [held])

    (problem,) = build_view([reading], Query(), NOW).problems

    assert problem.mute == "old"


def test_mutes_in_force_are_those_of_now_and_those_that_cannot_be_read_with_what_they_held_back() -> None:
    held = change(Status.RUNNING, Status.COMPLETED, ago=5, journey=WELCOME, run_id="r", muted_by="release")
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {})}, [held])
    over = Mute(id="over", until=NOW - minutes(1))

    found = build_view([reading], Query(lane="other"), NOW, mutes={"release": RELEASE, "over": over, "odd": None})

    assert [(line.id, line.mute, line.held_back) for line in found.mutes] == [("release", RELEASE, 1), ("odd", None, 0)]


def test_members_of_a_pair_that_no_lane_has_are_named() -> None:
    half = Pair("Half", (("pinpoint", DIGEST.journey_id), ("connect", "typo")))
    none = Pair("None", (("pinpoint", "a"), ("connect", "b")))

    found = build_view(readings(), Query(journey="cart"), NOW, [MOVED, half, none])

    assert found.unseen == {"Half": [("connect", "typo")], "None": [("pinpoint", "a"), ("connect", "b")]}


def test_a_row_alone_shows_all_of_its_runs_whatever_its_id_looks_like() -> None:
    odd = JourneyKey("a\tb" + "c" * 300, "j\u202e\nk" + "l" * 300)
    runs = {f"r{n:03}": run(Status.COMPLETED, began=n + 2, ended=n + 1) for n in range(MAX_RUNS + 9)}
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {odd: state("W", runs), WELCOME: state("W", runs)})

    asked = Query.read(Query.about(PINPOINT_LANE, odd, hours=24).parameters())
    (row,) = build_view([reading], asked, NOW).rows

    assert (row.key, len(row.timeline.bars), row.timeline.left_out) == (odd, MAX_RUNS + 9, 0)
    assert {one.timeline.left_out for one in build_view([reading], Query(), NOW).rows} == {9}


def test_a_status_is_found_on_runs_that_are_not_drawn_too() -> None:
    runs = {f"r{n:03}": run(Status.COMPLETED, began=n + 2, ended=n + 1) for n in range(MAX_RUNS)}
    runs["first"] = run(Status.FAILED, began=200, ended=190)
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", runs)})

    assert len(build_view([reading], Query(status="FAILED"), NOW).rows) == 1


def test_of_a_lane_with_very_many_changes_it_is_said_since_when_they_are_known() -> None:
    reading = pinpoint_reading()

    assert build_view([reading], Query(), NOW).known_since == NOW - timedelta(hours=24)
    assert build_view([replace(reading, more_changes=True)], Query(), NOW).known_since == reading.changes[-1].seen_at
