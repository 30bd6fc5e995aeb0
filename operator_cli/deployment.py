"""One deployed stack, found by its name in the account and Region of the caller's credentials."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from journey_watch import contract
from journey_watch.aws.clients import dynamodb_client, sns_client
from journey_watch.channels.sns.subscriptions import TopicSubscriptions
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import Lane
from journey_watch.ports import LaneState
from journey_watch.store import items as dynamodb_items
from journey_watch.store.dynamodb import DynamoDBRunStore

LOOK_BACK: Final = timedelta(hours=3)
"""Longer than the slowest schedule: what was not polled within it is not polled."""
_INVOKE: Final = Config(read_timeout=330, retries={"total_max_attempts": 1})
"""A poller may take five minutes, and must not be started twice for one answer that was slow."""


@dataclass(frozen=True)
class Deployment:
    """Reads, and where its name says so changes, one deployment. Its methods raise what boto3 raises."""

    stack: str
    session: boto3.Session

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs. Raises ConfigurationError if there is no such stack."""
        try:
            (stack,) = self.session.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ValidationError":
                raise ConfigurationError(
                    f'There is no stack "{self.stack}" in {self.session.region_name}; name another with --stack.'
                ) from error
            raise
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    @cached_property
    def lanes(self) -> list[Lane]:
        """What is polled: the lanes of its schedules."""
        client = self.session.client("scheduler")
        inputs = [
            client.get_schedule(Name=name)["Target"]["Input"] for name in self._resources("AWS::Scheduler::Schedule")
        ]
        return sorted((Lane.parse(json.loads(text)[contract.EVENT_LANE]) for text in inputs), key=str)

    def state(self, lane: Lane) -> LaneState:
        return self._store.load(lane)

    def last_poll(self, lane: Lane) -> datetime | None:
        """The minute in which a poll last came to its end; None if none did for LOOK_BACK."""
        now = datetime.now(UTC)
        points = self.session.client("cloudwatch").get_metric_statistics(
            Namespace=contract.METRICS_NAMESPACE,
            MetricName=contract.METRIC_POLLS_COMPLETED,
            Dimensions=[
                {"Name": contract.DIMENSION_SERVICE, "Value": self.stack},
                {"Name": contract.DIMENSION_LANE, "Value": str(lane)},
            ],
            StartTime=now - LOOK_BACK,
            EndTime=now,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return max((point["Timestamp"] for point in points), default=None)

    def unconfirmed_subscriptions(self) -> list[str]:
        """Addresses that get nothing until they follow the link that AWS sent them."""
        topics = [self.outputs[name] for name in ("AlertMailTopicArn", "OpsMailTopicArn")]
        return TopicSubscriptions(sns_client(self.session), dict.fromkeys(topics, ())).unconfirmed()

    def dead_letters(self) -> Mapping[str, int]:
        """How many messages were given up, by the queue's logical id."""
        client = self.session.client("sqs")
        return {
            logical_id: int(
                client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"][
                    "ApproximateNumberOfMessages"
                ]
            )
            for url, logical_id in self._resources("AWS::SQS::Queue").items()
            if "DeadLetters" in logical_id
        }

    def send_test_alert(self) -> Mapping[str, Any]:
        """Have the poller send one; what it answers. Raises ConfigurationError if it fails."""
        answer = self.session.client("lambda", config=_INVOKE).invoke(
            FunctionName=self.outputs["PollerFunctionName"],
            Payload=json.dumps({contract.EVENT_TEST_ALERT: True}),
        )
        result: Mapping[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise ConfigurationError(f"The poller failed: {result.get('errorMessage', result)}")
        return result

    def mutes(self) -> Mapping[str, Mute | None]:
        """Those that operators have set, by id: None if not readable. The configuration may have others."""
        return dict(sorted(self._store.mutes().items()))

    def put_mute(self, mute: Mute) -> None:
        self._dynamodb.put_item(TableName=self.outputs["StateTableName"], Item=dynamodb_items.mute_item(mute))

    def delete_mute(self, mute_id: str) -> bool:
        """False if there was none."""
        key = {
            contract.PARTITION_KEY: {"S": dynamodb_items.CONTROL},
            contract.SORT_KEY: {"S": dynamodb_items.MUTE_PREFIX + mute_id},
        }
        deleted = self._dynamodb.delete_item(TableName=self.outputs["StateTableName"], Key=key, ReturnValues="ALL_OLD")
        return "Attributes" in deleted

    @cached_property
    def _dynamodb(self) -> Any:  # noqa: ANN401 - boto3 makes it at run time
        return dynamodb_client(self.session)

    @cached_property
    def _store(self) -> DynamoDBRunStore:
        # It only reads here: `keep` is for what is written.
        return DynamoDBRunStore(self._dynamodb, self.outputs["StateTableName"], keep=timedelta())

    def _resources(self, kind: str) -> dict[str, str]:
        """Logical ids by physical id."""
        return dict(self._resource_pairs(kind))

    def _resource_pairs(self, kind: str) -> Iterator[tuple[str, str]]:
        self.outputs  # noqa: B018 - says it better if there is no such stack
        pages = self.session.client("cloudformation").get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=self.stack):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == kind:
                    yield resource["PhysicalResourceId"], resource["LogicalResourceId"]


AWS_ERRORS: Final = (BotoCoreError, ClientError)
"""What a method of Deployment may raise beside the project's own errors."""
