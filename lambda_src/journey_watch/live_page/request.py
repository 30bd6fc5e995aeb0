"""What the viewer asks for. Everything here comes from outside, so nothing is refused and nothing is believed."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from enum import StrEnum
from typing import Any, Final, Self

from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.messages.untrusted_text import one_line

LINK_PARAMETERS: Final = "view"
"""The key under which a link of the page names all that it asks for."""
DEFAULT_HOURS: Final = 24
_MAX_HOURS: Final = 168
_MAX_FILTER: Final = 200
_HIGHEST_PAGE: Final = 100_000
_OFFSET: Final = re.compile(r"([+-])(\d\d):(\d\d)")
_TRUE: Final = frozenset({"1", "true", "yes", "on"})


class Sort(StrEnum):
    PROBLEMS = "problems"
    """Worst first, then whatever changed last."""
    CHANGED = "changed"
    NAME = "name"


class Theme(StrEnum):
    LIGHT = "light"
    DARK = "dark"
    AUTO = "auto"
    """It follows the viewer's system."""


@dataclass(frozen=True, slots=True)
class Query:
    """Which journeys to show, and how. An empty text is no filter."""

    lane: str = ""
    application: str = ""
    """A container's id or its name."""
    journey: str = ""
    """A part of a journey's name or id, in any case."""
    status: str = ""
    """Journeys with a live or recent run of this status."""
    only_problems: bool = False
    sort: Sort = Sort.PROBLEMS
    hours: int = DEFAULT_HOURS
    """How far back the timeline and the recent changes go."""
    page: int = 1

    @classmethod
    def about(cls, lane: Lane, journey: JourneyKey, *, hours: int) -> Self:
        """One journey alone, of which the page then shows everything."""
        container, wanted = as_filter(journey.container_id), as_filter(journey.journey_id)
        return cls(lane=as_filter(str(lane)), application=container, journey=wanted, hours=hours)

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Self:
        """Reads parameters of any type; what cannot be understood is as if it were not there."""
        sort = _text(values, "sort")
        return cls(
            lane=_text(values, "lane"),
            application=_text(values, "application"),
            journey=_text(values, "journey"),
            status=_text(values, "status").upper(),
            only_problems=_text(values, "only_problems").lower() in _TRUE,
            sort=Sort(sort) if sort in set(Sort) else Sort.PROBLEMS,
            hours=_number(values, "hours", DEFAULT_HOURS, _MAX_HOURS),
            page=_number(values, "page", 1, _HIGHEST_PAGE),
        )

    def parameters(self) -> dict[str, str]:
        """What `read` makes this of; defaults are left out."""
        ours, defaults = asdict(self), asdict(Query())
        return {key: str(value).lower() if value is True else str(value) for key, value in ours.items()
                if value != defaults[key]}  # fmt: skip

    def is_about(self, lane: Lane, journey: JourneyKey) -> bool:
        """True if it asks for this journey alone."""
        alone = Query.about(lane, journey, hours=self.hours)
        return (self.lane, self.application, self.journey) == (alone.lane, alone.application, alone.journey)

    @property
    def narrows(self) -> bool:
        """True if some journeys may be left out."""
        return bool(self.lane or self.application or self.journey or self.status or self.only_problems)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One call of the page."""

    query: Query = Query()
    theme: Theme = Theme.AUTO
    zone: tzinfo = UTC
    """The viewer's, as an offset from UTC."""

    @classmethod
    def from_widget_event(cls, event: Mapping[str, Any]) -> Self:
        """Read the event of a CloudWatch custom widget.

        The dashboard's parameters hold until the viewer fills in the form, and both until a link says otherwise. The
        dashboard sends the form with each refresh, so that what the viewer chose outlives it.
        """
        context = _mapping(event, "widgetContext")
        parameters = {
            **(_mapping(context, "params") or event),
            **_mapping(_mapping(context, "forms"), "all"),
            **_mapping(event, LINK_PARAMETERS),
        }
        return cls(
            query=Query.read(parameters),
            theme=Theme.DARK if context.get("theme") == Theme.DARK else Theme.LIGHT,
            zone=_zone(_mapping(context, "timezone").get("offsetISO")),
        )


def _mapping(values: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = values.get(key)
    return value if isinstance(value, Mapping) else {}


def as_filter(text: str) -> str:
    """An id in the form in which a filter can ask for it."""
    return one_line(text, _MAX_FILTER)


def _text(values: Mapping[str, Any], key: str) -> str:
    value = values.get(key)
    return as_filter(str(value)) if isinstance(value, str | int | float) else ""


def _number(values: Mapping[str, Any], key: str, default: int, most: int) -> int:
    text = _text(values, key)
    # isdecimal() alone would let other scripts' digits through, and int() takes those too: no harm.
    return max(1, min(int(text), most)) if text.isdecimal() else default


def _zone(offset: object) -> tzinfo:
    """`offsetISO` and not `offsetInMinutes`, whose sign is documented nowhere."""
    found = _OFFSET.fullmatch(offset) if isinstance(offset, str) else None
    if not found:
        return UTC
    sign, hours, minutes = found.groups()
    shift = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(-shift if sign == "-" else shift) if shift < timedelta(days=1) else UTC
