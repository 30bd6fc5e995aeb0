"""What a person sets on make's command line, or in the environment, reaches the command as it was typed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT

# Prints its arguments, a line each; the tools that the Makefile itself needs are run.
PYTHON = f"""#!/bin/sh
[ "$1" = -I ] && exec {sys.executable} "$@"
for argument; do echo "$argument"; done
"""
HOSTILE = (
    "a@b.c'; touch {mark}; '",
    '"; touch {mark}; "',
    "$(touch {mark})",
    "$$(touch {mark})",
    "`touch {mark}`",
    "$(shell touch {mark})",
    "$(eval $(shell touch {mark}))",
    "${{HOME}}",
    "; touch {mark}",
    "o'brien@example.com",
    "two words",
    "*",
    "a$b",
    "-x",
)


@pytest.fixture
def stub(tmp_path: Path) -> Path:
    """A directory whose `python` prints how it is called."""
    python = tmp_path / "python"
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)
    return tmp_path


def make(stub: Path, target: str, *variables: str, **environment: str) -> list[str]:
    """Return what the target's command is given after its module."""
    # `-o install`: everything is installed, for this test runs.
    command = ["make", "-s", "-o", "install", target, f"VENV={stub}", *variables]
    env = {"PATH": "/usr/bin:/bin", **environment}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[2:]


@pytest.mark.parametrize(
    ("variables", "arguments"),
    [
        ([], ["--"]),
        (["EMAIL=you@example.com"], ["--email=you@example.com", "--"]),
        (["CONFIG=config/my own.toml", "PROFILE=prod"], ["--config=config/my own.toml", "--profile=prod", "--"]),
        (["REGION=eu-west-1", "BOOTSTRAP=1"], ["--region=eu-west-1", "--bootstrap", "--"]),
        (["QUALIFIER=mine", "REMOVE=a@b.c d@e.f"], ["--qualifier=mine", "--remove=a@b.c", "--remove=d@e.f", "--"]),
        (["CDK_ARGS=--no-rollback -c 'a=b c'"], ["--", "--no-rollback", "-c", "a=b c"]),
    ],
)
def test_deploy_is_given_what_make_is_given(stub: Path, variables: list[str], arguments: list[str]) -> None:
    assert make(stub, "deploy", *variables) == arguments


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("in_the_environment", [False, True])
def test_no_value_is_run_or_changed(stub: Path, text: str, *, in_the_environment: bool) -> None:
    mark = stub / "mark"
    value = text.format(mark=mark)

    def given(target: str, name: str) -> list[str]:
        if in_the_environment:
            return make(stub, target, **{name: value})
        return make(stub, target, f"{name}={value}")

    for name in ("EMAIL", "CONFIG", "PROFILE", "REGION", "QUALIFIER"):
        assert given("deploy", name) == [f"--{name.lower()}={value}", "--"]
    for name in ("PROFILE", "REGION", "QUALIFIER"):
        assert given("verify-aws", name)[2:] == [f"--{name.lower()}={value}"]
    assert given("synth", "CONFIG") == [f"--config={value}"]
    assert given("deploy", "REMOVE") == [*(f"--remove={word}" for word in value.split()), "--"]
    assert given("deploy", "BOOTSTRAP") == ["--bootstrap", "--"]
    for name in ("YES", "KEEP", "LOCAL"):
        assert given("verify-aws", name)[2:] == [f"--{name.lower()}"]
    for name in ("KEEP", "VERBOSE"):
        assert given("demo", name)[1:] == [f"--{name.lower()}"]
    assert not mark.exists()


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("test", "TEST_ARGS"),
        ("test-quick", "TEST_ARGS"),
        ("prove", "PROVE_ARGS"),
        ("soak", "SOAK_ARGS"),
        ("deploy", "CDK_ARGS"),
    ],
)
def test_words_that_are_handed_on_are_only_words(stub: Path, target: str, name: str) -> None:
    mark = stub / "mark"
    value = f"-k 'one or two' $(shell touch {mark}) `touch {mark}` ; touch {mark}"

    given = make(stub, target, f"{name}={value}")

    words = ["-k", "one or two", "$(shell", "touch", f"{mark})", "`touch", f"{mark}`", ";", "touch", str(mark)]
    assert given[-len(words) :] == words
    assert not mark.exists()


def test_a_quote_without_its_end_is_one_line(stub: Path) -> None:
    command = ["make", "-s", "-o", "install", "test", f"VENV={stub}", "TEST_ARGS=-k 'one"]
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - our own words

    assert done.returncode
    assert "error: TEST_ARGS: No closing quotation." in done.stderr
    assert "Traceback" not in done.stderr
