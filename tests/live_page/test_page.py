"""The page's markup: what stands in it, and that nothing from outside becomes part of it."""

import json
from dataclasses import replace
from datetime import timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journey_watch.core.alerts import Alert
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.pairs import Pair
from journey_watch.core.runs import LANE_ITSELF, JourneyKey, Status
from journey_watch.live_page import Change, LaneSnapshot, PageRequest, Query, Theme, WidgetLinks
from journey_watch.live_page.elements import ATTRIBUTES, ELEMENTS
from journey_watch.live_page.view import PAGE_SIZE
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.live_page.markup import Markup
from tests.live_page.samples import (
    DIGEST,
    LOYALTY,
    NOW,
    PINPOINT_LANE,
    condition,
    hourly,
    page,
    readings,
    run,
    state,
    unused_reading,
)
from tests.messages.alert_builders import alert, condition_alerts, every_kind, hostile_text

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:widget"
LOWER_ATTRIBUTES = {name.lower() for name in ATTRIBUTES}  # as html.parser gives them


def many(journeys: int, runs: int, *, name: str = "Journey") -> list[LaneSnapshot]:
    states = {JourneyKey("app", f"journey-{n}"): state(f"{name} {n}", hourly(runs)) for n in range(journeys)}
    return [LaneSnapshot(PINPOINT_LANE, PINPOINT, states)]


def test_the_page_says_first_what_is_wrong() -> None:
    text = Markup(page(readings())).text

    places = [
        text.index(words)
        for words in (
            "5 problems",
            "2 critical · 3 warnings",
            "What is wrong",
            "What changed last",
            "Live runs",
            "Read at",
        )
    ]
    assert places == sorted(places)


def test_nothing_wrong_is_said_as_well() -> None:
    markup = Markup(page(many(3, 2)))

    assert "Nothing is wrong" in markup.text
    assert "jw-head jw-good" in markup.attributes("class")


@pytest.mark.parametrize("shown", [[], [unused_reading()]])
def test_a_page_about_nothing_does_not_say_that_all_is_well(shown: list[LaneSnapshot]) -> None:
    text = Markup(page(shown)).text

    assert "Nothing has been read yet" in text
    assert "Nothing is wrong" not in text


def test_a_lane_that_was_never_read_is_said_to_be_not_in_use() -> None:
    assert "connect/444455556666/us-east-1: not in use" in Markup(page(readings())).text


def test_a_lane_that_was_never_read_but_should_be_is_not_said_to_be_not_in_use() -> None:
    blind = state(None, {}, condition(ConditionKind.UNREACHABLE, None, since=60))
    assert "not in use" not in Markup(page([replace(unused_reading(), scopes={LANE_ITSELF: blind})])).text


def test_times_are_the_viewers() -> None:
    tokyo = timezone(timedelta(hours=9))

    assert "Read at  12:00:00  (UTC);" in Markup(page(readings())).text
    assert "Read at  21:00:00  (UTC+09:00);" in Markup(page(readings(), PageRequest(zone=tokyo))).text


@pytest.mark.parametrize(
    ("theme", "cls"), [("light", "jw cwdb"), ("dark", "jw jw-dark cwdb"), ("auto", "jw jw-auto cwdb")]
)
def test_the_theme_is_the_viewers(theme: str, cls: str) -> None:
    assert page(readings(), PageRequest(theme=Theme(theme))).startswith(f'<div class="{cls}-no-default-styles">')


def test_a_journey_leads_to_its_console() -> None:
    links = Markup(page(readings())).attributes("href")

    assert (
        "https://console.aws.amazon.com/pinpoint/home?region=eu-west-1#/apps/4f3a51bd0e6c4f0f/journeys/welcome" in links
    )


def test_in_a_dashboard_links_call_the_function_with_all_they_ask_for() -> None:
    request = PageRequest(Query(journey="Jour<ney>", page=2))
    markup = Markup(page(many(2 * PAGE_SIZE + 1, 0, name="Jour<ney>"), request, links=WidgetLinks(FUNCTION)))
    called = [json.loads(action)["view"] for action in markup.actions]

    assert {value for tag, each in markup.elements if tag == "cwdb-action" for value in [each["endpoint"]]} == {
        FUNCTION
    }
    assert called[0] == {"page": "1"}, "applies the form"
    assert Query.read(called[1]) == Query(), "shows everything"
    assert [Query.read(view) for view in called[2:]] == [
        replace(request.query, page=1),
        replace(request.query, page=3),
    ]
    assert not markup.attributes("href") or all(link.startswith("https://") for link in markup.attributes("href"))


def test_in_a_browser_links_are_addresses() -> None:
    links = Markup(page(many(PAGE_SIZE + 1, 0), PageRequest(Query(hours=48)))).attributes("href")

    assert "?hours=48&page=2" in links


def test_a_full_page_stays_far_below_what_lambda_may_answer() -> None:
    typical = page(many(PAGE_SIZE, 24))
    worst = page(many(PAGE_SIZE, 200, name="&" * 500))

    assert typical.count("<rect") == PAGE_SIZE * 24
    assert len(typical) < 1_000_000
    assert len(worst) < 3_000_000


@given(
    names=st.tuples(*[hostile_text()] * 3),
    ids=st.tuples(*[hostile_text(max_size=512).filter(bool)] * 3),
    query=st.builds(
        Query, journey=hostile_text(), application=hostile_text(), lane=hostile_text(), status=hostile_text()
    ),
)
@settings(deadline=None, max_examples=60)
def test_hostile_names_are_text(names: tuple[str, ...], ids: tuple[str, ...], query: Query) -> None:
    def made(names: tuple[str, ...], ids: tuple[str, ...], query: Query) -> Markup:
        key = JourneyKey(ids[0], ids[1])
        runs = {ids[2]: run(Status.RUNNING, began=30)}
        wrong = condition(ConditionKind.STUCK, ids[2], since=30, reason=names[2])
        told = alert(None, Status.RUNNING, run_id=ids[2], journey=key, name=names[0], container_name=names[1],
                     updated=NOW, observed_at=NOW)  # fmt: skip
        reading = LaneSnapshot(
            PINPOINT_LANE,
            PINPOINT,
            {key: state(names[0], runs, wrong)},
            [Change.from_envelope(PINPOINT_LANE, told.envelope)],
        )
        # What does not match would not be shown: so everything is, and then the hostile query is added.
        return Markup(
            page([reading], links=WidgetLinks(FUNCTION)) + page([], PageRequest(query), links=WidgetLinks(FUNCTION))
        )

    harmless = made(("a", "b", "c"), ("d", "e", "f"), Query("g", "h", "i", "j"))
    read = Query.read(
        {"journey": query.journey, "application": query.application, "lane": query.lane, "status": query.status}
    )
    hostile = made(names, ids, replace(read, lane=read.lane or "g", application=read.application or "h",
                                       journey=read.journey or "i", status=read.status or "j"))  # fmt: skip

    assert {tag for tag, _ in hostile.elements} <= ELEMENTS
    assert {name for _, attributes in hostile.elements for name in attributes} <= LOWER_ATTRIBUTES
    for one in (harmless, hostile):
        # A journey's console link gives way to plain text if it would be too long.
        one.elements = [("a or b" if tag in ("a", "b") else tag, attributes) for tag, attributes in one.elements]
    assert hostile.counts - harmless.counts == harmless.counts - hostile.counts
    assert all(link.startswith("https://console.aws.amazon.com/") for link in hostile.attributes("href"))
    assert [json.loads(action).keys() for action in hostile.actions] == [{"view"}] * len(harmless.actions)
    hostile.text.encode()


@given(told=every_kind())
@settings(deadline=None, max_examples=60)
def test_whatever_was_recorded_can_be_shown(told: Alert) -> None:
    change = Change.from_envelope(PINPOINT_LANE, told.envelope)

    markup = Markup(page([LaneSnapshot(PINPOINT_LANE, PINPOINT, {}, [change])]))

    assert change.severity is told.severity
    assert {tag for tag, _ in markup.elements} <= ELEMENTS
    assert markup.counts["cwdb-action"] == 0


@given(told=condition_alerts())
@settings(deadline=None, max_examples=20)
def test_a_condition_is_shown_by_its_name_until_it_is_resolved(told: Alert) -> None:
    detail = told.envelope["detail"]

    change = Change.from_envelope(PINPOINT_LANE, told.envelope)

    assert change.label == ("RESOLVED" if detail["phase"] == "Resolved" else detail["condition"])
    assert change.after is None


def test_a_pair_has_one_heading_above_both_rows() -> None:
    pair = Pair("Zebra <b>club", (("pinpoint", DIGEST.journey_id), ("connect", LOYALTY.journey_id)))
    markup = Markup(page(readings(), pairs=[pair]))
    assert markup.text.count("Zebra <b>club") == 1
    marked = [kind for kind in markup.attributes("class") if kind.startswith("jw-pair") or "jw-paired" in kind]
    assert [kind.split()[-1] for kind in marked] == ["jw-pair", "jw-paired", "jw-paired"]
    assert "jw-pair" not in Markup(page(readings())).attributes("class")
