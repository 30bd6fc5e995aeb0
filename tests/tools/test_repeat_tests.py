"""`tools/repeat-tests`: what is committed is tested in clones, and what fails is counted and can be looked at."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT

MAKEFILE = """
install:
test:
\t@echo '{said} in 0.1s'
\t@exit {status}
"""


def git(checkout: Path, *arguments: str) -> None:
    author = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", *author, *arguments], cwd=checkout, check=True)  # noqa: S603, S607 - our own words


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with the tool, and nothing committed but what the tool needs."""
    repository = tmp_path / "repository"
    for name in ("tools/repeat-tests", "local_cloud/supervisor.py"):
        (repository / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, repository / name)
    git(repository, "init", "--quiet")
    return repository


def repeat(checkout: Path, *, said: str, status: int) -> subprocess.CompletedProcess[str]:
    (checkout / "Makefile").write_text(MAKEFILE.format(said=said, status=status), encoding="utf-8")
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "as asked")
    (checkout / "Makefile").write_text("not committed, so not tested", encoding="utf-8")
    return subprocess.run(  # noqa: S603 - our own words
        [checkout / "tools/repeat-tests", "--times", "2", "--busy", "1"], capture_output=True, text=True, check=False
    )


def test_each_run_is_a_line_and_some_are_on_busy_cores(checkout: Path) -> None:
    done = repeat(checkout, said="3 passed", status=0)

    assert (done.returncode, done.stderr) == (0, "")
    # How long it takes is the machine's business.
    lines = [re.sub(r" +", " ", re.sub(r"\d+:\d\d", "M:SS", line)).strip() for line in done.stdout.splitlines()[2:]]
    assert lines == [
        "1 idle M:SS M:SS passed 3 passed in 0.1s",
        "2 busy M:SS M:SS passed 3 passed in 0.1s",
        "2 of 2 passed.",
    ]


def test_a_run_that_fails_leaves_its_log_and_fails_the_command(checkout: Path) -> None:
    done = repeat(checkout, said="1 failed, 2 passed", status=1)

    assert done.returncode == 1
    logs = [
        Path(name) for name in re.findall(r"FAILED  1 failed, 2 passed in 0.1s; see (.+)$", done.stdout, re.MULTILINE)
    ]
    assert len(logs) == 2
    assert all("1 failed, 2 passed" in log.read_text(encoding="utf-8") for log in logs)
    assert done.stdout.endswith("0 of 2 passed.\n")
    shutil.rmtree(logs[0].parent)
