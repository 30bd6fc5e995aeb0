"""For all tests: the same surroundings everywhere, an order that no test can rely on, one simulator."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from local_cloud.browser import NOT_INSTALLED
from local_cloud.waiting import PATIENCE_VARIABLE, patience
from simulator import RunningSimulator, running
from tests.surroundings import put_aside

# Properties are judged by what they find, not by how fast a shared machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("unhurried"), max_examples=20)
settings.load_profile("unhurried")

LONGEST_FIRST: Final = ("integration/test_alarms.py", "infra/", "integration/", "browser/")
"""Where the tests are that take longest. Begun first, they leave no worker to finish one alone."""
TOGETHER: Final = ("browser/", "infra/", "permissions/")
"""Folders whose modules share what takes long to make: one worker gets all of them."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--require-browser", action="store_true", help="fail, not skip, what needs a browser without one")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        # A worker of pytest-xdist inherits its session's home, and ends without cleaning up.
        put_aside(Path.home())
    else:
        home = TemporaryDirectory(prefix="journey-watch-home-", ignore_cleanup_errors=True)
        config.add_cleanup(home.cleanup)
        put_aside(Path(home.name))
    # Measured once, and by nobody else: the other workers inherit it.
    os.environ.setdefault(PATIENCE_VARIABLE, repr(patience()))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Name the tests that one worker gets, so that what they share is made once; pytest-xdist looks after this."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    # Stable: otherwise it stays in the order that pytest-randomly has chosen.
    items.sort(key=_rank)


def _group(item: pytest.Item) -> str:
    if "probe" in getattr(item, "fixturenames", ()):
        return "probe"
    where = _place(item)
    return next((folder for folder in TOGETHER if where.startswith(folder)), where)


def _rank(item: pytest.Item) -> int:
    where = _place(item)
    return next((rank for rank, begin in enumerate(LONGEST_FIRST) if where.startswith(begin)), len(LONGEST_FIRST))


def _place(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).as_posix()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Generator[None, None, None]:
    """Last of all, where nobody overlooks it."""
    yield
    if (seed := config.getoption("randomly_seed", None)) is not None:
        terminalreporter.write_line(f"This was a random order; `pytest -p randomly --randomly-seed={seed}` repeats it.")
    skipped = terminalreporter.stats.get("skipped", [])
    if without_browser := sum(NOT_INSTALLED in str(report.longrepr) for report in skipped):
        text = f"NOT EVERYTHING WAS TESTED: {without_browser} tests of the page did not run. {NOT_INSTALLED}"
        terminalreporter.write_line(text, red=True, bold=True)


@pytest.fixture(scope="session")
def simulator() -> Iterator[RunningSimulator]:
    """Stands in for the polled APIs. Each test that uses it loads a scenario, which begins anew."""
    with running() as started:
        yield started
