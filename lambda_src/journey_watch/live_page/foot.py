"""How old all this is, in which zone its times are, and how each lane is: read, polled, listed."""

from collections.abc import Collection
from typing import Final

from journey_watch.contract import QUERY_TROUBLE
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.live_page.elements import Html, element
from journey_watch.live_page.lane_snapshot import LaneSnapshot
from journey_watch.live_page.last_polls import LOOK_BACK
from journey_watch.live_page.times import ViewerClock
from journey_watch.live_page.view import View
from journey_watch.messages.content import MAX_NAME
from journey_watch.messages.untrusted_text import one_line

_SHOWN: Final = 5


def foot(view: View, clock: ViewerClock) -> Html:
    """The last lines of the page."""
    last = view.last_recorded
    return element(
        "div",
        element(
            "div",
            *(element("span", str(status).lower(), cls=f"jw-chip s-{status}") for status in Status),
            cls="jw-legend",
        ),
        element(
            "div",
            "Read at ",
            clock.at(clock.now),
            f" ({clock.zone_name}); ",
            *(("last change recorded ", clock.ago(last), " ago") if last else ("nothing recorded yet",)),
            title="A poll that finds nothing new records nothing. Each lane says when it was last polled.",
        ),
        *(_lane(reading, clock) for reading in view.lanes),
        *_pairs(view),
        cls="jw-foot",
    )


def _lane(reading: LaneSnapshot, clock: ViewerClock) -> Html:
    count = len(reading.journeys) + sum(isinstance(scope, JourneyKey) for scope in reading.unreadable)
    noun = reading.provider.journey_noun + ("" if count == 1 else "s")
    what = f"{count} {noun}" if reading.in_use else "not in use"
    return element("div", f"{reading.lane}: {what}, ", _poll(reading, clock), _not_listed(reading))


def _poll(reading: LaneSnapshot, clock: ViewerClock) -> Html:
    """When it was last polled: red if it is late, and no word that is not known."""
    poll = reading.last_poll
    if poll is None:
        return element("span", "last poll not known")
    cls = "jw-late" if poll.late else ""
    if poll.ended is None:
        return element("span", f"not polled for {LOOK_BACK.total_seconds() / 3600:g} hours", cls=cls)
    return element("span", "last polled ", clock.ago(poll.ended), " ago", cls=cls)


def _not_listed(reading: LaneSnapshot) -> str:
    """Containers of which nobody knows yet what is in them."""
    if not reading.unlisted:
        return ""
    noun = reading.provider.container_noun + ("" if len(reading.unlisted) == 1 else "s")
    way = f"in the saved log query “{QUERY_TROUBLE}”"
    return f", not listed yet: {noun} {_some(sorted(reading.unlisted), way)}"


def _pairs(view: View) -> list[Html]:
    """The pairs of which no member was seen: they have no row to stand above."""
    names = [pair.name for pair in view.pairs if len(view.unseen.get(pair.name, ())) == len(pair.members)]
    return [element("div", f"Pairs not seen yet: {_some(names, 'in the configuration')}")] if names else []


def _some(names: Collection[str], way: str) -> str:
    shown = [one_line(name, MAX_NAME) for name in list(names)[:_SHOWN]]
    rest = len(names) - len(shown)
    return ", ".join(shown) + (f" and {rest} more {way}" if rest else "")
