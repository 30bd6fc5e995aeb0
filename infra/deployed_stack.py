"""A template together with what CloudFormation made of it: its references as the values they stand for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from journey_watch.channels.queued.recipients import recipients_by_queue

QUEUED_KEY: Final = "JourneyWatch::QueuedRecipients"
"""Under which a function's metadata has what its bundle says of the recipient of each queue: `WatchConfig.queued`."""
_ARNS: Final[Mapping[str, str]] = {
    "AWS::DynamoDB::Table": "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role{path}{id}",
    "AWS::KMS::Key": "arn:{partition}:kms:{region}:{account}:key/{id}",
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{id}",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{id}:*",
    "AWS::SNS::Topic": "{id}",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account}:{name}",
}
"""By resource type: its ARN, made of its physical id. A topic's id is its ARN, a queue's is its URL."""


@dataclass(frozen=True, kw_only=True)
class DeployedStack:
    """One stack. Values of the template may hold any intrinsic that this stack's templates use."""

    template: Mapping[str, Any]
    physical_ids: Mapping[str, str]
    """By logical id, as CloudFormation's ListStackResources names them."""
    partition: str
    region: str
    account: str
    parameters: Mapping[str, str] = field(default_factory=dict)

    def ids(self, resource_type: str) -> list[str]:
        """The logical ids of the resources of a type."""
        return [id_ for id_, each in self.template["Resources"].items() if each["Type"] == resource_type]

    def properties(self, logical_id: str) -> Mapping[str, Any]:
        """A resource's properties, unresolved."""
        properties: Mapping[str, Any] = self.template["Resources"][logical_id].get("Properties", {})
        return properties

    def arn(self, logical_id: str) -> str:
        """A resource's ARN. Raises KeyError for a type whose ARN nothing here needs."""
        physical_id = self.physical_ids[logical_id]
        return _ARNS[self.template["Resources"][logical_id]["Type"]].format(
            partition=self.partition,
            region=self.region,
            account=self.account,
            id=physical_id,
            name=physical_id.rpartition("/")[2],
            path=self.properties(logical_id).get("Path", "/"),
        )

    def arns(self, resource_type: str) -> list[str]:
        return [self.arn(each) for each in self.ids(resource_type)]

    def value(self, value: Any) -> str:  # noqa: ANN401 - a text, or any intrinsic
        """What a value of the template stands for. Raises ValueError for an intrinsic that is not known here."""
        match value:
            case str():
                return value
            case {"Ref": name}:
                return self._reference(name)
            case {"Fn::GetAtt": [logical_id, "Arn"]}:
                return self.arn(logical_id)
            case {"Fn::GetAtt": [logical_id, "QueueName"]}:
                return self.physical_ids[logical_id].rpartition("/")[2]
            case {"Fn::Sub": str(text)}:
                return self.substituted(text)
            case {"Fn::Join": [separator, parts]}:
                joined: str = separator.join(map(self.value, parts))
                return joined
        raise ValueError(f"This intrinsic is not known here: {value}.")

    def substituted(self, text: str) -> str:
        """A text with the values of its `${AWS::…}` names, as Fn::Sub would put them in."""
        return re.sub(r"\$\{([\w:]+)\}", lambda match: self._reference(match[1]), text)

    def function(self, handler: str) -> str | None:
        """The logical id of the function with this handler; None if the stack has none."""
        functions = self.ids("AWS::Lambda::Function")
        return next((each for each in functions if self.properties(each)["Handler"] == handler), None)

    def environment(self, function_id: str) -> dict[str, str]:
        """The variables of a function's environment that the stack sets."""
        variables: Mapping[str, Any] = self.properties(function_id)["Environment"]["Variables"]
        return {name: self.value(value) for name, value in variables.items()}

    def queued_recipients(self, function_id: str, variable: str) -> dict[str, Any]:
        """What a function knows of the recipient of each of its queues, by the queue's ARN."""
        described = self.template["Resources"][function_id]["Metadata"][QUEUED_KEY]
        return recipients_by_queue(self.environment(function_id), variable, {variable: described})

    def _reference(self, name: str) -> str:
        pseudo = {"AWS::Partition": self.partition, "AWS::Region": self.region, "AWS::AccountId": self.account}
        known = {**pseudo, **self.parameters, **self.physical_ids}
        if name not in known:
            raise ValueError(f"The stack has nothing called {name}.")
        return known[name]
