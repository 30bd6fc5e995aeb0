"""The table, the topic and the Pinpoint that pollers are measured against: MiniStack and the simulator."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.workload import Workload
from journey_watch import contract
from local_cloud.cloud import LocalCloud

TEXTBOOK_TABLE = "textbook"
STATE_TABLE = "state"


@dataclass(frozen=True, slots=True)
class StandIns:
    """All are processes of their own, so their CPU is nobody's."""

    environment: Mapping[str, str]
    """What makes boto3 find them."""
    topic_arn: str
    simulator_url: str


@contextmanager
def stand_ins(workload: Workload, *, quotas: bool = False) -> Iterator[StandIns]:
    """Running until the block ends. `quotas`: whether the simulator throttles as AWS does."""
    with tempfile.TemporaryDirectory() as directory:
        scenario = Path(directory) / "scenario.toml"
        scenario.write_text(workload.scenario(quotas=quotas), encoding="utf-8")
        with LocalCloud.start(scenario=scenario) as cloud:
            create_tables(cloud.client("dynamodb"))
            yield StandIns(
                environment={**cloud.environment, "AWS_ENDPOINT_URL_PINPOINT": cloud.simulator.url},
                topic_arn=cloud.client("sns").create_topic(Name="alerts")["TopicArn"],
                simulator_url=cloud.simulator.url,
            )


def create_tables(dynamodb: Any) -> None:  # noqa: ANN401 - boto3 makes it at run time
    """One of each poller's own shape."""
    keys = {
        TEXTBOOK_TABLE: [("id", "HASH")],
        STATE_TABLE: [(contract.PARTITION_KEY, "HASH"), (contract.SORT_KEY, "RANGE")],
    }
    index = [(contract.LANE_INDEX_PARTITION_KEY, "HASH"), (contract.LANE_INDEX_SORT_KEY, "RANGE")]
    for table, schema in keys.items():
        indexed = table == STATE_TABLE
        names = [name for name, _ in [*schema, *(index if indexed else [])]]
        by_lane = {
            "IndexName": contract.LANE_INDEX,
            "KeySchema": _schema(index),
            "Projection": {"ProjectionType": "ALL"},
        }
        dynamodb.create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=_schema(schema),
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            **({"GlobalSecondaryIndexes": [by_lane]} if indexed else {}),
        )


def _schema(keys: list[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys]
