"""Counters of a run: good to have, never waited for."""

import pytest

from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.runs import JourneyKey
from journey_watch.providers.pinpoint.client import PINPOINT_READS, impatient_pinpoint_client
from journey_watch.providers.pinpoint.counters import PinpointCounters
from simulator import running
from tests.aws.doubles import session

SCENARIO = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    run = [{ id = "r1", status = "RUNNING", metrics = { ENDPOINT_ENTERED = "12" } }]
"""
WELCOME = JourneyKey("shop", "welcome")


@pytest.mark.parametrize(
    ("fault", "counted"),
    [
        (None, {"ENDPOINT_ENTERED": "12"}),
        ({"kind": "error", "status": 500}, {}),
        ({"kind": "error", "status": 403}, {}),
        ({"kind": "drop", "when": "before_headers"}, {}),
        ({"kind": "malformed"}, {}),
    ],
)
def test_counters_come_at_once_or_not_at_all(
    monkeypatch: pytest.MonkeyPatch, fault: dict[str, object] | None, counted: dict[str, str]
) -> None:
    with running(SCENARIO) as simulator:
        monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", simulator.url)
        if fault:
            simulator.control.switch_on(fault)
        counters = PinpointCounters(lambda: impatient_pinpoint_client(session(), RateLimit(PINPOINT_READS)))
        assert counters.read(WELCOME, "r1") == counted
        assert simulator.control.calls.count(operation="GetJourneyRunExecutionMetrics") == 1
