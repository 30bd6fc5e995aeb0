"""Reads what the state table knows of lanes, and nothing but reads: for the page of live runs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from journey_watch.contract import LANE_INDEX, LANE_INDEX_PARTITION_KEY, LANE_INDEX_SORT_KEY, PARTITION_KEY
from journey_watch.core.errors import StoreUnavailableError
from journey_watch.core.mutes import Mute
from journey_watch.core.provider import Provider
from journey_watch.core.runs import Lane
from journey_watch.live_page import Change, LaneSnapshot
from journey_watch.store import items

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_CHANGES: Final = 500
"""So many are read of one lane, the latest. An envelope takes some 1.5 KB, so that is one page of a Query."""
_LANES_AT_ONCE: Final = 8


class LaneReader:
    """What it needs of IAM is `dynamodb:Query` on the table and its index."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def read(self, lanes: Mapping[Lane, Provider], *, since: datetime) -> list[LaneSnapshot]:
        """All lanes, in this order, with what was recorded from `since` on.

        Raises StoreUnavailableError if the table does not answer: half a page would hide what is wrong.
        """
        with ThreadPoolExecutor(_LANES_AT_ONCE, thread_name_prefix="lane") as pool:
            return list(pool.map(lambda lane: self._read(lane, lanes[lane], since), lanes))

    def mutes(self) -> Mapping[str, Mute | None]:
        """Those that operators have set, by id, ended ones perhaps among them: None for one that is not readable.

        Raises StoreUnavailableError if the table does not answer.
        """
        with self._answering():
            return items.set_by_operators(self._partition(items.CONTROL)).mutes

    def _read(self, lane: Lane, provider: Provider, since: datetime) -> LaneSnapshot:
        with self._answering():
            state = items.lane_state(self._partition(items.lane_key(lane)))
            recorded = self._recorded(lane, since)
        changes = [_change(lane, item) for item in recorded[:MAX_CHANGES]]
        readable = [change for change in changes if change is not None]
        return LaneSnapshot(
            lane=lane,
            provider=provider,
            journeys=state.journeys,
            changes=readable,
            was_listed=bool(state.listed),
            scopes=state.scopes,
            more_changes=len(recorded) > MAX_CHANGES,
            unreadable_changes=len(changes) - len(readable),
            unreadable=state.unreadable,
            unlisted=frozenset().union(*state.unlisted.values()),
        )

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (ClientError, BotoCoreError) as error:
            raise StoreUnavailableError(f"The state table {self._table} could not be read: {error}") from error

    def _partition(self, key: str) -> list[items.Item]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="#pk = :pk",
            ExpressionAttributeNames={"#pk": PARTITION_KEY},
            ExpressionAttributeValues={":pk": {"S": key}},
        )
        return [item for page in pages for item in page["Items"]]

    def _recorded(self, lane: Lane, since: datetime) -> Sequence[items.Item]:
        """Newest first, and one more than are wanted if there are more."""
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=LANE_INDEX,
            KeyConditionExpression="#lane = :lane AND #at >= :since",
            ExpressionAttributeNames={
                "#lane": LANE_INDEX_PARTITION_KEY,
                "#at": LANE_INDEX_SORT_KEY,
                "#envelope": "envelope",
            },
            # Sort keys begin with a time in UTC to the millisecond; to the second sorts before all of that second.
            ExpressionAttributeValues={
                ":lane": {"S": str(lane)},
                ":since": {"S": f"{since.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"},
            },
            ProjectionExpression="#envelope",
            ScanIndexForward=False,
            PaginationConfig={"PageSize": MAX_CHANGES + 1},
        )
        return list(islice((item for page in pages for item in page["Items"]), MAX_CHANGES + 1))


def _change(lane: Lane, item: items.Item) -> Change | None:
    """None if this version cannot read it."""
    try:
        return Change.from_envelope(lane, json.loads(item["envelope"]["S"]))
    except items.UNREADABLE:
        return None
