"""The DynamoDB store: the contract, and what only a real table can do wrong."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from journey_watch import contract
from journey_watch.core.alerts import PendingDelivery
from journey_watch.core.errors import StateTooLargeError, StoreUnavailableError
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.core.severity import SENT
from journey_watch.core.transitions import TRANSITIONS_PER_COMMIT
from journey_watch.ports import CommitResult
from journey_watch.store.dynamodb import ACKNOWLEDGE_ATTEMPTS, KEEP_OWED_FOR, DynamoDBRunStore
from journey_watch.store.items import state_update
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


def test_the_largest_commit_to_every_channel_there_can_be_fits_into_an_expression() -> None:
    """DynamoDB refuses an expression of more than 4 KB, which moto does not; conditions may come with the changes."""
    channels = [*(value for name, value in vars(contract).items() if name.startswith("CHANNEL_") and "OPS" not in name)]
    channels += [contract.chat_channel(severity) for severity in SENT]
    alerts = [alert(f"a{n}") for n in range(TRANSITIONS_PER_COMMIT + 10)]
    owed = [PendingDelivery(one, channel) for one in alerts for channel in channels]
    assert len(channels) == 6
    assert len(state_update(change(seen=1), owed, NOON)["UpdateExpression"]) <= 4096


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
@pytest.mark.parametrize("answer", [NO_ANSWER, refusal("InternalServerError", 500)])
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


def test_transition_expires_after_the_history_and_state_never(
    client: "DynamoDBClient", dynamodb_store: DynamoDBRunStore
) -> None:
    commit(dynamodb_store, change(), [alert("a1")])
    assert expiry(client, "a1") == int((NOON + HISTORY).timestamp())
    states = [
        item for item in client.scan(TableName=TABLE)["Items"] if item[contract.SORT_KEY]["S"].startswith("STATE")
    ]
    assert [contract.EXPIRES_AT in state for state in states] == [False]


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
