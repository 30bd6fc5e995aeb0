"""What the roles of a deployment are used for: every permission, on which resource, in which context.

Roles are granted where the stack is wired; here stands what they need the grants for, written down apart from them.
Tests compare it with what the functions call, and the synthesized roles with it: whatever is granted is used, and
whatever is used is granted. `iam:SimulatePrincipalPolicy` can ask the same of a deployment.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.deployed_stack import DeployedStack
from journey_watch import contract
from journey_watch.aws.access import Access
from journey_watch.aws.event_history import ACCESS as EVENT_HISTORY
from journey_watch.channels.registry import REGISTRY as CHANNELS
from journey_watch.core.attribution import Attribution
from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.core.watch_list import WatchTarget
from journey_watch.providers.registry import REGISTRY as PROVIDERS

READING_TABLE: Final = ("kms:Decrypt", "kms:DescribeKey")
WRITING_TABLE: Final = (
    *READING_TABLE,
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)
"""What DynamoDB may call on behalf of whoever uses a table with a customer managed key (its Developer Guide, "DynamoDB
encryption at rest: usage notes"; CreateGrant, which it names too, is for whoever makes the table)."""
PUBLISHING: Final = ("kms:Decrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext")
"""What SNS calls on behalf of whoever publishes to an encrypted topic (its Developer Guide, "Managing Amazon SNS
encryption keys and costs", which asks for kms:GenerateDataKey* and kms:Decrypt)."""
CALLED_ON_BEHALF: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamodb:BatchGetItem": READING_TABLE,
    "dynamodb:Query": READING_TABLE,
    "dynamodb:DeleteItem": WRITING_TABLE,
    "dynamodb:PutItem": WRITING_TABLE,
    "dynamodb:UpdateItem": WRITING_TABLE,
    "sns:Publish": PUBLISHING,
}
"""By action on a table or topic with the deployment's key: what the service then calls of KMS, as the role."""
LOGGING: Final = ("logs:CreateLogStream", "logs:PutLogEvents")
"""What Lambda calls as a function's role (Lambda Developer Guide, "Sending Lambda function logs to CloudWatch Logs").
The log group is the stack's own: CreateLogGroup is not needed."""
EMPTYING_QUEUE: Final = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""What Lambda calls as a function's role to feed it from a queue (Lambda Developer Guide, "Using Lambda with SQS")."""
_TABLE_ACTIONS: Final = ("dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem")
_POSTPONING: Final = "sqs:ChangeMessageVisibility"
"""What a recipient does not take comes back when it may take it again."""
_QUEUED: Final[Mapping[str, str]] = {
    contract.SLACK_HANDLER: contract.ENV_SLACK_QUEUES,
    contract.PAGERDUTY_HANDLER: contract.ENV_PAGERDUTY_QUEUES,
    contract.SIGNED_WEBHOOK_HANDLER: contract.ENV_SIGNED_WEBHOOK_QUEUES,
}
"""By handler, of the functions that empty queues: the variable that names the queues."""
ANY_SECRET_ENDING: Final = "-AbCdEf"  # noqa: S105 - of a name, not of a secret
"""Secrets Manager ends each ARN in a hyphen and six characters. Which ones, only it knows."""
ANY_LOG_STREAM: Final = "stream"


@dataclass(frozen=True, slots=True, order=True)
class Operation:
    """One permission that is used: an action of IAM's, on one resource, in a context."""

    action: str
    """As a policy names it, without wildcards: `dynamodb:Query`."""
    resource: str
    """An ARN, or `*` for an action that takes no resource."""
    context: tuple[tuple[str, str], ...] = ()
    """The condition keys that the service sets, and their values."""

    def __str__(self) -> str:
        behind = "".join(f" ({key} {value})" for key, value in self.context)
        return f"{self.action} on {self.resource}{behind}"


Watched = Mapping[Lane, Sequence[WatchTarget]]
"""The lanes of a configuration: `watch_list.lanes_of`."""
Journeys = Mapping[Lane, Collection[JourneyKey]]
"""Journeys or campaigns that each lane has; those of a lane may be made up if nobody is asked about them."""


def operations(
    stack: DeployedStack, watched: Watched, journeys: Journeys, attribution: Attribution = Attribution.OFF
) -> dict[str, frozenset[Operation]]:
    """What each role of a Journey Watch stack is used for, by the role's logical id; nothing for a role without use."""
    used: dict[str, frozenset[Operation]] = dict.fromkeys(stack.ids("AWS::IAM::Role"), frozenset())
    for handler, calls in (
        (contract.POLL_HANDLER, _of_poller(stack, watched, journeys, attribution)),
        (contract.WIDGET_HANDLER, _of_widget(stack)),
        *((handler, _of_queued(stack, handler)) for handler in _QUEUED),
    ):
        function = stack.function(handler)
        if function:
            role = _role(stack.properties(function)["Role"])
            used[role] = with_called_on_behalf(stack, [*calls, *_logging(stack, function)])
    for rule in stack.ids("AWS::Events::Rule"):
        for target in stack.properties(rule)["Targets"]:
            publishing = [Operation("sns:Publish", stack.value(target["Arn"]))]
            used[_role(target["RoleArn"])] |= with_called_on_behalf(stack, publishing)
    for schedule in stack.ids("AWS::Scheduler::Schedule"):
        used[_role(stack.properties(schedule)["Target"]["RoleArn"])] |= frozenset(_of_schedule(stack, schedule))
    return used


def reader_operations(
    stack: DeployedStack, watched: Watched, journeys: Journeys, attribution: Attribution = Attribution.OFF
) -> frozenset[Operation]:
    """What the role of a reader-role stack is used for. `watched` are the lanes that name this role."""
    return frozenset(_reading(stack, watched, journeys, attribution))


def with_called_on_behalf(stack: DeployedStack, calls: Iterable[Operation]) -> frozenset[Operation]:
    """The calls, and what services call of KMS, as the same role, to answer them."""
    keys = stack.arns("AWS::KMS::Key")
    encrypted = (*stack.arns("AWS::DynamoDB::Table"), *stack.arns("AWS::SNS::Topic"))
    made = set(calls)
    return frozenset(made) | {
        Operation(action, key, (("kms:ViaService", f"{call.action.partition(':')[0]}.{stack.region}.amazonaws.com"),))
        for call in made
        if call.resource.partition("/index/")[0] in encrypted
        for action in CALLED_ON_BEHALF.get(call.action, ())
        for key in keys
    }


def _of_poller(
    stack: DeployedStack, watched: Watched, journeys: Journeys, attribution: Attribution
) -> Iterator[Operation]:
    for table in stack.arns("AWS::DynamoDB::Table"):
        yield from (Operation(action, table) for action in _TABLE_ACTIONS)
        # When a mute ends, it looks up what the mute held back.
        yield Operation("dynamodb:Query", f"{table}/index/{contract.LANE_INDEX}")
    function = stack.function(contract.POLL_HANDLER)
    environment = stack.environment(function) if function else {}
    for channel in CHANNELS:
        yield from _each(stack, channel.uses(environment))
    own = {lane: targets for lane, targets in watched.items() if not targets[0].role_arn}
    yield from _reading(stack, own, journeys, attribution)
    for lane in watched.keys() - own.keys():
        yield Operation("sts:AssumeRole", str(watched[lane][0].role_arn))


def _of_widget(stack: DeployedStack) -> Iterator[Operation]:
    for table in stack.arns("AWS::DynamoDB::Table"):
        yield Operation("dynamodb:Query", table)
        yield Operation("dynamodb:Query", f"{table}/index/{contract.LANE_INDEX}")
    # When each lane was last polled. It takes no resource.
    yield Operation("cloudwatch:GetMetricData", "*")


def _of_queued(stack: DeployedStack, handler: str) -> Iterator[Operation]:
    """What a function that hands alerts from queues to recipients calls."""
    function = stack.function(handler)
    if function is None:
        return
    for queue, described in stack.queued_recipients(function, _QUEUED[handler]).items():
        yield from (Operation(action, queue) for action in (*EMPTYING_QUEUE, _POSTPONING))
        secret = described if isinstance(described, str) else described["secret"]
        yield Operation("secretsmanager:GetSecretValue", secret_arn(stack, secret))


def _of_schedule(stack: DeployedStack, schedule: str) -> Iterator[Operation]:
    """What EventBridge Scheduler calls as its role."""
    target = stack.properties(schedule)["Target"]
    yield Operation("lambda:InvokeFunction", stack.value(target["Arn"]))
    yield Operation("sqs:SendMessage", stack.value(target["DeadLetterConfig"]["Arn"]))


def _reading(
    stack: DeployedStack, watched: Watched, journeys: Journeys, attribution: Attribution
) -> Iterator[Operation]:
    for lane, targets in watched.items():
        entry, known = PROVIDERS[lane.provider], journeys.get(lane, ())
        yield from _each(stack, entry.uses(targets, known))
        if attribution is not Attribution.OFF and entry.words.calls is not None:
            yield from _each(stack, [EVENT_HISTORY])
        if attribution is Attribution.ON:
            yield from _each(stack, entry.naming_uses(targets, known))


def _each(stack: DeployedStack, accesses: Iterable[Access]) -> Iterator[Operation]:
    for access in accesses:
        for resource in access.resources:
            yield from (Operation(action, stack.substituted(resource), access.context) for action in access.actions)


def _logging(stack: DeployedStack, function: str) -> Iterator[Operation]:
    log_group = stack.properties(function)["LoggingConfig"]["LogGroup"]["Ref"]
    stream = f"{stack.arn(log_group).removesuffix(':*')}:log-stream:{ANY_LOG_STREAM}"
    yield from (Operation(action, stream) for action in LOGGING)


def secret_arn(stack: DeployedStack, name: str) -> str:
    """The ARN of a secret in the stack's account, but for its last characters."""
    root = f"arn:{stack.partition}:secretsmanager:{stack.region}:{stack.account}:secret"
    return f"{root}:{name}{ANY_SECRET_ENDING}"


def _role(reference: Mapping[str, Sequence[str]]) -> str:
    """The logical id of the role that a property refers to by its ARN."""
    return reference["Fn::GetAtt"][0]
