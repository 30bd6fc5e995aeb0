"""What IAM makes of a policy, as far as this project's policies go; anything further is refused, never guessed.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.deployed_stack import DeployedStack
from infra.operations import Operation
from tests.infra.synthesis import listed

Statement = Mapping[str, Any]
"""With the values that its intrinsics stand for."""


def allows(statements: Iterable[Statement], operation: Operation) -> bool:
    """True if a statement allows it and none denies it."""
    effects = {statement["Effect"] for statement in statements if covers(statement, operation)}
    return effects == {"Allow"}


def covers(statement: Statement, operation: Operation) -> bool:
    """True if a statement, whatever its effect, is about the operation."""
    unknown = statement.keys() - {"Action", "Condition", "Effect", "Resource", "Sid"}
    if unknown:
        raise NotImplementedError(
            f"A statement has {', '.join(sorted(unknown))}; teach tests/permissions what it means."
        )
    return (
        any(_matches(action.lower(), operation.action.lower()) for action in listed(statement["Action"]))
        and any(_matches(resource, operation.resource) for resource in listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), dict(operation.context))
    )


def statements_of(stack: DeployedStack, role: str) -> list[Statement]:
    """All that a role's policies state, wherever they are attached."""
    attached = [
        stack.properties(policy)["PolicyDocument"]
        for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
        for policy in stack.ids(kind)
        if {"Ref": role} in stack.properties(policy)["Roles"]
    ]
    properties = stack.properties(role)
    if properties.get("ManagedPolicyArns"):
        raise NotImplementedError(f"{role} has a policy that is not the stack's own: nobody can say what it allows.")
    documents = [*attached, *(each["PolicyDocument"] for each in properties.get("Policies", []))]
    return [_resolved(stack, statement) for document in documents for statement in listed(document["Statement"])]


def idle_grants(statements: Iterable[Statement], used: Collection[Operation]) -> list[str]:
    """Each action on each resource that a statement grants, and that nothing uses."""
    return [
        f"{action} on {resource}"
        for statement in statements
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if not any(covers({**statement, "Action": action, "Resource": resource}, each) for each in used)
    ]


def needless_statements(statements: Sequence[Statement], used: Collection[Operation]) -> list[Statement]:
    """Statements without which all that is used would still be allowed."""
    return [
        statement
        for statement in statements
        if all(allows([each for each in statements if each is not statement], operation) for operation in used)
    ]


@dataclass(frozen=True)
class ResourcePolicy:
    """The policy of one resource that has an ARN: a topic, a queue, the key."""

    resource: str
    """Its ARN."""
    statements: Sequence[Statement]

    def services(self) -> set[tuple[str, str]]:
        """Return each service that a statement lets in, with the action."""
        return {
            (service, action)
            for each in self.statements
            if each["Effect"] == "Allow"
            for service in _services(each["Principal"])
            for action in listed(each["Action"])
        }

    def admits(self, service: str, action: str, **source: str) -> bool:
        """Return whether the service may do this to the resource; `source` has `arn` and `account`."""
        context = {f"aws:Source{key.title()}": value for key, value in source.items()} | {"aws:SecureTransport": "true"}
        operation = Operation(action, self.resource, tuple(context.items()))
        addressed = [
            {key: value for key, value in each.items() if key != "Principal"}
            for each in self.statements
            if each["Principal"] in ("*", {"AWS": "*"}) or service in _services(each["Principal"])
        ]
        return allows(addressed, operation)


def _services(principal: str | Mapping[str, Any]) -> list[str]:
    return listed(principal.get("Service", [])) if isinstance(principal, Mapping) else []


def resource_policies(stack: DeployedStack) -> list[ResourcePolicy]:
    """Return the policies of all topics and queues, and of the key. Raises NotImplementedError for further kinds."""
    kinds = {each["Type"] for each in stack.template["Resources"].values()}
    further = {"AWS::Lambda::Permission", "AWS::Events::EventBusPolicy", "AWS::S3::BucketPolicy"} & kinds
    if further:
        raise NotImplementedError(f"The stack has {', '.join(sorted(further))}; teach tests/permissions to judge it.")
    found = [
        (stack.arn(to["Ref"]), stack.properties(policy)["PolicyDocument"])
        for kind, of in (("AWS::SNS::TopicPolicy", "Topics"), ("AWS::SQS::QueuePolicy", "Queues"))
        for policy in stack.ids(kind)
        for to in stack.properties(policy)[of]
    ]
    keys = [(stack.arn(key), stack.properties(key)["KeyPolicy"]) for key in stack.ids("AWS::KMS::Key")]
    return [
        ResourcePolicy(arn, [_resolved(stack, statement) for statement in document["Statement"]])
        for arn, document in (*found, *keys)
    ]


def trust_of(stack: DeployedStack, role: str) -> list[tuple[str, str, Mapping[str, Any]]]:
    """Who may assume a role: the principal's kind, the principal, and the conditions; one for each statement."""
    statements = stack.properties(role)["AssumeRolePolicyDocument"]["Statement"]
    if any(statement["Effect"] != "Allow" or statement["Action"] != "sts:AssumeRole" for statement in statements):
        raise NotImplementedError(f"The trust of {role} has another form; teach tests/permissions what it means.")
    return [
        (kind, stack.value(principal), _condition(stack, statement))
        for statement in statements
        for kind, principal in statement["Principal"].items()
    ]


def _condition(stack: DeployedStack, statement: Statement) -> Mapping[str, Any]:
    return {
        operator: {key: [stack.value(each) for each in listed(values)] for key, values in keys.items()}
        for operator, keys in statement.get("Condition", {}).items()
    }


def _resolved(stack: DeployedStack, statement: Statement) -> Statement:
    condition = _condition(stack, statement)
    resources = [stack.value(each) for each in listed(statement["Resource"])]
    return {**statement, "Resource": resources} | ({"Condition": condition} if condition else {})


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    if unknown := condition.keys() - _OPERATORS.keys():
        raise NotImplementedError(f"A condition has {', '.join(unknown)}; teach tests/permissions what it means.")
    # A key that the call does not have fails the condition.
    return all(
        key in context and any(_OPERATORS[operator](value, context[key]) for value in listed(values))
        for operator, keys in condition.items()
        for key, values in keys.items()
    )


def _matches(pattern: str, text: str) -> bool:
    """`*` and `?`, which match any character, `/` and `:` too. Nothing else is special: `[` in an ARN is itself."""
    expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(expression, text, re.DOTALL) is not None


def _arn_like(pattern: str, arn: str) -> bool:
    """Compare the six parts of an ARN one by one, so that no wildcard reaches into the next part."""
    patterns, parts = pattern.split(":", 5), arn.split(":", 5)
    return len(patterns) == len(parts) and all(map(_matches, patterns, parts))


_OPERATORS: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "StringEquals": str.__eq__,
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": str.__eq__,
    # As here: the key is always there, and has one value.
    "ForAllValues:StringEquals": str.__eq__,
    "Null": lambda absent, _: absent == "false",
}
"""By operator of a condition: whether a value of the policy fits the request's value."""
