"""What rules, routes and mutes are about."""

import pytest

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.filters import Change, Filter, News, Subject, What
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, Status
from tests.core.builders import JOURNEY, LANE

WELCOME = Subject(LANE, JOURNEY, "Black Friday: welcome", "MANAGED")


@pytest.mark.parametrize(
    "chosen",
    [
        Filter(),
        Filter(journeys=("journey-1",)),
        Filter(journeys=("other", "journey-*")),
        Filter(journeys=("Black Friday: welcome",)),
        Filter(journeys=("Black*",)),
        Filter(container_id="app-*"),
        Filter(provider="pinpoint", account="111122223333", region="eu-west-1", journey_types=("JOURNEY", "MANAGED")),
    ],
)
def test_filter_covers_what_it_names_by_id_or_name(chosen: Filter) -> None:
    assert chosen.covers(WELCOME)


@pytest.mark.parametrize(
    "chosen",
    [
        Filter(journeys=()),
        Filter(journeys=("journey", "black*")),
        Filter(container_id="app-2"),
        Filter(provider="connect"),
        Filter(account="444455556666"),
        Filter(region="eu-west-2"),
        Filter(journey_types=("JOURNEY",)),
        Filter(journeys=("Black*",), region="eu-west-2"),
    ],
)
def test_every_part_of_a_filter_must_match(chosen: Filter) -> None:
    assert not chosen.covers(WELCOME)


def test_what_is_not_known_matches_nothing_but_everything() -> None:
    unknown = Subject(LANE, JOURNEY)
    assert Filter().covers(unknown)
    assert not Filter(journeys=("Black*",)).covers(unknown)
    assert not Filter(journey_types=("MANAGED",)).covers(unknown)


@pytest.mark.parametrize("scope", [ContainerScope("app-1"), LANE_ITSELF])
def test_what_is_larger_than_a_journey_is_none_that_a_filter_names(scope: ContainerScope) -> None:
    assert Filter().covers(Subject(LANE, scope))
    assert not Filter(journeys=("journey-1",)).covers(Subject(LANE, scope))


CANCELLED = Change(Status.RUNNING, Status.CANCELLED)


@pytest.mark.parametrize(
    ("what", "news", "meant"),
    [
        (What(), CANCELLED, True),
        (What("RUNNING"), CANCELLED, True),
        (What(after="CANCELLED"), CANCELLED, True),
        (What("SCHEDULED"), CANCELLED, False),
        (What(after="PAUSED"), CANCELLED, False),
        (What("new"), Change(None, Status.RUNNING), True),
        (What("new"), CANCELLED, False),
        (What(condition="STUCK"), ConditionKind.STUCK, True),
        (What(condition="STUCK"), ConditionKind.LATE, False),
        (What(condition="STUCK"), CANCELLED, False),
        (What(), ConditionKind.STUCK, False),
    ],
)
def test_what_is_meant(what: What, news: News, *, meant: bool) -> None:
    assert what.means(news) is meant
