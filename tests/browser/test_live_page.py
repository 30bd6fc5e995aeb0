"""The page of live runs as people see it."""

from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyKey, Lane, Status
from journey_watch.live_page import LaneSnapshot, PageRequest, Theme, WidgetLinks
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.browser.conftest import NARROW, WIDE, Open
from tests.core.builders import minutes
from tests.live_page.samples import LATE, NOW, PINPOINT_LANE, condition, hourly, page, readings, run, state
from tests.messages.alert_builders import NASTY

CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
MARKUP = (
    "<script>window.hacked = 1</script>",
    '"><img src=x onerror="window.hacked = 1">',
    "</style><style>.jw{display:none}</style>",
    '<cwdb-action action="call" endpoint="arn:aws:lambda:eu-west-1:666:function:evil">{}</cwdb-action>',
    "</div></td></tr></table><h1>Everything is fine</h1>",
    "<!-- ",
    "{{7*7}} ${7*7}",
)


def find(chrome: Chrome, selector: str) -> list[WebElement]:
    return chrome.find_elements(By.CSS_SELECTOR, selector)


def texts(chrome: Chrome, selector: str) -> list[str]:
    # In one script: a page that refreshes itself may replace an element between finding and reading it.
    script = "return Array.from(document.querySelectorAll(arguments[0]), each => each.innerText.trim())"
    found: list[str] = chrome.execute_script(script, selector)
    return found


def overflowing(chrome: Chrome) -> list[str]:
    """What reaches beyond the right edge."""
    found: list[str] = chrome.execute_script(
        "return [...document.querySelectorAll('body *')].filter((each) => each.getClientRects().length"
        " && each.getBoundingClientRect().right > innerWidth + 0.5).map((each) => each.outerHTML.slice(0, 100))"
    )
    return found


def test_one_look_says_what_is_wrong(show: Open) -> None:
    chrome = show(page(readings()))

    assert texts(chrome, ".jw-head h2") == ["5 problems"]
    wrong = find(chrome, ".jw-columns section:first-child li")
    assert [each.find_element(By.CLASS_NAME, "jw-badge").text for each in wrong] == [
        "CANCELLED",
        "NOT SENT",
        "PAUSED",
        "LATE",
        "STUCK",
    ]
    assert all(each.location["y"] < 400 for each in wrong), "above the fold"


def test_each_journey_shows_its_live_runs_and_its_line_of_time(show: Open) -> None:
    chrome = show(page(readings()))

    rows = {row.find_element(By.CSS_SELECTOR, ".jw-name a, .jw-name b").text: row for row in find(chrome, "tbody tr")}
    cart = rows["Abandoned cart"]
    assert [each.text.split("\n") for each in cart.find_elements(By.CLASS_NAME, "jw-chip")] == [
        ["running", "21 h 00 min"],
        ["running", "22 min"],
    ]
    bars = cart.find_elements(By.CSS_SELECTOR, "rect")
    assert len(bars) == 22 + 1, "20 ended runs, 2 live ones, one of which was scheduled before"
    line = cart.find_element(By.CSS_SELECTOR, "svg").rect
    assert all(line["x"] - 1 <= bar.rect["x"] <= line["x"] + line["width"] for bar in bars)
    assert max(bar.rect["x"] + bar.rect["width"] for bar in bars) == pytest.approx(line["x"] + line["width"], abs=2)


def test_a_lane_that_is_late_is_red(show: Open) -> None:
    fine, late, *_ = readings()
    chrome = show(page([fine, replace(late, last_poll=LATE)]))

    (red,) = find(chrome, ".jw-foot .jw-late")
    assert red.text == "last polled 14 min ago"
    assert red.value_of_css_property("color") == find(chrome, ".jw-head h2")[0].value_of_css_property("color")
    assert texts(chrome, ".jw-list li .jw-badge")[0] == "NOT POLLED"


def test_bars_say_what_they_stand_for(show: Open) -> None:
    chrome = show(page(readings()))

    titles = [title.get_attribute("textContent") for title in find(chrome, "rect title")]

    assert "welcome-1123: CANCELLED, 09:30:00 to 11:48:00" in titles
    assert "cart-a: RUNNING, 22 Nov 15:00 for 21 h 00 min" in titles


def test_numbers_in_columns_are_aligned(show: Open) -> None:
    chrome = show(page(readings()))

    last = find(chrome, "td.jw-last")

    # The text is set flush right: cells end at one edge, digits are equally wide.
    assert {each.value_of_css_property("text-align") for each in last} == {"right"}
    assert {each.value_of_css_property("font-variant-numeric") for each in last} == {"tabular-nums"}
    assert len({round(each.rect["x"] + each.rect["width"]) for each in last}) == 1


@pytest.mark.parametrize("width", [WIDE, 1024, 680, NARROW, 320])
def test_nothing_reaches_beyond_the_edge(show: Open, width: int) -> None:
    wordy = Mute(id="a-name-without-an-end" * 5, reason="long" * 80, journeys=("j" * 90,), until=NOW + minutes(5))
    odd = replace(
        readings()[0], lane=Lane("pinpoint", "1" * 60, "r" * 60), last_poll=LATE, unlisted=frozenset({"u" * 90})
    )
    chrome = show(page([*readings(), odd], mutes=[wordy]), width=width)

    assert overflowing(chrome) == []
    assert chrome.execute_script("return document.documentElement.scrollWidth") <= width


def test_wide_screens_show_news_side_by_side_and_narrow_ones_below_each_other(show: Open) -> None:
    def places(width: int) -> list[tuple[int, int]]:
        found = find(show(page(readings()), width=width), ".jw-columns section")
        return [(each.rect["x"], each.rect["y"]) for each in found]

    (left, top), (right, same_top) = places(WIDE)
    assert (same_top, right > left) == (top, True)
    (left, top), (same_left, below) = places(NARROW)
    assert (same_left, below > top) == (left, True)


def test_narrow_screens_show_everything_but_the_headings(show: Open) -> None:
    chrome = show(page(readings()), width=NARROW)

    assert find(chrome, "thead")[0].is_displayed() is False
    assert all(each.is_displayed() for each in find(chrome, "td.jw-name a, td.jw-name b, td.jw-last time, svg"))


@pytest.mark.parametrize("theme", [Theme.LIGHT, Theme.DARK])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_text_and_bars_have_the_contrast_that_wcag_aa_asks(show: Open, theme: Theme, width: int) -> None:
    every_status = {f"{status}": run(status, began=600 - 60 * n, ended=560 - 60 * n) for n, status in enumerate(Status)}
    more = LaneSnapshot(
        PINPOINT_LANE, PINPOINT, {JourneyKey("a", "b"): state("Every status", every_status)}, last_poll=LATE
    )
    mutes = [Mute(id="night", until=NOW + minutes(5))]
    chrome = show(page([*readings(), more], PageRequest(theme=theme), mutes=mutes), width=width)

    measured: dict[str, Any] = chrome.execute_script(CONTRAST)

    assert measured["found"] == []
    assert measured["checked"] > 150


@pytest.mark.parametrize("name", [*MARKUP, *(name for name in NASTY if "\ud83d" not in name)])
def test_hostile_names_are_shown_and_do_nothing(show: Open, name: str) -> None:
    key = JourneyKey("app", "journey")
    stuck = condition(ConditionKind.STUCK, name, since=60, reason=name)
    reading = LaneSnapshot(PINPOINT_LANE, PINPOINT, {key: state(name, {name: run(Status.RUNNING, began=60)}, stuck)})
    links = WidgetLinks("arn:aws:lambda:eu-west-1:111122223333:function:widget")
    harmless = LaneSnapshot(PINPOINT_LANE, PINPOINT, {
        key: state("x", {"x": run(Status.RUNNING, began=60)}, condition(ConditionKind.STUCK, "x", since=60, reason="x"))
    })  # fmt: skip

    def structure(shown: LaneSnapshot) -> list[str]:
        chrome = show(page([shown], links=links), width=NARROW)
        assert chrome.execute_script("return window.hacked") is None
        assert overflowing(chrome) == []
        assert find(chrome, ".jw")[0].is_displayed()
        found: list[str] = chrome.execute_script(
            "return [...document.querySelectorAll('*')].map((each) => each.tagName + ' ' + each.getAttributeNames())"
        )
        return found

    assert structure(reading) == structure(harmless)


def test_two_hundred_journeys_of_twenty_four_runs_are_rendered_in_a_second(
    show: Open,
    record_property: Any,  # noqa: ANN401 - pytest's
) -> None:
    states = {JourneyKey("app", f"journey-{n:03}"): state(f"Journey {n}", hourly(24)) for n in range(200)}
    html = page([LaneSnapshot(PINPOINT_LANE, PINPOINT, states)])
    show("warm up")

    began = monotonic()
    chrome = show(html)
    timing: dict[str, float] = chrome.execute_async_script(
        "const done = arguments[0]; requestAnimationFrame(() => setTimeout(() => {"
        "const [load] = performance.getEntriesByType('navigation');"
        "done({load: load.loadEventEnd, painted: performance.now()})}))"
    )

    assert len(find(chrome, "tbody tr")) == 200
    assert chrome.execute_script("return document.querySelectorAll('rect').length") == 200 * 24
    record_property("milliseconds until painted", timing["painted"])
    print(f"200 x 24: {len(html)} bytes, {timing}, {monotonic() - began:.2f} s with the driver")  # noqa: T201
    # A second is the goal, and it takes a fraction of it; a machine under load may take longer without being wrong.
    assert timing["painted"] < 5000
