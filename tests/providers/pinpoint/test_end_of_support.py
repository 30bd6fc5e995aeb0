"""Pinpoint after the end of its support, in the likely shape: applications are listed, and the rest is refused."""

from contextlib import suppress
from datetime import timedelta

import pytest

import simulator
from journey_watch.core.errors import PollFailedError
from journey_watch.core.runs import LANE_ITSELF
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import Channel
from journey_watch.settings import WatchConfig
from journey_watch.store.memory import MemoryRunStore
from tests.core.builders import LANE
from tests.polling.scripted import Clock, ScriptedChannel
from tests.providers.pinpoint.doubles import SimulatedPinpoint

SCENARIO = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    run = [{ id = "live", status = "RUNNING" }]
    [[application.journey]]
    id = "ended"
    state = "CLOSED"
    created_ago = "90d"
    modified_ago = "60d"
    run = [{ id = "done", status = "COMPLETED" }]
    [[application.journey]]
    id = "ended-too"
    state = "CANCELLED"
    created_ago = "90d"
    modified_ago = "60d"

[[application]]
id = "support"
    [[application.journey]]
    id = "survey"
    run = [{ id = "planned", status = "SCHEDULED" }]
"""
INTERVAL = timedelta(minutes=5)


class Watched:
    """A lane that watches everything, polled every five minutes."""

    def __init__(self, provider: SimulatedPinpoint) -> None:
        self.provider = provider
        self.source = provider.source()
        self.clock = Clock()
        self.store = MemoryRunStore()
        self.operators = ScriptedChannel()
        self.others = ScriptedChannel()

    def poll(self, polls: int, *, new_environments: bool = False) -> None:
        target = WatchTarget("pinpoint", ALL)
        for _ in range(polls):
            if new_environments:
                self.source = self.provider.source()
            context = PollContext(
                LANE,
                [target],
                source=self.source,
                store=self.store,
                channels={"alerts": Channel(self.others), "ops": Channel(self.operators, for_operators=True)},
                config=WatchConfig(watch=(target,), every_seconds=int(INTERVAL.total_seconds())),
                time_budget=TimeBudget(self.clock.now, self.clock.time + timedelta(seconds=50)),
            )
            with suppress(PollFailedError):
                LanePoll(context).run()
            self.clock.time += INTERVAL
            self.provider.let_time_pass()


@pytest.fixture
def watched(server: simulator.RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> Watched:
    server.control.load(SCENARIO)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return Watched(SimulatedPinpoint(server.control))


@pytest.mark.parametrize("status", [403, 404, 410])
@pytest.mark.parametrize("new_environments", [False, True], ids=["warm", "cold"])
def test_when_only_applications_are_listed_the_end_of_pinpoint_is_one_alert(
    watched: Watched, status: int, *, new_environments: bool
) -> None:
    watched.poll(4, new_environments=new_environments)
    watched.provider.simulation.play({"kind": "service_ends", "answer": status, "lists_applications": True})
    watched.poll(15, new_environments=new_environments)
    (opened,) = watched.operators.accepted
    assert (opened.journey, opened.detail["condition"], opened.detail["phase"]) == (
        LANE_ITSELF,
        "UNREACHABLE",
        "Opened",
    )
    assert "Amazon ended support for Pinpoint on 2026-10-30" in str(opened.envelope)
    watched.provider.simulation.play({"kind": "service_answers"})
    watched.poll(4, new_environments=new_environments)
    assert [alert.detail["phase"] for alert in watched.operators.accepted] == ["Opened", "Resolved"]
    assert watched.others.accepted == []
