"""The form that narrows the page down."""

from collections.abc import Iterable
from typing import Final

from journey_watch.core.runs import Status
from journey_watch.live_page.elements import Html, element, fragment
from journey_watch.live_page.labels import shown
from journey_watch.live_page.links import Links
from journey_watch.live_page.request import Query, Sort
from journey_watch.live_page.view import View

_SORTS: Final = {Sort.PROBLEMS: "problems first", Sort.CHANGED: "last changed first", Sort.NAME: "by name"}
_HOURS: Final = (6, 24, 48, 168)


def filter_form(view: View, links: Links) -> Html:
    """Shows what is chosen. A dashboard sends all fields along whenever it calls the page again."""
    query = view.query
    lanes = [(str(reading.lane), str(reading.lane)) for reading in view.lanes]
    applications = [(container_id, shown(name, container_id)) for container_id, name in view.applications]
    statuses = [(str(status), str(status).lower()) for status in Status]
    hours = [(str(count), f"last {count} hours") for count in sorted({*_HOURS, query.hours})]
    return element(
        "form",
        *([_select("lane", "Lane", query.lane, [("", "all"), *lanes])] if len(lanes) > 1 else []),
        _select("application", "Application", query.application, [("", "all"), *applications]),
        _label("Journey", element("input", name="journey", value=query.journey, placeholder="part of its name")),
        _select("status", "Status", query.status, [("", "any"), *statuses]),
        _select("hours", "Time", str(query.hours), hours),
        _select("sort", "Order", query.sort, [(str(sort), words) for sort, words in _SORTS.items()]),
        _select(
            "only_problems", "Show", str(query.only_problems).lower(), [("false", "all"), ("true", "problems only")]
        ),
        links.apply_form("Show"),
        *([links.to(Query(), "Show everything")] if query.narrows or view.hidden else []),
        cls="jw-filters",
        method="get",
    )


def _select(name: str, words: str, chosen: str, options: Iterable[tuple[str, str]]) -> Html:
    offered = list(options)
    if chosen not in {value for value, _ in offered}:
        offered.append((chosen, chosen))  # asked for by the dashboard's parameters, and not there any more
    written = (element("option", text, value=value, selected=value == chosen) for value, text in offered)
    return _label(words, element("select", fragment(*written), name=name))


def _label(words: str, control: Html) -> Html:
    return element("label", element("span", words), control)
