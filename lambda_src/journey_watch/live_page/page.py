"""The page in HTML: what is wrong first, then the journeys, then what it was made from."""

from journey_watch.core.runs import Status
from journey_watch.live_page.elements import Html, element, style
from journey_watch.live_page.filters import filter_form
from journey_watch.live_page.foot import foot
from journey_watch.live_page.highlights import news
from journey_watch.live_page.journeys import journey_table
from journey_watch.live_page.links import Links
from journey_watch.live_page.request import Query, Theme
from journey_watch.live_page.style import STYLE
from journey_watch.live_page.times import ViewerClock
from journey_watch.live_page.verdict import verdict_on
from journey_watch.live_page.view import View

_CLASSES = {Theme.LIGHT: "jw", Theme.DARK: "jw jw-dark", Theme.AUTO: "jw jw-auto"}


def render(view: View, *, theme: Theme, clock: ViewerClock, links: Links) -> str:
    """One self-contained piece of HTML, without scripts."""
    return element(
        "div",
        style(STYLE),
        _head(view, clock, links),
        news(view, clock, links),
        filter_form(view, links),
        journey_table(view, clock, links),
        foot(view, clock),
        cls=f"{_CLASSES[theme]} cwdb-no-default-styles",
    ).text


def _head(view: View, clock: ViewerClock, links: Links) -> Html:
    verdict = verdict_on(view, clock)
    stats = [("watched", view.watched)]
    stats += [(str(status).lower(), view.live.get(status, 0)) for status in Status if not status.is_terminal]
    way: list[Html | str] = [" · ", links.to(Query(), "show everything")] if view.hidden else []
    return element(
        "section",
        element("div", element("h2", verdict.headline), element("p", verdict.more, *way), cls="jw-verdict"),
        element(
            "ul",
            *(
                element("li", element("b", str(count)), element("span", word))
                for word, count in stats
                if count or word != "unknown"
            ),
            cls="jw-stats",
        ),
        cls=f"jw-head jw-{verdict.tone}",
    )
