"""One Chromium for all tests of this folder, and what it is pointed at."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome

from journey_watch.live_page.composition import LivePage
from journey_watch.settings import WatchConfig
from local_cloud.browser import NOT_INSTALLED, chromium, is_installed, prefer, resize
from local_cloud.inbox import Inbox
from local_cloud.page import served
from tests.live_page.samples import CONNECT_LANE, NOW, PINPOINT_LANE, UNUSED_LANE, FixedPolls, FixedReader, readings

WIDE, NARROW = 1600, 375

Open = Callable[..., Chrome]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a browser they are left out, unless it is required."""
    possible = config.getoption("require_browser") or is_installed()
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            if not possible and "chrome" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(NOT_INSTALLED))


@pytest.fixture(scope="session")
def _one_chrome() -> Iterator[Chrome]:
    with chromium() as chrome:
        yield chrome


@pytest.fixture
def chrome(_one_chrome: Chrome) -> Chrome:
    # The page of the test before this one still asks a server that is gone, and the browser's log would tell of it.
    _one_chrome.get("about:blank")
    _one_chrome.get_log("browser")  # type: ignore[no-untyped-call]
    prefer(_one_chrome, "light")
    resize(_one_chrome, WIDE, 1000)
    return _one_chrome


@pytest.fixture
def show(chrome: Chrome, tmp_path: Path) -> Open:
    """Opens a piece of HTML the way a dashboard does: within a page of its own."""

    def opened(html: str, *, width: int = WIDE) -> Chrome:
        page = tmp_path / "page.html"
        page.write_text(f'<!doctype html><meta charset="utf-8"><body style="margin:0">{html}', encoding="utf-8")
        resize(chrome, width, 1000)
        chrome.get(page.as_uri())
        return chrome

    return opened


@pytest.fixture
def reader() -> FixedReader:
    return FixedReader(readings())


@pytest.fixture
def inbox_file(tmp_path: Path) -> Path:
    return tmp_path / "inbox.jsonl"


@pytest.fixture
def url(reader: FixedReader, inbox_file: Path) -> Iterator[str]:
    """The local page, about what `reader` holds and what stands in `inbox_file`."""
    lanes = [PINPOINT_LANE, CONNECT_LANE, UNUSED_LANE]
    live_page = LivePage(reader, lanes, config=WatchConfig(), last_polls=FixedPolls(), clock=lambda: NOW)
    with served(live_page, Inbox(inbox_file)) as address:
        yield address
