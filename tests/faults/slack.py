"""The Slack function between its queue and a webhook, while something that it needs is in trouble."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Final

import boto3
import pytest
import urllib3
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from infra.deployed_stack import DeployedStack
from infra.slack_webhooks import MAX_ATTEMPTS
from journey_watch import contract
from journey_watch.channels.slack.composition import slack_delivery
from journey_watch.channels.slack.webhook import READ_SECONDS
from journey_watch.entrypoints import slack_handler
from tests.channels.queued.stand_in import QueueStandIn
from tests.entrypoints.conftest import Context
from tests.faults.alarms import alarms_of, last_minutes_on
from tests.faults.outcome import Outcome
from tests.faults.wire import A_PAGE, Call, Fault, Wire, answers, any_service, asked, refuses
from tests.infra.alarm_evaluator import Datum
from tests.messages.alert_builders import alert
from tests.permissions.deployment import BEGINS

SLACK: Final = "slack"
QUIET_MINUTES: Final = 4
HEALING_MINUTES: Final = 15
"""Slack is asked again within ten minutes."""

Mood = Callable[["_Slack"], tuple[int, Mapping[str, str], bytes]]
"""What Slack does with a message: it answers a status, headers and a body, or raises what the HTTP client would."""


@dataclass(frozen=True, slots=True)
class SlackTrouble:
    """One line of the table."""

    dependency: str
    what: str
    faults: Mapping[tuple[str, str], Fault] = field(default_factory=dict)
    """Of calls to AWS, by service and operation, as `Wire` has them."""
    mood: "Mood | None" = None
    """Of Slack. None: it is well."""
    may_repeat: bool = False
    minutes: int = 25
    """Longer than the queue's alarm waits."""

    def __str__(self) -> str:
        return f"{self.dependency}: {self.what}"


@dataclass
class _Slack:
    """The webhook's other end."""

    wait: Callable[[float], None]
    mood: "Mood"
    accepted: list[str] = field(default_factory=list)

    def request(self, _method: str, _url: str, *, body: bytes, **_: object) -> SimpleNamespace:
        self.arrived = body.decode()
        status, headers, answer = self.mood(self)
        return SimpleNamespace(status=status, headers=headers, data=answer)

    def accept(self) -> None:
        self.accepted.append(self.arrived)


def _well(slack: _Slack) -> tuple[int, Mapping[str, str], bytes]:
    slack.accept()
    return HTTPStatus.OK, {}, b"ok"


def _says(status: int, body: bytes = b"", **headers: str) -> Mood:
    return lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def _hangs(slack: _Slack) -> tuple[int, Mapping[str, str], bytes]:
    slack.wait(READ_SECONDS)
    raise urllib3.exceptions.ReadTimeoutError(None, "", "Read timed out.")  # type: ignore[arg-type]  # no pool here


def _slow(slack: _Slack) -> tuple[int, Mapping[str, str], bytes]:
    slack.wait(READ_SECONDS - 1)
    return _well(slack)


def _unreachable(_: _Slack) -> tuple[int, Mapping[str, str], bytes]:
    raise urllib3.exceptions.ProtocolError("Connection aborted.")


def _cut(slack: _Slack) -> tuple[int, Mapping[str, str], bytes]:
    slack.accept()
    raise urllib3.exceptions.ProtocolError("Connection broken.")


_SECRETS: Final = ("secrets-manager", "*")
_POSTPONING: Final = ("sqs", "ChangeMessageVisibility")
_500: Final = _says(HTTPStatus.INTERNAL_SERVER_ERROR)

SLACKS: Final = (
    SlackTrouble("Slack", "throttles every message", mood=_says(HTTPStatus.TOO_MANY_REQUESTS, b"rate_limited")),
    SlackTrouble("Slack", "answers 500", mood=_500),
    SlackTrouble("Slack", "takes 4 s for each answer", mood=_slow),
    SlackTrouble("Slack", "never answers", mood=_hangs),
    SlackTrouble("Slack", "cannot be reached", mood=_unreachable),
    SlackTrouble("Slack", "does it, and its answer is cut off", mood=_cut, may_repeat=True),
    SlackTrouble("Slack", "answers with a proxy's page", mood=_says(HTTPStatus.OK, A_PAGE)),
    SlackTrouble("Slack", "refuses: the channel is archived", mood=_says(HTTPStatus.GONE, b"channel_is_archived")),
    SlackTrouble("Slack", "the webhook is gone", mood=_says(HTTPStatus.NOT_FOUND, b"no_service")),
    *(
        SlackTrouble("Secrets Manager", what, {_SECRETS: fault})
        for what, fault in any_service(
            throttled=refuses("ThrottlingException", "Rate exceeded"),
            denied=refuses("AccessDeniedException", "User: slack is not authorized to perform: GetSecretValue"),
            gone=refuses("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        ).items()
    ),
    SlackTrouble(
        "KMS",
        "the key of the webhook's secret is disabled",
        {_SECRETS: refuses("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text.")},
    ),
    *(
        SlackTrouble("SQS, while Slack answers 500", what, {_POSTPONING: fault}, _500)
        for what, fault in any_service(
            throttled=refuses("RequestThrottled", "Rate exceeded"),
            denied=refuses("AccessDenied", "User: slack is not authorized to perform: sqs:ChangeMessageVisibility"),
            gone=None,
        ).items()
    ),
)


def play_slack(trouble: SlackTrouble, stack: DeployedStack, _reader: DeployedStack) -> Outcome:
    """Minutes in peace, in trouble and in peace again; an alert comes with the trouble."""
    with _Queue.of(stack) as queue:
        queue.pass_minutes(QUIET_MINUTES)
        queue.wire.faults, queue.slack.mood = {**queue.wire.faults, **trouble.faults}, trouble.mood or _well
        queue.messages.arrive(json.dumps(alert().envelope))
        queue.pass_minutes(trouble.minutes)
        queue.wire.faults, queue.slack.mood = {_POSTPONING: queue.postpone}, _well
        queue.pass_minutes(HEALING_MINUTES)
        return queue.outcome(healed=QUIET_MINUTES + trouble.minutes)


@dataclass
class _Queue:
    """The queue before a webhook, and the function that empties it."""

    stack: DeployedStack
    arn: str
    messages: QueueStandIn
    slack: _Slack
    wire: Wire
    minute: int = 0
    told: list[int] = field(default_factory=list)
    """The minute of each message that Slack accepted."""
    data: list[Datum] = field(default_factory=list)

    @classmethod
    @contextmanager
    def of(cls, stack: DeployedStack) -> Iterator["_Queue"]:
        environment = stack.environment(str(stack.function(contract.SLACK_HANDLER)))
        ((arn, secret),) = json.loads(environment[contract.ENV_WEBHOOK_SECRETS]).items()
        messages = QueueStandIn([], most_attempts=MAX_ATTEMPTS)
        queue = cls(stack, arn, messages, _Slack(messages.sleep, _well), Wire(messages.sleep, {}))
        queue.wire.faults = {_POSTPONING: queue.postpone}
        with pytest.MonkeyPatch.context() as patch, queue.wire.tapped(), mock_aws():
            patch.setattr("botocore.endpoint.time", messages)
            patch.setattr(
                urllib3.PoolManager, "request", lambda _, *args, **options: queue.slack.request(*args, **options)
            )
            patch.setenv("AWS_DEFAULT_REGION", stack.region)
            patch.setenv("AWS_ACCESS_KEY_ID", "made-up")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
            boto3.client("secretsmanager").create_secret(Name=secret, SecretString="https://hooks.invalid/x")
            delivery = slack_delivery(environment)
            delivery.clock, delivery.sleep = messages.clock, messages.sleep
            patch.setattr(slack_handler, "delivery", lambda: delivery)
            logging.disable()
            try:
                yield queue
            finally:
                logging.disable(logging.NOTSET)

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.minute += 1
            end = self.minute * 60.0
            self.messages.drain(self._invoke, until=end)
            self.messages.at = max(self.messages.at, end)
            self.told += [self.minute] * (len(self.slack.accepted) - len(self.told))
            self._measure()

    def postpone(self, call: Call) -> AWSResponse | None:
        """What SQS does when it is asked to."""
        parameters = asked(call.request)
        self.messages.postpone("", parameters["ReceiptHandle"], parameters["VisibilityTimeout"])
        return answers(HTTPStatus.OK, b"{}")(call)

    def _invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - what Lambda gets
        handler: Callable[..., Any] = slack_handler.handler
        for record in event["Records"]:
            record["eventSourceARN"] = self.arn
        return handler(event, Context())

    def _measure(self) -> None:
        """What AWS would."""
        at = (BEGINS + timedelta(minutes=self.minute - 1)).timestamp()
        for alarm in alarms_of(self.stack):
            value = {
                "ApproximateAgeOfOldestMessage": self.messages.age_of_oldest,
                "ApproximateNumberOfMessagesVisible": float(self.messages.dead),
            }.get(alarm.metric)
            if value is not None:
                self.data.append(Datum(alarm.namespace, alarm.metric, alarm.dimensions, at, (value,)))

    def outcome(self, *, healed: int) -> Outcome:
        # Nobody polls here.
        alarms = (alarm for alarm in alarms_of(self.stack) if alarm.namespace == "AWS/SQS")
        rang = last_minutes_on(alarms, self.data, range(QUIET_MINUTES, self.minute + 1))
        return Outcome(
            told_after={SLACK: min(self.told) - QUIET_MINUTES if self.told else None},
            copies={SLACK: len(self.told)},
            different=len(set(self.slack.accepted)),
            rang=sorted(rang),
            operators_told=[],
            lasted=healed - QUIET_MINUTES,
            last_alarm_off_after=max(0, max(rang.values(), default=0) + 1 - healed),
            owed=self.messages.age_of_oldest,
        )
