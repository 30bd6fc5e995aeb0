"""The DynamoDB adapter as the store of a trial, on a table in memory that moto keeps."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import boto3
from moto import mock_aws

from journey_watch.contract import PARTITION_KEY, SORT_KEY
from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.mutes import Mute
from journey_watch.store.dynamodb import DynamoDBRunStore
from journey_watch.store.items import acknowledgement_item, mute_item
from local_cloud.state_table import create_state_table
from proof.scenario import EPOCH
from proof.trial import LANE, MakeTable
from proof.world import Table

REGION: Final = "eu-west-1"


@contextmanager
def in_dynamodb() -> Iterator[MakeTable]:
    """For as long as it lasts, every trial has a table of its own."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"}
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        tables = 0

        def make() -> Table:
            nonlocal tables
            tables += 1
            name = f"trial-{tables}"
            create_state_table(client, name)
            written: dict[str, dict[str, dict[str, str]]] = {}

            def set_by_operators(mutes: Sequence[Mute], acknowledgements: Sequence[Acknowledgement]) -> None:
                items = [*map(mute_item, mutes), *map(acknowledgement_item, acknowledgements)]
                by_key = {item[SORT_KEY]["S"]: item for item in items}
                for key in written.keys() - by_key.keys():
                    item = written.pop(key)
                    client.delete_item(TableName=name, Key={each: item[each] for each in (PARTITION_KEY, SORT_KEY)})
                for key, item in by_key.items():
                    client.put_item(TableName=name, Item=item)
                    written[key] = item

            store = DynamoDBRunStore(client, name, keep=timedelta(days=90), clock=lambda: EPOCH)
            return Table(store, LANE, set_by_operators)

        yield make
