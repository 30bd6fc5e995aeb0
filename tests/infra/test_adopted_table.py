"""A table of another stack, or of a backup: used by the roles as the stack's own would be, and never touched."""

import re
from dataclasses import replace

import pytest

from infra.adopted_table import AdoptedTable
from infra.deployment_config import DeploymentConfig
from journey_watch import contract
from journey_watch.core.errors import ConfigurationError
from strict_toml.tables import Place
from tests.infra.conftest import EVERYTHING, ROOT, Synthesize
from tests.infra.synthesis import Synthesized, text

KEY = "arn:aws:kms:eu-west-1:111122223333:key/0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
TABLE = AdoptedTable("journey-watch-StateTable-1ABC", KEY)
ARN = f"arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/{TABLE.name}"


@pytest.fixture
def adopting(synthesize: Synthesize) -> Synthesized:
    return synthesize(replace(EVERYTHING, adopted_table=TABLE))


def test_the_stack_makes_no_table_and_tells_everybody_the_adopted_one(adopting: Synthesized) -> None:
    functions = [adopting.function(handler) for handler in (contract.POLL_HANDLER, contract.WIDGET_HANDLER)]

    assert adopting.ids("AWS::DynamoDB::Table") == []
    assert adopting.output("StateTableName") == TABLE.name
    assert {each["Environment"]["Variables"][contract.ENV_STATE_TABLE] for each in functions} == {TABLE.name}


def test_roles_may_do_with_the_adopted_table_and_its_key_what_they_may_with_the_stacks_own(
    everything: Synthesized, adopting: Synthesized
) -> None:
    own_table, own_key = everything.arn("AWS::DynamoDB::Table"), everything.arn("AWS::KMS::Key")
    for of_own, of_adopting in zip(everything.ids("AWS::IAM::Role"), adopting.ids("AWS::IAM::Role"), strict=True):
        expected = {
            (action, KEY if resource == own_key and "dynamodb" in action else resource.replace(own_table, ARN))
            for action, resource in everything.allowed(of_own)
        }
        assert adopting.allowed(of_adopting) == expected


def test_alarms_watch_the_adopted_table(adopting: Synthesized) -> None:
    tables = {
        text(dimension["Value"])
        for alarm in adopting.properties("AWS::CloudWatch::Alarm")
        for dimension in alarm.get("Dimensions", [])
        if dimension["Name"] == "TableName"
    }

    assert tables == {TABLE.name}


def test_a_file_names_table_and_key() -> None:
    written = f'[deployment]\ntable = "{TABLE.name}"\ntable_key = "{KEY}"\n'

    assert DeploymentConfig.from_toml(written, Place("local.toml")).adopted_table == TABLE
    assert DeploymentConfig.from_toml("", Place("local.toml")).adopted_table is None


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ('table = "state"', "deployment has only one of table and table_key"),
        (f'table_key = "{KEY}"', "deployment has only one of table and table_key"),
        ('table = "a b"', "expected the name of a table"),
        ('table = "state"\ntable_key = "alias/mine"', "expected the ARN of the key"),
        ('tabel = "state"', "did you mean"),
    ],
)
def test_what_could_not_be_adopted_is_refused(written: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        DeploymentConfig.from_toml(f"[deployment]\n{written}\n", Place("local.toml"))


def test_the_example_shows_both_keys_commented_out() -> None:
    text = (ROOT / "config/example.toml").read_text(encoding="utf-8")
    (block,) = re.findall(r"(?m)^# \[deployment\]\n(?:# \w+ = .*\n)+", text)
    written = re.sub(r"(?m)^# ", "", block)

    assert DeploymentConfig.from_toml(written, Place("example.toml")).adopted_table is not None
