"""What the page says of each journey, before it is chosen, sorted and shown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from journey_watch.core.mutes import Mute
from journey_watch.core.pairs import Pair
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, JourneyState, Lane, RecordedRun
from journey_watch.live_page.lane_snapshot import Change, LaneSnapshot
from journey_watch.live_page.problems import Problem, problems_of_journey
from journey_watch.live_page.request import Query
from journey_watch.live_page.timeline_bars import MAX_RUNS, Timeline, timeline_of


@dataclass(frozen=True, slots=True)
class JourneyRow:
    lane: Lane
    key: JourneyKey
    provider: Provider
    name: str | None
    live: Sequence[tuple[str, RecordedRun]]
    """Runs that have not ended, the oldest first."""
    timeline: Timeline
    problems: Sequence[Problem]
    """The worst first."""
    earlier: Sequence[Problem]
    """What went wrong before the time that is shown."""
    last_change: datetime | None
    container_name: str | None
    pair: str | None
    """The name of the pair it belongs to, if there is one."""
    is_readable: bool
    """False if this version cannot read what is remembered of it: nothing is known of its runs."""

    @property
    def label(self) -> str:
        return self.name or self.key.journey_id


@dataclass(frozen=True, slots=True)
class JourneyRows:
    """Makes rows of lanes."""

    query: Query
    now: datetime
    mutes: Sequence[Mute]
    """Those in force."""
    pair_of: Mapping[tuple[str, str], Pair]
    """By provider and journey id."""

    @property
    def since(self) -> datetime:
        """When the time that is shown begins."""
        return self.now - timedelta(hours=self.query.hours)

    def of(self, reading: LaneSnapshot) -> Iterator[JourneyRow]:
        changes = reading.changes_of()
        # The state does not hold the names of containers; what was recorded of one journey names it for all.
        names = {one.journey.container_id: one.container_name for one in reading.changes if one.journey}
        unreadable = [key for key in reading.unreadable if isinstance(key, JourneyKey)]
        for key in (*reading.journeys, *unreadable):
            yield self._row(reading, key, changes.get(key, ()), names.get(key.container_id))

    def _row(
        self, reading: LaneSnapshot, key: JourneyKey, changes: Sequence[Change], container_name: str | None
    ) -> JourneyRow:
        state = reading.journeys.get(key, JourneyState())
        live = sorted(
            ((run_id, run) for run_id, run in state.runs.items() if not run.status.is_terminal),
            key=lambda each: status_since(each[1]),
        )
        last = [run.last_update_time or run.recorded_at for run in state.runs.values()]
        problems = problems_of_journey(reading, key, state, changes, now=self.now, mutes=self.mutes)
        earlier = [one for one in problems if one.seen_at and one.seen_at < self.since]
        pair = self.pair_of.get((reading.lane.provider, key.journey_id))
        most = None if self.query.is_about(reading.lane, key) else MAX_RUNS
        return JourneyRow(
            lane=reading.lane,
            key=key,
            provider=reading.provider,
            name=state.journey_name or next((one.journey_name for one in reversed(changes) if one.journey_name), None),
            live=live,
            timeline=timeline_of(state.runs, changes, since=self.since, now=self.now, most=most),
            problems=[one for one in problems if one not in earlier],
            earlier=earlier,
            last_change=max([*last, *(change.at for change in changes)], default=None),
            container_name=container_name,
            pair=pair.name if pair else None,
            is_readable=key in reading.journeys,
        )


def status_since(run: RecordedRun) -> datetime:
    """Since when the run has its status, as far as known."""
    return run.last_update_time or run.recorded_at
