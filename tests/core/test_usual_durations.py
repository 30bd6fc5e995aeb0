"""How long the runs of a journey usually take, and what is too long by that."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.usual_durations import ENOUGH, REMEMBERED, UsualDuration, remembering

HOUR = 3600


def test_too_few_runs_say_nothing() -> None:
    assert UsualDuration.of([HOUR] * (ENOUGH - 1)) is None
    assert UsualDuration.of([HOUR] * ENOUGH) == UsualDuration(ENOUGH, timedelta(hours=1), timedelta(hours=1))


def test_median_is_not_moved_by_one_that_took_long() -> None:
    usual = UsualDuration.of([10, 20, 30, 40, 9000])
    assert usual is not None
    assert (usual.median, usual.longest) == (timedelta(seconds=30), timedelta(seconds=9000))


@pytest.mark.parametrize(
    ("longest", "limit"),
    [
        (timedelta(minutes=1), timedelta(minutes=61)),  # a quick one gets an hour more
        (timedelta(hours=1), timedelta(hours=2)),
        (timedelta(hours=5), timedelta(hours=10)),
    ],
)
def test_too_long_is_twice_the_longest_and_at_least_an_hour_more(longest: timedelta, limit: timedelta) -> None:
    assert UsualDuration(5, timedelta(seconds=1), longest).limit == limit


@given(st.lists(st.floats(0, 1e9), max_size=3 * REMEMBERED))
def test_the_latest_are_remembered_in_whole_seconds(seconds: list[float]) -> None:
    known: tuple[int, ...] = ()
    for one in seconds:
        known = remembering(known, one)
    assert known == tuple(round(one) for one in seconds[-REMEMBERED:])
