"""For all tests: the same surroundings everywhere, an order that no test can rely on, one simulator."""

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from local_cloud.browser import NOT_INSTALLED
from local_cloud.waiting import PATIENCE_VARIABLE, patience
from simulator import RunningSimulator, running
from tests.made_once import make_once
from tests.surroundings import put_aside

# Properties are judged by what they find, not by how fast a shared machine is.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("unhurried"), max_examples=20)
# What a mutant does wrong need only be noticed.
settings.register_profile("mutants", settings.get_profile("quick"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("unhurried")

make_once()

LONGEST_FIRST: Final = (
    "integration/test_alarms.py",
    "infra/",
    "faults/",
    "integration/",
    "providers/test_hostile_answers.py",
    "proof/",
    "browser/",
)
"""Where the tests are that take longest. Begun first, they leave no worker to finish one alone."""
TOGETHER: Final = (
    ("browser/",),
    ("infra/", "permissions/", "tools/"),
    ("integration/test_fault_proxy.py", "integration/test_local_cloud.py", "integration/test_ministack_adaptations.py"),
)
"""Modules that share what takes long to make: the browser, the CDK's kernel, the local cloud with the probe in it."""


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


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # pytest-xdist is not typed
    """Give all tests of a group to one worker, so that what they share is made once.

    pytest-xdist's own `--dist loadgroup` does nothing with pytest 9.2, and says nothing: it writes the group into an
    attribute that pytest no longer reads.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    return GroupScheduling(config, log)


_worker_of: dict[str, str] = {}


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Fail where a group was split all the same: nothing else would, and each worker would make everything anew."""
    if worker := getattr(report, "worker_id", None):
        group = _group(report.nodeid)
        first = _worker_of.setdefault(group, worker)
        assert worker == first, f"{report.nodeid} ran on {worker}, others of {group} on {first}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Stable: otherwise it stays in the order that pytest-randomly has chosen.
    items.sort(key=lambda item: _rank(item.nodeid))


def pytest_collection_finish() -> None:
    """What is imported stays: not to look through it for garbage again and again spares a twentieth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


def _group(nodeid: str) -> str:
    """The tests that one worker gets: those of a module, or of all modules of a folder or set that shares more."""
    place = _place(nodeid)
    return next((together[0] for together in TOGETHER if place.startswith(together)), place)


def _rank(nodeid: str) -> int:
    place = _place(nodeid)
    return next((rank for rank, begin in enumerate(LONGEST_FIRST) if place.startswith(begin)), len(LONGEST_FIRST))


def _place(nodeid: str) -> str:
    """The test's file, below this folder."""
    return nodeid.partition("::")[0].removeprefix("tests/")


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
