"""`tools/install`: it says what is being installed and for how long, and shows why it failed."""

import os
import pty
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from types import ModuleType

import pytest

from tests.infra.conftest import ROOT


@pytest.fixture(scope="module")
def install() -> ModuleType:
    loader = SourceFileLoader("install", str(ROOT / "tools/install"))
    spec = spec_from_loader("install", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Collecting boto3==1.44.5 (from -r requirements.lock (line 9))", "looking for boto3==1.44.5"),
        ("  Downloading aws_cdk_lib-2.275.0-py3-none-any.whl (48.9 MB)", "downloading aws_cdk_lib-2.275.0 48.9 MB"),
        ("Installing collected packages: six, click, boto3", "unpacking 3 packages"),
        ("  Using cached six-1.17.0-py2.py3-none-any.whl (11 kB)", None),
        ("", None),
    ],
)
def test_the_lines_of_pip_are_shown_in_a_few_words(install: ModuleType, line: str, shown: str | None) -> None:
    assert install.what_pip_does(line) == shown


SLOW = "print('Collecting six'); import time; time.sleep(1.5)"


def installing(program: str, *, seconds_between_lines: float = 10) -> str:
    """A Python program that runs another as if it were pip."""
    return (
        "import sys; from importlib.machinery import SourceFileLoader as L\n"
        f"install = L('install', {str(ROOT / 'tools/install')!r}).load_module()\n"
        f"install.SECONDS_BETWEEN_LINES = {seconds_between_lines}\n"
        "progress = install.Progress('Installing it')\n"
        f"install.run(progress, [sys.executable, '-u', '-c', {program!r}], {{}})\n"
        "progress.finish('done')\n"
    )


def test_without_a_terminal_it_is_a_line_now_and_then() -> None:
    command = [sys.executable, "-W", "ignore", "-c", installing(SLOW, seconds_between_lines=0.9)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own words

    first, *between, last = done.stdout.splitlines()
    assert first == "Installing it …"
    assert "looking for six" in between[0]
    assert last.startswith("  done after 0:0")
    assert "\x1b" not in done.stdout


def test_on_a_terminal_one_line_changes() -> None:
    primary, secondary = pty.openpty()
    command = [sys.executable, "-W", "ignore", "-c", installing(SLOW)]
    with subprocess.Popen(command, stdout=secondary, env={**os.environ, "TERM": "xterm"}):  # noqa: S603 - our own words
        pass
    os.close(secondary)
    shown = os.read(primary, 10_000).decode()
    os.close(primary)

    assert "\r\x1b[KInstalling it … 0:01  looking for six" in shown
    assert shown.count("\n") == 1
    assert shown.rstrip().splitlines()[-1].rpartition("\x1b[K")[2].startswith("Installing it: done after 0:0")


def test_what_fails_is_shown_with_all_that_it_said() -> None:
    program = "print('Collecting six'); print('ERROR: no matching hash'); raise SystemExit(3)"
    command = [sys.executable, "-W", "ignore", "-c", installing(program)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words

    assert done.returncode == 3
    assert done.stdout.splitlines()[-1].startswith("  failed after")
    assert done.stderr == "Collecting six\nERROR: no matching hash\n"
