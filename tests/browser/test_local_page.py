"""The local page: live runs beside an inbox, both kept up to date, neither in anybody's way."""

from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select

from journey_watch.core.severity import Severity
from local_cloud.browser import prefer, resize
from local_cloud.waiting import eventually
from tests.browser.conftest import NARROW, WIDE
from tests.browser.test_live_page import CONTRAST, find, overflowing, texts
from tests.live_page.deliveries import as_line, delivered
from tests.live_page.samples import FixedReader, connect_reading
from tests.messages.alert_builders import alert


def receive(inbox_file: Path, run_id: str, severity: Severity = Severity.CRITICAL) -> None:
    with inbox_file.open("a", encoding="utf-8") as file:
        file.writelines(map(as_line, delivered(alert(run_id=run_id, severity=severity))))


@pytest.fixture
def page(chrome: Chrome, url: str, inbox_file: Path) -> Chrome:
    """Opened, with one critical alert in the inbox."""
    receive(inbox_file, "first")
    chrome.get(url)
    eventually(lambda: find(chrome, ".jw") and find(chrome, ".letter"))
    return chrome


def test_live_runs_stand_beside_the_inbox_and_above_it_on_a_narrow_screen(page: Chrome) -> None:
    live, inbox = find(page, ".half")
    assert live.rect["y"] == inbox.rect["y"]
    assert live.rect["x"] < inbox.rect["x"]

    resize(page, NARROW, 1000)

    assert live.rect["x"] == inbox.rect["x"]
    assert live.rect["y"] < inbox.rect["y"]
    assert overflowing(page) == []


def test_an_alert_is_shown_as_each_reader_has_it(page: Chrome) -> None:
    (letter,) = find(page, ".letter")

    email, card, envelope = (each.text for each in letter.find_elements(By.CSS_SELECTOR, ".forms section"))

    assert "To: a@b.c, d@e.f" in email
    assert "[CRITICAL] Welcome: RUNNING -> CANCELLED" in email
    assert "What to do: " in email
    assert "Application: Shop (id A)" in card
    assert '"status": "CANCELLED"' in envelope


def test_e_mail_and_card_stand_side_by_side(page: Chrome) -> None:
    email, card, _ = find(page, ".letter .forms section")

    assert email.rect["y"] == card.rect["y"]
    assert email.rect["x"] < card.rect["x"]


def test_what_happens_appears_by_itself(page: Chrome, reader: FixedReader, inbox_file: Path) -> None:
    receive(inbox_file, "second", Severity.INFO)
    reader.found = [connect_reading()]

    eventually(lambda: len(find(page, ".letter")) == 2)
    eventually(lambda: len(find(page, "tbody tr")) == 2)
    assert "second" in find(page, ".letter.info h2")[0].text


def test_filters_narrow_the_page_down_and_can_be_taken_back(page: Chrome) -> None:
    Select(find(page, "select[name=status]")[0]).select_by_value("PAUSED")
    find(page, "input[name=journey]")[0].send_keys("billing")
    find(page, ".jw-apply")[0].click()

    eventually(lambda: texts(page, "td.jw-name a") == ["Billing reminders (calls)"])
    assert "status=PAUSED" in page.current_url
    assert find(page, "input[name=journey]")[0].get_attribute("value") == "billing"
    assert "4 problems hidden by this selection" in texts(page, ".jw-verdict")[0]
    page.find_element(By.LINK_TEXT, "show everything").click()
    eventually(lambda: len(find(page, "tbody tr")) == 9)


def test_a_filter_that_is_being_typed_is_not_swept_away(page: Chrome, reader: FixedReader, inbox_file: Path) -> None:
    find(page, "input[name=journey]")[0].send_keys("bil")

    reader.found = [connect_reading()]
    receive(inbox_file, "second")
    eventually(lambda: len(find(page, ".letter")) == 2)  # so a refresh has come and gone

    typed = find(page, "input[name=journey]")[0]
    assert typed.get_attribute("value") == "bil"
    assert len(find(page, "tbody tr")) == 9
    typed.send_keys("ling", Keys.ENTER)
    eventually(lambda: texts(page, "td.jw-name a") == ["Billing reminders (calls)"])


def test_filters_work_with_the_keyboard_alone(page: Chrome) -> None:
    find(page, "input[name=journey]")[0].click()
    reached = []
    for _ in range(6):
        page.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(page.switch_to.active_element.get_attribute("name") or page.switch_to.active_element.text)

    assert reached[:5] == ["status", "hours", "sort", "only_problems", "Show"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_page_follows_the_readers_theme_with_enough_contrast(page: Chrome, scheme: str, width: int) -> None:
    prefer(page, scheme)
    resize(page, width, 1000)

    measured: dict[str, Any] = page.execute_script(CONTRAST)

    assert measured["found"] == []
    ground = page.execute_script("return getComputedStyle(document.querySelector('.jw')).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 27, 42)"}[scheme]


def test_the_browser_has_nothing_to_complain_about(page: Chrome) -> None:
    assert [entry for entry in page.get_log("browser") if "favicon" not in entry["message"]] == []  # type: ignore[no-untyped-call]


def test_only_this_machine_is_answered(url: str) -> None:
    with pytest.raises(HTTPError, match="400"):
        urlopen(Request(url, headers={"Host": "evil.example"}))  # noqa: S310 - our own server


def test_scripts_from_anywhere_else_are_forbidden(url: str) -> None:
    with urlopen(url) as answer:  # noqa: S310 - our own server
        policy = answer.headers["Content-Security-Policy"]

    assert "default-src 'none'; script-src 'self';" in policy
