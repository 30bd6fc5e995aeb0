"""A Chromium without a window: for the tests of the pages, and for their pictures."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Final

from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from local_cloud.errors import LocalCloudError

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")
NOT_INSTALLED: Final = "Chromium and chromedriver are not on the PATH. Run tools/install-chromium, then try again."
_FLAGS: Final = (
    "--headless",
    "--no-sandbox",  # there is none for root; nothing but our own pages is opened
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",  # small in containers
    "--hide-scrollbars",
    "--force-color-profile=srgb",
)


def is_installed() -> bool:
    """Whether there is a Chromium, and the driver that steers it."""
    return None not in _programs()


def _programs() -> tuple[str | None, str | None]:
    return next(filter(None, map(shutil.which, BROWSERS)), None), shutil.which("chromedriver")


@contextmanager
def chromium() -> Iterator[Chrome]:
    """An installed Chromium with an empty profile. Raises LocalCloudError if there is none."""
    browser, driver = _programs()
    if browser is None or driver is None:
        raise LocalCloudError(NOT_INSTALLED)
    with TemporaryDirectory(prefix="journey-watch-chromium-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = browser
        for flag in (*_FLAGS, f"--user-data-dir={profile}"):
            options.add_argument(flag)
        chrome = Chrome(options, ChromeService(driver))
        try:
            yield chrome
        finally:
            chrome.quit()


def resize(chrome: Chrome, width: int, height: int) -> None:
    """Make the page's own area so large: a window has a least width, which is wider than a phone's."""
    chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )


def prefer(chrome: Chrome, scheme: str) -> None:
    """Pretend that the reader's system is set to "light" or "dark"."""
    chrome.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
