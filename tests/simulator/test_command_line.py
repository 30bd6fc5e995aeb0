"""The command says when it is ready, ends cleanly on signals, and tells what is wrong in one line."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.server import HOST, listen
from tests.simulator.plain_http import ask

COMMAND = [sys.executable, "-W", "error", "-m", "simulator"]
ROOT = Path(__file__).parents[2]


def simulator(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [*COMMAND, *arguments], capture_output=True, text=True, timeout=20, cwd=ROOT, check=False
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_is_ready_when_it_says_so_and_a_signal_ends_it_with_0(number: signal.Signals) -> None:
    with subprocess.Popen(  # noqa: S603 - our own command
        [*COMMAND, "--start-clock"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        ready = re.match(r"Simulator ready at (http://127\.0\.0\.1:\d+) ", process.stdout.readline())
        assert ready is not None
        assert json.loads(ask(f"{ready[1]}/_simulator/time").body)["running"] is True
        process.send_signal(number)
        assert process.wait(timeout=10) == 0


def test_a_wrong_scenario_is_one_line_and_exit_code_2(tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_text("sed = 1", encoding="utf-8")
    done = simulator("--scenario", str(path))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "story.toml: sed is not a known key" in done.stderr


def test_a_taken_port_is_one_line_and_exit_code_1() -> None:
    with listen() as taken:
        taken.listen()
        done = simulator("--port", str(taken.getsockname()[1]))
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "cannot be used" in done.stderr


def test_check_only_checks(tmp_path: Path) -> None:
    path = tmp_path / "story.toml"
    path.write_text("[[application]]\nid = 'a'\n", encoding="utf-8")
    done = simulator("--scenario", str(path), "--check")
    assert (done.returncode, done.stdout) == (0, "The scenario is right: 0 events, 1 applications\n")


def test_help_shows_examples() -> None:
    assert "--start-clock" in simulator("--help").stdout
    assert HOST in simulator("--help").stdout
