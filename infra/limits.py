"""Limits that only AWS enforces, checked against the template before anything is deployed.

CloudFormation would refuse the deployment, or roll it back halfway, with words that name no key of the configuration.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from journey_watch import contract
from journey_watch.core.errors import ConfigurationError

MAX_RESOURCES: Final = 500
MAX_TEMPLATE_BYTES: Final = 1_000_000
"""CloudFormation's quotas: 500 resources, and 1 MB of a template in S3."""
MAX_STACK_NAME: Final = 128
MAX_ENVIRONMENT_BYTES: Final = 4_096
"""Lambda's quotas: all variables of a function together. Lambda measures them as JSON."""
MAX_FILTER_POLICIES: Final = 200
MAX_FIFO_SUBSCRIPTIONS: Final = 100
MAX_FILTER_VALUES: Final = 150
"""SNS's quotas: of a topic, of a FIFO topic, and of one filter policy."""
MAX_INLINE_POLICY: Final = 10_240
MAX_MANAGED_POLICY: Final = 6_144
MAX_MANAGED_POLICIES: Final = 10
MAX_TRUST_POLICY: Final = 2_048
"""IAM's quotas, in characters without white space: all inline policies of a role together, one managed policy, how many
of them a role may have, and a role's trust policy. The last two can be raised; the deployment must do without."""
MAX_ALARM_NAME: Final = 255
MAX_ALARM_DESCRIPTION: Final = 1_024
MAX_COMPOSITE_RULE: Final = 10_240
MAX_WIDGETS: Final = 500
MAX_QUERY_NAME: Final = 255
"""CloudWatch's API references: PutMetricAlarm, PutCompositeAlarm, PutDashboard (quotas), PutQueryDefinition."""
MAX_CHAT_NAME: Final = 128
"""AWS::Chatbot::SlackChannelConfiguration, ConfigurationName."""

_FEWER_LANES_OR_RECIPIENTS: Final = (
    "name fewer [[watch]] places, recipients or chats, or split the file into two deployments with different names"
)
_KEY_OF_HANDLER: Final[Mapping[str, str]] = {
    contract.POLL_HANDLER: "[[watch]], and slack, teams and event_bus of [alerts] and each [[recipient]]",
    contract.SLACK_HANDLER: "webhook_secret of [alerts.slack] and each [[recipient.slack]]",
    contract.PAGERDUTY_HANDLER: "[alerts.pagerduty] and each [[recipient.pagerduty]]",
    contract.SIGNED_WEBHOOK_HANDLER: "[alerts.webhook] and each [[recipient.webhook]]",
}
_RANDOM: Final = "-0123456789ABC"
"""CloudFormation ends the names that it makes in a hyphen and up to 13 characters."""
_LONGEST_NAME: Final[Mapping[str, int]] = {
    "AWS::IAM::Role": 64,
    "AWS::Lambda::Function": 64,
    "AWS::SQS::Queue": 80,
    "AWS::SNS::Topic": 256,
}
"""CloudFormation cuts the names that it makes to what the service takes."""
_LONGEST: Final[Mapping[str, str]] = {
    "AWS::Partition": "aws-us-gov",
    "AWS::Region": "ap-southeast-1",
    "AWS::AccountId": "111122223333",
    "AWS::URLSuffix": "amazonaws.com.cn",
}
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Excess:
    """Something of a template that is more than AWS takes."""

    what: str
    found: int
    most: int
    fix: str

    def __str__(self) -> str:
        return f"{self.what}: {self.found:,}, and AWS takes at most {self.most:,}. To fix it, {self.fix}."


def check_limits(template: Json, stack_name: str) -> None:
    """Raise ConfigurationError, which names the keys and the fix, if AWS would refuse the template."""
    excess = next(excesses(template, stack_name), None)
    if excess is not None:
        raise ConfigurationError(f"AWS would refuse this deployment. {excess}")


def excesses(template: Json, stack_name: str) -> Iterator[Excess]:
    """Everything of a template that is more than AWS takes."""
    deployment = _Deployment(template, stack_name)
    for check in _CHECKS:
        for excess in check(deployment):
            if excess.found > excess.most:
                yield excess


@dataclass(frozen=True, slots=True)
class _Deployment:
    """A template, with the longest values that CloudFormation may put in place of what it leaves open."""

    template: Json
    stack_name: str

    def resources(self, resource_type: str) -> Iterator[tuple[str, Json]]:
        """The resources of a type: logical id and properties."""
        for id_, resource in self.template["Resources"].items():
            if resource["Type"] == resource_type:
                yield id_, resource.get("Properties", {})

    def resolved(self, value: Any) -> Any:  # noqa: ANN401 - a template's value
        """Return the value with the longest text in place of each intrinsic."""
        found = value
        match value:
            case {"Ref": name}:
                found = self._reference(name)
            case {"Fn::GetAtt": [id_, attribute]}:
                found = self._arn(id_) if attribute == "Arn" else self._name(id_)
            case {"Fn::Sub": str(text)}:
                found = re.sub(r"\$\{([\w:]+)\}", lambda match: self._reference(match[1]), text)
            case {"Fn::Join": [str(separator), list(parts)]}:
                found = separator.join(str(self.resolved(part)) for part in parts)
            case dict():
                found = {key: self.resolved(each) for key, each in value.items()}
            case list():
                found = [self.resolved(each) for each in value]
        return found

    def size(self, document: Any) -> int:  # noqa: ANN401 - a policy
        """Characters of a document as JSON without white space."""
        return len(json.dumps(self.resolved(document), separators=(",", ":")))

    def handler_of_role(self, role: str) -> str:
        """The handler of the function that has a role; an empty text if none has it."""
        for _, function in self.resources("AWS::Lambda::Function"):
            if function["Role"] == {"Fn::GetAtt": [role, "Arn"]}:
                return str(function["Handler"])
        return ""

    def _reference(self, name: str) -> str:
        if name in _LONGEST:
            return _LONGEST[name]
        resource = self.template["Resources"].get(name)
        return self._arn(name) if resource and resource["Type"] == "AWS::SNS::Topic" else self._name(name)

    def _arn(self, id_: str) -> str:
        service = self.template["Resources"][id_]["Type"].split("::")[1].lower()
        partition, region, account = (_LONGEST[f"AWS::{name}"] for name in ("Partition", "Region", "AccountId"))
        return f"arn:{partition}:{service}:{region}:{account}:{self._name(id_)}"

    def _name(self, id_: str) -> str:
        most = _LONGEST_NAME.get(self.template["Resources"].get(id_, {}).get("Type", ""), 255)
        return f"{self.stack_name}-{id_}{_RANDOM}"[:most]


def _stack(deployment: _Deployment) -> Iterator[Excess]:
    yield Excess(
        "The stack's name has too many characters", len(deployment.stack_name), MAX_STACK_NAME, "shorten the key name"
    )
    yield Excess(
        "The stack has too many resources",
        len(deployment.template["Resources"]),
        MAX_RESOURCES,
        _FEWER_LANES_OR_RECIPIENTS,
    )
    yield Excess(
        "The template has too many bytes",
        len(json.dumps(deployment.template, indent=1).encode()),
        MAX_TEMPLATE_BYTES,
        f"take out entries of [[alerts.mute]] that are over, or {_FEWER_LANES_OR_RECIPIENTS}",
    )


def _environments(deployment: _Deployment) -> Iterator[Excess]:
    for _, function in deployment.resources("AWS::Lambda::Function"):
        variables = function.get("Environment", {}).get("Variables", {})
        key = _KEY_OF_HANDLER.get(function["Handler"], "the key name")
        yield Excess(
            "A function's environment has too many bytes",
            len(json.dumps(deployment.resolved(variables), separators=(",", ":")).encode()),
            MAX_ENVIRONMENT_BYTES,
            f"name fewer of these or shorten them: {key}",
        )


def _subscriptions(deployment: _Deployment) -> Iterator[Excess]:
    fifo = {id_ for id_, topic in deployment.resources("AWS::SNS::Topic") if topic.get("FifoTopic")}
    of_topic: Counter[str] = Counter()
    filtered: Counter[str] = Counter()
    mails: set[str] = set()
    for _, subscription in deployment.resources("AWS::SNS::Subscription"):
        topic = str(subscription["TopicArn"].get("Ref", ""))
        of_topic[topic] += 1
        policy: Mapping[str, Sequence[str]] = subscription.get("FilterPolicy", {})
        filtered[topic] += bool(policy)
        if subscription["Protocol"] == "email":
            mails.add(topic)
        for values in policy.values():
            yield Excess(
                "A subscription's filter policy has too many values",
                len(values),
                MAX_FILTER_VALUES,
                "name the address or webhook in fewer [[recipient]] entries",
            )
    for topic, count in filtered.items():
        key = "email of [alerts] and each [[recipient]]" if topic in mails else _KEY_OF_HANDLER[contract.SLACK_HANDLER]
        yield Excess(
            "A topic has too many subscriptions with a filter policy",
            count,
            MAX_FILTER_POLICIES,
            f"name fewer of these, or use a mailing list or a shared channel: {key}",
        )
    for topic in fifo:
        yield Excess(
            "The ordered topic has too many subscriptions",
            of_topic[topic],
            MAX_FIFO_SUBSCRIPTIONS,
            "name fewer of these: pagerduty and webhook of [alerts] and each [[recipient]]",
        )


def _policies(deployment: _Deployment) -> Iterator[Excess]:
    inline: Counter[str] = Counter()
    attached: Counter[str] = Counter()
    for _, policy in deployment.resources("AWS::IAM::Policy"):
        for role in policy["Roles"]:
            inline[role["Ref"]] += deployment.size(policy["PolicyDocument"])
    for _, policy in deployment.resources("AWS::IAM::ManagedPolicy"):
        for role in policy.get("Roles", []):
            attached[role["Ref"]] += 1
        yield Excess(
            "A managed policy has too many characters",
            deployment.size(policy["PolicyDocument"]),
            MAX_MANAGED_POLICY,
            "shorten the names of secrets, buses and roles, or name fewer of them",
        )
    for id_, role in deployment.resources("AWS::IAM::Role"):
        key = _KEY_OF_HANDLER.get(deployment.handler_of_role(id_), "[[watch]]")
        fix = f"name fewer of these or shorten their names: {key}"
        own = sum(deployment.size(policy["PolicyDocument"]) for policy in role.get("Policies", []))
        arns = {json.dumps(arn) for arn in role.get("ManagedPolicyArns", [])}
        yield Excess("A role's policies have too many characters", inline[id_] + own, MAX_INLINE_POLICY, fix)
        yield Excess("A role has too many managed policies", attached[id_] + len(arns), MAX_MANAGED_POLICIES, fix)
        yield Excess(
            "A role's trust policy has too many characters",
            deployment.size(role["AssumeRolePolicyDocument"]),
            MAX_TRUST_POLICY,
            "shorten external_id of [[watch]], or the path of the poller's role",
        )


def _monitoring(deployment: _Deployment) -> Iterator[Excess]:
    shorter = "shorten the key name, or the secret's name that the alarm is about"
    for resource_type in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm"):
        for _, alarm in deployment.resources(resource_type):
            name, description = (str(deployment.resolved(alarm[key])) for key in ("AlarmName", "AlarmDescription"))
            yield Excess(f'The name of the alarm "{name}" has too many characters', len(name), MAX_ALARM_NAME, shorter)
            yield Excess(
                f'The description of the alarm "{name}" has too many characters',
                len(description),
                MAX_ALARM_DESCRIPTION,
                shorter,
            )
            yield Excess(
                f'The rule of the alarm "{name}" has too many characters',
                len(str(deployment.resolved(alarm.get("AlarmRule", "")))),
                MAX_COMPOSITE_RULE,
                "shorten the key name, or name fewer [[watch]] places",
            )
    for _, dashboard in deployment.resources("AWS::CloudWatch::Dashboard"):
        body = json.loads(str(deployment.resolved(dashboard["DashboardBody"])))
        yield Excess(
            "The dashboard has too many widgets", len(body["widgets"]), MAX_WIDGETS, "name fewer [[watch]] places"
        )
    for _, query in deployment.resources("AWS::Logs::QueryDefinition"):
        yield Excess(
            "The name of a saved query has too many characters",
            len(query["Name"]),
            MAX_QUERY_NAME,
            "shorten the key name",
        )


def _chats(deployment: _Deployment) -> Iterator[Excess]:
    for kind in ("SlackChannelConfiguration", "MicrosoftTeamsChannelConfiguration"):
        for _, chat in deployment.resources(f"AWS::Chatbot::{kind}"):
            name = chat["ConfigurationName"]
            yield Excess(
                f'The name of the chat "{name}" has too many characters',
                len(name),
                MAX_CHAT_NAME,
                "shorten the key name, or use webhook_secret instead of channel_id",
            )


_CHECKS: Final[Sequence[Callable[[_Deployment], Iterator[Excess]]]] = (
    _stack,
    _subscriptions,
    _environments,
    _policies,
    _monitoring,
    _chats,
)
