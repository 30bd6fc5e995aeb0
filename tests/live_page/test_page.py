"""The page's markup: what stands in it, and that nothing from outside becomes part of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta, timezone
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.saved_queries import QUERIES
from journey_watch.contract import QUERY_RECENT_CHANGES, QUERY_TROUBLE
from journey_watch.core.alerts import Alert
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.mutes import Mute
from journey_watch.core.pairs import Pair
from journey_watch.core.runs import LANE_ITSELF, JourneyKey, Lane, Status
from journey_watch.core.severity import Severity
from journey_watch.live_page import (
    Change,
    LaneSnapshot,
    PageRequest,
    Query,
    Theme,
    UrlLinks,
    ViewerClock,
    WidgetLinks,
    build_view,
    render,
)
from journey_watch.live_page.elements import ATTRIBUTES, ELEMENTS
from journey_watch.live_page.last_polls import LastPoll
from journey_watch.live_page.timeline_bars import MAX_RUNS
from journey_watch.live_page.view import PAGE_SIZE, SHOWN_CHANGES, SHOWN_PROBLEMS
from journey_watch.messages.content import severity_in_words
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import minutes
from tests.live_page.markup import Markup
from tests.live_page.samples import (
    CART,
    DIGEST,
    LATE,
    LOYALTY,
    NOW,
    PINPOINT_LANE,
    POLLED,
    WELCOME,
    change,
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
    return [LaneSnapshot(PINPOINT_LANE, PINPOINT, states, last_poll=POLLED)]


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
    assert "No open condition, nothing alarming since 22 Nov 12:00, every lane polled" in markup.text
    assert tone(markup) == "good"


def said(markup: Markup) -> str:
    """The text of a page, with single spaces."""
    return " ".join(markup.text.split())


def tone(markup: Markup) -> str:
    """The colour of the head."""
    (head,) = (cls for cls in markup.attributes("class") if cls.startswith("jw-head "))
    return head.removeprefix("jw-head jw-")


@pytest.mark.parametrize(
    "query",
    [
        Query(lane="no/such/lane"),
        Query(application="9b1deb4d3b7d4bad"),
        Query(journey="survey"),
        Query(application="9b1deb4d3b7d4bad", status="SCHEDULED", only_problems=True, hours=6),
    ],
)
def test_a_filter_never_turns_the_page_green(query: Query) -> None:
    markup = Markup(page(readings(), PageRequest(query)))

    assert "Nothing wrong in this selection; 5 problems hidden" in said(markup)
    assert "2 critical · 3 warnings" in said(markup)
    assert tone(markup) == "critical"
    assert said(markup).count("how everything") == 2, "beside it, and in the form"


def test_beside_the_problems_of_a_selection_those_outside_of_it_are_counted() -> None:
    markup = Markup(page(readings(), PageRequest(Query(application="Contact centre"))))

    assert "2 problems 1 critical · 1 warning · 3 problems hidden by this selection" in said(markup)
    assert tone(markup) == "critical"


def test_a_shorter_time_does_not_turn_the_page_green_either() -> None:
    cancelled = change(
        Status.RUNNING, Status.CANCELLED, ago=400, journey=WELCOME, run_id="r", severity=Severity.WARNING
    )
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {})}, [cancelled], last_poll=POLLED)
    markup = Markup(page([reading], PageRequest(Query(hours=6))))

    assert "Nothing wrong in this selection; 1 problem hidden" in said(markup)
    assert tone(markup) == "warning"
    assert "Show everything" in said(markup)


def test_a_selection_of_a_deployment_that_is_well_is_green() -> None:
    assert tone(Markup(page(many(3, 2), PageRequest(Query(journey="x", hours=6))))) == "good"


def test_each_lane_says_when_it_was_last_polled_and_is_red_if_that_is_late() -> None:
    polled, late, never, unknown = (
        readings()[0],
        *(
            replace(unused_reading(), lane=Lane("connect", "1", region), last_poll=last_poll)
            for region, last_poll in (("a", LATE), ("b", LastPoll(None, late=True)), ("c", None))
        ),
    )
    markup = Markup(page([polled, late, never, unknown]))

    assert "pinpoint/111122223333/eu-west-1: 7 journeys, last polled 1 min ago" in said(markup)
    assert "connect/1/a: not in use, last polled 14 min ago" in said(markup)
    assert "connect/1/b: not in use, not polled for 4 hours" in said(markup)
    assert "connect/1/c: not in use, last poll not known" in said(markup)
    assert markup.attributes("class").count("jw-late") == 2


def test_a_page_that_does_not_know_whether_lanes_are_polled_is_not_green() -> None:
    markup = Markup(page([replace(many(1, 1)[0], last_poll=None)]))

    assert "Nothing wrong is recorded" in said(markup)
    assert f"Nobody can tell here when {PINPOINT_LANE} had its last poll" in said(markup)
    assert tone(markup) == "info"


def test_what_cannot_be_read_is_no_journey_without_runs() -> None:
    odd = LaneSnapshot(
        PINPOINT_LANE, PINPOINT, {}, unreadable={JourneyKey("app", "odd"): "it is new"}, last_poll=POLLED
    )
    text = said(Markup(page([odd])))

    assert "is not watched: what is remembered of it cannot be read (it is new)" in text
    assert "not known" in text
    assert " none " not in text
    assert "1 journey," in text


def test_containers_that_nobody_could_list_yet_are_named() -> None:
    shut = replace(readings()[0], unlisted=frozenset(f"app-{n}" for n in range(7)))
    text = said(Markup(page([shut])))

    assert "not listed yet: applications app-0, app-1, app-2, app-3, app-4 and 2 more in the saved log query" in text
    assert QUERY_TROUBLE in QUERIES


RELEASE = Mute(
    id="release <b>",
    reason="we & they deploy",
    set_by="Ann",
    identity="arn:aws:iam::111122223333:user/ann",
    journeys=("cart", "welcome*"),
    container_id="shop",
    until=NOW + minutes(30),
)
NIGHT = Mute(
    id="night", provider="connect", days=tuple(range(7)), begins=time(10), ends=time(14, 30), time_zone="Europe/Paris"
)


def test_mutes_in_force_say_whose_they_are_what_they_hold_and_until_when() -> None:
    held = change(Status.RUNNING, Status.COMPLETED, ago=5, journey=WELCOME, run_id="r", muted_by="night")
    reading = replace(readings()[0], changes=[held])
    over = Mute(id="over", until=NOW)
    text = said(Markup(page([reading], mutes=[RELEASE, NIGHT, over])))

    assert (
        "release <b> by Ann, as arn:aws:iam::111122223333:user/ann · we & they deploy · about cart, welcome* in shop · "
        "0 alerts held back in the last 24 hours until 12:30:00"
    ) in text
    assert "night about everything of connect · 1 alert held back" in text
    assert "until 14:30 (Europe/Paris)" in text
    assert "over" not in text.split()


def test_what_is_muted_is_marked_and_counted_and_no_less_wrong() -> None:
    stuck = condition(ConditionKind.STUCK, "r", since=60)
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {}, stuck)}, last_poll=POLLED)
    markup = Markup(page([reading], mutes=[replace(RELEASE, container_id="*")]))

    assert "1 problem 1 warning · 1 muted" in said(markup)
    assert said(markup).count("muted by release <b>") == 2, "in the list, and in its row"
    assert tone(markup) == "warning"


def test_a_mute_that_cannot_be_read_is_shown_and_keeps_the_page_from_being_green() -> None:
    view = build_view(many(1, 1), Query(), NOW, mutes={"odd": None})
    markup = Markup(render(view, theme=Theme.LIGHT, clock=ViewerClock(NOW, UTC), links=UrlLinks()))

    assert "1 of the mutes cannot be read" in said(markup)
    assert "odd this version cannot read it: it mutes nothing" in said(markup)
    assert tone(markup) == "info"


def test_a_list_of_mutes_that_is_cut_names_the_command_that_lists_them_all() -> None:
    mutes = [replace(RELEASE, id=f"m{n}", journeys=tuple(f"j{k}" for k in range(22))) for n in range(21)]
    text = said(Markup(page(many(1, 1), mutes=mutes)))

    assert "… and 1 more: “journey-watch mutes” lists them" in text
    assert text.count("j19 and 2 more, which “journey-watch mutes” lists in shop") == 20


def stuck_journeys(count: int) -> list[LaneSnapshot]:
    states = {
        JourneyKey("app", f"j{n:03}"): state(f"J{n:03}", {}, condition(ConditionKind.STUCK, "r", since=60))
        for n in range(count)
    }
    return [LaneSnapshot(PINPOINT_LANE, PINPOINT, states, last_poll=POLLED)]


def test_a_list_of_problems_that_is_cut_leads_to_all_of_them() -> None:
    cut = Markup(page(stuck_journeys(SHOWN_PROBLEMS + 3), PageRequest(Query(hours=48))))
    assert "… and 3 more: show them" in said(cut)
    assert "?only_problems=true&hours=48" in cut.attributes("href")

    whole = Markup(page(stuck_journeys(SHOWN_PROBLEMS + 3), PageRequest(Query(only_problems=True))))
    assert whole.counts["li"] - Markup(page(many(0, 0))).counts["li"] == SHOWN_PROBLEMS + 3
    assert "more:" not in said(whole)

    text = said(Markup(page(stuck_journeys(PAGE_SIZE + 3), PageRequest(Query(only_problems=True)))))
    assert "… and 3 more: choose a lane, an application or a journey" in text


def test_a_list_of_changes_that_is_cut_names_the_query_that_has_them_all() -> None:
    told = [
        change(Status.RUNNING, Status.COMPLETED, ago=n + 1, journey=WELCOME, run_id=f"r{n}")
        for n in range(SHOWN_CHANGES + 4)
    ]
    reading = replace(readings()[0], changes=told)

    assert "… and 4 more: in the saved log query “Recent changes”" in said(Markup(page([reading])))
    assert "… and at least 4 more: " in said(Markup(page([replace(reading, more_changes=True)])))
    assert QUERY_RECENT_CHANGES in QUERIES


def test_runs_that_a_row_leaves_out_are_counted_and_led_to() -> None:
    live = {f"live-{n}": run(Status.RUNNING, began=30 + n) for n in range(5)}
    ended = {f"ended-{n:02}": run(Status.COMPLETED, began=n + 2, ended=n + 1) for n in range(MAX_RUNS)}
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {WELCOME: state("W", {**live, **ended}), CART: state("C", {})})
    cut = Markup(page([reading]))
    assert "… and 2 more: show them" in said(cut)
    assert "… and 5 earlier: show them" in said(cut)
    assert "5 earlier ones" in " ".join(cut.attributes("aria-label"))

    (way,) = {link for link in cut.attributes("href") if "journey=welcome" in link}
    asked = Query.read(dict(parse_qsl(way.removeprefix("?"))))
    alone = Markup(page([reading], PageRequest(asked)))
    assert "show them" not in said(alone)
    assert alone.counts["rect"] == MAX_RUNS + 5


def test_a_pair_of_which_somebody_was_never_seen_says_so() -> None:
    half = Pair("Half", (("pinpoint", DIGEST.journey_id), ("connect", "ty<po")))
    none = Pair("No<ne", (("pinpoint", "a"), ("connect", "b")))
    text = said(Markup(page(readings(), pairs=[half, none])))

    assert "Half · not seen yet: connect/ty<po" in text
    assert "Pairs not seen yet: No<ne" in text


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


def test_a_time_at_the_end_of_all_years_is_shown() -> None:
    clock = ViewerClock(NOW, timezone(timedelta(hours=9)))
    assert "31 Dec 23:59" in str(clock.at(datetime(9999, 12, 31, 23, 59, tzinfo=UTC)))


def test_a_campaign_leads_to_its_console_and_nothing_to_one_that_has_ended() -> None:
    links = Markup(page(readings())).attributes("href")

    assert "https://console.aws.amazon.com/connect/v2/app/instances/1f0e7c52?region=eu-central-1" in links
    assert not [link for link in links if "/pinpoint/" in link]


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
        mute = Mute(id=ids[2], reason=names[2], set_by=names[1], until=NOW + timedelta(hours=1))
        pair = Pair(names[0] or "x", ((ids[2], ids[1]),))
        # What does not match would not be shown: so everything is, and then the hostile query is added.
        return Markup(
            page([reading], links=WidgetLinks(FUNCTION), mutes=[mute], pairs=[pair])
            + page([], PageRequest(query), links=WidgetLinks(FUNCTION))
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

    assert change.severity is severity_in_words(told.detail)
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
