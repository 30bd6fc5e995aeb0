"""RunStore on one DynamoDB table.

A commit writes the journey's whole `runs` document: DynamoDB bills an item by its size whatever part of it changes,
and the version condition guarantees that nobody else changed it. `undelivered` is a real map, so that a commit can add
its own ids, and an acknowledgement remove some, without either knowing of the other.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from journey_watch.contract import (
    EXPIRES_AT,
    LANE_INDEX,
    LANE_INDEX_PARTITION_KEY,
    LANE_INDEX_SORT_KEY,
    PARTITION_KEY,
    SORT_KEY,
)
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.errors import StateTooLargeError, StoreUnavailableError
from journey_watch.core.expiry import Mark
from journey_watch.core.runs import JourneyKey, Lane, Scope
from journey_watch.core.transitions import StateChange
from journey_watch.ports import CommitResult, HistoryPage, LaneState, SetByOperators
from journey_watch.store import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACKNOWLEDGE_ATTEMPTS: Final = 5
BATCH_GET_KEYS: Final = 100
ALERTS_OF_A_PAGE: Final = 500
"""Of the history: DynamoDB ends a page at 1 MB as well."""
NAMES_PER_UPDATE: Final = 100
"""Attributes that one update removes: an expression has 4,096 bytes at most."""
KEEP_OWED_FOR: Final = timedelta(days=7)
"""A TRANSITION that is still owed is never left nearer to its expiry than this."""


class DynamoDBRunStore:
    """The state table; docs/how-it-works.md lists its items."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        *,
        keep: timedelta,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`keep` is how long TRANSITION items live."""
        self._client = client
        self._table = table
        self._keep = keep
        self._clock = clock

    def load(self, lane: Lane) -> LaneState:
        with self._answering("read"):
            return items.lane_state(self._partition(items.lane_key(lane)))

    def _partition(self, key: str) -> Iterator[Mapping[str, Any]]:
        """Yield all items of a partition."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#p = :p",
            ExpressionAttributeNames={"#p": PARTITION_KEY},
            ExpressionAttributeValues={":p": {"S": key}},
        )
        for page in pages:
            yield from page["Items"]

    def commit(
        self,
        lane: Lane,
        change: StateChange,
        alerts: Sequence[Alert],
        owed: Sequence[PendingDelivery],
        lease_until: datetime,
    ) -> CommitResult:
        update = items.state_update(change, owed, lease_until)
        size = items.state_bytes(update, change.state)
        if size > items.ITEM_LIMIT_BYTES:
            raise StateTooLargeError(
                f"Journey {change.journey} has too many live or recent runs to remember: its state would take {size} "
                f"bytes of the {items.ITEM_LIMIT_BYTES} an item may hold. It stays as it is, and so does what it owes."
            )
        expires_at = int((self._clock() + self._keep).timestamp())
        puts = [items.transition(lane, alert, expires_at) for alert in alerts]
        return self._write_state(lane, change.journey, update, puts)

    def fits(self, change: StateChange, owed: Sequence[PendingDelivery]) -> bool:
        update = items.state_update(change, owed, self._clock())
        return items.state_bytes(update, change.state) <= items.ITEM_LIMIT_BYTES

    def forget_baseline(self, lane: Lane, journey: JourneyKey, seen_version: int) -> CommitResult:
        return self._write_state(lane, journey, items.forgetting_update(seen_version), [])

    def mark_end(self, lane: Lane, journey: JourneyKey, seen_version: int, mark: Mark) -> CommitResult:
        return self._write_state(lane, journey, items.mark_update(seen_version, mark), [])

    def _write_state(
        self, lane: Lane, journey: Scope, update: dict[str, Any], puts: Sequence[dict[str, Any]]
    ) -> CommitResult:
        update = {"TableName": self._table, "Key": items.state_key(lane, journey), **update}
        actions: list[Any] = [{"Update": update}, *({"Put": {"TableName": self._table, "Item": put}} for put in puts)]
        try:
            with self._answering("written"):
                # A plain update costs half of a transaction.
                answer: Any = (
                    self._client.transact_write_items(TransactItems=actions)
                    if puts
                    else self._client.update_item(**update)
                )
        except StoreUnavailableError as refusal:
            if _lost_race(refusal.__cause__):
                return CommitResult.LOST_RACE
            if _may_be_written(refusal.__cause__):
                return CommitResult.UNCERTAIN
            raise
        # To the SDK an answer that is no JSON is an empty one, and so like success. DynamoDB's own says which it is.
        return CommitResult.DONE if "RequestId" in answer["ResponseMetadata"] else CommitResult.UNCERTAIN

    def claim(self, lane: Lane, journey: Scope, keys: Sequence[str], seen: datetime, until: datetime) -> bool:
        paths = [f"undelivered.#i{n}.lease_until" for n in range(len(keys))]
        try:
            with self._answering("written"):
                self._client.update_item(
                    TableName=self._table,
                    Key=items.state_key(lane, journey),
                    ConditionExpression=" AND ".join(f"{path} = :seen" for path in paths),
                    UpdateExpression="SET " + ", ".join(f"{path} = :until" for path in paths),
                    ExpressionAttributeNames=_placeholders("#i", keys),
                    ExpressionAttributeValues={":seen": {"S": items.iso(seen)}, ":until": {"S": items.iso(until)}},
                )
        except StoreUnavailableError as refusal:
            if _lost_race(refusal.__cause__):
                return False
            raise
        return True

    def alerts(self, lane: Lane, journey: Scope, sort_keys: Sequence[str]) -> Mapping[str, Alert | None]:
        partition = {"S": items.journey_key(lane, journey)}
        found: list[Mapping[str, Any]] = []
        with self._answering("read"):
            for at in range(0, len(sort_keys), BATCH_GET_KEYS):
                keys = [{PARTITION_KEY: partition, SORT_KEY: {"S": key}} for key in sort_keys[at : at + BATCH_GET_KEYS]]
                found += self._read_batch(keys)
            self._outlive_their_delivery(found)
            return {item[SORT_KEY]["S"]: items.alert(item, journey) for item in found}

    def _read_batch(self, keys: list[dict[str, Any]]) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        while keys:
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
            found += answer["Responses"].get(self._table, [])
            unprocessed: Any = answer.get("UnprocessedKeys", {})
            unread = unprocessed.get(self._table, {}).get("Keys", [])
            if len(unread) == len(keys):
                raise StoreUnavailableError(f"The state table {self._table} is throttled: it reads nothing.")
            keys = unread
        return found

    def _outlive_their_delivery(self, found: Sequence[Mapping[str, Any]]) -> None:
        now = self._clock()
        for item in found:
            if int(item[EXPIRES_AT]["N"]) < (now + KEEP_OWED_FOR).timestamp():
                self._client.update_item(
                    TableName=self._table,
                    Key={PARTITION_KEY: item[PARTITION_KEY], SORT_KEY: item[SORT_KEY]},
                    UpdateExpression="SET #e = :e",
                    ExpressionAttributeNames={"#e": EXPIRES_AT},
                    ExpressionAttributeValues={":e": {"N": str(int((now + 2 * KEEP_OWED_FOR).timestamp()))}},
                )

    def acknowledge(self, lane: Lane, journey: Scope, keys: Sequence[str]) -> None:
        self._owe_no_more(lane, journey, keys)

    def give_up(self, lane: Lane, journey: Scope, keys: Sequence[str], channel: str) -> None:
        self._owe_no_more(
            lane,
            journey,
            keys,
            also=" ADD #c :n",
            names={"#c": items.GIVEN_UP_PREFIX + channel},
            values={":n": {"N": str(len(keys))}},
        )

    def _owe_no_more(
        self,
        lane: Lane,
        journey: Scope,
        keys: Sequence[str],
        *,
        also: str = "",
        names: Mapping[str, str] = MappingProxyType({}),
        values: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        more: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        for attempts_left in reversed(range(ACKNOWLEDGE_ATTEMPTS)):
            try:
                with self._answering("written"):
                    self._client.update_item(
                        TableName=self._table,
                        Key=items.state_key(lane, journey),
                        ConditionExpression="attribute_exists(undelivered)",
                        UpdateExpression="REMOVE " + ", ".join(f"undelivered.#i{n}" for n in range(len(keys))) + also,
                        ExpressionAttributeNames={**_placeholders("#i", keys), **names},
                        **more,
                    )
            except StoreUnavailableError as refusal:
                # A commit to the same item was under way: it touches other ids, so the acknowledgement still holds.
                if attempts_left and _code(refusal.__cause__) == "TransactionConflictException":
                    continue
                raise
            return

    def set_by_operators(self) -> SetByOperators:
        with self._answering("read"):
            return items.set_by_operators(self._partition(items.CONTROL))

    def history(self, lane: Lane, since: datetime, position: str = "") -> HistoryPage:
        # A time sorts before the positions of all alerts of that time.
        after = position or since.isoformat(timespec="milliseconds")
        with self._answering("read"):
            answer = self._client.query(
                TableName=self._table,
                IndexName=LANE_INDEX,
                KeyConditionExpression="#p = :p AND #s > :s",
                ExpressionAttributeNames={"#p": LANE_INDEX_PARTITION_KEY, "#s": LANE_INDEX_SORT_KEY},
                ExpressionAttributeValues={":p": {"S": str(lane)}, ":s": {"S": after}},
                Limit=ALERTS_OF_A_PAGE,
            )
            alerts = [items.alert(item, items.journey_of(item)) for item in answer["Items"]]
            last = answer.get("LastEvaluatedKey")
            following = last[LANE_INDEX_SORT_KEY]["S"] if last else None
        return HistoryPage([alert for alert in alerts if alert is not None], following)

    def mark_listed(self, lane: Lane, marker: str, at: datetime, unlisted: AbstractSet[str] = frozenset()) -> None:
        names = {"#m": items.LISTED_PREFIX + marker}
        values: dict[str, Any] = {":at": {"S": items.iso(at)}}
        if unlisted:
            names["#u"], values[":u"] = items.UNLISTED_PREFIX + marker, {"SS": sorted(unlisted)}
        try:
            self._update_lane(
                lane,
                ConditionExpression="attribute_not_exists(#m)",
                UpdateExpression="SET #m = :at" + (", #u = :u" if unlisted else ""),
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
            )
        except StoreUnavailableError as refusal:
            if not _lost_race(refusal.__cause__):
                raise

    def listed_at_last(self, lane: Lane, marker: str, containers: AbstractSet[str]) -> None:
        self._update_lane(
            lane,
            UpdateExpression="DELETE #u :c",
            ExpressionAttributeNames={"#u": items.UNLISTED_PREFIX + marker},
            ExpressionAttributeValues={":c": {"SS": sorted(containers)}},
        )

    def unmark_listed(self, lane: Lane, markers: Sequence[str]) -> None:
        names = [prefix + marker for marker in markers for prefix in (items.LISTED_PREFIX, items.UNLISTED_PREFIX)]
        for at in range(0, len(names), NAMES_PER_UPDATE):
            some = names[at : at + NAMES_PER_UPDATE]
            self._update_lane(
                lane,
                UpdateExpression="REMOVE " + ", ".join(f"#m{n}" for n in range(len(some))),
                ExpressionAttributeNames=_placeholders("#m", some),
            )

    def resume_at(self, lane: Lane, journey: JourneyKey) -> None:
        self._update_lane(
            lane, UpdateExpression="SET resume_at = :j", ExpressionAttributeValues={":j": {"S": str(journey)}}
        )

    def _update_lane(self, lane: Lane, **update: Any) -> None:  # noqa: ANN401 - the client's own keyword arguments
        with self._answering("written"):
            self._client.update_item(TableName=self._table, Key=items.lane_item_key(lane), **update)

    @contextmanager
    def _answering(self, verb: str) -> Iterator[None]:
        try:
            yield
        except StoreUnavailableError:
            raise
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(f"The state table {self._table} could not be {verb}: {error}") from error
        except Exception as error:  # a broken answer makes botocore's parser, and whoever reads it, raise anything
            reason = f"the answer cannot be read ({error!r})"
            raise StoreUnavailableError(f"The state table {self._table} could not be {verb}: {reason}.") from error


def _placeholders(prefix: str, names: Sequence[str]) -> dict[str, str]:
    return {f"{prefix}{n}": name for n, name in enumerate(names)}


def _code(error: BaseException | None) -> str | None:
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else None


def _lost_race(error: BaseException | None) -> bool:
    """True if the table said that it wrote nothing because somebody else wrote first, or was just writing."""
    if isinstance(error, ClientError) and _code(error) == "TransactionCanceledException":
        reasons = {reason.get("Code", "None") for reason in error.response.get("CancellationReasons", [])}
        return bool(reasons) and reasons <= {"ConditionalCheckFailed", "TransactionConflict", "None"}
    return _code(error) in {"ConditionalCheckFailedException", "TransactionConflictException"}


def _may_be_written(error: BaseException | None) -> bool:
    """True if no answer came, or one that does not say whether the write was carried out."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= HTTPStatus.INTERNAL_SERVER_ERROR or _code(error) == "TransactionInProgressException"
    return isinstance(error, BotoCoreError)
