"""A source on the simulator, as the run-source contract wants it, and one on scripted answers."""

import json
from collections.abc import Callable
from typing import Final

from journey_watch.aws.clients import SOURCE_CONFIG
from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL
from journey_watch.providers.pinpoint.client import PINPOINT_READS, pinpoint_client
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns
from journey_watch.providers.remembered_listing import REMEMBER_SECONDS
from simulator import Simulation
from tests.aws.doubles import Clock, ScriptedAnswers, session
from tests.core.builders import NOON

SCENARIO: Final = """
max_page_size = 2

[[application]]
id = "container-1"
name = "First"
    [[application.journey]]
    id = "journey-1"
    name = "Welcome"
    history = [{ runs = 4 }]
    run = [{ id = "live", status = "RUNNING" }]
    [[application.journey]]
    id = "journey-2"
    run = [{ id = "planned", status = "SCHEDULED" }]

[[application]]
id = "container-2"
    [[application.journey]]
    id = "journey-3"
    run = [{ id = "stopped", status = "CANCELLED" }]
"""


class SimulatedPinpoint:
    """The contract's SimulatedProvider."""

    def __init__(self, simulation: Simulation) -> None:
        self.simulation = simulation
        self.clock = Clock()

    def source(self) -> PinpointJourneyRuns:
        limit = RateLimit(PINPOINT_READS, clock=self.clock, sleep=self.clock.sleep)
        return PinpointJourneyRuns(pinpoint_client(session(), limit), limit, clock=self.clock)

    def refuse_runs_of(self, journey: JourneyKey) -> None:
        self._fail("error", operation="GetJourneyRuns", journey=journey.journey_id, status=403)

    def cut_short_runs_of(self, journey: JourneyKey) -> None:
        self._fail("drop", operation="GetJourneyRuns", journey=journey.journey_id, after=1)

    def refuse_listing(self, container_id: str) -> None:
        if container_id == ALL:
            self._fail("error", operation="GetApps", status=403)
        else:
            self._fail("error", operation="ListJourneys", application=container_id, status=403)

    def break_everything(self) -> None:
        self._fail("malformed", body='"surprise"')

    def let_time_pass(self) -> None:
        self.clock.at += REMEMBER_SECONDS

    def _fail(self, kind: str, **how: object) -> None:
        self.simulation.switch_on({"kind": kind, **how})


def scripted_source(
    *answers: ScriptedAnswers.Answer, clock: Clock | None = None, plain: bool = False
) -> tuple[PinpointJourneyRuns, ScriptedAnswers]:
    """A source and what answers it. `plain`: with a client that nothing was done to."""
    clock = clock or Clock()
    limit = RateLimit(PINPOINT_READS, clock=clock, sleep=clock.sleep)
    client = session().client("pinpoint", config=SOURCE_CONFIG) if plain else pinpoint_client(session(), limit)
    script = ScriptedAnswers(*answers).attach(client)
    return PinpointJourneyRuns(client, limit, clock=clock, now=lambda: NOON), script


def page(*items: object, token: object = None) -> tuple[int, bytes]:
    """HTTP 200 with these items."""
    return 200, json.dumps({"Item": items, "NextToken": token}).encode()


def run_item(run_id: str = "run-1", status: str = "RUNNING", **fields: object) -> dict[str, object]:
    """A run in Pinpoint's wire format."""
    times = {"CreationTime": "2026-11-23T08:00:00.000Z", "LastUpdateTime": "2026-11-23T09:00:00.000Z"}
    return {"RunId": run_id, "Status": status, **times, **fields}


def by_request(answer: Callable[[str], tuple[int, bytes]]) -> ScriptedAnswers.Answer:
    """Answers by the URL that is asked for."""
    return lambda request: answer(str(request.url))
