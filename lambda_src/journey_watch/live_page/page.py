"""The page in HTML: what is wrong first, then the journeys, then what it was made from."""

from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from journey_watch.live_page.elements import Html, element, fragment, style
from journey_watch.live_page.filters import filter_form
from journey_watch.live_page.highlights import news
from journey_watch.live_page.journeys import journey_table
from journey_watch.live_page.lane_snapshot import LaneSnapshot
from journey_watch.live_page.links import Links
from journey_watch.live_page.request import Theme
from journey_watch.live_page.style import STYLE
from journey_watch.live_page.times import ViewerClock
from journey_watch.live_page.view import View

_CLASSES = {Theme.LIGHT: "jw", Theme.DARK: "jw jw-dark", Theme.AUTO: "jw jw-auto"}


def render(view: View, *, theme: Theme, clock: ViewerClock, links: Links) -> str:
    """One self-contained piece of HTML, without scripts."""
    return element(
        "div",
        style(STYLE),
        _head(view),
        news(view, clock),
        filter_form(view, links),
        journey_table(view, clock, links),
        _foot(view, clock),
        cls=f"{_CLASSES[theme]} cwdb-no-default-styles",
    ).text


def _head(view: View) -> Html:
    tone, verdict, more = _verdict(view)
    stats = [("watched", view.watched)]
    stats += [(str(status).lower(), view.live.get(status, 0)) for status in Status if not status.is_terminal]
    return element(
        "section",
        element("div", element("h2", verdict), element("p", more), cls="jw-verdict"),
        element(
            "ul",
            *(
                element("li", element("b", str(count)), element("span", word))
                for word, count in stats
                if count or word != "unknown"
            ),
            cls="jw-stats",
        ),
        cls=f"jw-head jw-{tone}",
    )


def _verdict(view: View) -> tuple[str, str, str]:
    """(tone, headline, what else to say)."""
    counts = [
        (severity, sum(problem.severity is severity for problem in view.problems))
        for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
    ]
    if view.problems:
        headline = "1 problem" if len(view.problems) == 1 else f"{len(view.problems)} problems"
        said = " · ".join(f"{count} {severity}" + _plural(severity, count) for severity, count in counts if count)
        return ("critical" if counts[0][1] else "warning"), headline, said
    if any(reading.in_use for reading in view.lanes):
        return "good", "Nothing is wrong", f"No open condition, nothing alarming in the last {view.query.hours} hours"
    return "info", "Nothing has been read yet", "Either no poll has been completed, or the provider is not in use here"


def _plural(severity: Severity, count: int) -> str:
    return "s" if severity is Severity.WARNING and count > 1 else ""


def _foot(view: View, clock: ViewerClock) -> Html:
    """How old all this is, in which zone its times are, and which lanes it shows."""
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
            title="A poll that finds nothing new writes nothing: the heartbeat alarm watches that polls happen.",
        ),
        *(_lane(reading) for reading in view.lanes),
        cls="jw-foot",
    )


def _lane(reading: LaneSnapshot) -> Html:
    count = len(reading.journeys)
    noun = reading.provider.journey_noun + ("" if count == 1 else "s")
    return element("div", fragment(str(reading.lane), ": ", f"{count} {noun}" if reading.in_use else "not in use"))
