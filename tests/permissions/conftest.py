"""The templates of a deployment that has everything, and what its functions did under their roles; once a session."""

import json
from collections.abc import Callable

import aws_cdk as cdk
import pytest
from aws_cdk import assertions

from infra.bundle import Bundle
from infra.deployed_stack import DeployedStack
from infra.deployment_config import DeploymentConfig
from infra.journey_watch_stack import JourneyWatchStack
from infra.reader_role import ReaderRoleStack
from tests.infra.conftest import ROOT
from tests.permissions import stories
from tests.permissions.deployment import ACCOUNT, CONFIG, READER_ROLE, REGION, deployed
from tests.permissions.stories import Story, role_ids

Synthesize = Callable[[DeploymentConfig], DeployedStack]


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """The stack of a configuration; its bundle is empty."""
    directory = tmp_path_factory.mktemp("code")
    (directory / "stub.py").touch()

    def synthesize(config: DeploymentConfig) -> DeployedStack:
        made = JourneyWatchStack(
            cdk.App(context=json.loads((ROOT / "cdk.json").read_text())["context"]),
            config=config,
            bundle=Bundle(directory, "stub"),
            env=cdk.Environment(account=ACCOUNT, region=REGION),
        )
        return deployed(assertions.Template.from_stack(made).to_json())

    return synthesize


@pytest.fixture(scope="session")
def stack(synthesized: Synthesize) -> DeployedStack:
    return synthesized(CONFIG)


@pytest.fixture(scope="session")
def reader(stack: DeployedStack) -> DeployedStack:
    """The stack of the role in the other account."""
    made = ReaderRoleStack(cdk.App(), config=CONFIG, role_arn=READER_ROLE)
    poller_role = stack.arn(role_ids(stack)["poller"])
    template = assertions.Template.from_stack(made).to_json()
    return deployed(template, account=READER_ROLE.split(":")[4], PollerRoleArn=poller_role)


@pytest.fixture(scope="session")
def played(stack: DeployedStack, reader: DeployedStack, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Every story, played."""
    with stories.deployment(stack, reader) as story:
        for happening in stories.OF_POLLER:
            story.play(happening)
        story.play(stories.the_dashboard_is_looked_at)
        stories.slack_is_down(story, tmp_path_factory.mktemp("slack"))
    return story
