"""The poller with everything real but AWS, as the entrypoints' tests have it; and a lane after its first look."""

import pytest

from journey_watch.core.runs import Status
from tests.entrypoints.conftest import deployment as deployment  # noqa: PLC0414 - a fixture here too
from tests.polling.scripted import WELCOME, WINBACK, PollHarness


@pytest.fixture
def harness() -> PollHarness:
    """Two journeys with a running run each, after their first look."""
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.poll()
    harness.clock.advance(minutes=1)
    return harness
