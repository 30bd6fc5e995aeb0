"""The poller with everything real but AWS, as the entrypoints' tests have it; and a lane after its first look."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aws_lambda_powertools import Logger

from journey_watch.core.runs import Status
from tests.entrypoints.conftest import deployment as deployment  # noqa: PLC0414 - a fixture here too
from tests.polling.scripted import WELCOME, WINBACK, PollHarness

Said = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[Said]:
    """What the poll has logged since this was last asked. Each line of each test has words in it."""
    stream = io.StringIO()
    monkeypatch.setattr(Logger().registered_handler, "stream", stream)

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.seek(0)
        stream.truncate()
        assert [line for line in lines if " " not in line["message"]] == []
        return lines

    yield read
    read()


@pytest.fixture
def harness() -> PollHarness:
    """Two journeys with a running run each, after their first look."""
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.poll()
    harness.clock.advance(minutes=1)
    return harness
