"""Who may publish to the operators' topics of a deployed stack: its own alarms, its own rule, and nobody else's."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from local_cloud.cloud import LocalCloud
from tests.integration.synthesized import deploy

pytestmark = pytest.mark.integration

NAME: Final = "guarded"
CONFIG: Final = f"""
name = "{NAME}"
keep_data = false

[[watch]]
provider = "pinpoint"
application_id = "*"

[ops]
email = ["oncall@example.com"]
"""
LIE: Final = "Everything is fine. Call 555-0100."


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """A stack whose schedule never fires in time: its alarms ring only when a test rings them."""
    files = tmp_path_factory.mktemp("guarded")
    config, scenario = files / "config.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text('[[application]]\nid = "shop"\n', encoding="utf-8")
    with LocalCloud.start(scenario=scenario, speed=1) as cloud:
        deploy(cloud, config)
        yield cloud


def told(cloud: LocalCloud) -> list[str]:
    """What the operators' e-mail topic has sent so far."""
    topic = cloud.outputs["OpsMailTopicArn"]
    return [each.body for each in cloud.inbox.deliveries(protocol="email", topic_arn=topic)]


def put_alarm(cloud: LocalCloud, name: str) -> None:
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        MetricName="Anything",
        Namespace="Anything",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="ignore",
        AlarmActions=[cloud.outputs["OpsMailTopicArn"]],
    )


def ring(cloud: LocalCloud, name: str) -> None:
    cloud.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=LIE)


def put_rule(cloud: LocalCloud, name: str, **target: Any) -> None:  # noqa: ANN401 - a target of EventBridge
    events = cloud.client("events")
    events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    events.put_targets(
        Rule=name, Targets=[{"Id": "ops", "Arn": cloud.outputs["OpsMailTopicArn"], "Input": json.dumps(LIE), **target}]
    )


def send(cloud: LocalCloud, source: str) -> None:
    cloud.client("events").put_events(Entries=[{"Source": source, "DetailType": "any", "Detail": "{}"}])


def role_of_the_rule(cloud: LocalCloud) -> str:
    (target, _) = cloud.client("events").list_targets_by_rule(Rule=f"{NAME}-all-clear")["Targets"]
    return str(target["RoleArn"])


def test_an_alarm_of_the_stack_reaches_the_operators(cloud: LocalCloud) -> None:
    before = len(told(cloud))
    pages = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix=f"{NAME} dead-letters")
    ring(cloud, pages["MetricAlarms"][0]["AlarmName"])

    (body,) = told(cloud)[before:]
    assert json.loads(body)["NewStateValue"] == "ALARM"


@pytest.mark.parametrize("name", ["anybody's", f"{NAME}-eu polls-missing", f"ALARM: {NAME} polls-missing"])
def test_another_alarm_of_the_account_does_not(cloud: LocalCloud, name: str) -> None:
    before, topic = len(told(cloud)), cloud.outputs["OpsMailTopicArn"]
    put_alarm(cloud, name)
    with cloud.permissions.expecting_refusals("sns:Publish", resource=topic):
        ring(cloud, name)

    assert told(cloud)[before:] == []


def test_a_rule_of_the_account_does_not(cloud: LocalCloud) -> None:
    before, topic = len(told(cloud)), cloud.outputs["OpsMailTopicArn"]
    put_rule(cloud, "intruder")
    with cloud.permissions.expecting_refusals("sns:Publish", resource=topic):
        send(cloud, "intruder")

    assert told(cloud)[before:] == []


def test_nor_does_one_with_the_role_of_the_stacks_own_rule(cloud: LocalCloud) -> None:
    before, role = len(told(cloud)), role_of_the_rule(cloud)
    put_rule(cloud, "impostor", RoleArn=role)
    with cloud.permissions.expecting_refusals("sts:AssumeRole", resource=role):
        send(cloud, "impostor")

    assert told(cloud)[before:] == []


def test_the_stacks_own_rule_publishes_under_its_role(cloud: LocalCloud) -> None:
    """MiniStack sends no event of an alarm, so the rule gets a pattern that a test's event matches."""
    name, role = f"{NAME}-all-clear", role_of_the_rule(cloud)
    before = len(told(cloud))
    cloud.client("events").put_rule(Name=name, EventPattern=json.dumps({"source": ["a-test"]}))
    send(cloud, "a-test")

    (body,) = told(cloud)[before:]
    assert "ALARM is over" in body
    used = {(each.action, each.role) for each in cloud.permissions.used()}
    assert {("sns:Publish", role), ("kms:GenerateDataKey", role)} <= used
