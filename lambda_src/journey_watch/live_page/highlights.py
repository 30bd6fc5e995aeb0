"""What is wrong, beside what changed last."""

from collections.abc import Sequence

from journey_watch.live_page.elements import Html, element, fragment
from journey_watch.live_page.labels import badge, journey_name, shown
from journey_watch.live_page.lane_snapshot import RESOLVED, Change
from journey_watch.live_page.problems import Problem
from journey_watch.live_page.times import ViewerClock
from journey_watch.live_page.view import SHOWN_CHANGES, SHOWN_PROBLEMS, View
from journey_watch.messages.untrusted_text import one_line

_MAX_RUN_ID = 60
_MAX_SENTENCE = 300


def news(view: View, clock: ViewerClock) -> Html:
    """Both lists; what there is none of is left out."""
    problems = [_problem(problem, view, clock) for problem in view.problems[:SHOWN_PROBLEMS]]
    changes = [_change(change, clock) for change in view.changes[:SHOWN_CHANGES]]
    more = any(reading.more_changes for reading in view.lanes)
    return element(
        "div",
        *([_list("What is wrong", problems, f"{len(view.problems)}")] if problems else []),
        *([_list("What changed last", changes, f"{len(view.changes)}{'+' if more else ''}")] if changes else []),
        cls="jw-columns jw-both" if problems and changes else "jw-columns",
    )


def _list(title: str, items: Sequence[Html], total: str) -> Html:
    cut = f" ({len(items)} of {total})" if str(len(items)) != total else ""
    return element("section", element("h3", title + cut), element("ol", *items, cls="jw-list"))


def _problem(problem: Problem, view: View, clock: ViewerClock) -> Html:
    row = view.troubled.get((problem.lane, problem.journey)) if problem.journey else None
    run = f" · {one_line(problem.run_id, _MAX_RUN_ID)}" if problem.run_id else ""
    when = clock.ago(problem.since)
    return element(
        "li",
        badge(problem.severity, problem.label),
        element(
            "span",
            journey_name(row) if row else f"Lane {problem.lane}",
            run,
            " ",
            element("span", one_line(problem.text, _MAX_SENTENCE), cls="jw-muted"),
        ),
        element("span", fragment("for ", when) if problem.lasts else fragment(when, " ago"), cls="jw-muted"),
    )


def _change(change: Change, clock: ViewerClock) -> Html:
    return element(
        "li",
        badge(change.severity, change.label, good=change.label == RESOLVED),
        element("span", *_what_changed(change), title=one_line(change.summary, _MAX_SENTENCE)),
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
