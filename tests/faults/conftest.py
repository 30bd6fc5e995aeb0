"""The templates of a deployment that has everything; once a session."""

import pytest

from infra.deployed_stack import DeployedStack
from tests.permissions.deployment import reader_of, synthesized


@pytest.fixture(scope="session")
def stack() -> DeployedStack:
    return synthesized()


@pytest.fixture(scope="session")
def reader(stack: DeployedStack) -> DeployedStack:
    """The stack of the role in the other account."""
    return reader_of(stack)
