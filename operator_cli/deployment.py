"""One deployed stack, found by its name in the account and Region of the caller's credentials."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from infra.deployment_config import CHOICES_KEY, CODE_KEY, MUTES_KEY, TIME_ZONE_KEY
from journey_watch import contract
from journey_watch.aws.clients import dynamodb_client, sns_client
from journey_watch.channels.sns.subscriptions import TopicSubscriptions, Unheard
from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import Lane
from journey_watch.ports import LaneState, whole_history
from journey_watch.settings import WatchConfig, mutes_from_json
from journey_watch.store import items as dynamodb_items
from journey_watch.store.dynamodb import DynamoDBRunStore

_INVOKE: Final = Config(read_timeout=330, retries={"total_max_attempts": 1})
"""A poller may take five minutes, and must not be started twice for one answer that was slow."""
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SLOWEST: Final = timedelta(hours=1)
"""The longest interval that a configuration may have: of a schedule that somebody has changed to something else."""
_QUEUE_METRIC_DELAY: Final = timedelta(minutes=15)
"""SQS may be so late with a queue's metrics (its Developer Guide, "Available CloudWatch metrics for Amazon SQS")."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """What starts the polls of one lane."""

    lane: Lane
    every: timedelta
    enabled: bool


@dataclass(frozen=True, slots=True)
class RingingAlarm:
    """An alarm of the stack that is in ALARM."""

    name: str
    description: str
    """What it means, and its entry in the runbook."""
    since: datetime


@dataclass(frozen=True)
class Deployment:
    """Reads, and where its name says so changes, one deployment. Its methods raise AWS_ERRORS too."""

    stack: str
    session: boto3.Session

    @property
    def status(self) -> str:
        """CloudFormation's word for how the last deployment ended, such as UPDATE_COMPLETE."""
        return str(self._described["StackStatus"])

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs. Raises ConfigurationError if there is no such stack, or it is not Journey Watch's."""
        found = {output["OutputKey"]: output["OutputValue"] for output in self._described.get("Outputs", [])}
        if "PollerFunctionName" not in found:
            raise ConfigurationError(
                f'The stack "{self.stack}" in {self.session.region_name} is {self.status}, and has no outputs of '
                "Journey Watch: name another with --stack, or deploy it again if its first deployment has failed."
            )
        return found

    @property
    def code(self) -> str | None:
        """What `shipped_code` says of the code that is deployed; None if that was before it was written down."""
        return self._metadata.get(CODE_KEY)

    @property
    def configured_mutes(self) -> Sequence[Mute]:
        """Those of the configuration that is deployed."""
        return mutes_from_json(self._metadata.get(MUTES_KEY, "[]"))

    @property
    def choices(self) -> WatchConfig | None:
        """The deployed watch list, rules, routes and mutes; None if an older version was deployed."""
        text = self._metadata.get(CHOICES_KEY)
        return WatchConfig.from_json(text) if text else None

    @property
    def time_zone(self) -> str | None:
        """The time zone in which people read times; None if an older version was deployed, which did not record it."""
        return self._metadata.get(TIME_ZONE_KEY)

    @cached_property
    def schedules(self) -> Mapping[str, Schedule | None]:
        """What starts polls, by name; None for one that the stack has made and somebody has deleted."""
        return {name: self._schedule(name) for name in sorted(self._resources("AWS::Scheduler::Schedule"))}

    def _schedule(self, name: str) -> Schedule | None:
        client = self.session.client("scheduler")
        try:
            found = client.get_schedule(Name=name)
        except client.exceptions.ResourceNotFoundException:
            return None
        rate = _RATE.fullmatch(found["ScheduleExpression"])
        return Schedule(
            Lane.parse(json.loads(found["Target"]["Input"])[contract.EVENT_LANE]),
            every=timedelta(**{f"{rate[2]}s": int(rate[1])}) if rate else _SLOWEST,
            enabled=found["State"] == "ENABLED",
        )

    @property
    def lanes(self) -> list[Lane]:
        """What is polled: the lanes of its schedules."""
        return sorted((schedule.lane for schedule in self.schedules.values() if schedule), key=str)

    def state(self, lane: Lane) -> LaneState:
        return self._store.load(lane)

    def history(self, lane: Lane) -> Sequence[Alert]:
        """Every alert of a lane that has not expired from the table, oldest first; what is readable of it."""
        return whole_history(self._store, lane, _EVER)

    def last_polls(self, since: datetime) -> Mapping[str, datetime]:
        """By lane, when its last poll since then came to its end; no entry if none did.

        The log says it at once, and wherever the functions run; the metrics are made of it.
        """
        return {line["lane"]: at for at, line in self._log_lines(contract.LOG_POLL_COMPLETED, since) if "lane" in line}

    def last_failures(self, since: datetime) -> Mapping[str, str]:
        """By lane, why the last of its polls since then failed that failed."""
        lines = self._log_lines(contract.LOG_POLL_FAILED, since)
        return {line["lane"]: str(line.get("reason")) for _, line in lines if "lane" in line}

    def unheard(self) -> list[Unheard]:
        """Addresses that the stack has subscribed, or somebody by hand, and that get nothing."""
        return TopicSubscriptions(
            sns_client(self.session), {topic: list(filters) for topic, filters in self.mail_filters.items()}
        ).unheard()

    @cached_property
    def mail_filters(self) -> Mapping[str, Mapping[str, str]]:
        """By topic and address, the filter policy of each e-mail subscription of the template; empty for none."""
        topics = {logical: physical for physical, logical in self._resources("AWS::SNS::Topic").items()}
        found: dict[str, dict[str, str]] = {self.outputs[name]: {} for name in ("AlertMailTopicArn", "OpsMailTopicArn")}
        for resource in self._template["Resources"].values():
            properties = resource.get("Properties", {})
            if resource["Type"] == "AWS::SNS::Subscription" and properties["Protocol"] == "email":
                policy = json.dumps(properties["FilterPolicy"]) if "FilterPolicy" in properties else ""
                found.setdefault(topics[properties["TopicArn"]["Ref"]], {})[properties["Endpoint"]] = policy
        return found

    def ringing_alarms(self) -> list[RingingAlarm]:
        """By name. Of those that ring together, each by itself: they name the lane."""
        pages = self.session.client("cloudwatch").get_paginator("describe_alarms")
        return [
            RingingAlarm(
                alarm["AlarmName"],
                alarm.get("AlarmDescription", ""),
                since=alarm.get("StateTransitionedTimestamp", alarm["StateUpdatedTimestamp"]),
            )
            for page in pages.paginate(AlarmNamePrefix=self.stack, AlarmTypes=["MetricAlarm"])
            for alarm in page["MetricAlarms"]
            # Another stack's name may begin with this one's.
            if alarm["StateValue"] == "ALARM" and alarm["AlarmName"].startswith((f"{self.stack} ", f"{self.stack}/"))
        ]

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

    def queue_ages(self) -> Mapping[str, timedelta]:
        """How long the oldest message waits, by the logical id of each queue that should be emptied.

        None waits, as far as SQS has said, in one without an entry.
        """
        now = datetime.now(UTC)
        client = self.session.client("cloudwatch")
        ages: dict[str, timedelta] = {}
        for url, logical_id in self._resources("AWS::SQS::Queue").items():
            if "DeadLetters" in logical_id:
                continue
            points = client.get_metric_statistics(
                Namespace="AWS/SQS",
                MetricName="ApproximateAgeOfOldestMessage",
                Dimensions=[{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
                StartTime=now - _QUEUE_METRIC_DELAY,
                EndTime=now,
                Period=60,
                Statistics=["Maximum"],
            )["Datapoints"]
            if points:
                last = max(points, key=lambda point: point["Timestamp"])
                ages[logical_id] = timedelta(seconds=last["Maximum"])
        return ages

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

    def caller(self) -> str:
        """The ARN of the identity whose credentials are used."""
        return str(self.session.client("sts").get_caller_identity()["Arn"])

    def mutes(self) -> Mapping[str, Mute | None]:
        """Those that operators have set, by id: None if not readable. The configuration may have others."""
        return dict(sorted(self._store.set_by_operators().mutes.items()))

    def put_mute(self, mute: Mute) -> None:
        self._dynamodb.put_item(TableName=self.outputs["StateTableName"], Item=dynamodb_items.mute_item(mute))

    def put_acknowledgement(self, given: Acknowledgement) -> None:
        item = dynamodb_items.acknowledgement_item(given)
        self._dynamodb.put_item(TableName=self.outputs["StateTableName"], Item=item)

    def delete_mute(self, mute_id: str) -> bool:
        """False if there was none."""
        key = {
            contract.PARTITION_KEY: {"S": dynamodb_items.CONTROL},
            contract.SORT_KEY: {"S": dynamodb_items.MUTE_PREFIX + mute_id},
        }
        deleted = self._dynamodb.delete_item(TableName=self.outputs["StateTableName"], Key=key, ReturnValues="ALL_OLD")
        return "Attributes" in deleted

    @cached_property
    def _described(self) -> Mapping[str, Any]:
        try:
            (stack,) = self.session.client("cloudformation").describe_stacks(StackName=self.stack)["Stacks"]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ValidationError":
                raise ConfigurationError(
                    f'There is no stack "{self.stack}" in {self.session.region_name}; name another with --stack, or '
                    "another Region with --region."
                ) from error
            raise
        return stack

    @cached_property
    def _template(self) -> Mapping[str, Any]:
        body: Any = self.session.client("cloudformation").get_template(StackName=self.stack)["TemplateBody"]
        template: Mapping[str, Any] = json.loads(body) if isinstance(body, str) else body
        return template

    @property
    def _metadata(self) -> Mapping[str, str]:
        self.outputs  # noqa: B018 - says it better if there is no such stack
        metadata: Mapping[str, str] = self._template.get("Metadata", {})
        return metadata

    @cached_property
    def _dynamodb(self) -> Any:  # noqa: ANN401 - boto3 makes it at run time
        return dynamodb_client(self.session)

    @cached_property
    def _store(self) -> DynamoDBRunStore:
        # It only reads here: `keep` is for what is written.
        return DynamoDBRunStore(self._dynamodb, self.outputs["StateTableName"], keep=timedelta())

    def _log_lines(self, message: str, since: datetime) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
        """The poller's lines with a message, and when they were logged; the oldest first."""
        (group,) = (
            physical
            for physical, logical in self._resources("AWS::Logs::LogGroup").items()
            if logical.startswith("PollerLog")
        )
        pages = self.session.client("logs").get_paginator("filter_log_events")
        for page in pages.paginate(
            logGroupName=group, startTime=int(since.timestamp() * 1000), filterPattern=f'"{message}"'
        ):
            for event in page["events"]:
                try:
                    line = json.loads(event["message"])
                except ValueError:
                    continue
                if isinstance(line, dict) and line.get("message") == message:
                    yield datetime.fromtimestamp(event["timestamp"] / 1000, UTC), line

    def _resources(self, kind: str) -> dict[str, str]:
        """Logical ids by physical id."""
        return {physical: logical for its_kind, physical, logical in self._listed if its_kind == kind}

    @cached_property
    def _listed(self) -> Sequence[tuple[str, str, str]]:
        """Type, physical and logical id of all that the stack has made."""
        self.outputs  # noqa: B018 - says it better if there is no such stack
        pages = self.session.client("cloudformation").get_paginator("list_stack_resources")
        return [
            (resource["ResourceType"], resource["PhysicalResourceId"], resource["LogicalResourceId"])
            for page in pages.paginate(StackName=self.stack)
            for resource in page["StackResourceSummaries"]
            if "PhysicalResourceId" in resource  # which one that was never made has not
        ]
