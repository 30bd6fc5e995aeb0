"""Durations as people write them, and as they read them."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.durations import parse_duration, readable_duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("500ms", timedelta(milliseconds=500)),
        ("5s", timedelta(seconds=5)),
        ("90m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("2d", timedelta(days=2)),
        ("1h30m", timedelta(minutes=90)),
        ("1d2h3m4s5ms", timedelta(days=1, hours=2, minutes=3, seconds=4, milliseconds=5)),
        ("1.5h30s", timedelta(minutes=90, seconds=30)),
    ],
)
def test_numbers_and_their_units_are_a_duration(text: str, expected: timedelta) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize(
    "text", ["", "5", "m", "5 m", "-5m", "5M", "5min", "30m1h", "1h1h", "1h 30m", "٣m", "123456s", "1.m"]
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration(text)


@given(st.text(max_size=12))
def test_no_text_does_anything_but_parse_or_be_refused(text: str) -> None:
    with suppress(ValueError):
        assert parse_duration(text) >= timedelta()


@pytest.mark.parametrize(
    ("seconds", "read"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (3_599, "59 min 59 s"),
        (86_399, "23 h 59 min"),
        (90_000, "1 d 1 h"),
    ],
)
def test_two_units_are_read(seconds: float, read: str) -> None:
    assert readable_duration(seconds) == read


@pytest.mark.parametrize(
    ("seconds", "read"),
    [(59.4, "59 s"), (200, "3 min"), (7_500, "2 h 05 min"), (86_399, "23 h 59 min"), (90_000, "1 d 1 h")],
)
def test_at_a_glance_it_keeps_still(seconds: float, read: str) -> None:
    assert readable_duration(seconds, at_a_glance=True) == read
