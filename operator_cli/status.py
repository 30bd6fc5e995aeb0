"""What is known to run now."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from journey_watch.core.runs import JourneyState, Lane, Scope
from journey_watch.messages.untrusted_text import one_line
from journey_watch.ports import LaneState

_MAX_NAME = 80


@dataclass(frozen=True, slots=True)
class Row:
    """One journey that has a live run or an open condition."""

    lane: str
    journey: Scope
    name: str | None
    live_runs: Mapping[str, int]
    """How many, by status."""
    conditions: Sequence[str]
    """Open ones: the kind, and the run it is about."""

    @property
    def label(self) -> str:
        return one_line(self.name or str(self.journey), _MAX_NAME)

    def to_json(self) -> dict[str, Any]:
        return {
            "lane": self.lane,
            "container_id": self.journey.container_id,
            "journey_id": self.journey.journey_id,
            "name": self.name,
            "live_runs": dict(self.live_runs),
            "conditions": list(self.conditions),
        }


def rows_of(lane: Lane, state: LaneState) -> Iterator[Row]:
    """Journeys with something to see, and what is wrong with a container or the lane; in the order of their names."""
    rows = [_row(lane, scope, of_it) for scope, of_it in state.states.items()]
    yield from sorted((row for row in rows if row.live_runs or row.conditions), key=lambda row: row.label.casefold())


def _row(lane: Lane, journey: Scope, state: JourneyState) -> Row:
    live = Counter(run.status.value for run in state.runs.values() if not run.status.is_terminal)
    open_ones = [condition for condition in state.conditions.values() if condition.opened_at]
    return Row(
        lane=str(lane),
        journey=journey,
        name=state.journey_name,
        live_runs=dict(sorted(live.items())),
        conditions=[
            f"{one.kind} {one_line(one.run_id, _MAX_NAME)}" if one.run_id else one.kind.value for one in open_ones
        ],
    )
