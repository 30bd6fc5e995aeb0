"""The DynamoDB store on a table behind HTTP: the contract, by another implementation of DynamoDB than moto's."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from journey_watch.store.dynamodb import DynamoDBRunStore
from local_cloud.cloud import LocalCloud
from local_cloud.state_table import create_state_table
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
        create_state_table(dynamodb, table)
        return DynamoDBRunStore(dynamodb, table, keep=timedelta(days=90), clock=lambda: NOON)
