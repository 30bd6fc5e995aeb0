"""Topics, queues and the key let in a service only on behalf of what is this stack's own."""

from itertools import product

import pytest

from infra.deployed_stack import DeployedStack
from tests.permissions.deployment import ACCOUNT, CONFIG, REGION
from tests.permissions.policy import ResourcePolicy, resource_policies

ALARM = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{CONFIG.name} polls-missing pinpoint/{ACCOUNT}/{REGION}"
STRANGERS = (
    f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:ALARM: {CONFIG.name} is on fire, call 555",
    f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{CONFIG.name}-eu polls-missing",
    f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{CONFIG.name}",
    f"arn:aws:cloudwatch:{REGION}:444455556666:alarm:{CONFIG.name} polls-missing",
    f"arn:aws:cloudwatch:eu-north-1:{ACCOUNT}:alarm:{CONFIG.name} polls-missing",
    f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{CONFIG.name}-all-clear",
    f"arn:aws:events:{REGION}:{ACCOUNT}:rule/anything",
    f"arn:aws:sns:{REGION}:{ACCOUNT}:somebody-elses-topic",
)
"""Sources that have no business here: of other names, accounts, Regions and kinds."""


@pytest.fixture(scope="module")
def policies(stack: DeployedStack) -> list[ResourcePolicy]:
    return resource_policies(stack)


def account_of(source: str) -> str:
    return source.split(":")[4]


def test_no_service_gets_in_for_a_source_that_is_not_the_stacks_own(policies: list[ResourcePolicy]) -> None:
    admitted = [
        (policy.resource, service, action, source)
        for policy in policies
        for (service, action), source in product(sorted(policy.services()), STRANGERS)
        if policy.admits(service, action, arn=source, account=account_of(source))
    ]

    assert admitted == []


def test_no_service_gets_in_that_does_not_say_for_whom(policies: list[ResourcePolicy]) -> None:
    assert [
        (policy.resource, service)
        for policy in policies
        for service, action in policy.services()
        if policy.admits(service, action) or policy.admits(service, action, account=ACCOUNT)
    ] == []


def test_the_stacks_own_alarms_reach_the_operators_topics_and_their_key(
    stack: DeployedStack, policies: list[ResourcePolicy]
) -> None:
    (key,) = stack.arns("AWS::KMS::Key")
    ops = {stack.value(stack.template["Outputs"][name]["Value"]) for name in ("OpsTopicArn", "OpsMailTopicArn")}
    wanted = {("sns:Publish", topic) for topic in ops} | {("kms:Decrypt", key), ("kms:GenerateDataKey*", key)}

    assert wanted == {
        (action, policy.resource)
        for policy in policies
        for service, action in policy.services()
        if service == "cloudwatch.amazonaws.com" and policy.admits(service, action, arn=ALARM, account=ACCOUNT)
    }


def test_eventbridge_is_let_in_nowhere_for_its_rule_has_a_role(policies: list[ResourcePolicy]) -> None:
    services = {service for policy in policies for service, _ in policy.services()}

    assert services == {"cloudwatch.amazonaws.com", "sns.amazonaws.com"}


def test_every_topic_and_queue_takes_nothing_over_plain_http(stack: DeployedStack) -> None:
    closed = {
        policy.resource
        for policy in resource_policies(stack)
        for each in policy.statements
        if each["Effect"] == "Deny" and each.get("Condition") == {"Bool": {"aws:SecureTransport": ["false"]}}
    }

    assert closed == {*stack.arns("AWS::SNS::Topic"), *stack.arns("AWS::SQS::Queue")}
