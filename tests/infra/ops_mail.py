"""What the operators are mailed while an alarm goes from state to state: by its actions, and by the rule on its events.

The events: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch-and-eventbridge.html
"""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final

from tests.infra.synthesis import Json, Synthesized, listed, text

ACTIONS: Final = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
ALARM_TYPES: Final = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
PLACE: Final = {"AWS::Partition": "aws", "AWS::Region": "eu-west-1", "AWS::AccountId": "111122223333"}


def alarms(stack: Synthesized) -> list[Json]:
    """The properties of every alarm, the composite ones too."""
    return [properties for kind in ALARM_TYPES for properties in stack.properties(kind)]


def mails(stack: Synthesized, alarm: Json, states: Sequence[str]) -> list[str]:
    """What the ops mail topic gets, in order; what CloudWatch itself publishes is written as the state it is about."""
    told = []
    for before, after in pairwise(states):
        told += [after for topic in alarm.get(ACTIONS[after], []) if text(topic) == stack.output("OpsMailTopicArn")]
        event = state_change(at_place(text(alarm["AlarmName"])), before, after)
        told += [
            rendered(target, event)
            for rule in stack.properties("AWS::Events::Rule")
            if matches(rule["EventPattern"], event)
            for target in rule["Targets"]
            if text(target["Arn"]) == stack.output("OpsMailTopicArn")
        ]
    return told


def state_change(name: str, before: str, after: str, *, account: str = PLACE["AWS::AccountId"]) -> Json:
    """The event, as far as the guide's examples of a plain and of a composite alarm agree."""
    return {
        "version": "0",
        "id": "c4c1c1c9-6542-e61b-6ef0-8c4d36933a92",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": account,
        "time": "2026-11-23T02:31:40Z",
        "region": PLACE["AWS::Region"],
        "resources": [f"arn:aws:cloudwatch:{PLACE['AWS::Region']}:{account}:alarm:{name}"],
        "detail": {
            "alarmName": name,
            "configuration": {"description": "any"},
            "previousState": {"reason": "any", "timestamp": "2026-11-23T02:11:40.987+0000", "value": before},
            "state": {"reason": "any", "timestamp": "2026-11-23T02:31:40.987+0000", "value": after},
        },
    }


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event pattern lets an event pass: exact values and prefixes, which is all that is used here."""
    return all(
        name in event
        and (
            matches(wanted, event[name])
            if isinstance(wanted, dict)
            else any(_is(value, one) for one in wanted for value in listed(event[name]))
        )
        for name, wanted in pattern.items()
    )


def rendered(target: Mapping[str, Any], event: Json) -> str:
    """What the target gets: its input template is a JSON string with `<name>` for what the paths find."""
    transformer = target["InputTransformer"]
    found = {}
    for name, path in transformer["InputPathsMap"].items():
        value: Any = event
        for part in path.removeprefix("$.").split("."):
            value = value[part]
        found[name] = str(value)
    template = text(transformer["InputTemplate"])
    result = json.loads(re.sub(r"<([^>]+)>", lambda match: found[match[1]], template))
    assert isinstance(result, str)
    return result


def _is(value: object, wanted: Any) -> bool:  # noqa: ANN401 - a text, or a matcher
    if isinstance(wanted, dict) and wanted.keys() == {"prefix"}:
        return str(value).startswith(at_place(text(wanted["prefix"])))
    assert isinstance(wanted, str)
    return value == wanted


def at_place(with_names: str) -> str:
    """A text of the template once the stack is somewhere."""
    return re.sub(r"\$\{([^}]+)\}", lambda match: PLACE[match[1]], with_names)
