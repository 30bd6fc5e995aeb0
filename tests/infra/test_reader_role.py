"""The template that another account deploys to be watched."""

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from infra.reader_role import ReaderRoleStack
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.watch_list import WatchTarget
from tests.infra.conftest import configured
from tests.infra.synthesis import Synthesized, text

ROLE = "arn:aws:iam::444455556666:role/monitoring/JourneyWatchReader"
CONFIG = configured(
    watch=(
        WatchTarget("pinpoint", "own"),
        WatchTarget("pinpoint", "theirs", region="eu-west-1", role_arn=ROLE, external_id="handshake"),
        WatchTarget("pinpoint", "*", region="us-east-1", role_arn=ROLE, external_id="handshake"),
        WatchTarget("pinpoint", "others", role_arn="arn:aws:iam::777788889999:role/Other"),
    ),
)


@pytest.fixture(scope="module")
def reader(context: dict[str, Any]) -> Synthesized:
    stack = ReaderRoleStack(cdk.App(context=context), config=CONFIG, role_arn=ROLE)
    return Synthesized(assertions.Template.from_stack(stack).to_json())


def test_it_is_the_role_that_the_configuration_names(reader: Synthesized) -> None:
    role = reader.only("AWS::IAM::Role")

    assert (role["RoleName"], role["Path"]) == ("JourneyWatchReader", "/monitoring/")


def test_only_the_poller_with_the_external_id_may_assume_it(reader: Synthesized) -> None:
    (statement,) = reader.only("AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Action"] == "sts:AssumeRole"
    assert text(statement["Principal"]["AWS"]) == "${PollerRoleArn}"
    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "handshake"}}


def test_it_may_read_what_its_entries_watch_and_nothing_else(reader: Synthesized) -> None:
    (role,) = reader.ids("AWS::IAM::Role")
    europe, america = (
        f"arn:${{AWS::Partition}}:mobiletargeting:{region}:${{AWS::AccountId}}:apps"
        for region in ("eu-west-1", "us-east-1")
    )

    runs = ("mobiletargeting:GetJourneyRuns", "mobiletargeting:GetJourneyRunExecutionMetrics")
    assert reader.allowed(role) == {
        ("mobiletargeting:GetApp", f"{europe}/theirs"),
        ("mobiletargeting:ListJourneys", f"{europe}/theirs"),
        ("mobiletargeting:ListJourneys", f"{europe}/theirs/journeys"),
        *((action, f"{europe}/theirs/journeys/*") for action in runs),
        ("mobiletargeting:GetApps", america),
        ("mobiletargeting:GetApps", f"{america}/*"),
        ("mobiletargeting:ListJourneys", f"{america}/*"),
        *((action, f"{america}/*/journeys/*") for action in runs),
    }


def test_it_needs_no_bootstrap_and_no_asset_so_that_a_stack_set_can_take_it(reader: Synthesized) -> None:
    assert reader.template["Parameters"].keys() == {"PollerRoleArn"}
    assert "Rules" not in reader.template
    assert "S3Key" not in json.dumps(reader.template)


def test_a_role_that_no_entry_names_is_refused(context: dict[str, Any]) -> None:
    wrong = ROLE.removesuffix("r")

    with pytest.raises(ConfigurationError, match=f'did you mean "{ROLE}"'):
        ReaderRoleStack(cdk.App(context=context), config=CONFIG, role_arn=wrong)
