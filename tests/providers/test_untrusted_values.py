"""Single values of an answer: whatever they are, reading them does not fail."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.runs import JourneyKey
from journey_watch.providers.untrusted_values import (
    MAX_ID,
    MAX_TEXT,
    read_duration,
    read_id,
    read_moment,
    read_text,
    read_time,
)
from journey_watch.store import items
from tests.core.builders import LANE
from tests.store.run_store_contract import alert
from tests.store.test_items import state_item

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
ID_LETTERS = "a*#/ \x00\u00fc"
ALMOST_TIMES = st.text("0123456789-+:.,TZWtz /\u0661\ud800", max_size=40)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-11-23T08:00:00Z", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23T08:00:00.123Z", datetime(2026, 11, 23, 8, 0, 0, 123_000, tzinfo=UTC)),
        ("2026-11-23T08:00:00.123456789Z", datetime(2026, 11, 23, 8, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-23T10:00:00+02:00", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23T10:00:00+0200", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23T03:30:00-04:30", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("20261123T080000Z", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("2026-11-23 08:00Z", datetime(2026, 11, 23, 8, tzinfo=UTC)),
    ],
)
def test_the_forms_of_iso_8601_with_an_offset_are_read(text: str, time: datetime) -> None:
    read = read_time(text)
    assert read == time
    assert read is not None
    assert read.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "   ",
        "yesterday",
        "2026-11-23",
        "2026-11-23T08:00:00",  # whose eight o'clock?
        "2026-13-45T08:00:00Z",
        "2026-02-29T08:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1970-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "2026-11-23T08:00:00+25:00",
        "2026-11-23T08:00:00." + "1" * 100 + "Z",
        1763884800,
        1763884800.5,
        True,
        [],
        {},
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert read_time(value) is None


@given(ANYTHING | ALMOST_TIMES)
def test_no_value_breaks_the_reader_of_times(value: object) -> None:
    time = read_time(value)
    assert time is None or (time.tzinfo is UTC and 2000 <= time.year < 2200)


@given(
    st.datetimes(min_value=datetime(2000, 1, 2), max_value=datetime(2199, 12, 30)),  # noqa: DTZ001 - zone added below
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_every_plausible_time_survives(naive: datetime, offset_minutes: int) -> None:
    time = naive.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    assert read_time(time.isoformat()) == time


@given(ANYTHING)
def test_no_value_breaks_the_reader_of_texts_and_what_it_reads_can_be_stored(value: object) -> None:
    text = read_text(value)
    assert text is None or (text.strip() and text.encode())


@pytest.mark.parametrize("value", [None, "", " \t\n", 7, ["a"], {"a": 1}, "half \ud800 pair", "x" * (MAX_TEXT + 1)])
def test_what_cannot_be_an_id_is_none(value: object) -> None:
    assert read_text(value) is None


@pytest.mark.parametrize("value", ["r-1", "Ünï <b>&", "x" * MAX_TEXT, " padded "])
def test_a_text_is_kept_as_it_came(value: str) -> None:
    assert read_text(value) == value


@pytest.mark.parametrize("value", ["*", "a#b", "#", "x" * (MAX_ID + 1), "\u2028" * (MAX_ID // 3 + 1), "", None, 7])
def test_what_could_be_taken_for_the_key_of_something_else_or_is_too_long_for_one_is_no_id(value: object) -> None:
    assert read_id(value) is None


@given(st.text(ID_LETTERS, max_size=8), st.text(ID_LETTERS, max_size=8))
def test_what_is_an_id_is_remembered_under_a_key_of_its_own(container: str, journey: str) -> None:
    container_id, journey_id = read_id(container), read_id(journey)
    if container_id and journey_id:
        key = JourneyKey(container_id, journey_id)
        assert set(items.lane_state([state_item(key)]).journeys) == {key}
        assert items.journey_of(items.transition(LANE, alert("a", journey=key), 0)) == key


def test_a_time_is_read_whether_the_sdk_has_parsed_it_or_not() -> None:
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert read_moment(noon.astimezone(timezone(timedelta(hours=5)))) == read_moment("2026-11-23T12:00:00Z") == noon
    assert read_moment(datetime(2026, 11, 23, 12)) is None  # noqa: DTZ001 - it has no zone, which is the point
    assert read_moment(None) is None


@pytest.mark.parametrize(
    ("text", "duration"),
    [
        ("PT30M", timedelta(minutes=30)),
        ("P1D", timedelta(days=1)),
        ("P1W", timedelta(weeks=1)),
        ("P1DT12H", timedelta(hours=36)),
        ("P1M", timedelta(days=31)),
        ("P", None),
        ("PT0S", None),
        ("daily", None),
        ("P99999999999D", None),
        (7, None),
        (None, None),
    ],
)
def test_a_duration_is_read_or_is_none(text: object, duration: timedelta | None) -> None:
    assert read_duration(text) == duration
