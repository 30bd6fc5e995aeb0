"""Every lock has hashes, holds what its requirements name, and agrees with the others."""

import re
import tomllib

import pytest

from infra.bundle import PYTHON_VERSION
from tests.infra.conftest import ROOT
from tools.lock import DEPLOYED_PYTHON, LOCKS, OLDEST_PYTHON, Lock

EACH = pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.directory.name)


def pinned(lock: Lock) -> dict[str, tuple[str, int]]:
    """By name: the version, and how many hashes it has."""
    text = lock.path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = {}
    for line in lines:
        named = re.match(r"([A-Za-z0-9._-]+)==(\S+)", line)
        assert named, line
        found[named[1].lower()] = (named[2], line.count("--hash=sha256:"))
    return found


def required(lock: Lock) -> dict[str, str]:
    """By name without extras: the version that a requirements.txt asks for."""
    text = lock.requirements.read_text(encoding="utf-8")
    return {name.lower(): version for name, version in re.findall(r"(?m)^([\w.-]+)(?:\[.*\])?==(\S+)", text)}


@EACH
def test_every_file_that_may_be_installed_has_its_hash(lock: Lock) -> None:
    assert [name for name, (_, hashes) in pinned(lock).items() if not hashes] == []


@EACH
def test_a_lock_pins_what_its_requirements_ask_for(lock: Lock) -> None:
    versions = {name: version for name, (version, _) in pinned(lock).items()}

    assert required(lock).items() <= versions.items()
    assert required(lock)


def test_what_ships_is_what_is_tested() -> None:
    developers, shipped = (pinned(lock) for lock in LOCKS[:2])

    assert {name: version for name, (version, _) in shipped.items()}.items() <= {
        name: version for name, (version, _) in developers.items()
    }.items()


def test_the_locks_are_made_for_the_pythons_that_are_supported_and_deployed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))

    assert ".".join(map(str, PYTHON_VERSION)) == DEPLOYED_PYTHON
    assert project["project"]["requires-python"].startswith(f">={OLDEST_PYTHON}")
    assert project["build-system"]["requires"] == [f"hatchling=={required(LOCKS[0])['hatchling']}"]


def test_nothing_is_installed_without_a_hash() -> None:
    """By what a person or continuous integration runs: each line that calls pip says so, or asks no registry."""
    sources = [ROOT / "Makefile", ROOT / ".ci/run", ROOT / "infra/bundle.py", *(ROOT / "tools").glob("*")]
    calls = [
        line
        for source in sources
        if source.is_file() and source.suffix != ".txt"
        for line in re.findall(r'(?m)^.*(?:pip install .*-r|"install", ").*$', source.read_text(encoding="utf-8"))
    ]

    assert [line for line in calls if not re.search("--require-hashes|--no-index", line)] == []
    assert calls
