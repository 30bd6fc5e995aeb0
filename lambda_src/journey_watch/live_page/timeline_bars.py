"""When a journey's runs were live: bars on a line of time."""

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from journey_watch.core.runs import RecordedRun, Status
from journey_watch.live_page.lane_snapshot import Change

MAX_RUNS: Final = 48
"""The latest; a bar needs some room, and a page with hundreds of journeys must stay small."""
TRACKS: Final = 3
"""Runs that overlap lie above each other, so many at most."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A run, or the part of it during which a live run had one status."""

    run_id: str
    status: Status
    start: datetime
    end: datetime
    live: bool
    track: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """The runs of a journey on a line of time."""

    bars: Sequence[Bar]
    """Of the latest runs, oldest first."""
    left_out: int
    """How many earlier runs are not drawn."""
    statuses: AbstractSet[Status]
    """Those that the runs have or had, drawn or not."""


def timeline_of(
    runs: Mapping[str, RecordedRun],
    changes: Sequence[Change],
    *,
    since: datetime,
    now: datetime,
    most: int | None = MAX_RUNS,
) -> Timeline:
    """The runs of one journey between `since` and `now`; `most` of them, if it says how many.

    `changes` are the journey's, oldest first. Ended runs lie in one piece in the colour of their end, so that a
    cancelled one is seen at a glance; live ones show how they came to be what they are.
    """
    told: dict[str, list[Change]] = {}
    for change in changes:
        if change.after is not None and change.journey is not None and not change.of_journey:
            told.setdefault(change.run_id or change.journey.journey_id, []).append(change)
    spans = [_span(run_id, runs.get(run_id), told.get(run_id, ()), now) for run_id in {**runs, **told}]
    visible = sorted((span for span in spans if span[-1].end >= since), key=lambda span: span[0].start)
    drawn = visible if most is None else visible[-most:]
    return Timeline(
        bars=list(_on_tracks(drawn, since)),
        left_out=len(visible) - len(drawn),
        statuses={bar.status for span in visible for bar in span},
    )


def _span(run_id: str, run: RecordedRun | None, told: Sequence[Change], now: datetime) -> list[Bar]:
    """One run as bars, each beginning where the one before ends."""
    points = [(change.at, Status(str(change.after))) for change in told]
    if told and told[0].before and told[0].before_since:
        points.insert(0, (told[0].before_since, Status(told[0].before)))
    if run is not None and (not points or points[-1][1] is not run.status):
        points.append((run.last_update_time or run.recorded_at, run.status))
    created = (run.creation_time if run else None) or points[0][0]
    status, end = points[-1][1], points[-1][0]
    if status.is_terminal:
        return [Bar(run_id, status, min(created, points[0][0]), end, live=False, track=0)]
    points[0] = (min(created, points[0][0]), points[0][1])
    ends = [*(start for start, _ in points[1:]), now]
    return [
        Bar(run_id, each, start, max(start, until), live=True, track=0)
        for (start, each), until in zip(points, ends, strict=True)
    ]


def _on_tracks(spans: Iterable[Sequence[Bar]], since: datetime) -> Iterable[Bar]:
    busy_until = [since] * TRACKS
    for span in spans:
        free = [track for track in range(TRACKS) if busy_until[track] <= span[0].start]
        track = free[0] if free else busy_until.index(min(busy_until))
        busy_until[track] = max(busy_until[track], span[-1].end)
        for bar in span:
            yield Bar(bar.run_id, bar.status, max(bar.start, since), bar.end, bar.live, track)
