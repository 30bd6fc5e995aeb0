"""The page's reader: it sees what the store wrote, all of it, and changes nothing."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.errors import StoreUnavailableError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyKey, JourneyState, Lane, RecordedRun, Status
from journey_watch.core.transitions import StateChange
from journey_watch.live_page import LaneSnapshot, lane_reader
from journey_watch.live_page.lane_reader import LaneReader
from journey_watch.providers.pinpoint.words import PINPOINT
from journey_watch.store import items
from journey_watch.store.dynamodb import DynamoDBRunStore
from tests.core.builders import JOURNEY, LANE, NOON, minutes, recorded
from tests.messages.alert_builders import alert
from tests.store.state_table import TABLE
from tests.store.state_table import client as client  # noqa: PLC0414 - a fixture here too

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OTHER = Lane("pinpoint", "111122223333", "us-east-1")
DAY = timedelta(days=1)


@pytest.fixture
def store(client: "DynamoDBClient") -> DynamoDBRunStore:
    return DynamoDBRunStore(client, TABLE, keep=timedelta(days=90), clock=lambda: NOON)


def read(client: "DynamoDBClient", *lanes: Lane) -> list[LaneSnapshot]:
    return LaneReader(client, TABLE).read(dict.fromkeys(lanes or (LANE,), PINPOINT), since=NOON - DAY)


def write(
    store: DynamoDBRunStore,
    *alerts: Alert,
    lane: Lane = LANE,
    journey: JourneyKey = JOURNEY,
    runs: dict[str, RecordedRun] | None = None,
    conditions: dict[str, Condition] | None = None,
) -> None:
    state = JourneyState(1, NOON, runs or {}, journey_name="Wëlcome", conditions=conditions or {})
    store.commit(lane, StateChange(journey, seen_version=0, state=state), alerts, (), NOON)


def test_what_the_store_remembers_is_read(client: "DynamoDBClient", store: DynamoDBRunStore) -> None:
    stuck = Condition(ConditionKind.STUCK, "r", NOON, opened_at=NOON)
    write(store, runs={"r": recorded(Status.RUNNING)}, conditions={stuck.key: stuck})

    (reading,) = read(client)

    state = reading.journeys[JOURNEY]
    assert (state.journey_name, dict(state.runs)) == ("Wëlcome", {"r": recorded(Status.RUNNING)})
    assert state.conditions == {stuck.key: stuck}


def test_changes_are_those_of_the_lane_since_then_newest_first(
    client: "DynamoDBClient", store: DynamoDBRunStore
) -> None:
    seen_at = (NOON - 2 * DAY, NOON - DAY, NOON - minutes(3), NOON)
    for n, at in enumerate(seen_at):
        write(store, alert(run_id=f"r{n}", observed_at=at), journey=JourneyKey("app", f"j{n}"))
    write(store, alert(lane=OTHER), lane=OTHER)

    (reading,) = read(client)

    assert [change.run_id for change in reading.changes] == ["r3", "r2", "r1"]
    assert not reading.more_changes


def test_of_many_changes_the_latest_are_read_and_that_there_are_more_is_said(
    client: "DynamoDBClient", store: DynamoDBRunStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lane_reader, "MAX_CHANGES", 100)
    for n in range(3):
        alerts = [
            alert(
                run_id=f"r{n}-{m}",
                observed_at=NOON - minutes(m) - timedelta(seconds=n),
                journey=JourneyKey("a", f"{n}"),
            )
            for m in range(50)
        ]
        write(store, *alerts, journey=JourneyKey("a", f"{n}"))

    (reading,) = read(client)

    assert len(reading.changes) == 100
    assert reading.more_changes
    assert reading.changes[0].seen_at == NOON


def test_a_lane_larger_than_a_page_of_a_query_is_read_whole(client: "DynamoDBClient", store: DynamoDBRunStore) -> None:
    runs = {f"run-{n:06}": recorded(Status.COMPLETED) for n in range(1500)}
    for n in range(8):
        write(store, journey=JourneyKey("app", f"j{n}"), runs=runs)
    pages: list[dict[str, Any]] = []
    client.meta.events.register("after-call.dynamodb.Query", lambda parsed, **_: pages.append(parsed))

    (reading,) = read(client)

    assert len(reading.journeys) == 8
    assert len(pages) > 2, "the items fitted into one page: this proves nothing"


def test_lanes_come_in_the_order_of_the_configuration(client: "DynamoDBClient", store: DynamoDBRunStore) -> None:
    write(store, lane=OTHER)

    readings = read(client, OTHER, LANE)

    assert [reading.lane for reading in readings] == [OTHER, LANE]
    assert [reading.in_use for reading in readings] == [True, False]


def test_a_lane_that_was_listed_and_has_nothing_is_in_use(client: "DynamoDBClient", store: DynamoDBRunStore) -> None:
    store.mark_listed(LANE, "*/*", NOON)

    (reading,) = read(client)

    assert reading.in_use


def test_what_this_version_cannot_read_is_named_and_counted_and_hides_nothing_else(
    client: "DynamoDBClient", store: DynamoDBRunStore
) -> None:
    write(store, alert(run_id="sound"))
    odd = JourneyKey("app", "odd")
    write(store, alert(journey=odd, observed_at=NOON - minutes(1)), journey=odd)
    for item in client.scan(TableName=TABLE)["Items"]:
        if "odd" in item["sk"]["S"]:
            client.put_item(TableName=TABLE, Item={**item, "schema_version": {"N": "99"}})
        elif "odd" in item["pk"]["S"]:
            client.put_item(TableName=TABLE, Item={**item, "envelope": {"S": "{}"}})

    (reading,) = read(client)

    assert (list(reading.journeys), list(reading.unreadable)) == ([JOURNEY], [odd])
    assert "a newer version wrote it" in reading.unreadable[odd]
    assert ([change.run_id for change in reading.changes], reading.unreadable_changes) == (["sound"], 1)


def test_containers_that_could_not_be_listed_yet_are_read(client: "DynamoDBClient", store: DynamoDBRunStore) -> None:
    store.mark_listed(LANE, "*/*", NOON, frozenset({"shut", "slow"}))

    (reading,) = read(client)

    assert reading.unlisted == {"shut", "slow"}


def test_mutes_are_read_and_those_that_are_not_readable_named(client: "DynamoDBClient") -> None:
    release = Mute(id="release", since=NOON, until=NOON, set_by="Ann")
    client.put_item(TableName=TABLE, Item=items.mute_item(release))
    client.put_item(TableName=TABLE, Item={"pk": {"S": "CONTROL"}, "sk": {"S": "MUTE#odd"}, "mute": {"S": "[]"}})

    assert LaneReader(client, TABLE).mutes() == {"odd": None, "release": release}


def test_reading_calls_query_and_nothing_else(client: "DynamoDBClient", store: DynamoDBRunStore) -> None:
    write(store)
    called: list[str] = []
    client.meta.events.register("before-call.dynamodb", lambda model, **_: called.append(model.name))

    read(client, LANE, OTHER)
    LaneReader(client, TABLE).mutes()

    assert set(called) == {"Query"}


def test_a_table_that_does_not_answer_is_said_so(client: "DynamoDBClient") -> None:
    with pytest.raises(StoreUnavailableError, match="no-such-table"):
        LaneReader(client, "no-such-table").read({LANE: PINPOINT}, since=NOON)
    with pytest.raises(StoreUnavailableError, match="no-such-table"):
        LaneReader(client, "no-such-table").mutes()
