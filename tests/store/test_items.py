"""Items that nobody of this version has written: whatever stands in the table, a lane is loaded."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch import contract
from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyKey, Scope, Status
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.severity import Severity
from journey_watch.store import items
from tests.core.builders import JOURNEY, LANE, NOON, recorded
from tests.store.run_store_contract import alert, change

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
attributes = st.one_of(
    st.builds(lambda text: {"S": text}, st.text(max_size=30)),
    st.builds(lambda text: {"N": text}, st.text(max_size=5)),
    st.builds(lambda values: {"M": values}, st.dictionaries(st.text(max_size=5), anything, max_size=2)),
    st.just({"NULL": True}),
    st.dictionaries(st.sampled_from(["S", "N", "M", "SS", "B"]), anything, max_size=1),
)


def state_item(journey: JourneyKey = JOURNEY) -> dict[str, Any]:
    """A STATE item as a first commit writes it."""
    update = items.state_update(change(journey=journey, runs={"r1": recorded(Status.RUNNING)}), [], NOON)
    values = update["ExpressionAttributeValues"]
    return {**items.state_key(LANE, journey), **{name.removeprefix(":"): value for name, value in values.items()}}


def test_item_of_the_first_commit_is_readable() -> None:
    assert set(items.lane_state([state_item()]).journeys) == {JOURNEY}


def test_item_from_before_items_had_a_version_is_readable() -> None:
    old = {name: value for name, value in state_item().items() if name not in ("schema_version", "conditions")}
    assert set(items.lane_state([old]).journeys) == {JOURNEY}


def tallied_item(**values: object) -> dict[str, Any]:
    written = {"position": "p", "suppressed": 1, "counts": {}, "loudness": {}, "recipients": [], "members": []}
    return {**state_item(), "mute_tallies": {"S": json.dumps({"release": {**written, **values}})}}


def test_tally_of_a_mute_from_before_tallies_had_an_end_is_readable() -> None:
    tallies = items.lane_state([tallied_item()]).journeys[JOURNEY].mute_tallies
    assert (tallies["release"].suppressed, tallies["release"].ended_at) == (1, "")


@pytest.mark.parametrize("ended_at", ["soon", "2026-11-23T12:00:00", 7, ["x"]])
def test_tallies_are_counted_again_if_one_has_no_time_for_its_end(ended_at: object) -> None:
    assert items.lane_state([tallied_item(ended_at=ended_at)]).journeys[JOURNEY].mute_tallies == {}


def test_condition_says_that_it_is_from_a_plan_only_if_it_is() -> None:
    """So a version that knows of no plans reads all others."""
    plain, planned = (Condition(ConditionKind.LATE, run_id, NOON, planned=run_id == "r2") for run_id in ("r1", "r2"))
    kept = {condition.key: condition for condition in (plain, planned)}
    first = change()
    with_conditions = replace(first, state=replace(first.state, conditions=kept))
    written = items.state_update(with_conditions, [], NOON)["ExpressionAttributeValues"]
    item = {**state_item(), "conditions": written[":conditions"]}
    assert [document.get("planned") for document in json.loads(item["conditions"]["S"])] == [None, True]
    assert items.lane_state([item]).journeys[JOURNEY].conditions == kept


def test_what_is_looked_for_comes_back_and_an_item_without_any_is_readable() -> None:
    window = CallWindow(("StopCampaign", "DeleteCampaign"), "CANCELLED", NOON, NOON + timedelta(microseconds=1))
    searches = (
        Search("TRANSITION#2026-11-23T12:00:00.000Z#a1", NOON, window),
        Search("TRANSITION#2026-11-23T12:00:00.000Z#a2", NOON, window, unattributed=("team", "boss")),
        Search("TRANSITION#2026-11-23T12:00:00.000Z#a3", NOON, replace(window, changed_at=NOON), read_to=NOON),
        Search("TRANSITION#2026-11-23T12:00:00.000Z#a4", NOON, window, read_to=NOON),
    )
    first = change()
    looking = replace(first, state=replace(first.state, searches=searches))
    written = items.state_update(looking, [], NOON)["ExpressionAttributeValues"]
    item = state_item() | {"searches": written[":searches"]}
    assert items.lane_state([item]).journeys[JOURNEY].searches == searches
    earlier = [written_search[:7] for written_search in json.loads(item["searches"]["S"])]
    item["searches"] = {"S": json.dumps(earlier)}
    assert items.lane_state([item]).journeys[JOURNEY].searches[:2] == searches[:2]
    del item["searches"]
    assert items.lane_state([item]).journeys[JOURNEY].searches == ()


@given(st.sampled_from(sorted(state_item())), attributes)
def test_state_with_anything_in_it_is_read_or_named_and_disturbs_no_other(name: str, value: dict[str, Any]) -> None:
    other = JourneyKey("app-1", "other")
    broken = {**state_item(), name: value}
    if name in (contract.PARTITION_KEY, contract.SORT_KEY):
        return  # a key is what the table was asked for
    loaded = items.lane_state([broken, state_item(other)])
    assert other in loaded.journeys
    assert JOURNEY in {*loaded.journeys, *loaded.unreadable}


@given(st.text(min_size=1, max_size=10), attributes)
def test_lane_item_with_anything_in_it_is_loaded(name: str, value: dict[str, Any]) -> None:
    for prefix in ("", "listed:", "unlisted:"):
        lane_item = {**items.lane_item_key(LANE), "listed:*/*": {"S": items.iso(NOON)}, prefix + name: value}
        if name not in (contract.PARTITION_KEY, contract.SORT_KEY):
            loaded = items.lane_state([lane_item, state_item()])
            assert set(loaded.journeys) == {JOURNEY}
            assert loaded.listed["*/*"] == NOON


@given(st.sampled_from(["envelope", "thread", "schema_version"]), attributes)
def test_alert_with_anything_in_it_is_read_or_none(name: str, value: dict[str, Any]) -> None:
    items.alert({**items.transition(LANE, alert("a1"), 0), name: value}, JOURNEY)


@given(anything)
def test_mute_of_anything_is_read_or_none(value: object) -> None:
    for name in ("mute", "identity"):
        item = items.mute_item(Mute(id="m", until=NOON))
        item[name] = value if isinstance(value, dict) else {"S": str(value)}
        items.mute(item)


def test_mute_comes_back_with_the_identity_that_set_it_and_is_one_to_a_version_that_knows_none() -> None:
    mute = Mute(id="m", since=NOON, until=NOON, set_by="ann", identity="arn:aws:iam::111122223333:user/ann")
    item = items.mute_item(mute)
    assert items.mute(item) == mute
    assert "identity" not in json.loads(item["mute"]["S"])
    del item["identity"]
    assert items.mute(item) == replace(mute, identity="")


@pytest.mark.parametrize(
    ("since", "until", "holds"),
    [
        (NOON, NOON + timedelta(days=31), (NOON, NOON + timedelta(days=31))),
        (NOON, NOON + timedelta(days=36500), (NOON, NOON + timedelta(days=31))),
        (None, NOON + timedelta(days=36500), (NOON + timedelta(days=36469), NOON + timedelta(days=36500))),
    ],
)
def test_a_mute_of_an_operator_lasts_31_days_at_most(
    since: datetime | None, until: datetime, holds: tuple[datetime, datetime]
) -> None:
    found = items.mute(items.mute_item(Mute(id="m", since=since, until=until)))
    assert found is not None
    assert (found.since, found.until) == holds


@pytest.mark.parametrize("values", [{"reason": 1}, {"journeys": [1]}, {"provider": None}, {"container_id": ["x"]}])
def test_a_mute_whose_texts_are_none_is_not_readable(values: dict[str, object]) -> None:
    item = items.mute_item(Mute(id="m", until=NOON))
    item["mute"] = {"S": json.dumps({**json.loads(item["mute"]["S"]), **values})}
    assert items.mute(item) is None


ACKNOWLEDGEMENT = Acknowledgement(
    alert_id="a1",
    thread="t1",
    lane=LANE,
    scope=JOURNEY,
    what="It is stuck.",
    severity=Severity.WARNING,
    recipients=("team", "default"),
    for_operators=False,
    until=NOON,
    set_by="ann",
    identity="arn:aws:iam::111122223333:user/ann",
    note="on it",
)


@pytest.mark.parametrize("scope", [JOURNEY, ContainerScope("app-1"), LANE_ITSELF])
def test_acknowledgement_comes_back_and_is_no_mute(scope: Scope) -> None:
    given = replace(ACKNOWLEDGEMENT, scope=scope)
    found = items.set_by_operators([items.acknowledgement_item(given), items.mute_item(Mute(id="m", until=NOON))])
    assert list(found.acknowledgements) == [given]
    assert list(found.mutes) == ["m"]


def test_a_thread_has_one_acknowledgement_whichever_of_its_alerts_it_names() -> None:
    first, later = (items.acknowledgement_item(replace(ACKNOWLEDGEMENT, alert_id=name)) for name in ("a1", "a2"))
    assert (first["pk"], first["sk"]) == (later["pk"], later["sk"])


@given(value=anything)
def test_acknowledgement_of_anything_is_read_or_left_out(value: object) -> None:
    item = {**items.acknowledgement_item(ACKNOWLEDGEMENT), "acknowledgement": {"S": json.dumps(value)}}
    assert items.set_by_operators([item]).mutes == {}
