"""Bars: from what is remembered of a run and from what was recorded about it."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from journey_watch.core.runs import RecordedRun, Status
from journey_watch.live_page import Change
from journey_watch.live_page.timeline_bars import MAX_RUNS, TRACKS, Bar, timeline_of
from tests.core.builders import minutes
from tests.live_page.samples import BILLING, NOW, WELCOME, change, hourly, run

SINCE = NOW - timedelta(hours=24)


def bars(
    runs: Mapping[str, RecordedRun], changes: Sequence[Change], *, since: datetime, now: datetime
) -> Sequence[Bar]:
    return timeline_of(runs, changes, since=since, now=now).bars


def drawn(found: Sequence[Bar]) -> list[tuple[str, Status, float, float]]:
    """(run, status, begin, end), in minutes ago."""

    def ago(time: datetime) -> float:
        return (NOW - time).total_seconds() / 60

    return [(bar.run_id, bar.status, ago(bar.start), ago(bar.end)) for bar in found]


def test_an_ended_run_is_one_bar_in_the_colour_of_its_end() -> None:
    runs = {"r": run(Status.CANCELLED, began=90, ended=30)}
    told = [change(Status.RUNNING, Status.CANCELLED, ago=30, journey=WELCOME, run_id="r", since=80)]

    assert drawn(bars(runs, told, since=SINCE, now=NOW)) == [("r", Status.CANCELLED, 90, 30)]


def test_a_live_run_shows_how_it_came_to_be_what_it_is() -> None:
    runs = {"r": RecordedRun(Status.RUNNING, NOW - minutes(20), NOW - minutes(90), NOW - minutes(20))}
    told = [
        change(None, Status.SCHEDULED, ago=85, journey=WELCOME, run_id="r"),
        change(Status.SCHEDULED, Status.RUNNING, ago=20, journey=WELCOME, run_id="r", since=85),
    ]

    assert drawn(bars(runs, told, since=SINCE, now=NOW)) == [
        ("r", Status.SCHEDULED, 90, 20),
        ("r", Status.RUNNING, 20, 0),
    ]


def test_what_the_journey_itself_was_is_no_run_of_it() -> None:
    told = [change(Status.RUNNING, Status.PAUSED, ago=20, journey=WELCOME, of_journey=True)]
    assert drawn(bars({"r": run(Status.RUNNING, began=50)}, told, since=SINCE, now=NOW)) == [
        ("r", Status.RUNNING, 50, 0)
    ]


def test_a_live_run_of_which_nothing_was_told_lasts_until_now() -> None:
    assert drawn(bars({"r": run(Status.RUNNING, began=50)}, [], since=SINCE, now=NOW)) == [("r", Status.RUNNING, 50, 0)]


def test_a_campaign_without_times_of_its_own_is_drawn_from_what_was_told() -> None:
    runs = {BILLING.journey_id: RecordedRun(Status.PAUSED, recorded_at=NOW - minutes(64))}
    told = [change(Status.RUNNING, Status.PAUSED, ago=64, journey=BILLING, since=900)]

    assert drawn(bars(runs, told, since=SINCE, now=NOW)) == [
        (BILLING.journey_id, Status.RUNNING, 900, 64),
        (BILLING.journey_id, Status.PAUSED, 64, 0),
    ]


def test_a_run_that_is_no_longer_remembered_is_drawn_from_what_was_told() -> None:
    told = [change(Status.RUNNING, Status.COMPLETED, ago=30, journey=WELCOME, run_id="gone", since=70)]

    assert drawn(bars({}, told, since=SINCE, now=NOW)) == [("gone", Status.COMPLETED, 70, 30)]


def test_what_ended_before_the_line_begins_is_left_out_and_what_began_before_is_cut() -> None:
    runs = {"old": run(Status.COMPLETED, began=3000, ended=2000), "long": run(Status.RUNNING, began=3000)}

    assert drawn(bars(runs, [], since=SINCE, now=NOW)) == [("long", Status.RUNNING, 24 * 60, 0)]


def test_overlapping_runs_lie_on_different_tracks_and_others_on_the_first() -> None:
    runs = {f"r{n}": run(Status.RUNNING, began=100 - n) for n in range(TRACKS)}
    later = hourly(3)

    assert [bar.track for bar in bars(runs, [], since=SINCE, now=NOW)] == list(range(TRACKS))
    assert {bar.track for bar in bars(later, [], since=SINCE, now=NOW)} == {0}


def test_only_the_latest_of_many_runs_are_drawn_and_how_many_are_not_is_said() -> None:
    runs = {f"r{n:03}": run(Status.COMPLETED, began=n + 2, ended=n + 1) for n in range(MAX_RUNS + 50)}
    runs["r097"] = run(Status.FAILED, began=200, ended=190)

    found = timeline_of(runs, [], since=SINCE, now=NOW)
    everything = timeline_of(runs, [], since=SINCE, now=NOW, most=None)

    assert (len(found.bars), found.left_out) == (MAX_RUNS, 50)
    assert found.bars[-1].run_id == "r000"
    assert (len(everything.bars), everything.left_out) == (MAX_RUNS + 50, 0)
    assert found.statuses == everything.statuses == {Status.COMPLETED, Status.FAILED}
