"""Plays a scenario, judges it, and makes one that fails as small as it gets."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import Lane
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.store.memory import MemoryRunStore
from proof.invocation import run
from proof.oracle import Violation, violations
from proof.scenario import Scenario
from proof.world import Table, World

LANE = Lane("pinpoint", "111122223333", "eu-west-1")
ALERTS_OF_A_PAGE: Final = 8
"""So small that a mute's summary takes several pages."""
MakeTable = Callable[[], Table]


def in_memory() -> Table:
    """The store of the product's own tests."""
    store = MemoryRunStore()
    store.alerts_of_a_page = ALERTS_OF_A_PAGE

    def set_by_operators(mutes: Sequence[Mute], acknowledgements: Sequence[Acknowledgement]) -> None:
        store.set_mutes(*mutes)
        store.set_acknowledgements(*acknowledgements)

    return Table(store, LANE, set_by_operators)


@dataclass(frozen=True, slots=True)
class Trial:
    """A scenario that was played."""

    scenario: Scenario
    violations: list[Violation]
    world: World

    @property
    def trace(self) -> Iterator[str]:
        """What happened, line by line."""
        happened = [(step.at, "", str(step)[8:].strip()) for step in self.scenario.steps]
        for at, who, what in sorted([*happened, *self.world.trace], key=lambda line: line[0]):
            minutes, seconds = divmod(at, 60)
            yield f"{int(minutes):4d}:{seconds:06.3f}  {who:10}  {what}"


@contextmanager
def quietly() -> Iterator[None]:
    """Without the poll's log: it is about what goes wrong, which here is everything."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def play(
    scenario: Scenario,
    make_table: MakeTable = in_memory,
    poll: Callable[[PollContext], object] = lambda context: LanePoll(context).run(),
) -> Trial:
    """Play a scenario to its end."""
    world = World(scenario, make_table(), partial(run, poll=poll))
    with quietly():
        world.play()
    return Trial(scenario, violations(world), world)


def shrunk(failed: Trial, replay: Callable[[Scenario], Trial]) -> Trial:
    """The same failure with as little happening as possible."""
    kinds = {violation.kind for violation in failed.violations}
    best = failed
    smaller = True
    while smaller:
        smaller = False
        for part in best.scenario.parts:
            candidate = replay(best.scenario.without(part))
            if kinds & {violation.kind for violation in candidate.violations}:
                best, smaller = candidate, True
                break
    return best
