"""Shared by the tests of providers."""

from collections.abc import Iterator

import pytest

import simulator


@pytest.fixture(scope="module")
def server() -> Iterator[simulator.RunningSimulator]:
    """One simulator for a module's tests; each loads its own scenario."""
    with simulator.running() as running:
        yield running
