"""A synthesized template as tests want to see it: no logical ids, intrinsics as text."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journey_watch import contract

Json = dict[str, Any]

TOPICS = ("AlertTopicArn", "AlertMailTopicArn", "OpsTopicArn", "OpsMailTopicArn")
"""The outputs that name them."""


@dataclass(frozen=True)
class Synthesized:
    template: Mapping[str, Any]
    warnings: tuple[str, ...] = ()

    def ids(self, resource_type: str) -> list[str]:
        return [key for key, each in self.template["Resources"].items() if each["Type"] == resource_type]

    def resources(self, resource_type: str) -> list[Json]:
        return [self.template["Resources"][each] for each in self.ids(resource_type)]

    def properties(self, resource_type: str) -> list[Json]:
        return [each["Properties"] for each in self.resources(resource_type)]

    def only(self, resource_type: str) -> Json:
        """The properties of the one resource of a type."""
        (properties,) = self.properties(resource_type)
        return dict(properties)

    def arn(self, resource_type: str) -> str:
        """What `text` makes of a reference to the ARN of the one resource of a type."""
        (logical_id,) = self.ids(resource_type)
        return f"${{{logical_id}.Arn}}"

    def output(self, name: str) -> str:
        return text(self.template["Outputs"][name]["Value"])

    def function_id(self, handler: str) -> str:
        """The logical id of the function with this handler."""
        functions = self.ids("AWS::Lambda::Function")
        (found,) = [each for each in functions if self.template["Resources"][each]["Properties"]["Handler"] == handler]
        return found

    def function(self, handler: str) -> Json:
        """The properties of the function with this handler."""
        return dict(self.template["Resources"][self.function_id(handler)]["Properties"])

    def log_arn(self, function: Json) -> str:
        """What `text` makes of a reference to the ARN of a function's log group."""
        return f"${{{function['LoggingConfig']['LogGroup']['Ref']}.Arn}}"

    @property
    def poller(self) -> Json:
        return self.function(contract.POLL_HANDLER)

    @property
    def poller_arn(self) -> str:
        """What `text` makes of a reference to the poller's ARN."""
        return f"${{{self.function_id(contract.POLL_HANDLER)}.Arn}}"

    @property
    def poller_role(self) -> str:
        """The logical id of the poller's role."""
        return str(self.poller["Role"]["Fn::GetAtt"][0])

    @property
    def schedule_role(self) -> str:
        """The logical id of the role that schedules use."""
        roles = {each["Target"]["RoleArn"]["Fn::GetAtt"][0] for each in self.properties("AWS::Scheduler::Schedule")}
        (role,) = roles
        return str(role)

    def policies(self, role_id: str) -> list[Json]:
        """Every policy document that a role has, wherever it is attached."""
        role = self.template["Resources"][role_id]["Properties"]
        attached = [
            each["PolicyDocument"]
            for kind in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")
            for each in self.properties(kind)
            if {"Ref": role_id} in each["Roles"]
        ]
        return [*attached, *(each["PolicyDocument"] for each in role.get("Policies", []))]

    def allowed(self, role_id: str) -> set[tuple[str, str]]:
        """Every (action, resource) a role is allowed, one by one; fails on AWS-managed policies.

        A condition stands behind the action that it limits: `kms:Decrypt if kms:ViaService is sns.amazonaws.com`.
        """
        role = self.template["Resources"][role_id]["Properties"]
        own = [{"Ref": each} for each in self.ids("AWS::IAM::ManagedPolicy")]
        assert all(each in own for each in role.get("ManagedPolicyArns", []))
        pairs = set()
        for document in self.policies(role_id):
            for statement in document["Statement"]:
                assert statement.keys() <= {"Action", "Condition", "Effect", "Resource", "Sid"}
                assert statement["Effect"] == "Allow"
                limit = _limit(statement.get("Condition", {}))
                pairs |= {
                    (action + limit, text(to))
                    for action in listed(statement["Action"])
                    for to in listed(statement["Resource"])
                }
        return pairs


def _limit(condition: Json) -> str:
    """In words; fails on any but StringEquals, which is all that roles have."""
    assert condition.keys() <= {"StringEquals"}
    equal = condition.get("StringEquals", {})
    return "".join(f" if {key} is {text(value)}" for key, value in sorted(equal.items()))


def without_filter_policies(stack: Synthesized) -> dict[str, Json]:
    """Subscriptions by logical id, without what CloudFormation changes of them without interruption."""
    return {
        name: {key: value for key, value in properties.items() if key != "FilterPolicy"}
        for name, properties in zip(
            stack.ids("AWS::SNS::Subscription"), stack.properties("AWS::SNS::Subscription"), strict=True
        )
    }


def text(value: Any) -> str:  # noqa: ANN401 - any intrinsic
    """A template's value with `${…}` for what CloudFormation fills in."""
    match value:
        case str():
            return value
        case {"Ref": name}:
            return f"${{{name}}}"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"${{{name}.{attribute}}}"
        case {"Fn::Sub": template}:
            return text(template)
        case {"Fn::Join": [separator, parts]}:
            joined: str = separator.join(map(text, parts))
            return joined
    raise AssertionError(value)


def listed(value: Any) -> list[Any]:  # noqa: ANN401 - one or many of anything
    return value if isinstance(value, list) else [value]
