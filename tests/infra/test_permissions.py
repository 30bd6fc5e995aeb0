"""What each role may do, action by action and resource by resource: exactly this."""

import pytest

from infra.aws_sdk_models import sdk_operations
from infra.deployment_config import DeploymentConfig
from journey_watch import contract
from journey_watch.core.watch_list import WatchTarget
from tests.infra.conftest import Synthesize, configured
from tests.infra.synthesis import TOPICS, Synthesized, listed, text

OWN = "arn:${AWS::Partition}:mobiletargeting:${AWS::Region}:${AWS::AccountId}"
READING = ("mobiletargeting:GetJourneyRuns", "mobiletargeting:GetJourneyRunExecutionMetrics")
ROLE = "arn:aws:iam::444455556666:role/Reader"


def reading(stack: Synthesized) -> set[tuple[str, str]]:
    """The poller's permissions to read sources."""
    return {pair for pair in stack.allowed(stack.poller_role) if pair[0].startswith(("mobiletargeting:", "sts:"))}


def via(service: str) -> str:
    """The limit under which a role may use the key."""
    return f"kms:ViaService is {service}.${{AWS::Region}}.amazonaws.com"


def watching(*targets: WatchTarget) -> DeploymentConfig:
    return configured(watch=targets)


def journeys(count: int) -> tuple[str, ...]:
    return tuple(f"{index:032x}" for index in range(count))


def test_the_poller_may_do_this_and_nothing_else(everything: Synthesized) -> None:
    table, key = everything.arn("AWS::DynamoDB::Table"), everything.arn("AWS::KMS::Key")
    table_actions = ("BatchGetItem", "PutItem", "Query", "UpdateItem")
    by_table = ("Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*")
    by_topics = ("Decrypt", "GenerateDataKey*")
    log = everything.log_arn(everything.poller)

    assert everything.allowed(everything.poller_role) - reading(everything) == {
        *((f"dynamodb:{action}", table) for action in table_actions),
        ("dynamodb:Query", f"{table}/index/{contract.LANE_INDEX}"),
        *((f"kms:{action} if {via('dynamodb')}", key) for action in by_table),
        *((f"kms:{action} if {via('sns')}", key) for action in by_topics),
        *(("sns:Publish", everything.output(topic)) for topic in TOPICS),
        *(
            ("sns:ListSubscriptionsByTopic", everything.output(topic))
            for topic in ("AlertMailTopicArn", "OpsMailTopicArn")
        ),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


def test_everything_is_read_by_application_wildcards(everything: Synthesized) -> None:
    assert reading(everything) == {
        ("mobiletargeting:GetApps", f"{OWN}:apps"),
        ("mobiletargeting:GetApps", f"{OWN}:apps/*"),
        ("mobiletargeting:ListJourneys", f"{OWN}:apps/*"),
        *((action, f"{OWN}:apps/*/journeys/*") for action in READING),
    }


def test_every_pinpoint_operation_in_the_bundle_is_allowed_and_no_other(synthesize: Synthesize) -> None:
    stack = synthesize(watching(WatchTarget("pinpoint", "*"), WatchTarget("pinpoint", "one", region="eu-west-1")))

    assert {action for action, _ in reading(stack)} == {
        f"mobiletargeting:{operation}" for operation in sdk_operations()["pinpoint"]
    }


def test_listed_journeys_are_read_and_no_others(synthesize: Synthesize) -> None:
    stack = synthesize(watching(WatchTarget("pinpoint", "app1", ("j1", "j2"), region="eu-west-1")))
    apps = "arn:${AWS::Partition}:mobiletargeting:eu-west-1:${AWS::AccountId}:apps"

    assert reading(stack) == {
        ("mobiletargeting:GetApp", f"{apps}/app1"),
        ("mobiletargeting:ListJourneys", f"{apps}/app1"),
        ("mobiletargeting:ListJourneys", f"{apps}/app1/journeys"),
        *((action, f"{apps}/app1/journeys/{journey}*") for action in READING for journey in ("j1", "j2")),
    }


@pytest.mark.parametrize(("count", "expected"), [(20, 20), (21, 1)])
def test_above_twenty_journeys_the_application_is_granted(synthesize: Synthesize, count: int, expected: int) -> None:
    stack = synthesize(watching(WatchTarget("pinpoint", "app1", journeys(count))))

    granted = {resource for action, resource in reading(stack) if action == READING[0]}

    assert len(granted) == expected
    assert (f"{OWN}:apps/app1/journeys/*" in granted) == (count > 20)


def test_a_lane_with_a_role_is_read_through_it_and_not_locally(synthesize: Synthesize) -> None:
    stack = synthesize(watching(WatchTarget("pinpoint", "*", role_arn=ROLE, external_id="secret-handshake")))

    assert reading(stack) == {("sts:AssumeRole", ROLE)}


def test_each_lane_has_its_own_permissions(synthesize: Synthesize) -> None:
    stack = synthesize(
        watching(
            WatchTarget("pinpoint", "here"),
            WatchTarget("pinpoint", "there", region="eu-west-1"),
            WatchTarget("pinpoint", "abroad", role_arn=ROLE),
        )
    )

    assert {pair for pair in reading(stack) if pair[0] in (READING[0], "sts:AssumeRole")} == {
        (READING[0], f"{OWN}:apps/here/journeys/*"),
        (READING[0], "arn:${AWS::Partition}:mobiletargeting:eu-west-1:${AWS::AccountId}:apps/there/journeys/*"),
        ("sts:AssumeRole", ROLE),
    }


def test_two_hundred_journeys_fit_into_the_size_limits_of_policies(synthesize: Synthesize) -> None:
    targets = [WatchTarget("pinpoint", f"{app:032x}", journeys(20)) for app in range(10)]
    stack = synthesize(watching(*targets))

    def size(document: object) -> int:
        """Without the white space, which IAM does not count, and with AWS's longest account and Region names."""
        rendered = str(_filled(document))
        return len("".join(rendered.split()))

    managed = [each["PolicyDocument"] for each in stack.properties("AWS::IAM::ManagedPolicy")]
    inline = [each for each in stack.policies(stack.poller_role) if each not in managed]

    assert len({resource for action, resource in reading(stack) if action == READING[0]}) == 200
    assert len(managed) <= 10
    assert all(size(document) <= 6_144 for document in managed)
    assert sum(map(size, inline)) <= 10_240


def test_schedules_may_invoke_the_poller_and_leave_dead_letters(everything: Synthesized) -> None:
    assert everything.allowed(everything.schedule_role) == {
        ("lambda:InvokeFunction", everything.poller_arn),
        ("sqs:SendMessage", everything.arn("AWS::SQS::Queue")),
    }


def test_only_scheduler_on_behalf_of_this_account_takes_the_schedules_role(everything: Synthesized) -> None:
    role = everything.template["Resources"][everything.schedule_role]["Properties"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    conditions = {key: text(value) for key, value in statement["Condition"]["StringEquals"].items()}
    assert conditions == {
        "aws:SourceAccount": "${AWS::AccountId}",
        "aws:SourceArn": "arn:${AWS::Partition}:scheduler:${AWS::Region}:${AWS::AccountId}:schedule-group/default",
    }


def test_no_role_has_a_permission_on_everything(synthesize: Synthesize, everything: Synthesized) -> None:
    """But for the widget's reading of metrics, which takes no resource."""
    for stack in (everything, synthesize(watching(WatchTarget("pinpoint", "*", role_arn=ROLE)))):
        for role in stack.ids("AWS::IAM::Role"):
            allowed = stack.allowed(role) - {("cloudwatch:GetMetricData", "*")}
            assert not [pair for pair in allowed if pair[1] == "*" or pair[0].endswith(":*")]


def _filled(value: object) -> object:
    """A document as IAM gets it, about: references replaced by long values."""
    match value:
        case {"Statement": statements}:
            return [_filled(statement) for statement in listed(statements)]
        case {"Effect": effect, "Action": action, "Resource": resource}:
            return {"Effect": effect, "Action": action, "Resource": [_filled(each) for each in listed(resource)]}
    return (
        text(value)
        .replace("${AWS::Partition}", "aws-us-gov")
        .replace("${AWS::Region}", "ap-southeast-2")
        .replace("${AWS::AccountId}", "111122223333")
    )
