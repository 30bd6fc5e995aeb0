"""The templates of a deployment that has everything, and what its functions did under their roles; once a session."""

import pytest

from infra.deployed_stack import DeployedStack
from tests.permissions import stories
from tests.permissions.deployment import reader_of, synthesized
from tests.permissions.stories import Story


@pytest.fixture(scope="session")
def stack() -> DeployedStack:
    return synthesized()


@pytest.fixture(scope="session")
def reader(stack: DeployedStack) -> DeployedStack:
    """The stack of the role in the other account."""
    return reader_of(stack)


@pytest.fixture(scope="session")
def played(stack: DeployedStack, reader: DeployedStack, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """Every story, played."""
    with stories.deployment(stack, reader) as story:
        for happening in stories.OF_POLLER:
            story.play(happening)
        story.play(stories.the_dashboard_is_looked_at)
        stories.slack_is_down(story, tmp_path_factory.mktemp("slack"))
        stories.pagerduty_is_down(story)
        stories.an_endpoint_is_down(story)
    return story
