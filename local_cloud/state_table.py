"""The state table as the stack makes it, where there is no stack."""

from typing import TYPE_CHECKING

from journey_watch import contract

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def create_state_table(client: "DynamoDBClient", name: str) -> None:
    """Create the table and its index, with the stack's names for keys."""
    keys = (contract.PARTITION_KEY, contract.SORT_KEY)
    keys_of_index = (contract.LANE_INDEX_PARTITION_KEY, contract.LANE_INDEX_SORT_KEY)
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[
            {"AttributeName": keys[0], "KeyType": "HASH"},
            {"AttributeName": keys[1], "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in (*keys, *keys_of_index)
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": contract.LANE_INDEX,
                "KeySchema": [
                    {"AttributeName": keys_of_index[0], "KeyType": "HASH"},
                    {"AttributeName": keys_of_index[1], "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
