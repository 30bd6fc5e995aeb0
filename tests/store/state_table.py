"""The state table as the stack makes it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from journey_watch import contract

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "journey-watch-state"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator["DynamoDBClient"]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("dynamodb", region_name="eu-west-1")
        create_state_table(client)
        yield client


def create_state_table(client: "DynamoDBClient", name: str = TABLE) -> None:
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": contract.PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": contract.SORT_KEY, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"}
            for attribute in (
                contract.PARTITION_KEY,
                contract.SORT_KEY,
                contract.LANE_INDEX_PARTITION_KEY,
                contract.LANE_INDEX_SORT_KEY,
            )
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": contract.LANE_INDEX,
                "KeySchema": [
                    {"AttributeName": contract.LANE_INDEX_PARTITION_KEY, "KeyType": "HASH"},
                    {"AttributeName": contract.LANE_INDEX_SORT_KEY, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
