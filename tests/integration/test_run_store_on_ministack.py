"""The DynamoDB store on a table behind HTTP: the contract, by another implementation of DynamoDB than moto's."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from journey_watch import contract
from journey_watch.store.dynamodb import DynamoDBRunStore
from local_cloud.cloud import LocalCloud
from tests.core.builders import NOON
from tests.store.run_store_contract import RunStoreContract

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def cloud() -> Iterator[LocalCloud]:
    """Without any stack."""
    with LocalCloud.start() as cloud:
        yield cloud


class TestDynamoDBRunStoreOnMiniStack(RunStoreContract):
    @pytest.fixture
    def store(self, cloud: LocalCloud) -> DynamoDBRunStore:
        dynamodb, table = cloud.client("dynamodb"), f"state-{uuid4()}"
        keys = [(contract.PARTITION_KEY, "HASH"), (contract.SORT_KEY, "RANGE")]
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name, _ in keys],
        )
        return DynamoDBRunStore(dynamodb, table, keep=timedelta(days=90), clock=lambda: NOON)
