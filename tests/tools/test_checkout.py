"""A checkout is the same wherever it is made, and says what it needs."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT

SUPPORTED = ["3.11", "3.12", "3.13"]


def git(*arguments: str | Path, cwd: Path) -> str:
    command = ["git", "-c", "user.name=Test", "-c", "user.email=test@example.com", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, check=True, capture_output=True, text=True).stdout  # noqa: S603 - our own words


def test_a_clone_made_for_windows_has_the_line_ends_that_scripts_need(tmp_path: Path) -> None:
    """As git for Windows is set up, whose clones are used in WSL."""
    source = tmp_path / "source"
    (source / "tools").mkdir(parents=True)
    for name in (".gitattributes", "tools/find-python", "Makefile", "requirements.lock"):
        (source / name).write_bytes((ROOT / name).read_bytes())
    git("init", "--quiet", cwd=source)
    git("add", ".", cwd=source)
    git("commit", "--quiet", "-m", "all", cwd=source)

    git("clone", "--quiet", "-c", "core.autocrlf=true", source, tmp_path / "clone", cwd=tmp_path)

    for name in ("tools/find-python", "Makefile", "requirements.lock"):
        assert b"\r" not in (tmp_path / "clone" / name).read_bytes()


def test_every_place_names_the_same_pythons() -> None:
    assert 'requires-python = ">=3.11,<3.14"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for name in ("tools/find-python", ".ci/run"):
        text = (ROOT / name).read_text(encoding="utf-8")
        (line, *_) = re.findall(r"(?m)^for version in (.*); do$", text)
        assert sorted(re.findall(r"3\.\d+", line)) == SUPPORTED, name
    for name in ("README.md", "CONTRIBUTING.md", "tools/find-python"):
        text = " ".join((ROOT / name).read_text(encoding="utf-8").split())
        assert "3.11, 3.12 or 3.13" in text, name


FAKE_PYTHON = """#!/bin/sh
echo "; python3 is {version}"
case "$3" in *"!= '{version}'"*) exit 0;; esac
exit 1
"""


def fake_python(directory: Path, name: str, version: str) -> None:
    """A Python of that version which has venv; it runs nothing."""
    program = directory / name
    program.write_text(FAKE_PYTHON.format(version=version), encoding="utf-8")
    program.chmod(0o755)


def find_python(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # No other Python is found: neither a version manager's nor the system's.
    script = (ROOT / "tools/find-python").read_text(encoding="utf-8")
    script = re.sub(r"/(?:opt/homebrew|usr/local|usr)/bin/", f"{directory}/none/", script)
    command = ["/bin/sh", "-c", script, "find-python", *arguments]
    env = {"PATH": str(directory), "PYENV_ROOT": str(directory / "none")}
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own words


def test_the_newest_supported_python_is_found(tmp_path: Path) -> None:
    for version in ("3.11", "3.12", "3.14"):
        fake_python(tmp_path, f"python{version}", version)

    assert find_python(tmp_path).stdout == f"{tmp_path}/python3.12\n"
    assert find_python(tmp_path, "3.11").stdout == f"{tmp_path}/python3.11\n"
    assert find_python(tmp_path, "3.13").returncode == 1


@pytest.mark.parametrize("version", ["3.10", "3.14", "3.15"])
def test_a_python_that_is_not_supported_is_refused_in_a_sentence(tmp_path: Path, version: str) -> None:
    fake_python(tmp_path, "python3", version)

    done = find_python(tmp_path)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert f"needs Python 3.11, 3.12 or 3.13, with venv; python3 is {version}." in done.stderr
    assert "Python 3.14 and newer are not supported yet." in done.stderr


def test_the_node_of_this_environment_is_one_that_the_cdk_supports() -> None:
    """Also where the machine has an older one, which jsii would complain about."""
    import aws_cdk  # noqa: F401, PLC0415 - it starts Node.js

    version = subprocess.run([os.environ["JSII_NODE"], "--version"], capture_output=True, text=True, check=True)  # noqa: S603
    assert int(version.stdout.removeprefix("v").split(".")[0]) >= 22
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8") + (ROOT / "cdk.json").read_text(encoding="utf-8")
    assert "JSII_SILENCE" not in makefile
