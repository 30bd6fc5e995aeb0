"""The page as values: what it shows, before any markup."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from typing import Any, Final

from journey_watch.core.pairs import Pair
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, Lane, RecordedRun, Status
from journey_watch.live_page.lane_snapshot import Change, LaneSnapshot
from journey_watch.live_page.problems import Problem, problems_of_journey, problems_of_lane
from journey_watch.live_page.request import Query, Sort
from journey_watch.live_page.timeline_bars import Bar, bars

PAGE_SIZE: Final = 200
"""Journeys a page. Together with the limits on runs and text it keeps a page under 2 MB; Lambda answers up to 6 MB."""
SHOWN_PROBLEMS: Final = 12
SHOWN_CHANGES: Final = 8


@dataclass(frozen=True, slots=True)
class JourneyRow:
    lane: Lane
    key: JourneyKey
    provider: Provider
    name: str | None
    live: Sequence[tuple[str, RecordedRun]]
    """Runs that have not ended, the oldest first."""
    bars: Sequence[Bar]
    problems: Sequence[Problem]
    """The worst first."""
    last_change: datetime | None
    container_name: str | None = None
    pair: str | None = None
    """The name of the pair it belongs to, if there is one."""

    @property
    def label(self) -> str:
        return self.name or self.key.journey_id


@dataclass(frozen=True, slots=True)
class View:
    now: datetime
    query: Query
    lanes: Sequence[LaneSnapshot]
    """All of them, for the filter and the footer."""
    applications: Sequence[tuple[str, str]]
    """(id, label) of every application or instance in the lanes shown."""
    rows: Sequence[JourneyRow]
    """This page's."""
    matching: int
    """Journeys that match, on all pages."""
    pages: int
    watched: int
    """Journeys that the lane, application and journey filters leave."""
    live: Mapping[Status, int]
    """Live runs of these, by status."""
    problems: Sequence[Problem]
    troubled: Mapping[tuple[Lane, JourneyKey], JourneyRow]
    """The journeys that have problems, on whichever page they stand."""
    changes: Sequence[Change]
    """Newest first."""
    last_recorded: datetime | None


def build_view(readings: Sequence[LaneSnapshot], query: Query, now: datetime, pairs: Sequence[Pair] = ()) -> View:
    """Everything the page shows. A page that does not exist becomes the nearest that does."""
    pair_of = {member: pair.name for pair in pairs for member in pair.members}
    chosen = [reading for reading in readings if query.lane in ("", str(reading.lane))]
    rows = [row for reading in chosen for row in _rows(reading, query.hours, now, pair_of)]
    watched = [row for row in rows if _belongs(row, query)]
    matching = _together(sorted((row for row in watched if _matches(row, query)), key=_ORDER[query.sort]))
    pages = max(1, -(-len(matching) // PAGE_SIZE))
    page = min(query.page, pages)
    of_lanes = (
        [] if query.application or query.journey else [one for each in chosen for one in problems_of_lane(each, now)]
    )
    keys = {(row.lane, row.key) for row in watched}
    return View(
        now=now,
        query=replace(query, page=page),
        lanes=readings,
        applications=_applications(rows),
        rows=matching[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        matching=len(matching),
        pages=pages,
        watched=len(watched),
        live=Counter(run.status for row in watched for _, run in row.live),
        problems=sorted([*of_lanes, *(one for row in watched for one in row.problems)], key=lambda one: one.rank),
        troubled={(row.lane, row.key): row for row in watched if row.problems},
        changes=sorted(
            (change for each in chosen for change in each.changes if _concerns(change, keys, query)),
            key=lambda change: change.seen_at,
            reverse=True,
        ),
        last_recorded=max((time for each in chosen for time in each.last_recorded()), default=None),
    )


def _rows(
    reading: LaneSnapshot, hours: int, now: datetime, pair_of: Mapping[tuple[str, str], str]
) -> Iterable[JourneyRow]:
    changes = reading.changes_of()
    # The state does not hold the names of containers; what was recorded of one journey names it for all.
    names = {one.journey.container_id: one.container_name for one in reading.changes if one.journey}
    for key in reading.journeys:
        row = _row(reading, key, changes.get(key, ()), hours, now)
        pair = pair_of.get((reading.lane.provider, key.journey_id))
        yield replace(row, container_name=names.get(key.container_id), pair=pair)


def _row(reading: LaneSnapshot, key: JourneyKey, changes: Sequence[Change], hours: int, now: datetime) -> JourneyRow:
    state = reading.journeys[key]
    live = sorted(
        ((run_id, run) for run_id, run in state.runs.items() if not run.status.is_terminal),
        key=lambda each: status_since(each[1]),
    )
    last = [run.last_update_time or run.recorded_at for run in state.runs.values()]
    return JourneyRow(
        lane=reading.lane,
        key=key,
        provider=reading.provider,
        name=state.journey_name or next((one.journey_name for one in reversed(changes) if one.journey_name), None),
        live=live,
        bars=bars(state.runs, changes, since=now - timedelta(hours=hours), now=now),
        problems=problems_of_journey(reading, key, state, changes, now),
        last_change=max([*last, *(change.at for change in changes)], default=None),
    )


def status_since(run: RecordedRun) -> datetime:
    """Since when the run has its status, as far as known."""
    return run.last_update_time or run.recorded_at


def _belongs(row: JourneyRow, query: Query) -> bool:
    wanted = query.journey.casefold()
    return query.application in ("", row.key.container_id, row.container_name) and (
        not wanted or any(wanted in said.casefold() for said in (row.key.journey_id, row.name or "", row.pair or ""))
    )


def _matches(row: JourneyRow, query: Query) -> bool:
    if query.only_problems and not row.problems:
        return False
    return not query.status or query.status in {*(run.status for _, run in row.live), *(bar.status for bar in row.bars)}


def _concerns(change: Change, keys: set[tuple[Lane, JourneyKey]], query: Query) -> bool:
    if change.journey is None:
        return not query.application and not query.journey
    return (change.lane, change.journey) in keys


def _worst_first(row: JourneyRow) -> tuple[object, ...]:
    return row.problems[0].rank if row.problems else (inf,), not row.live, _latest_first(row), _by_name(row)


def _latest_first(row: JourneyRow) -> float:
    return -row.last_change.timestamp() if row.last_change else 0.0


def _by_name(row: JourneyRow) -> str:
    return (row.pair or row.label).casefold()


def _together(rows: Sequence[JourneyRow]) -> list[JourneyRow]:
    """Keeps the order, but that a pair stands together where the first of it stood."""
    first: dict[str, int] = {}
    for place, row in enumerate(rows):
        if row.pair:
            first.setdefault(row.pair, place)
    placed = sorted(enumerate(rows), key=lambda each: first[each[1].pair] if each[1].pair else each[0])
    return [row for _, row in placed]


_ORDER: Final[Mapping[Sort, Callable[[JourneyRow], Any]]] = {
    Sort.PROBLEMS: _worst_first,
    Sort.CHANGED: _latest_first,
    Sort.NAME: _by_name,
}


def _applications(rows: Iterable[JourneyRow]) -> list[tuple[str, str]]:
    names: dict[str, str] = {}
    for row in rows:
        if row.container_name or row.key.container_id not in names:
            names[row.key.container_id] = row.container_name or row.key.container_id
    return sorted(names.items(), key=lambda pair: pair[1].casefold())
