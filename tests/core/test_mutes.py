"""Who is not to be told, until when."""

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest

from journey_watch.core.filters import Subject
from journey_watch.core.mutes import Mute
from tests.core.builders import JOURNEY, LANE, NOON, minutes

NIGHTS = Mute(id="nights", days=(0, 1, 2, 3, 4), begins=time(22), ends=time(6), time_zone="Europe/Berlin")
LUNCH = Mute(id="lunch", days=(0,), begins=time(12), ends=time(13))


def test_mute_with_an_end_holds_until_then() -> None:
    mute = Mute(id="m", until=NOON)
    assert mute.is_in_force(NOON - minutes(1))
    assert not mute.is_in_force(NOON)


def test_mute_holds_from_its_beginning() -> None:
    mute = Mute(id="m", since=NOON, until=NOON + minutes(5))
    assert not mute.is_in_force(NOON - minutes(1))
    assert mute.is_in_force(NOON)


@pytest.mark.parametrize(
    ("utc", "muted"),
    [
        ("2026-11-23T11:59:00", False),
        ("2026-11-23T12:00:00", True),
        ("2026-11-23T12:59:59", True),
        ("2026-11-23T13:00:00", False),
        ("2026-11-24T12:30:00", False),  # a Tuesday
    ],
)
def test_window_holds_on_its_days_between_its_hours(utc: str, *, muted: bool) -> None:
    assert LUNCH.is_in_force(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is muted


@pytest.mark.parametrize(
    ("utc", "muted"),
    [
        ("2026-11-23T20:59:00", False),  # Monday 21:59 in Berlin
        ("2026-11-23T21:00:00", True),
        ("2026-11-24T04:59:00", True),
        ("2026-11-24T05:00:00", False),
        ("2026-11-28T04:00:00", True),  # Saturday morning: the window began on Friday
        ("2026-11-28T22:00:00", False),  # Saturday night
        ("2026-11-30T04:00:00", False),  # Monday morning: none began on Sunday
    ],
)
def test_window_over_midnight_belongs_to_the_day_on_which_it_begins(utc: str, *, muted: bool) -> None:
    assert NIGHTS.is_in_force(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is muted


@pytest.mark.parametrize(
    ("utc", "muted"),
    [
        ("2026-11-23T11:59:00", False),
        ("2026-11-23T12:00:00", True),
        ("2026-11-24T11:59:00", True),  # a Tuesday
        ("2026-11-24T12:00:00", False),
    ],
)
def test_window_that_ends_when_it_begins_lasts_a_day(utc: str, *, muted: bool) -> None:
    day = Mute(id="monday", days=(0,), begins=time(12), ends=time(12))
    assert day.is_in_force(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is muted


@pytest.mark.parametrize("mute", [Mute(id="m"), Mute(id="m", begins=time(0)), Mute(id="m", ends=time(23))])
def test_mute_with_neither_an_end_nor_a_whole_window_never_holds(mute: Mute) -> None:
    assert not replace(mute, days=tuple(range(7))).is_in_force(NOON)


@pytest.mark.parametrize(
    ("utc", "muted"),
    [
        ("2026-03-27T20:59:00", False),  # winter: 22:00 in Berlin is 21:00 UTC
        ("2026-03-27T21:00:00", True),
        ("2026-03-30T19:59:00", False),  # summer, since the 29th: 20:00 UTC
        ("2026-03-30T20:00:00", True),
        ("2026-10-23T20:00:00", True),  # still summer
        ("2026-10-26T20:30:00", False),  # winter again, since the 25th
        ("2026-10-26T21:00:00", True),
    ],
)
def test_window_follows_the_wall_clock_through_daylight_saving_changes(utc: str, *, muted: bool) -> None:
    assert NIGHTS.is_in_force(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is muted


@pytest.mark.parametrize(
    ("mute", "covered"),
    [
        (Mute(id="m", until=NOON), True),
        (Mute(id="m", until=NOON, journeys=("journey-*",)), True),
        (Mute(id="m", until=NOON, journeys=("Wel*",)), True),
        (Mute(id="m", until=NOON, journeys=("other",)), False),
        (Mute(id="m", until=NOON, container_id="app-2"), False),
        (Mute(id="m", until=NOON, provider="connect"), False),
    ],
)
def test_mute_covers_what_all_its_filters_match(mute: Mute, *, covered: bool) -> None:
    assert mute.covers(Subject(LANE, JOURNEY, "Welcome")) is covered
