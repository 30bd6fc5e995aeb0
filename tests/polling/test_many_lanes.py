"""As many lanes as a stack takes, polled at once over one store: each tells what is its own, whatever the others do."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from infra.watch_entries import MAX_LANES
from journey_watch.core.errors import PollFailedError, SourceError
from journey_watch.core.runs import Lane, Status
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import Channel
from journey_watch.settings import WatchConfig
from journey_watch.store.memory import MemoryRunStore
from tests.polling.scripted import EVERYTHING, WELCOME, Clock, ScriptedChannel, ScriptedSource, told

BLIND, UNHEARD = 3, 7
"""The lane whose provider answers nothing, and the one whose channel takes nothing."""
RUNS: Final = 5


@dataclass
class Watched:
    """One lane. All have journeys and runs of the same names, and a store in common."""

    number: int
    clock: Clock
    store: MemoryRunStore
    channel: ScriptedChannel = field(default_factory=ScriptedChannel)

    def __post_init__(self) -> None:
        self.lane = Lane("pinpoint", f"{self.number:012}", "eu-west-1")
        self.source = ScriptedSource(self.clock)
        self.let_runs_be(Status.RUNNING)

    def let_runs_be(self, status: Status) -> None:
        for run in self.runs:
            self.source.set(WELCOME, run, status)

    @property
    def runs(self) -> list[str]:
        """Those of a lane that others do not have are told apart by them."""
        return [f"run-{self.number}", *(f"run-{number}" for number in range(100, 100 + RUNS))]

    def poll(self) -> None:
        config = WatchConfig(watch=(EVERYTHING,))
        budget = TimeBudget(self.clock.now, self.clock.time + timedelta(seconds=50))
        channels = {"alerts": Channel(self.channel)}
        LanePoll(
            PollContext(
                self.lane,
                config.watch,
                source=self.source,
                store=self.store,
                channels=channels,
                config=config,
                time_budget=budget,
            )
        ).run()

    @property
    def owes(self) -> int:
        return sum(len(state.undelivered) for state in self.store.load(self.lane).states.values())


def poll_at_once(lanes: Iterable[Watched]) -> list[int]:
    """Poll each in a thread of its own; the numbers of those that were blind."""
    waiting = list(lanes)
    with ThreadPoolExecutor(len(waiting)) as pool:
        polls = {lane.number: pool.submit(lane.poll) for lane in waiting}
    return [number for number, poll in polls.items() if isinstance(poll.exception(), PollFailedError) or poll.result()]


def test_every_lane_tells_its_own_changes_while_one_is_blind_and_one_is_heard_by_nobody() -> None:
    clock, store = Clock(), MemoryRunStore()
    lanes = [Watched(number, clock, store) for number in range(MAX_LANES)]
    assert poll_at_once(lanes) == []

    clock.advance(minutes=1)
    for lane in lanes:
        lane.let_runs_be(Status.CANCELLED)
    down = SourceError("500", code="InternalServerErrorException")
    lanes[BLIND].source.failures[WELCOME], lanes[BLIND].source.unlisted = down, {"*": down}
    lanes[UNHEARD].channel.refuse = lambda _: True
    assert poll_at_once(lanes) == [BLIND]
    for lane in lanes:
        ended = [(run, "CANCELLED") for run in lane.runs]
        assert sorted(told(lane.channel)) == ([] if lane.number in (BLIND, UNHEARD) else sorted(ended))
        assert lane.owes == (len(lane.runs) if lane.number == UNHEARD else 0)

    clock.advance(minutes=1)
    lanes[BLIND].source.failures.clear()
    lanes[UNHEARD].channel.refuse = lambda _: False
    assert poll_at_once(lanes) == []
    for lane in lanes:
        assert sorted(told(lane.channel)) == sorted((run, "CANCELLED") for run in lane.runs)
        assert lane.owes == 0
        assert {alert.envelope["account"] for alert in lane.channel.accepted} == {lane.lane.account}
