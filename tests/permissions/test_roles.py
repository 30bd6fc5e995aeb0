"""Each role may do what is called with it, and nothing else; every call was made by the code that ships."""

from dataclasses import replace

import pytest

from infra.aws_sdk_models import sdk_operations
from infra.deployed_stack import DeployedStack
from infra.deployment_config import DeploymentConfig
from infra.operations import EMPTYING_QUEUE, LOGGING, Operation, operations, reader_operations
from journey_watch.core.attribution import Attribution
from journey_watch.core.watch_list import lanes_of
from tests.infra.conftest import ROOT
from tests.infra.synthesis import listed
from tests.permissions.deployment import (
    ACCOUNT,
    BUS,
    CONFIG,
    EXTERNAL_ID,
    JOURNEYS,
    OF_READER,
    REGION,
    WATCHED,
    synthesized,
)
from tests.permissions.policy import (
    Statement,
    allows,
    idle_grants,
    needless_statements,
    statements_of,
    trust_of,
)
from tests.permissions.stories import READER, Story, role_ids

FUNCTIONS = ("poller", "widget", "slack", "pagerduty", "signed webhook")
ROLES = (*FUNCTIONS, "schedules", "all-clear", "chat", READER)
Used = dict[str, frozenset[Operation]]


@pytest.fixture(scope="module")
def used(stack: DeployedStack, reader: DeployedStack) -> Used:
    """The table of operations, by the names that tests call roles."""
    by_id = operations(stack, WATCHED, JOURNEYS, CONFIG.watching.attribution)
    own = {name: by_id[id_] for name, id_ in role_ids(stack).items()}
    return {**own, READER: reader_operations(reader, OF_READER, JOURNEYS, CONFIG.watching.attribution)}


@pytest.fixture(scope="module")
def granted(stack: DeployedStack, reader: DeployedStack) -> dict[str, list[Statement]]:
    own = {name: statements_of(stack, id_) for name, id_ in role_ids(stack).items()}
    (reader_id,) = reader.ids("AWS::IAM::Role")
    return {**own, READER: statements_of(reader, reader_id)}


def test_no_call_is_refused(played: Story) -> None:
    assert sorted(set(played.judge.refused)) == []
    assert played.failed == {}


def test_the_operators_hear_of_a_lane_that_cannot_be_read(played: Story) -> None:
    """The poller may publish to the ops topic."""
    told = played.told["a_lane_goes_blind"]["ops"]

    assert [each["detail"]["condition"] for each in told] == ["UNREACHABLE"]


def test_the_end_of_a_mute_tells_what_it_held_back(played: Story) -> None:
    """The poller may query the index of what happened in a lane."""
    told = played.told["a_mute_ends"]["alerts"]

    assert [(each["detail"]["mute"], each["detail"]["held_back"]) for each in told] == [("release", 1)]


def test_who_did_it_is_found_in_every_account_and_region(played: Story) -> None:
    """The poller, and the reader role, may look up calls, and ask Connect what its users are called."""
    told = [each["detail"] for each in played.told["who_did_it_is_looked_up"]["alerts"]]

    assert {(each["lane"], each["actor"]["name"]) for each in told} == {
        (str(lane), "ada" if lane.provider == "pinpoint" else "Ada Lovelace") for lane in WATCHED
    }


def test_without_names_nobody_is_asked_for_them_and_nothing_is_granted_for_it() -> None:
    config = replace(CONFIG, watching=replace(CONFIG.watching, attribution=Attribution.WITHOUT_NAMES))
    stack = synthesized(config)
    for role, used in operations(stack, WATCHED, JOURNEYS, Attribution.WITHOUT_NAMES).items():
        statements = statements_of(stack, role)
        assert [each for each in used if not allows(statements, each)] == []
        assert idle_grants(statements, used) == []
    assert "DescribeUser" not in str(stack.template)
    assert "cloudtrail:LookupEvents" in str(stack.template)


def test_what_an_invocation_left_behind_is_told_by_a_later_one(played: Story) -> None:
    told = played.told["what_was_left_is_claimed"]["alerts"]

    assert [each["detail"]["run_id"] for each in told] == ["second"]


def test_every_call_that_the_bundle_has_a_model_for_was_made(played: Story) -> None:
    in_bundle = {(service, name) for service, names in sdk_operations().items() for name in names}

    assert played.judge.heard == in_bundle


@pytest.mark.parametrize("role", [*FUNCTIONS, READER])
def test_the_table_of_operations_is_what_the_functions_called(played: Story, used: Used, role: str) -> None:
    by_lambda_itself = {*LOGGING, *EMPTYING_QUEUE}
    called = {each for each in used[role] if each.action not in by_lambda_itself}

    assert sorted(map(str, played.judge.made[role])) == sorted(map(str, called))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_it_is_used_for(granted: dict[str, list[Statement]], used: Used, role: str) -> None:
    assert [str(each) for each in sorted(used[role]) if not allows(granted[role], each)] == []


@pytest.mark.parametrize("role", ROLES)
def test_whatever_is_granted_is_used(granted: dict[str, list[Statement]], used: Used, role: str) -> None:
    assert idle_grants(granted[role], used[role]) == []


@pytest.mark.parametrize("role", ROLES)
def test_without_any_one_statement_something_is_refused(
    granted: dict[str, list[Statement]], used: Used, role: str
) -> None:
    assert needless_statements(granted[role], used[role]) == []
    assert bool(granted[role]) == bool(used[role])


def test_the_default_configuration_grants_what_is_used_and_nothing_else() -> None:
    config = DeploymentConfig.from_file(ROOT / "config" / "default.toml", own_account=ACCOUNT, own_region=REGION)
    stack = synthesized(config)
    watched = lanes_of(config.watch, own_account=ACCOUNT, own_region=REGION)

    for role, used in operations(stack, watched, JOURNEYS).items():
        statements = statements_of(stack, role)
        assert [each for each in used if not allows(statements, each)] == []
        assert idle_grants(statements, used) == []
        assert needless_statements(statements, used) == []


def test_only_who_uses_a_role_may_take_it(stack: DeployedStack, reader: DeployedStack) -> None:
    of_scheduler = {
        "aws:SourceAccount": [stack.account],
        "aws:SourceArn": [f"arn:aws:scheduler:{stack.region}:{stack.account}:schedule-group/default"],
    }
    of_rule = {
        "aws:SourceAccount": [stack.account],
        "aws:SourceArn": [f"arn:aws:events:{stack.region}:{stack.account}:rule/{CONFIG.name}-all-clear"],
    }
    ids = role_ids(stack)
    (reader_id,) = reader.ids("AWS::IAM::Role")
    trusts = {name: trust_of(stack, id_) for name, id_ in ids.items()} | {READER: trust_of(reader, reader_id)}

    assert trusts == {
        **{name: [("Service", "lambda.amazonaws.com", {})] for name in FUNCTIONS},
        "schedules": [("Service", "scheduler.amazonaws.com", {"StringEquals": of_scheduler})],
        "all-clear": [("Service", "events.amazonaws.com", {"StringEquals": of_rule})],
        "chat": [("Service", "chatbot.amazonaws.com", {})],
        READER: [("AWS", stack.arn(ids["poller"]), {"StringEquals": {"sts:ExternalId": [EXTERNAL_ID]}})],
    }


def test_no_statement_is_wider_than_an_action_of_its_service(granted: dict[str, list[Statement]]) -> None:
    actions = {action for statements in granted.values() for each in statements for action in listed(each["Action"])}

    assert not [action for action in actions if action.endswith(":*") or "*" in action.partition(":")[0]]


def test_the_poller_puts_no_event_under_the_name_of_another_program(granted: dict[str, list[Statement]]) -> None:
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/{BUS}"

    def may_put(*context: tuple[str, str]) -> bool:
        return allows(granted["poller"], Operation("events:PutEvents", bus, context))

    assert may_put(("events:source", "journey-watch"))
    assert not may_put(("events:source", "another-program"))
    assert not may_put()
