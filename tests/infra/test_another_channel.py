"""A channel is a folder and an entry, and its file and its maker here: the rest of the infrastructure follows."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import channels
from infra.aws_sdk_models import sdk_operations
from infra.deployed_stack import DeployedStack
from infra.deployment_config import DeploymentConfig
from infra.operations import operations
from journey_watch import contract
from journey_watch.channels import registry
from tests.channels.toy.pigeon import LOFT, PIGEON_ENTRY
from tests.infra.conftest import EVERYTHING, Synthesize
from tests.infra.synthesis import Synthesized, text


class PigeonLoft(Construct):
    """The file in infra."""

    def __init__(self, scope: Construct) -> None:
        super().__init__(scope, "Loft")
        self._queue = sqs.Queue(self, "Queue", enforce_ssl=True)
        self._news = sns.Topic(self, "News", enforce_ssl=True)

    @property
    def environment(self) -> Mapping[str, str]:
        return {LOFT: self._queue.queue_arn}

    @property
    def topics(self) -> Mapping[str, sns.ITopic]:
        return {"pigeon-news": self._news}

    def grant_sending(self, role: iam.Role) -> None:
        role.add_to_principal_policy(
            iam.PolicyStatement(actions=["sqs:GetQueueUrl", "sqs:SendMessage"], resources=[self._queue.queue_arn])
        )


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    registry.REGISTRY.append(PIGEON_ENTRY)
    channels.REGISTRY.append(_make_loft)
    yield
    registry.REGISTRY.remove(PIGEON_ENTRY)
    channels.REGISTRY.remove(_make_loft)


def _make_loft(scope: Construct, _config: DeploymentConfig, _key: kms.Key) -> PigeonLoft:
    return PigeonLoft(scope)


@pytest.fixture
def stack(synthesize: Synthesize) -> Synthesized:
    # What is synthesized under this name is kept, and no other test asks for it.
    return synthesize(replace(EVERYTHING, name="with-pigeons"))


def test_the_poller_is_told_of_it_and_may_send_through_it(stack: Synthesized) -> None:
    loft_arn = text(stack.poller["Environment"]["Variables"][LOFT])
    (needed,) = PIGEON_ENTRY.uses({LOFT: loft_arn})

    assert {(action, loft_arn) for action in needed.actions} <= stack.allowed(stack.poller_role)


def test_what_its_role_is_used_for_is_listed(stack: Synthesized) -> None:
    deployed = DeployedStack(
        template=stack.template,
        physical_ids={id_: f"made-up/{id_}" for id_ in stack.template["Resources"]},
        partition="aws",
        region="eu-west-1",
        account="111122223333",
    )
    of_poller = operations(deployed, {}, {})[stack.poller_role]

    loft_arn = deployed.environment(stack.function_id(contract.POLL_HANDLER))[LOFT]
    assert {"sqs:GetQueueUrl", "sqs:SendMessage"} == {each.action for each in of_poller if each.resource == loft_arn}


def test_an_alarm_watches_its_topic(stack: Synthesized) -> None:
    texts = [alarm["AlarmDescription"] for alarm in stack.properties("AWS::CloudWatch::Alarm")]

    assert [one for one in texts if "pigeon-news topic" in one]


def test_the_bundle_has_the_models_of_what_it_calls_beside_what_was_there() -> None:
    assert set(sdk_operations()["sqs"]) == {"ChangeMessageVisibility", "GetQueueUrl", "SendMessage"}
