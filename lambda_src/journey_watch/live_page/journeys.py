"""The journeys: each with its live runs, and its recent ones on a line of time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from journey_watch.live_page.elements import Html, element
from journey_watch.live_page.labels import badge, journey_name, shown
from journey_watch.live_page.links import Links
from journey_watch.live_page.timeline_svg import timeline
from journey_watch.live_page.times import ViewerClock, age
from journey_watch.live_page.view import PAGE_SIZE, JourneyRow, View, status_since
from journey_watch.messages.untrusted_text import one_line
from journey_watch.messages.wording import MAX_NAME

_SHOWN_RUNS = 3
_MAX_RUN_ID = 60


def journey_table(view: View, clock: ViewerClock, links: Links) -> Html:
    """One page of journeys, and the way to the others."""
    if not view.rows:
        words = "No journey matches." if view.query.narrows else "No journey is watched yet."
        return element("p", words, cls="jw-empty")
    several_lanes = len(view.lanes) > 1
    return element(
        "section",
        element(
            "table",
            element("thead", _heading(view)),
            element("tbody", *_rows(view, clock, several_lanes=several_lanes)),
        ),
        *_pager(view, links),
    )


def _heading(view: View) -> Html:
    hours = view.query.hours
    marks = (f"{hours} h ago", f"{hours / 2:g} h ago", "now")
    return element(
        "tr",
        element("th", "Journey", cls="jw-name", scope="col"),
        element("th", "Live runs", cls="jw-live", scope="col"),
        element("th", element("div", *(element("span", mark) for mark in marks), cls="jw-axis"), scope="col"),
        element("th", "Changed", cls="jw-last", scope="col"),
    )


def _rows(view: View, clock: ViewerClock, *, several_lanes: bool) -> Iterator[Html]:
    above: str | None = None
    for row in view.rows:
        if row.pair and row.pair != above:
            name = one_line(row.pair, MAX_NAME)
            yield element("tr", element("th", name, colspan="4", scope="rowgroup"), cls="jw-pair")
        above = row.pair
        yield _row(row, view, clock, several_lanes=several_lanes)


def _row(row: JourneyRow, view: View, clock: ViewerClock, *, several_lanes: bool) -> Html:
    container = shown(row.container_name, row.key.container_id)
    where = f"{container} · {row.lane}" if several_lanes else container
    since = view.now - timedelta(hours=view.query.hours)
    worst = row.problems[0] if row.problems else None
    return element(
        "tr",
        element(
            "td",
            journey_name(row),
            *([badge(worst.severity, worst.label)] if worst else []),
            element("small", where),
            cls="jw-name",
        ),
        element("td", *_live(row, clock), cls="jw-live"),
        element("td", timeline(row.bars, since=since, clock=clock, hours=view.query.hours)),
        element("td", *((clock.ago(row.last_change), " ago") if row.last_change else ("—",)), cls="jw-last"),
        cls=" ".join([*([f"jw-{worst.severity}"] if worst else []), *(["jw-paired"] if row.pair else [])]),
    )


def _live(row: JourneyRow, clock: ViewerClock) -> Iterator[Html]:
    if not row.live:
        yield element("span", "none", cls="jw-muted jw-nothing")
    for run_id, run in row.live[:_SHOWN_RUNS]:
        yield element(
            "div",
            element("span", str(run.status).lower()),
            element("span", age(clock.now - status_since(run))),
            cls=f"jw-chip s-{run.status}",
            title=one_line(run_id, _MAX_RUN_ID),
        )
    if len(row.live) > _SHOWN_RUNS:
        yield element("div", f"and {len(row.live) - _SHOWN_RUNS} more", cls="jw-muted")


def _pager(view: View, links: Links) -> Iterator[Html]:
    if view.pages == 1:
        return
    page = view.query.page
    first = (page - 1) * PAGE_SIZE + 1
    yield element(
        "div",
        *([links.to(replace(view.query, page=page - 1), "← Previous")] if page > 1 else []),
        element("span", f"{first}–{first + len(view.rows) - 1} of {view.matching} journeys"),  # noqa: RUF001
        *([links.to(replace(view.query, page=page + 1), "Next →")] if page < view.pages else []),
        cls="jw-pages",
    )
