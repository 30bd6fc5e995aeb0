"""The policy that docs/ offers for operators is what the `journey-watch` command needs, and nothing else."""

import io
import json
from http import HTTPStatus
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from click.testing import CliRunner
from moto import mock_aws

from infra.deployed_stack import DeployedStack
from infra.operations import Operation
from journey_watch.store.items import CONTROL
from operator_cli.__main__ import main
from tests.infra.conftest import ROOT
from tests.permissions.deployment import ACCOUNT, REGION, make_parts, setting_up
from tests.permissions.judge import Judge, Principal
from tests.permissions.policy import Statement, allows, idle_grants, needless_statements

COMMANDS = (
    ["doctor"],
    ["status"],
    ["test-alert"],
    ["explain", "0123456789abcdef0123456789abcdef"],
    ["ack", "0123456789abcdef0123456789abcdef"],
    ["mute", "release", "--for", "1h", "--reason", "a release", "--yes"],
    ["mutes"],
    ["unmute", "release"],
)


@pytest.fixture(scope="module")
def policy() -> list[Statement]:
    """Filled in for the deployment of these tests."""
    text = (ROOT / "docs" / "operator-policy.json").read_text(encoding="utf-8")
    statements: list[Statement] = json.loads(text.replace("REGION", REGION).replace("ACCOUNT", ACCOUNT))["Statement"]
    return statements


@pytest.fixture(scope="module")
def judge(stack: DeployedStack, policy: list[Statement]) -> Judge:
    """After every command."""
    operator = Principal("operator", stack, policy)
    judge = Judge({"operator": operator}.get)
    with mock_aws(), judge.sitting(("before-call", _StandIn(stack).answer)), pytest.MonkeyPatch.context() as patch:
        make_parts(stack)
        _make_schedules(stack)
        for log_group in stack.ids("AWS::Logs::LogGroup"):
            setting_up("logs").create_log_group(logGroupName=stack.physical_ids[log_group])
        patch.setenv("AWS_ACCESS_KEY_ID", "operator")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
        for command in COMMANDS:
            result = CliRunner().invoke(main, ["--region", REGION, "--json", *command])
            assert not isinstance(result.exception, Exception), result.exception
    return judge


class _StandIn:
    """Answers for CloudFormation and Lambda, which do not run in process."""

    def __init__(self, stack: DeployedStack) -> None:
        kinds = {id_: each["Type"] for id_, each in stack.template["Resources"].items()}
        outputs = {name: stack.value(each["Value"]) for name, each in stack.template["Outputs"].items()}
        self._answers: dict[str, dict[str, Any]] = {
            "DescribeStacks": {
                "Stacks": [
                    {
                        "StackStatus": "UPDATE_COMPLETE",
                        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
                    }
                ]
            },
            "GetTemplate": {"TemplateBody": stack.template},
            "ListStackResources": {
                "StackResourceSummaries": [
                    {"LogicalResourceId": id_, "PhysicalResourceId": stack.physical_ids[id_], "ResourceType": kind}
                    for id_, kind in kinds.items()
                ]
            },
        }

    def answer(self, *, model: OperationModel, **_: object) -> tuple[AWSResponse, dict[str, Any]] | None:
        if model.name == "Invoke":
            answer: dict[str, Any] = {"Payload": io.BytesIO(b'{"id": "1", "refused": {"alerts": null}}')}
        elif model.name in self._answers:
            answer = self._answers[model.name]
        else:
            return None
        response = AWSResponse("https://stand-in.invalid", HTTPStatus.OK, HTTPHeaders(), None)
        return response, {**answer, "ResponseMetadata": {"HTTPStatusCode": HTTPStatus.OK}}


def _make_schedules(stack: DeployedStack) -> None:
    client = setting_up("scheduler")
    for schedule in stack.ids("AWS::Scheduler::Schedule"):
        target = stack.properties(schedule)["Target"]
        client.create_schedule(
            Name=stack.physical_ids[schedule],
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": stack.value(target["Arn"]),
                "RoleArn": stack.value(target["RoleArn"]),
                "Input": stack.value(target["Input"]),
            },
        )


def test_no_command_is_refused(judge: Judge) -> None:
    assert sorted(set(judge.refused)) == []


def test_whatever_the_policy_grants_is_used(judge: Judge, policy: list[Statement]) -> None:
    assert idle_grants(policy, judge.made["operator"]) == []


def test_without_any_one_statement_a_command_is_refused(judge: Judge, policy: list[Statement]) -> None:
    assert needless_statements(policy, judge.made["operator"]) == []


@pytest.mark.parametrize("action", ["PutItem", "DeleteItem", "UpdateItem", "BatchWriteItem", "PartiQLUpdate"])
@pytest.mark.parametrize("partition", ["LANE#pinpoint/1/eu-west-1", "JOURNEY#pinpoint", "CONTROL2", "", None])
def test_whoever_may_mute_may_write_nothing_but_what_operators_set(
    policy: list[Statement], stack: DeployedStack, action: str, partition: str | None
) -> None:
    (table,) = stack.ids("AWS::DynamoDB::Table")
    context = () if partition is None else (("dynamodb:LeadingKeys", partition),)
    assert not allows(policy, Operation(f"dynamodb:{action}", stack.arn(table), context))
    control = (("dynamodb:LeadingKeys", CONTROL),)
    assert allows(policy, Operation("dynamodb:PutItem", stack.arn(table), control))
