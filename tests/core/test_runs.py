"""Scopes are told apart by what they are, and a listing in which something moved shows not everything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.runs import (
    LANE_ITSELF,
    ContainerScope,
    JourneyKey,
    Observation,
    ObservedRun,
    Scope,
    Status,
    lists_each_once,
    scope_of,
)

IDS = st.text(min_size=1, max_size=8).filter(lambda text: text != "*")


@given(container=IDS, journey=IDS)
def test_a_scope_is_found_again_under_the_ids_that_the_table_keeps(container: str, journey: str) -> None:
    scopes: list[Scope] = [JourneyKey(container, journey), ContainerScope(container), LANE_ITSELF]

    assert [scope_of(scope.container_id, scope.journey_id) for scope in scopes] == scopes
    assert len({str(scope) for scope in scopes}) == len(scopes)


def test_a_journey_is_never_taken_for_what_it_stands_in() -> None:
    scopes: set[Scope] = {JourneyKey("app", "*"), ContainerScope("app"), JourneyKey("*", "*"), LANE_ITSELF}

    assert len(scopes) == 4


@pytest.mark.parametrize(
    ("ids", "complete", "everything"), [("ab", True, True), ("ab", False, False), ("aba", True, False)]
)
def test_only_a_whole_listing_without_repeats_shows_everything(ids: str, complete: bool, everything: bool) -> None:
    runs = tuple(ObservedRun(id_, Status.RUNNING, "RUNNING") for id_ in ids)

    assert Observation(JourneyKey("app", "j"), runs, complete=complete).shows_everything is everything


def test_nothing_repeats_in_nothing() -> None:
    assert lists_each_once([])
