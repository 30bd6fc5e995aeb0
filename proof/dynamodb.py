"""The DynamoDB adapter as the store of a trial, on a table in memory that moto keeps."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import boto3
from moto import mock_aws

from journey_watch.core.runs import Lane
from journey_watch.ports import RunStore
from journey_watch.store.dynamodb import DynamoDBRunStore
from journey_watch.store.items import mute_item
from local_cloud.state_table import create_state_table
from proof.scenario import EPOCH, Scenario
from proof.trial import LANE, MakeStore

REGION: Final = "eu-west-1"


@contextmanager
def in_dynamodb() -> Iterator[MakeStore]:
    """For as long as it lasts, every trial has a table of its own."""
    os.environ |= {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"}
    with mock_aws():
        client = boto3.client("dynamodb", region_name=REGION)
        tables = 0

        def make(scenario: Scenario) -> tuple[RunStore, Lane]:
            nonlocal tables
            tables += 1
            name = f"trial-{tables}"
            create_state_table(client, name)
            for mute in scenario.mutes:
                client.put_item(TableName=name, Item=mute_item(mute))
            return DynamoDBRunStore(client, name, keep=timedelta(days=90), clock=lambda: EPOCH), LANE

        yield make
