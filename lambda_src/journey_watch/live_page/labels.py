"""How journeys and severities are shown, wherever on the page."""

from datetime import datetime

from journey_watch.core.severity import Severity
from journey_watch.live_page.elements import Html, element
from journey_watch.live_page.journey_rows import JourneyRow
from journey_watch.live_page.times import ViewerClock
from journey_watch.messages.content import MAX_NAME
from journey_watch.messages.envelope import console_url_of
from journey_watch.messages.untrusted_text import one_line

_MAX_LINK = 2000
_MAX_MUTE_ID = 60


def shown(name: str | None, otherwise: str) -> str:
    """A name on one line, or the id of what has no name to be seen."""
    return one_line(name or "", MAX_NAME) or one_line(otherwise, MAX_NAME) or "(no name)"


def journey_name(row: JourneyRow) -> Html:
    """Leads to the journey in its console, if it has one."""
    name = shown(row.name, row.key.journey_id)
    url = console_url_of(row.lane, row.key, row.provider)
    if url is None or len(url) > _MAX_LINK:
        return element("b", name)
    return element("a", name, href=url, target="_blank", rel="noopener noreferrer")


def badge(severity: Severity, label: str, *, good: bool = False) -> Html:
    """It has the colour of its severity; good news is in the colour of good news, however loud it was told."""
    return element("span", label, cls=f"jw-badge jw-{'good' if good else severity}", title=f"Severity: {severity}")


def acknowledged(until: datetime | None, clock: ViewerClock) -> list[Html | str]:
    """That somebody looks after something; nothing if nobody has said so."""
    if until is None:
        return []
    words = element("span", "acknowledged until ", clock.at(until), cls="jw-badge jw-none jw-held")
    return [" ", words]


def muted(mute: str | None) -> list[Html | str]:
    """That a mute keeps quiet about something; nothing if none does."""
    if mute is None:
        return []
    words = f"muted by {one_line(mute, _MAX_MUTE_ID)}" if mute else "muted until the next poll"
    return [
        " ",
        element("span", words, cls="jw-badge jw-none jw-held", title="It is shown here, and nobody is told of it."),
    ]
