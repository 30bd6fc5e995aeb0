"""The state table as the stack makes it."""

from typing import TYPE_CHECKING

from journey_watch import contract

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLE = "journey-watch-state"


def create_state_table(client: "DynamoDBClient") -> None:
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": contract.PARTITION_KEY, "KeyType": "HASH"},
            {"AttributeName": contract.SORT_KEY, "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in (
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
