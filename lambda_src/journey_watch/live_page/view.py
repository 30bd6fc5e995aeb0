"""The page as values: what it shows, before any markup."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import inf
from types import MappingProxyType
from typing import Any, Final

from journey_watch.core.mutes import Mute, evaluable
from journey_watch.core.pairs import Pair
from journey_watch.core.runs import JourneyKey, Lane, Status
from journey_watch.live_page.journey_rows import JourneyRow, JourneyRows
from journey_watch.live_page.lane_snapshot import Change, LaneSnapshot
from journey_watch.live_page.problems import Problem, problems_of_lane
from journey_watch.live_page.request import DEFAULT_HOURS, Query, Sort, as_filter

PAGE_SIZE: Final = 200
"""Journeys a page. Together with the limits on runs and text it keeps a page under 2 MB; Lambda answers up to 6 MB."""
SHOWN_PROBLEMS: Final = 12
"""As many as a page of journeys if only those with problems are asked for."""
SHOWN_CHANGES: Final = 8


@dataclass(frozen=True, slots=True)
class MuteLine:
    """A mute that is in force, or one of which nobody can tell."""

    id: str
    mute: Mute | None
    """None if this version cannot read it. Then the poller cannot either, and it holds nothing back."""
    held_back: int
    """Alerts that it held back, of those looked back on."""


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
    """Journeys that the lane, application and journey filters leave, but for those that cannot be read."""
    live: Mapping[Status, int]
    """Live runs of these, by status."""
    problems: Sequence[Problem]
    hidden: Sequence[Problem]
    """What is wrong beside these: other filters, or a longer time, would show it."""
    troubled: Mapping[tuple[Lane, JourneyKey], JourneyRow]
    """The journeys that have problems, on whichever page they stand."""
    changes: Sequence[Change]
    """Newest first."""
    last_recorded: datetime | None
    known_since: datetime
    """From when on the changes of all lanes were read. Nothing is said of ends before it."""
    mutes: Sequence[MuteLine]
    pairs: Sequence[Pair]
    unseen: Mapping[str, Sequence[tuple[str, str]]]
    """By the name of a pair: its members, as (provider, journey id), that no lane has; not here if there are none."""

    @property
    def looked_back(self) -> timedelta:
        """How far back problems were looked for."""
        return look_back(self.query)


def look_back(query: Query) -> timedelta:
    """How far back changes are read: a shorter time that is chosen must not hide what is wrong without a word."""
    return timedelta(hours=max(query.hours, DEFAULT_HOURS))


def build_view(
    readings: Sequence[LaneSnapshot],
    query: Query,
    now: datetime,
    pairs: Sequence[Pair] = (),
    mutes: Mapping[str, Mute | None] = MappingProxyType({}),
) -> View:
    """Everything the page shows. A page that does not exist becomes the nearest that does.

    `readings` are all lanes, with their changes as far back as `look_back` says; `mutes` are all that are known, by id.
    """
    mutes = evaluable(mutes, now)
    in_force = [mute for mute in mutes.values() if mute is not None and mute.is_in_force(now)]
    make = JourneyRows(query, now, in_force, {member: pair for pair in pairs for member in pair.members})
    everything = [row for reading in readings for row in make.of(reading)]
    chosen = [reading for reading in readings if query.lane in ("", str(reading.lane))]
    of_chosen = {reading.lane for reading in chosen}
    rows = [row for row in everything if row.lane in of_chosen]
    watched = [row for row in rows if _belongs(row, query)]
    matching = _together(sorted((row for row in watched if _matches(row, query)), key=_ORDER[query.sort]))
    pages = max(1, -(-len(matching) // PAGE_SIZE))
    page = min(query.page, pages)
    keys = {(row.lane, row.key) for row in watched}
    problems, hidden = _problems(readings, everything, keys, query, now)
    return View(
        now=now,
        query=replace(query, page=page),
        lanes=readings,
        applications=_applications(rows),
        rows=matching[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
        matching=len(matching),
        pages=pages,
        watched=sum(row.is_readable for row in watched),
        live=Counter(run.status for row in watched for _, run in row.live),
        problems=problems,
        hidden=hidden,
        troubled={(row.lane, row.key): row for row in watched if row.problems},
        changes=sorted(
            (
                change
                for each in chosen
                for change in each.changes
                if change.seen_at >= make.since and _concerns(change, keys, query)
            ),
            key=lambda change: change.seen_at,
            reverse=True,
        ),
        last_recorded=max((time for each in chosen for time in each.last_recorded()), default=None),
        known_since=max(
            [
                now - look_back(query),
                *(one.seen_at for each in readings if each.more_changes for one in each.changes[-1:]),
            ]
        ),
        mutes=list(_mute_lines(mutes, in_force, readings)),
        pairs=pairs,
        unseen=_unseen(pairs, everything),
    )


def _problems(
    readings: Sequence[LaneSnapshot],
    rows: Sequence[JourneyRow],
    shown: set[tuple[Lane, JourneyKey]],
    query: Query,
    now: datetime,
) -> tuple[list[Problem], list[Problem]]:
    """Those of the selection, and those outside of it: each the worst first."""
    within: list[Problem] = []
    outside: list[Problem] = []
    for reading in readings:
        is_shown = query.lane in ("", str(reading.lane)) and not query.application and not query.journey
        (within if is_shown else outside).extend(problems_of_lane(reading, now))
    for row in rows:
        (within if (row.lane, row.key) in shown else outside).extend(row.problems)
        outside.extend(row.earlier)
    return sorted(within, key=lambda one: one.rank), sorted(outside, key=lambda one: one.rank)


def _belongs(row: JourneyRow, query: Query) -> bool:
    wanted = query.journey.casefold()
    ids = (row.key.journey_id, as_filter(row.key.journey_id))
    return query.application in ("", as_filter(row.key.container_id), row.key.container_id, row.container_name) and (
        not wanted or any(wanted in said.casefold() for said in (*ids, row.name or "", row.pair or ""))
    )


def _matches(row: JourneyRow, query: Query) -> bool:
    if query.only_problems and not row.problems:
        return False
    return not query.status or query.status in {*(run.status for _, run in row.live), *row.timeline.statuses}


def _concerns(change: Change, keys: set[tuple[Lane, JourneyKey]], query: Query) -> bool:
    if change.journey is None:
        return not query.application and not query.journey
    return (change.lane, change.journey) in keys


def _mute_lines(
    mutes: Mapping[str, Mute | None], in_force: Sequence[Mute], readings: Sequence[LaneSnapshot]
) -> Iterator[MuteLine]:
    held_back = Counter(change.muted_by for reading in readings for change in reading.changes)
    for id_, mute in mutes.items():
        if mute is None or mute in in_force:
            yield MuteLine(id_, mute, held_back[id_])


def _unseen(pairs: Iterable[Pair], rows: Iterable[JourneyRow]) -> dict[str, Sequence[tuple[str, str]]]:
    seen = {(row.lane.provider, row.key.journey_id) for row in rows}
    lacking = {pair.name: [member for member in pair.members if member not in seen] for pair in pairs}
    return {name: members for name, members in lacking.items() if members}


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
