"""What is wrong, beside what changed last; and below them who keeps quiet about what."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from journey_watch.contract import QUERY_RECENT_CHANGES
from journey_watch.core.filters import ANY
from journey_watch.core.mutes import Mute
from journey_watch.live_page.elements import Html, element
from journey_watch.live_page.labels import acknowledged, badge, journey_name, muted, shown
from journey_watch.live_page.lane_snapshot import ACKNOWLEDGED, RESOLVED, Change
from journey_watch.live_page.links import Links
from journey_watch.live_page.problems import Problem
from journey_watch.live_page.times import ViewerClock
from journey_watch.live_page.view import PAGE_SIZE, SHOWN_CHANGES, SHOWN_PROBLEMS, MuteLine, View
from journey_watch.messages.untrusted_text import one_line

_MAX_RUN_ID = 60
_MAX_SENTENCE = 300
_SHOWN_MUTES: Final = 20
_SHOWN_IDS: Final = 20


def news(view: View, clock: ViewerClock, links: Links) -> Html:
    """The lists; what there is none of is left out."""
    lists = [*_problems(view, clock, links), *_changes(view, clock), *_mutes(view, clock)]
    return element("div", *lists, cls="jw-columns jw-both" if len(lists) > 1 else "jw-columns")


def _problems(view: View, clock: ViewerClock, links: Links) -> list[Html]:
    most = PAGE_SIZE if view.query.only_problems else SHOWN_PROBLEMS
    items = [_problem(problem, view, clock) for problem in view.problems[:most]]
    rest = len(view.problems) - len(items)
    way: Html | str = "choose a lane, an application or a journey"
    if not view.query.only_problems:
        way = links.to(replace(view.query, only_problems=True, page=1), "show them")
    return _list("What is wrong", items, f"{rest}" if rest else "", way)


def _changes(view: View, clock: ViewerClock) -> list[Html]:
    items = [_change(change, clock) for change in view.changes[:SHOWN_CHANGES]]
    rest = len(view.changes) - len(items)
    # Of a lane with very many only the latest were read, so that nobody knows how many there are.
    at_least = "at least " if view.known_since > clock.now - view.looked_back else ""
    way = f"in the saved log query “{QUERY_RECENT_CHANGES}”"
    return _list("What changed last", items, f"{at_least}{rest}" if rest else "", way)


def _mutes(view: View, clock: ViewerClock) -> list[Html]:
    items = [_mute(line, view, clock) for line in view.mutes[:_SHOWN_MUTES]]
    rest = len(view.mutes) - len(items)
    return _list("Muted", items, f"{rest}" if rest else "", "“journey-watch mutes” lists them")


def _list(title: str, items: Sequence[Html], rest: str, way: Html | str) -> list[Html]:
    """The list; `rest` says how many more there are, if there are more, and `way` leads to them."""
    if not items:
        return []
    more = [element("p", f"… and {rest} more: ", way, cls="jw-more")] if rest else []
    return [element("section", element("h3", title), element("ol", *items, cls="jw-list"), *more)]


def _problem(problem: Problem, view: View, clock: ViewerClock) -> Html:
    row = view.troubled.get((problem.lane, problem.journey)) if problem.journey else None
    run = f" · {one_line(problem.run_id, _MAX_RUN_ID)}" if problem.run_id else ""
    return element(
        "li",
        badge(problem.severity, problem.label),
        element(
            "span",
            journey_name(row) if row else f"Lane {problem.lane}",
            run,
            " ",
            element("span", one_line(problem.text, _MAX_SENTENCE), cls="jw-muted"),
            *muted(problem.mute),
            *acknowledged(problem.acknowledged, clock),
        ),
        element("span", *_since(problem, clock), cls="jw-muted"),
    )


def _since(problem: Problem, clock: ViewerClock) -> list[Html | str]:
    if problem.since is None:
        return []
    when = clock.ago(problem.since)
    return ["for ", when] if problem.lasts else [when, " ago"]


def _change(change: Change, clock: ViewerClock) -> Html:
    return element(
        "li",
        badge(change.severity, change.label, good=change.label in (RESOLVED, ACKNOWLEDGED)),
        element("span", *_what_changed(change), *muted(change.muted_by), title=one_line(change.summary, _MAX_SENTENCE)),
        element("span", clock.at(change.seen_at), cls="jw-muted"),
    )


def _what_changed(change: Change) -> list[Html | str]:
    """It has few words; the whole sentence stands in the title."""
    if change.journey is None or change.after is None:
        return [one_line(change.summary, _MAX_SENTENCE)]
    name = shown(change.journey_name, change.journey.journey_id)
    run = f" · {one_line(change.run_id, _MAX_RUN_ID)}" if change.run_id else ""
    before = f" after {change.before}" if change.before else " new"
    return [element("b", name), run, element("span", before, cls="jw-muted")]


def _mute(line: MuteLine, view: View, clock: ViewerClock) -> Html:
    said = _of_mute(line.mute, line.held_back, view) if line.mute else "this version cannot read it: it mutes nothing"
    return element(
        "li",
        element("span", "mute", cls="jw-badge jw-none"),
        element("span", element("b", one_line(line.id, _MAX_RUN_ID)), " ", element("span", said, cls="jw-muted")),
        element("span", *(_until(line.mute, clock) if line.mute else ()), cls="jw-muted"),
    )


def _of_mute(mute: Mute, held_back: int, view: View) -> str:
    alerts = "1 alert" if held_back == 1 else f"{held_back} alerts"
    # Both are as the command wrote them, and no proof.
    who = ", as ".join(one_line(each, _MAX_SENTENCE) for each in (mute.set_by, mute.identity) if each)
    return " · ".join(
        [
            *([f"by {who}"] if who else []),
            *([one_line(mute.reason, _MAX_SENTENCE)] if mute.reason else []),
            _covered(mute),
            f"{alerts} held back in the last {view.looked_back // timedelta(hours=1)} hours",
        ]
    )


def _covered(mute: Mute) -> str:
    """What it keeps quiet about, as it is written: ids may hold wildcards."""
    ids = [one_line(id_, _MAX_RUN_ID) for id_ in mute.journeys[:_SHOWN_IDS]]
    rest = len(mute.journeys) - len(ids)
    what = (
        "everything"
        if mute.journeys == (ANY,)
        else ", ".join(ids) + (f" and {rest} more, which “journey-watch mutes” lists" if rest else "")
    )
    where = [] if mute.container_id == ANY else [f"in {one_line(mute.container_id, _MAX_RUN_ID)}"]
    where += [] if mute.provider == ANY else [f"of {one_line(mute.provider, _MAX_RUN_ID)}"]
    return "about " + " ".join([what, *where])


def _until(mute: Mute, clock: ViewerClock) -> list[Html | str]:
    if mute.until is not None:
        return ["until ", clock.at(mute.until)]
    return [f"until {mute.ends:%H:%M} ({one_line(mute.time_zone, _MAX_RUN_ID)})"]
