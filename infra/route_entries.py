"""The `[[alerts.route]]` entries: who is told what. One that never comes to decide is refused."""

from collections.abc import Collection
from functools import partial
from typing import TYPE_CHECKING

from infra.filter_entries import filter_keys, read_filter
from infra.news_entries import check_statuses, read_what, refuse_what_never_decides
from journey_watch.core.routing import DEFAULT, Route
from journey_watch.core.severity import SENT, Severity
from strict_toml.tables import Place, Table, boolean, list_of, nearest, one_of, quoted, text

if TYPE_CHECKING:
    from journey_watch.core.filters import What


def route_keys() -> tuple[str, ...]:
    """Every key of an entry."""
    return "to", "when", "min_severity", *filter_keys(), "continue", "attribution"


def read_routes(
    value: object, place: Place, *, watched: Collection[str], recipients: Collection[str]
) -> tuple[Route, ...]:
    """All entries; `recipients` are the names that there are, `watched` the providers of the `[[watch]]` entries.

    Raises ConfigurationError if one leads to nobody, or never decides.
    """
    routes = list_of(partial(_read_route, watched=watched, recipients=recipients))(value, place)

    def may_decide_before(earlier: int, later: int) -> bool:
        first, second = routes[earlier], routes[later]
        return not first.goes_on and second.min_severity.reaches(first.min_severity)

    refuse_what_never_decides([(route, route.what) for route in routes], place, may_decide_before=may_decide_before)
    return routes


def read_names(value: object, place: Place, *, recipients: Collection[str]) -> tuple[str, ...]:
    """Names of recipients. Raises ConfigurationError for one that there is not."""
    names = list_of(text, at_least=1)(value, place)
    for index, name in enumerate(names):
        if name not in recipients:
            raise place.item(index).error(
                f"is {quoted(name)}{nearest(name, recipients)}, which no [[recipient]] is called. "
                f"Expected one of: {', '.join(recipients)}."
            )
    return names


def _read_route(value: object, place: Place, *, watched: Collection[str], recipients: Collection[str]) -> Route:
    entry = Table(value, place, keys=route_keys())
    what: What | None = entry.get("when", read_what, None)
    chosen = read_filter(entry, place)
    if what is not None:
        check_statuses(what, chosen["provider"], watched, place.key("when"))
    return Route(
        to=entry.get("to", partial(read_names, recipients=(*recipients, DEFAULT))),
        what=what,
        min_severity=Severity(entry.get("min_severity", one_of(SENT), Severity.INFO.value)),
        goes_on=entry.get("continue", boolean, False),
        attribution=entry.get("attribution", boolean, True),
        **chosen,
    )
