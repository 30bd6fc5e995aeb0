"""Who is told what."""

from collections.abc import Sequence

import pytest

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.filters import Change, News, Subject, What
from journey_watch.core.routes import Route, recipients_of
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from tests.core.builders import JOURNEY, LANE

CANCELLED = Change(Status.RUNNING, Status.CANCELLED)


def told(*routes: Route, news: News = CANCELLED, severity: Severity = Severity.CRITICAL) -> Sequence[str]:
    return recipients_of(news, severity, Subject(LANE, JOURNEY, "Welcome"), routes)


def test_what_no_route_is_about_goes_to_the_default_recipient() -> None:
    assert told() == ("default",)
    assert told(Route(to=("team",), journeys=("other",))) == ("default",)


def test_the_first_route_that_matches_decides() -> None:
    assert told(Route(to=("other",), region="us-east-1"), Route(to=("team", "boss")), Route(to=("late",))) == (
        "team",
        "boss",
    )


def test_a_route_that_goes_on_adds_what_those_after_it_say() -> None:
    audit = Route(to=("audit",), goes_on=True)
    assert told(audit, Route(to=("team", "audit"))) == ("audit", "team")
    assert told(audit, Route(to=("team",), journeys=("other",))) == ("audit",)


@pytest.mark.parametrize(
    ("route", "matches"),
    [
        (Route(to=("team",), min_severity=Severity.CRITICAL), True),
        (Route(to=("team",), what=What(after="CANCELLED")), True),
        (Route(to=("team",), what=What(after="PAUSED")), False),
        (Route(to=("team",), what=What(condition="STUCK")), False),
    ],
)
def test_a_route_may_be_about_some_news_alone(route: Route, *, matches: bool) -> None:
    assert told(route) == (("team",) if matches else ("default",))


def test_a_route_leaves_what_is_too_quiet_for_it_to_those_after_it() -> None:
    loud = Route(to=("pager",), min_severity=Severity.CRITICAL)
    assert told(loud, Route(to=("chat",)), severity=Severity.WARNING) == ("chat",)


def test_a_route_for_a_condition_is_about_it_alone() -> None:
    route = Route(to=("team",), what=What(condition="STUCK"))
    assert told(route, news=ConditionKind.STUCK) == ("team",)
    assert told(route, news=ConditionKind.LATE) == ("default",)
