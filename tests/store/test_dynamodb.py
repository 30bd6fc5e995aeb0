"""The DynamoDB store: the contract, and what only a real table can do wrong."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from hypothesis import given

from journey_watch import contract
from journey_watch.aws.clients import dynamodb_client
from journey_watch.core.alerts import PendingDelivery
from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.errors import StateTooLargeError, StoreUnavailableError
from journey_watch.core.expiry import Mark
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.ports import CommitResult, RunStore
from journey_watch.store.dynamodb import ACKNOWLEDGE_ATTEMPTS, KEEP_OWED_FOR, DynamoDBRunStore
from journey_watch.store.items import (
    journey_key,
    lane_item_key,
    mute_item,
    state_key,
    state_update,
    transition,
)
from tests.aws.doubles import ScriptedAnswers, do_not_wait_between_retries, session
from tests.aws.hostile_answers import hostile
from tests.core.builders import JOURNEY, LANE, NOON, recorded
from tests.store.run_store_contract import RunStoreContract, alert, change, commit, state_of, try_commit
from tests.store.state_table import TABLE
from tests.store.state_table import client as client  # noqa: PLC0414 - a fixture here too

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

HISTORY = timedelta(days=90)


@pytest.fixture
def dynamodb_store(client: "DynamoDBClient") -> DynamoDBRunStore:
    return DynamoDBRunStore(client, TABLE, keep=HISTORY, clock=lambda: NOON)


class TestDynamoDBRunStore(RunStoreContract):
    @pytest.fixture
    def store(self, dynamodb_store: DynamoDBRunStore) -> DynamoDBRunStore:
        return dynamodb_store


class Wire:
    """Counts what a client sends, and answers in the table's place where it is told to."""

    def __init__(self, client: "DynamoDBClient") -> None:
        self.calls: list[str] = []
        self.answers: list[Exception | tuple[int, bytes]] = []
        client.meta.events.register_first("before-send.dynamodb.*", self._before_send)

    def _before_send(self, request: AWSPreparedRequest, **_: object) -> Any:  # noqa: ANN401 - an answer, or None to go on
        self.calls.append(str(request.headers["X-Amz-Target"]).rpartition(".")[2].rstrip("'"))
        if not self.answers:
            return None
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        raw: Any = _Body(body)
        return AWSResponse(str(request.url), status, HTTPHeaders(), raw)


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


def refusal(code: str, status: int = 400, **more: object) -> tuple[int, bytes]:
    return status, json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": code, **more}).encode()


@pytest.fixture
def wire(client: "DynamoDBClient") -> Wire:
    return Wire(client)


NO_ANSWER = ReadTimeoutError(endpoint_url="http://127.0.0.1")


def test_loading_a_lane_is_one_query(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    commit(dynamodb_store, change())
    wire.calls.clear()
    dynamodb_store.load(LANE)
    assert wire.calls == ["Query"]


def test_lane_larger_than_a_page_is_loaded_whole(dynamodb_store: DynamoDBRunStore) -> None:
    runs = {f"{'r' * 200}-{n}": recorded(Status.COMPLETED) for n in range(900)}
    journeys = [JourneyKey("app-1", f"journey-{n}") for n in range(5)]
    for journey in journeys:
        commit(dynamodb_store, change(journey=journey, runs=runs))
    loaded = dynamodb_store.load(LANE).journeys
    assert set(loaded) == set(journeys)
    assert all(len(state.runs) == 900 for state in loaded.values())


def test_commit_with_alerts_is_one_transaction(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    commit(dynamodb_store, change(), [alert(f"a{n}") for n in range(50)])
    assert wire.calls == ["TransactWriteItems"]


@pytest.mark.parametrize("channels", [1, 4, 6, 12, 30])
def test_largest_commit_fits_into_one_write_whatever_channels_it_is_owed_to(channels: int) -> None:
    """DynamoDB refuses an expression of more than 4 KB, which moto does not, and a transaction of over 100 items."""
    limits = CommitLimits()
    alerts = [alert(f"a{n}") for n in range(min(limits.max_events, limits.max_entries // channels))]
    owed = [PendingDelivery(one, f"channel-{n}") for one in alerts for n in range(channels)]
    update = state_update(change(seen=1), owed, NOON)
    assert len(update["UpdateExpression"]) <= 4096
    assert len(alerts) < 100


def test_silent_commit_is_a_plain_update(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    commit(dynamodb_store, change())
    assert wire.calls == ["UpdateItem"]


@pytest.mark.parametrize("reason", ["ConditionalCheckFailed", "TransactionConflict"])
def test_cancelled_transaction_is_a_lost_race(dynamodb_store: DynamoDBRunStore, wire: Wire, reason: str) -> None:
    reasons = [{"Code": reason}, {"Code": "None"}]
    wire.answers = [refusal("TransactionCanceledException", CancellationReasons=reasons)]
    assert try_commit(dynamodb_store, change(), alert("a1")) is CommitResult.LOST_RACE


def test_throttled_transaction_is_not_taken_for_a_lost_race(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    wire.answers = [refusal("TransactionCanceledException", CancellationReasons=[{"Code": "ThrottlingError"}])]
    with pytest.raises(StoreUnavailableError):
        try_commit(dynamodb_store, change(), alert("a1"))


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("answer", [NO_ANSWER, refusal("InternalServerError", 500), (200, b"<html>Log in</html>")])
def test_commit_without_a_clear_answer_is_uncertain(answer: Exception | tuple[int, bytes]) -> None:
    once = boto3.client("dynamodb", region_name="eu-west-1", config=Config(retries={"total_max_attempts": 1}))
    wire = Wire(once)
    wire.answers = [answer]
    store = DynamoDBRunStore(once, TABLE, keep=HISTORY)
    assert try_commit(store, change(), alert("a1")) is CommitResult.UNCERTAIN


def test_refused_access_says_which_table(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    wire.answers = [refusal("AccessDeniedException")]
    with pytest.raises(StoreUnavailableError, match=TABLE):
        dynamodb_store.load(LANE)


def test_acknowledgement_is_repeated_while_a_commit_is_under_way(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    commit(dynamodb_store, change(), [alert("a1")])
    wire.answers = [refusal("TransactionConflictException")] * (ACKNOWLEDGE_ATTEMPTS - 1)
    dynamodb_store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
    assert state_of(dynamodb_store).undelivered == {}


def test_state_that_would_not_fit_is_refused_and_stays(dynamodb_store: DynamoDBRunStore) -> None:
    commit(dynamodb_store, change())
    many = {f"run-{n:06}": recorded(Status.RUNNING) for n in range(6000)}
    with pytest.raises(StateTooLargeError, match=str(JOURNEY)):
        try_commit(dynamodb_store, change(seen=1, runs=many), alert("a1"))
    assert state_of(dynamodb_store).version == 1


def test_largest_state_that_is_accepted_fits_the_table(dynamodb_store: DynamoDBRunStore) -> None:
    many = {f"run-{n:06}": recorded(Status.RUNNING) for n in range(2150)}
    commit(dynamodb_store, change(runs=many))
    assert len(state_of(dynamodb_store).runs) == 2150


def expiry(client: "DynamoDBClient", name: str) -> int:
    items = client.scan(TableName=TABLE)["Items"]
    (item,) = [item for item in items if item[contract.SORT_KEY]["S"] == alert(name).sort_key]
    return int(item[contract.EXPIRES_AT]["N"])


def test_transition_expires_after_the_history_and_state_only_if_it_is_marked(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore
) -> None:
    commit(dynamodb_store, change(), [alert("a1")])
    assert expiry(client, "a1") == int((NOON + HISTORY).timestamp())

    def state_item() -> Mapping[str, Any]:
        items = client.scan(TableName=TABLE)["Items"]
        return next(item for item in items if item[contract.SORT_KEY]["S"].startswith("STATE"))

    assert contract.EXPIRES_AT not in state_item()
    dynamodb_store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
    dynamodb_store.mark_end(LANE, JOURNEY, 1, Mark(NOON, NOON + HISTORY))
    assert state_item()[contract.EXPIRES_AT] == {"N": str(int((NOON + HISTORY).timestamp()))}


def test_transition_that_is_still_owed_outlives_its_expiry(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore
) -> None:
    commit(dynamodb_store, change(), [alert("a1")])
    almost_expired = NOON + HISTORY - KEEP_OWED_FOR / 2
    later = DynamoDBRunStore(client, TABLE, keep=HISTORY, clock=lambda: almost_expired)
    later.alerts(LANE, JOURNEY, [alert("a1").sort_key])
    assert expiry(client, "a1") > (almost_expired + KEEP_OWED_FOR).timestamp()


def test_what_happened_lately_in_a_lane_can_be_asked_of_the_index(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore
) -> None:
    commit(dynamodb_store, change(), [alert("a1"), alert("a2")])
    answer = client.query(
        TableName=TABLE,
        IndexName=contract.LANE_INDEX,
        KeyConditionExpression="lane = :lane",
        ExpressionAttributeValues={":lane": {"S": str(LANE)}},
    )
    assert [item[contract.LANE_INDEX_SORT_KEY]["S"][-2:] for item in answer["Items"]] == ["a1", "a2"]


def rewrite(client: "DynamoDBClient", sort_key: str, **values: dict[str, str]) -> None:
    """Overwrite attributes of the items whose sort key begins like this, as another version might."""
    items = [
        item for item in client.scan(TableName=TABLE)["Items"] if item[contract.SORT_KEY]["S"].startswith(sort_key)
    ]
    assert items
    for item in items:
        client.put_item(TableName=TABLE, Item={**item, **values})


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ({"schema_version": {"N": "2"}}, "a newer version wrote it: its schema is 2, and 1 the latest known here"),
        ({"runs": {"S": "[]"}}, "items"),
        ({"runs": {"S": '{"r1": ["ASCENDED", "2026-11-23T12:00:00Z", null, null]}'}}, "ASCENDED"),
        ({"version": {"S": "seven"}}, "N"),
    ],
)
def test_state_that_cannot_be_read_is_named_and_the_rest_of_the_lane_is_loaded(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore, written: dict[str, dict[str, str]], reason: str
) -> None:
    commit(dynamodb_store, change())
    rewrite(client, "STATE#", **written)
    other = JourneyKey("app-1", "readable")
    commit(dynamodb_store, change(journey=other))
    loaded = dynamodb_store.load(LANE)
    assert set(loaded.journeys) == {other}
    assert set(loaded.unreadable) == {JOURNEY}
    assert reason in loaded.unreadable[JOURNEY]


@pytest.mark.parametrize(
    "written",
    [
        {"schema_version": {"N": "2"}},
        {"envelope": {"S": "{"}},
        {"envelope": {"S": '{"id": "a1", "detail-type": "Journey Run Prophecy", "detail": {}}'}},
    ],
)
def test_alert_that_cannot_be_read_is_there_and_says_nothing(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore, written: dict[str, dict[str, str]]
) -> None:
    commit(dynamodb_store, change(), [alert("a1"), alert("a2")])
    rewrite(client, alert("a1").sort_key, **written)
    found = dynamodb_store.alerts(LANE, JOURNEY, [alert("a1").sort_key, alert("a2").sort_key])
    assert found == {alert("a1").sort_key: None, alert("a2").sort_key: alert("a2")}
    assert dynamodb_store.history(LANE, NOON - timedelta(days=1)).alerts == [alert("a2")]


def test_mute_that_cannot_be_read_is_there_by_its_id(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore
) -> None:
    for mute in (Mute(id="one", until=NOON), Mute(id="two", since=NOON, until=NOON)):
        client.put_item(TableName=TABLE, Item=mute_item(mute))
    rewrite(client, "MUTE#one", mute={"S": '{"id": "one", "phase": "of the moon"}'})
    assert dynamodb_store.set_by_operators().mutes == {"one": None, "two": Mute(id="two", since=NOON, until=NOON)}


def test_alerts_that_a_batch_read_misses_are_asked_for_again(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    """What is taken for expired is never sent: a throttled table must not look like an empty one."""
    commit(dynamodb_store, change(), [alert("a1"), alert("a2")])
    key = {
        contract.PARTITION_KEY: {"S": journey_key(LANE, JOURNEY)},
        contract.SORT_KEY: {"S": alert("a2").sort_key},
    }
    left = {"Responses": {TABLE: []}, "UnprocessedKeys": {TABLE: {"Keys": [key], "ConsistentRead": True}}}
    wire.answers = [(200, json.dumps(left).encode())]
    wire.calls.clear()
    found = dynamodb_store.alerts(LANE, JOURNEY, [alert("a1").sort_key, alert("a2").sort_key])
    assert wire.calls == ["BatchGetItem", "BatchGetItem"]
    assert alert("a2").sort_key in found


def test_table_that_reads_nothing_is_unavailable_and_not_empty(dynamodb_store: DynamoDBRunStore, wire: Wire) -> None:
    commit(dynamodb_store, change(), [alert("a1")])
    key = {
        contract.PARTITION_KEY: {"S": journey_key(LANE, JOURNEY)},
        contract.SORT_KEY: {"S": alert("a1").sort_key},
    }
    nothing = {"Responses": {}, "UnprocessedKeys": {TABLE: {"Keys": [key], "ConsistentRead": True}}}
    wire.answers = [(200, json.dumps(nothing).encode())]
    with pytest.raises(StoreUnavailableError, match="throttled"):
        dynamodb_store.alerts(LANE, JOURNEY, [alert("a1").sort_key])


def test_what_decides_whether_an_alert_is_sent_is_read_consistently(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore
) -> None:
    bodies: list[bytes] = []
    client.meta.events.register_first(
        "before-send.dynamodb.BatchGetItem", lambda request, **_: bodies.append(request.body)
    )
    commit(dynamodb_store, change(), [alert("a1")])
    dynamodb_store.alerts(LANE, JOURNEY, [alert("a1").sort_key])
    assert [json.loads(body)["RequestItems"][TABLE]["ConsistentRead"] for body in bodies] == [True]


SOUND = {
    "Items": [
        {**state_key(LANE, JOURNEY), "runs": {"S": "{}"}, "version": {"N": "1"}, "undelivered": {"M": {}}},
        {**lane_item_key(LANE), "listed:*/*": {"S": NOON.isoformat()}},
        transition(LANE, alert("a1"), 0),
        mute_item(Mute(id="m", until=NOON)),
    ],
    "Responses": {TABLE: [transition(LANE, alert("a1"), 0)]},
    "UnprocessedKeys": {},
    "Attributes": {},
}
"""What any operation of the table may answer with: each reads its own members."""
CALLS: dict[str, Callable[[RunStore], object]] = {
    "load": lambda store: store.load(LANE),
    "mutes": lambda store: store.set_by_operators().mutes,
    "history": lambda store: store.history(LANE, NOON),
    "alerts": lambda store: store.alerts(LANE, JOURNEY, [alert("a1").sort_key]),
    "commit": lambda store: try_commit(store, change(), alert("a1")),
    "claim": lambda store: store.claim(LANE, JOURNEY, ["a1@alerts"], NOON, NOON),
    "acknowledge": lambda store: store.acknowledge(LANE, JOURNEY, ["a1@alerts"]),
    "forget": lambda store: store.forget_baseline(LANE, JOURNEY, 1),
    "mark": lambda store: store.mark_listed(LANE, "*/*", NOON),
    "end": lambda store: store.mark_end(LANE, JOURNEY, 1, Mark(NOON, NOON)),
}


@pytest.mark.parametrize("call", CALLS)
@given(answer=hostile(SOUND))
def test_whatever_the_table_answers_a_call_ends_or_says_that_the_table_is_not_available(
    call: str, answer: tuple[int, bytes]
) -> None:
    client = dynamodb_client(session())
    ScriptedAnswers(answer).attach(client)
    with pytest.MonkeyPatch.context() as patch, suppress(StoreUnavailableError):
        do_not_wait_between_retries(patch)
        CALLS[call](DynamoDBRunStore(client, TABLE, keep=HISTORY, clock=lambda: NOON))
