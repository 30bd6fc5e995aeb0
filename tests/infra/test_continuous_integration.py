"""What hosts and hooks run is what a person runs: the same commands, at the same versions."""

import os
import re

from infra.bundle import PYTHON_VERSION
from tests.infra.conftest import ROOT


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def test_the_hook_before_a_commit_runs_the_ruff_of_make_check() -> None:
    pinned = re.findall(r"(?m)^ruff==(\S+)", read("requirements.txt"))
    assert re.findall(r"(?m)^\s+rev: v(\S+)", read(".pre-commit-config.yaml")) == pinned


def test_the_workflow_runs_nothing_but_what_a_person_can_run() -> None:
    workflow = read(".github/workflows/ci.yml")
    assert re.findall(r"(?m)^\s+(?:- )?run: *(.*)", workflow) == [".ci/run"]
    assert os.access(ROOT / ".ci/run", os.X_OK)


def test_the_workflow_has_the_python_that_is_deployed() -> None:
    version = ".".join(map(str, PYTHON_VERSION))
    assert f"container: python:{version}-" in read(".github/workflows/ci.yml")


def test_the_workflow_uses_actions_by_their_commit() -> None:
    """A tag can be moved to other code, by whoever takes over the action."""
    used = re.findall(r"(?m)^\s*(?:- )?uses: *(.*)", read(".github/workflows/ci.yml"))

    assert used
    assert [action for action in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action)] == []
