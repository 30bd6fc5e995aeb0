"""An account with one healthy deployment, in which a test breaks something: moto, and what moto has not."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel

from infra.deployment_config import CODE_KEY, MUTES_KEY, TIME_ZONE_KEY
from journey_watch import contract
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import LANE_ITSELF, JourneyKey, JourneyState, Lane
from journey_watch.core.transitions import StateChange
from journey_watch.settings import mutes_to_json
from journey_watch.store.dynamodb import DynamoDBRunStore
from local_cloud.state_table import create_state_table

STACK: Final = "journey-watch"
REGION: Final = "eu-west-1"
LANE: Final = Lane("pinpoint", "123456789012", REGION)
CODE: Final = "0123456789ab"
TABLE: Final = "journey-watch-State"
POLLER_LOG: Final = "journey-watch-PollerLog-1"
ALARM: Final = f"{STACK} polls-slow"
SCHEDULE: Final = "journey-watch-Schedules-1"
MAIL: Final = f"arn:aws:sns:{REGION}:123456789012:journey-watch-AlertMail"
OPS_MAIL: Final = f"arn:aws:sns:{REGION}:123456789012:journey-watch-OpsMail"
READER, OPERATOR = "reader@example.com", "oncall@example.com"
QUEUES: Final = ("SchedulesDeadLetters", "SlackDeadLetters", "SlackQueue")
_FILTER: Final = {"severity": ["warning", "critical"]}


def _subscription(topic: str, address: str, **more: object) -> dict[str, Any]:
    properties = {"Protocol": "email", "TopicArn": {"Ref": topic}, "Endpoint": address, **more}
    return {"Type": "AWS::SNS::Subscription", "Properties": properties}


@dataclass
class Account:
    """Everything here may be broken; what is not said otherwise is healthy."""

    client: Callable[[str], Any]
    """Clients of the test's own, which moto alone answers."""
    session: boto3.Session = field(init=False)
    status: str = "UPDATE_COMPLETE"
    code: str = CODE
    configured_mutes: Sequence[Mute] = ()
    time_zone: str | None = "UTC"
    subscribed: dict[str, dict[str, str]] = field(
        default_factory=lambda: {MAIL: {READER: f"{MAIL}:1"}, OPS_MAIL: {OPERATOR: f"{OPS_MAIL}:1"}}
    )
    """By topic and address, what SNS shows as the subscription's ARN."""
    outputs: dict[str, str] = field(
        default_factory=lambda: {
            "AlertMailTopicArn": MAIL,
            "OpsMailTopicArn": OPS_MAIL,
            "StateTableName": TABLE,
            "PollerFunctionName": "journey-watch-Poller",
        }
    )

    def make(self) -> None:
        """All that the stack has made, and one poll of its lane that came to its end a moment ago."""
        create_state_table(self.client("dynamodb"), TABLE)
        for queue in QUEUES:
            self.client("sqs").create_queue(QueueName=queue)
        self.client("scheduler").create_schedule(**self._schedule())
        self.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            AlarmDescription="Polls took too long. What to do: docs/runbook.md#polls-slow",
            Namespace="N",
            MetricName="M",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        self.client("logs").create_log_group(logGroupName=POLLER_LOG)
        self.client("logs").create_log_stream(logGroupName=POLLER_LOG, logStreamName="s")
        self.remember("welcome", "Welcome")
        self.log(contract.LOG_POLL_COMPLETED)

    def log(self, message: str, *, age: timedelta = timedelta(), **more: str) -> None:
        """A line of the poller about its lane."""
        at = int((datetime.now(UTC) - age).timestamp() * 1000)
        line = json.dumps({"message": message, "lane": str(LANE), **more})
        self.client("logs").put_log_events(
            logGroupName=POLLER_LOG, logStreamName="s", logEvents=[{"timestamp": at, "message": line}]
        )

    def forget_polls(self) -> None:
        self.client("logs").delete_log_stream(logGroupName=POLLER_LOG, logStreamName="s")
        self.client("logs").create_log_stream(logGroupName=POLLER_LOG, logStreamName="s")

    def remember(self, journey_id: str, name: str | None, *, owed_since: datetime | None = None) -> None:
        """Have the monitor know a journey, and owe an alert about it if that is said."""
        key = JourneyKey("shop", journey_id)
        state = JourneyState(version=1, baselined_at=datetime.now(UTC), journey_name=name)
        alerts = []
        if owed_since:
            detail = {"severity": "critical", "sequence": 1, "observed_time": owed_since.isoformat()}
            envelope = {"id": "a1", "detail-type": "Journey Run Status Change", "detail": detail}
            alerts.append(Alert.from_envelope(envelope, journey=key, thread="t"))
        self.store.commit(
            LANE,
            StateChange(key, 0, state),
            alerts,
            [PendingDelivery(alert, contract.CHANNEL_MAIL) for alert in alerts],
            datetime.now(UTC),
        )

    def record(self, *alerts: Alert, owed_to: Sequence[str] = ()) -> None:
        """Have alerts about one journey recorded, each owed to these channels."""
        key = alerts[0].journey
        version = self.store.load(LANE).states.get(key, JourneyState()).version
        owed = [PendingDelivery(alert, channel) for alert in alerts for channel in owed_to]
        self.store.commit(LANE, StateChange(key, version, JourneyState(version + 1)), alerts, owed, datetime.now(UTC))

    def forget_journeys(self) -> None:
        dynamodb = self.client("dynamodb")
        for item in dynamodb.scan(TableName=TABLE)["Items"]:
            dynamodb.delete_item(TableName=TABLE, Key={name: item[name] for name in ("pk", "sk")})

    def make_unreachable(self, reason: str) -> None:
        since = datetime.now(UTC) - timedelta(minutes=20)
        condition = Condition(ConditionKind.UNREACHABLE, None, since, reason, opened_at=datetime.now(UTC))
        state = JourneyState(version=1, conditions={condition.key: condition})
        self.store.commit(LANE, StateChange(LANE_ITSELF, 0, state), (), (), datetime.now(UTC))

    def change_schedule(self, **changes: object) -> None:
        self.client("scheduler").update_schedule(**{**self._schedule(), **changes})

    @property
    def store(self) -> DynamoDBRunStore:
        return DynamoDBRunStore(self.client("dynamodb"), TABLE, keep=timedelta(days=90))

    def put_mute(self, item: Mapping[str, Any]) -> None:
        self.client("dynamodb").put_item(TableName=TABLE, Item=item)

    def _schedule(self) -> dict[str, Any]:
        return {
            "Name": SCHEDULE,
            "ScheduleExpression": "rate(1 minute)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "State": "ENABLED",
            "Target": {
                "Arn": f"arn:aws:lambda:{REGION}:123456789012:function:p",
                "RoleArn": "arn:aws:iam::123456789012:role/r",
                "Input": json.dumps({contract.EVENT_LANE: str(LANE)}),
            },
        }

    def _template(self) -> dict[str, Any]:
        return {
            "Metadata": {
                CODE_KEY: self.code,
                MUTES_KEY: mutes_to_json(self.configured_mutes),
                **({TIME_ZONE_KEY: self.time_zone} if self.time_zone else {}),
            },
            "Resources": {
                "ToReader": _subscription("AlertMail", READER, FilterPolicy=_FILTER),
                "ToOperator": _subscription("OpsMail", OPERATOR),
            },
        }

    def _resources(self) -> list[dict[str, str]]:
        url = f"https://sqs.{REGION}.amazonaws.com/123456789012"
        made = [
            ("AWS::SNS::Topic", "AlertMail", MAIL),
            ("AWS::SNS::Topic", "OpsMail", OPS_MAIL),
            ("AWS::Scheduler::Schedule", "Schedules1", SCHEDULE),
            ("AWS::Logs::LogGroup", "PollerLog1", POLLER_LOG),
            ("AWS::Logs::LogGroup", "SlackLog1", "journey-watch-SlackLog-1"),
            *(("AWS::SQS::Queue", queue, f"{url}/{queue}") for queue in QUEUES),
        ]
        names = ("ResourceType", "LogicalResourceId", "PhysicalResourceId")
        return [dict(zip(names, each, strict=True)) for each in made]

    def answer(
        self, *, model: OperationModel, params: Mapping[str, Any], **_: object
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        """Handle botocore's before-call event for what moto has not: a stack of this project, unconfirmed addresses."""
        asked: Mapping[str, Any] = params["body"] if isinstance(params["body"], Mapping) else {}
        match model.name:
            case "DescribeStacks" if asked["StackName"] != STACK:
                error = {"Code": "ValidationError", "Message": f"Stack with id {asked['StackName']} does not exist"}
                return _answered(HTTPStatus.BAD_REQUEST, Error=error)
            case "DescribeStacks":
                outputs = [{"OutputKey": key, "OutputValue": value} for key, value in self.outputs.items()]
                return _answered(HTTPStatus.OK, Stacks=[{"StackStatus": self.status, "Outputs": outputs}])
            case "ListStackResources":
                return _answered(HTTPStatus.OK, StackResourceSummaries=self._resources())
            case "GetTemplate":
                return _answered(HTTPStatus.OK, TemplateBody=self._template())
            case "ListSubscriptionsByTopic":
                found = self.subscribed[asked["TopicArn"]]
                listed = [{"Endpoint": address, "SubscriptionArn": arn} for address, arn in found.items()]
                return _answered(HTTPStatus.OK, Subscriptions=listed)
        return None


def _answered(status: HTTPStatus, **members: object) -> tuple[AWSResponse, dict[str, Any]]:
    response = AWSResponse("https://stand-in.invalid", status, HTTPHeaders(), None)
    return response, {**members, "ResponseMetadata": {"HTTPStatusCode": status}}
