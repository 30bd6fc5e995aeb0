"""A queue, the function that empties it, and whom it is for, while something that they need is in trouble."""

import http.client
import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from io import BytesIO
from types import ModuleType
from typing import Any, Final

import boto3
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws

from infra.deployed_stack import DeployedStack
from infra.pagerduty_services import PAGERDUTY
from infra.queued_channel import QueuedKind
from infra.signed_webhooks import SIGNED_WEBHOOK
from infra.slack_webhooks import SLACK
from journey_watch.channels.pagerduty import events_api
from journey_watch.channels.pagerduty.composition import pagerduty_delivery
from journey_watch.channels.queued import https
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.signed_webhook import poster as signed_webhook
from journey_watch.channels.signed_webhook.composition import signed_webhook_delivery
from journey_watch.channels.slack import webhook as slack_webhook
from journey_watch.channels.slack.composition import slack_delivery
from journey_watch.core.alerts import Alert
from journey_watch.entrypoints import pagerduty_handler, signed_webhook_handler, slack_handler
from tests.channels.queued.stand_in import QueueStandIn
from tests.docs.test_integrations import KEY
from tests.entrypoints.conftest import Context
from tests.faults.alarms import alarms_of, last_minutes_on
from tests.faults.outcome import Outcome
from tests.faults.wire import A_PAGE, Call, Fault, Wire, answers, any_service, asked, refuses
from tests.infra.alarm_evaluator import Alarm, Datum
from tests.messages.alert_builders import alert
from tests.permissions.deployment import BEGINS

QUIET_MINUTES: Final = 4
HEALING_MINUTES: Final = 15
"""Everybody is asked again within ten minutes."""
MINUTES: Final = 25
"""Longer than the queue's alarm waits."""
AN_HOUR: Final = 60

Reply = tuple[int, Mapping[str, str], bytes]
"""A status, headers and a body."""
Mood = Callable[["_Recipient"], Reply]
"""What a recipient does with a message: it answers, or raises what the HTTP client would."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of them, and the function that serves it."""

    name: str
    """As the table calls whom it is for."""
    infra: QueuedKind
    entrypoint: ModuleType
    delivery: Callable[[Mapping[str, Any]], QueuedDelivery]
    secret: str
    accepts: Reply
    seconds: float


OF_SLACK: Final = Kind(
    name="Slack",
    infra=SLACK,
    entrypoint=slack_handler,
    delivery=slack_delivery,
    secret="https://hooks.invalid/x",
    accepts=(HTTPStatus.OK, {}, b"ok"),
    seconds=slack_webhook.SECONDS,
)
OF_PAGERDUTY: Final = Kind(
    name="PagerDuty",
    infra=PAGERDUTY,
    entrypoint=pagerduty_handler,
    delivery=pagerduty_delivery,
    secret="0123456789abcdef0123456789abcdef",
    accepts=(HTTPStatus.ACCEPTED, {}, b'{"status":"success"}'),
    seconds=events_api.SECONDS,
)
OF_WEBHOOKS: Final = Kind(
    name="the endpoint of a webhook",
    infra=SIGNED_WEBHOOK,
    entrypoint=signed_webhook_handler,
    delivery=signed_webhook_delivery,
    secret=KEY,
    accepts=(HTTPStatus.NO_CONTENT, {}, b""),
    seconds=signed_webhook.SECONDS,
)


@dataclass(frozen=True, slots=True)
class QueueTrouble:
    """One line of the table."""

    dependency: str
    what: str
    faults: Mapping[tuple[str, str], Fault] = field(default_factory=dict)
    """Of calls to AWS, by service and operation, as `Wire` has them."""
    mood: "Mood | None" = None
    """Of the recipient. None: it is well."""
    may_repeat: bool = False
    minutes: int = MINUTES
    kind: Kind = OF_SLACK

    def __str__(self) -> str:
        return f"{self.dependency}: {self.what}"


@dataclass
class _Recipient:
    """The other end of every connection that is no AWS service's."""

    kind: Kind
    wait: Callable[[float], None]
    mood: "Mood"
    accepted: list[str] = field(default_factory=list)
    arrived: str = ""
    """The last message that came."""

    def connection(self, _host: str) -> "_Connection":
        return _Connection(self)

    def accept(self) -> None:
        self.accepted.append(self.arrived)


@dataclass
class _Connection:
    """As http.client has it, over no socket."""

    recipient: _Recipient
    sock: object = None

    def request(self, _method: str, _target: str, body: bytes, _headers: Mapping[str, str]) -> None:
        self.recipient.arrived = body.decode()

    def getresponse(self) -> "_Response":
        status, headers, answer = self.recipient.mood(self.recipient)
        return _Response(status, headers, BytesIO(answer).read1)


@dataclass
class _Response:
    status: int
    headers: Mapping[str, str]
    read1: Callable[[int], bytes]


def _well(recipient: _Recipient) -> Reply:
    recipient.accept()
    return recipient.kind.accepts


def _says(status: int, body: bytes = b"", **headers: str) -> Mood:
    return lambda _: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def _hangs(recipient: _Recipient) -> Reply:
    recipient.wait(recipient.kind.seconds)
    raise TimeoutError


def _slow(recipient: _Recipient) -> Reply:
    recipient.wait(recipient.kind.seconds - 1)
    return _well(recipient)


def _unreachable(_: _Recipient) -> Reply:
    raise ConnectionRefusedError


def _cut(recipient: _Recipient) -> Reply:
    recipient.accept()
    raise http.client.RemoteDisconnected("Remote end closed connection without response")


_500: Final = _says(HTTPStatus.INTERNAL_SERVER_ERROR)


def _troubles(kind: Kind, *, a_page: Mood, **refusals: Mood) -> Iterator[QueueTrouble]:
    """What may be wrong with any of them; `a_page` is what a proxy answers, `refusals` are words of this kind."""
    moods = {
        "throttles every message": _says(HTTPStatus.TOO_MANY_REQUESTS, b"rate_limited"),
        "answers 500": _500,
        f"takes {kind.seconds - 1:.0f} s for each answer": _slow,
        "never answers": _hangs,
        "cannot be reached": _unreachable,
        "does it, and its answer is cut off": _cut,
        "answers with a proxy's page": a_page,
        **{words.replace("_", " "): mood for words, mood in refusals.items()},
    }
    for what, mood in moods.items():
        yield QueueTrouble(kind.name, what, mood=mood, may_repeat=mood is _cut, kind=kind)


_SECRETS: Final = ("secrets-manager", "*")
_POSTPONING: Final = ("sqs", "ChangeMessageVisibility")
QUEUES: Final = (
    *_troubles(
        OF_SLACK,
        a_page=_says(HTTPStatus.OK, A_PAGE),
        **{"refuses: the channel is archived": _says(HTTPStatus.GONE, b"channel_is_archived")},
        the_webhook_is_gone=_says(HTTPStatus.NOT_FOUND, b"no_service"),
    ),
    *_troubles(
        OF_PAGERDUTY,
        a_page=_says(HTTPStatus.OK, A_PAGE),
        **{"refuses: the key is another's": _says(HTTPStatus.BAD_REQUEST, b'{"errors":["Invalid routing key"]}')},
    ),
    QueueTrouble("PagerDuty", "is down for an hour", mood=_500, minutes=AN_HOUR, kind=OF_PAGERDUTY),
    *_troubles(
        OF_WEBHOOKS,
        a_page=_says(HTTPStatus.BAD_GATEWAY, A_PAGE),
        **{"refuses: it verifies with another key": _says(HTTPStatus.UNAUTHORIZED)},
        leads_elsewhere=_says(HTTPStatus.FOUND, location="https://elsewhere.example/"),
    ),
    QueueTrouble("the endpoint of a webhook", "is down for an hour", mood=_500, minutes=AN_HOUR, kind=OF_WEBHOOKS),
    *(
        QueueTrouble("Secrets Manager", what, {_SECRETS: fault})
        for what, fault in any_service(
            throttled=refuses("ThrottlingException", "Rate exceeded"),
            denied=refuses("AccessDeniedException", "User: slack is not authorized to perform: GetSecretValue"),
            gone=refuses("ResourceNotFoundException", "Secrets Manager can't find the specified secret."),
        ).items()
    ),
    QueueTrouble(
        "KMS",
        "the key of the webhook's secret is disabled",
        {_SECRETS: refuses("DecryptionFailure", "Secrets Manager can't decrypt the protected secret text.")},
    ),
    *(
        QueueTrouble("SQS, while Slack answers 500", what, {_POSTPONING: fault}, _500)
        for what, fault in any_service(
            throttled=refuses("RequestThrottled", "Rate exceeded"),
            denied=refuses("AccessDenied", "User: slack is not authorized to perform: sqs:ChangeMessageVisibility"),
            gone=None,
        ).items()
    ),
)


def play_queue(trouble: QueueTrouble, stack: DeployedStack, _reader: DeployedStack) -> Outcome:
    """Minutes in peace, in trouble and in peace again; an alert comes with the trouble."""
    with _Queue.of(stack, trouble.kind) as queue:
        queue.pass_minutes(QUIET_MINUTES)
        queue.wire.faults, queue.recipient.mood = {**queue.wire.faults, **trouble.faults}, trouble.mood or _well
        queue.arrive([alert()])
        queue.pass_minutes(trouble.minutes)
        queue.wire.faults, queue.recipient.mood = {_POSTPONING: queue.postpone}, _well
        queue.pass_minutes(HEALING_MINUTES)
        return queue.outcome(healed=QUIET_MINUTES + trouble.minutes)


def play_outage(kind: Kind, stack: DeployedStack, threads: Sequence[Sequence[Alert]], *, status: int) -> list[str]:
    """What is accepted after an hour in which everything is answered with this status.

    The alerts of each thread come evenly within the hour, the last of them when all is well again, while the earlier
    ones wait for their next attempt.
    """
    with _Queue.of(stack, kind) as queue:
        queue.recipient.mood = _says(status)
        *earlier, last = zip(*threads, strict=True)
        for at_once in earlier:
            queue.arrive(at_once)
            queue.pass_minutes(AN_HOUR // len(earlier))
        assert not queue.recipient.accepted
        queue.recipient.mood = _well
        queue.arrive(last)
        queue.pass_minutes(HEALING_MINUTES)
        return queue.recipient.accepted


@dataclass
class _Queue:
    """The queue before a recipient, and the function that empties it."""

    stack: DeployedStack
    kind: Kind
    arn: str
    messages: QueueStandIn
    recipient: _Recipient
    wire: Wire
    minute: int = 0
    told: list[int] = field(default_factory=list)
    """The minute of each message that was accepted."""
    data: list[Datum] = field(default_factory=list)

    @classmethod
    @contextmanager
    def of(cls, stack: DeployedStack, kind: Kind) -> Iterator["_Queue"]:
        recipients = stack.queued_recipients(str(stack.function(kind.infra.handler)), kind.infra.variable)
        ((arn, told),) = recipients.items()
        messages = QueueStandIn([], most_attempts=kind.infra.max_attempts, fifo=kind.infra.in_order)
        queue = cls(stack, kind, arn, messages, _Recipient(kind, messages.sleep, _well), Wire(messages.sleep, {}))
        queue.wire.faults = {_POSTPONING: queue.postpone}
        with pytest.MonkeyPatch.context() as patch, queue.wire.tapped(), mock_aws():
            patch.setattr("botocore.endpoint.time", messages)
            patch.setattr(https, "HTTPConnection", queue.recipient.connection)
            patch.setattr(https.Https, "_connected", lambda *_: BytesIO())
            patch.setattr(https, "getaddrinfo", lambda *_, **__: [("", "", "", "", ("93.184.215.14", 443))])
            patch.setenv("AWS_DEFAULT_REGION", stack.region)
            patch.setenv("AWS_ACCESS_KEY_ID", "made-up")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
            name = told if isinstance(told, str) else told["secret"]
            boto3.client("secretsmanager").create_secret(Name=name, SecretString=kind.secret)
            delivery = kind.delivery(recipients)
            delivery.clock, delivery.sleep = messages.clock, messages.sleep
            patch.setattr(kind.entrypoint, "delivery", lambda: delivery)
            logging.disable()
            try:
                yield queue
            finally:
                logging.disable(logging.NOTSET)

    def arrive(self, alerts: Iterable[Alert]) -> None:
        for one in alerts:
            self.messages.arrive(json.dumps(one.envelope), group=one.thread)

    def pass_minutes(self, minutes: int) -> None:
        for _ in range(minutes):
            self.minute += 1
            end = self.minute * 60.0
            self.messages.drain(self._invoke, until=end)
            self.messages.at = max(self.messages.at, end)
            self.told += [self.minute] * (len(self.recipient.accepted) - len(self.told))
            self._measure()

    def postpone(self, call: Call) -> AWSResponse | None:
        """What SQS does when it is asked to."""
        parameters = asked(call.request)
        self.messages.postpone("", parameters["ReceiptHandle"], parameters["VisibilityTimeout"])
        return answers(HTTPStatus.OK, b"{}")(call)

    def _invoke(self, event: dict[str, Any]) -> Any:  # noqa: ANN401 - what Lambda gets
        handler: Callable[..., Any] = self.kind.entrypoint.handler
        for record in event["Records"]:
            record["eventSourceARN"] = self.arn
        return handler(event, Context())

    def _measure(self) -> None:
        """What AWS would."""
        at = (BEGINS + timedelta(minutes=self.minute - 1)).timestamp()
        for alarm in self._alarms():
            value = {
                "ApproximateAgeOfOldestMessage": self.messages.age_of_oldest,
                "ApproximateNumberOfMessagesVisible": float(self.messages.dead),
            }.get(alarm.metric)
            if value is not None:
                self.data.append(Datum(alarm.namespace, alarm.metric, alarm.dimensions, at, (value,)))

    def _alarms(self) -> Iterator[Alarm]:
        """Those on its queues: nobody polls here."""
        for alarm in alarms_of(self.stack):
            if alarm.namespace == "AWS/SQS" and self.kind.infra.construct_id in alarm.dimensions["QueueName"]:
                yield alarm

    def outcome(self, *, healed: int) -> Outcome:
        rang = last_minutes_on(self._alarms(), self.data, range(QUIET_MINUTES, self.minute + 1))
        return Outcome(
            told_after={self.kind.infra.name: min(self.told) - QUIET_MINUTES if self.told else None},
            copies={self.kind.infra.name: len(self.told)},
            different=len(set(self.recipient.accepted)),
            rang=sorted(rang),
            operators_told=[],
            lasted=healed - QUIET_MINUTES,
            last_alarm_off_after=max(0, max(rang.values(), default=0) + 1 - healed),
            owed=self.messages.age_of_oldest,
        )
