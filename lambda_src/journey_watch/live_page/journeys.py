"""The journeys: each with its live runs, and its recent ones on a line of time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from journey_watch.live_page.elements import Html, element
from journey_watch.live_page.journey_rows import JourneyRow, status_since
from journey_watch.live_page.labels import badge, journey_name, muted, shown
from journey_watch.live_page.links import Links
from journey_watch.live_page.request import Query
from journey_watch.live_page.timeline_svg import timeline
from journey_watch.live_page.times import ViewerClock, age
from journey_watch.live_page.view import PAGE_SIZE, View
from journey_watch.messages.content import MAX_NAME
from journey_watch.messages.untrusted_text import one_line

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
            element("tbody", *_rows(view, clock, links, several_lanes=several_lanes)),
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


def _rows(view: View, clock: ViewerClock, links: Links, *, several_lanes: bool) -> Iterator[Html]:
    above: str | None = None
    for row in view.rows:
        if row.pair and row.pair != above:
            words = one_line(row.pair, MAX_NAME) + _not_seen(view, row.pair)
            yield element("tr", element("th", words, colspan="4", scope="rowgroup"), cls="jw-pair")
        above = row.pair
        yield _row(row, view, clock, links, several_lanes=several_lanes)


def _not_seen(view: View, pair: str) -> str:
    """The members of a pair that no lane has, in words that follow its name."""
    lacking = [one_line(f"{provider}/{journey_id}", MAX_NAME) for provider, journey_id in view.unseen.get(pair, ())]
    return f" · not seen yet: {', '.join(lacking)}" if lacking else ""


def _row(row: JourneyRow, view: View, clock: ViewerClock, links: Links, *, several_lanes: bool) -> Html:
    container = shown(row.container_name, row.key.container_id)
    where = f"{container} · {row.lane}" if several_lanes else container
    since = view.now - timedelta(hours=view.query.hours)
    worst = row.problems[0] if row.problems else None
    return element(
        "tr",
        element(
            "td",
            journey_name(row),
            *([badge(worst.severity, worst.label), *muted(worst.mute)] if worst else []),
            element("small", where),
            cls="jw-name",
        ),
        element("td", *_live(row, view, clock, links), cls="jw-live"),
        element(
            "td",
            timeline(row.timeline, since=since, clock=clock, hours=view.query.hours),
            *_more(row.timeline.left_out, "earlier", row, view, links),
        ),
        element("td", *((clock.ago(row.last_change), " ago") if row.last_change else ("—",)), cls="jw-last"),
        cls=" ".join([*([f"jw-{worst.severity}"] if worst else []), *(["jw-paired"] if row.pair else [])]),
    )


def _live(row: JourneyRow, view: View, clock: ViewerClock, links: Links) -> Iterator[Html]:
    if not row.live:
        yield element("span", "none", cls="jw-muted jw-nothing") if row.is_readable else element("span", "not known")
    chips = row.live if view.query.is_about(row.lane, row.key) else row.live[:_SHOWN_RUNS]
    for run_id, run in chips:
        yield element(
            "div",
            element("span", str(run.status).lower()),
            element("span", age(clock.now - status_since(run))),
            cls=f"jw-chip s-{run.status}",
            title=one_line(run_id, _MAX_RUN_ID),
        )
    yield from _more(len(row.live) - len(chips), "more", row, view, links)


def _more(count: int, which: str, row: JourneyRow, view: View, links: Links) -> Iterator[Html]:
    """How many runs are left out, and the way to all of them."""
    if count:
        alone = Query.about(row.lane, row.key, hours=view.query.hours)
        yield element("small", f"… and {count} {which}: ", links.to(alone, "show them"))


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
