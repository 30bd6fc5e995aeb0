"""What CloudWatch and a browser send, and what anybody might."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.live_page import PageRequest, Query, Sort, Theme

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [*Query.__dataclass_fields__, "widgetContext", "params", "forms", "all", "view", "timezone", "x"]
)


def event(**context: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {"widgetContext": {"theme": "dark", "timezone": {"offsetISO": "+02:00"}, **context}}


def test_the_dashboards_parameters_hold_at_first() -> None:
    params = {"application": "Web shop", "only_problems": True, "hours": 48}

    request = PageRequest.from_widget_event(params | event(params=params, forms={"all": {}}))

    assert request.query == Query(application="Web shop", only_problems=True, hours=48)


def test_what_the_viewer_filled_in_goes_before_the_parameters_and_outlives_a_refresh() -> None:
    form = {"journey": "welcome", "only_problems": "false", "sort": "name"}
    params = {"journey": "birthday", "lane": "l", "only_problems": True}

    request = PageRequest.from_widget_event(params | event(params=params, forms={"all": form}))

    assert request.query == Query(journey="welcome", lane="l", sort=Sort.NAME)


def test_a_link_goes_before_both() -> None:
    view = {"view": {"page": "2", "journey": ""}}

    request = PageRequest.from_widget_event(view | event(params={"journey": "x"}, forms={"all": {"journey": "y"}}))

    assert request.query == Query(page=2)


def test_an_event_without_context_is_its_own_parameters() -> None:
    request = PageRequest.from_widget_event({"status": "running"})

    assert request == PageRequest(Query(status="RUNNING"), Theme.LIGHT, UTC)


def test_theme_and_time_zone_are_the_viewers() -> None:
    request = PageRequest.from_widget_event(event())

    assert request.theme is Theme.DARK
    assert datetime(2026, 1, 1, tzinfo=request.zone).utcoffset() == timedelta(hours=2)


@pytest.mark.parametrize("offset", [None, "", "nonsense", "+2:00", "+99:00", 120, ["+02:00"]])
def test_a_time_zone_that_is_none_is_utc(offset: object) -> None:
    assert PageRequest.from_widget_event(event(timezone={"offsetISO": offset})).zone is UTC


@pytest.mark.parametrize(("page", "read"), [("3", 3), (3, 3), ("0", 1), ("-1", 1), ("x", 1), ("9" * 99, 100_000)])
def test_pages_are_numbers_from_one_on(page: object, read: int) -> None:
    assert Query.read({"page": page}).page == read


@given(st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON)))
def test_no_event_is_refused(anything: dict[str, Any]) -> None:
    query = PageRequest.from_widget_event(anything).query

    assert 1 <= query.hours <= 168
    assert Query.read(query.parameters()) == query
