"""`make demo KEEP=1`: the whole story, and what is printed at its end to look around with."""

import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import dropwhile, takewhile
from typing import Final

import pytest

from local_cloud.toolchain import CHECKOUT

pytestmark = pytest.mark.integration

LAST_LINE: Final = "Ctrl-C stops everything."


@pytest.fixture(scope="module")
def printed() -> Iterator[list[str]]:
    """What the demo prints until it waits. It runs as long as the module's tests, and then ends well."""
    with subprocess.Popen(
        [sys.executable, "-m", "local_cloud", "demo", "--keep"], cwd=CHECKOUT, stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            lines = [line.rstrip("\n") for line in takewhile(lambda line: not line.startswith(LAST_LINE), demo.stdout)]
            yield lines
        finally:
            demo.terminate()
    assert demo.returncode == 0, "\n".join(lines)


def test_every_alert_came_as_it_must_and_the_one_of_the_killed_function_again(printed: list[str]) -> None:
    told = [position for position, line in enumerate(printed) if "Abandoned basket: RUNNING → CANCELLED" in line]
    below = [printed[position + 1].strip() for position in told]
    assert below[0].startswith("↳ The function was killed here")
    assert below[1].startswith("↳ Again the e-mail, same id ")
    assert any(line.startswith("✓ 17 alerts") for line in printed)


def test_what_it_says_to_type_works_in_any_shell(printed: list[str]) -> None:
    after = list(dropwhile(lambda line: not line.endswith("in another shell:"), printed))[2:]
    lines = [line.strip() for line in takewhile(str.strip, after)]
    *preparations, _, _, _, _ = lines
    hostile = {"PATH": os.environ["PATH"], "AWS_PROFILE": "none", "http_proxy": "http://127.0.0.1:9"}
    for command in lines[len(preparations) :]:
        done = subprocess.run(  # noqa: S603 - our own words
            ["/bin/sh", "-ec", "\n".join([*preparations, command])],
            cwd="/",
            env=hostile,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
