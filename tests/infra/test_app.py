"""`npx cdk synth` as a person types it: without credentials, with and without mistakes."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.infra.conftest import ROOT
from tests.infra.synthesis import Synthesized

integration = pytest.mark.integration  # it is the CDK command line that takes the time


def synth(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Neither credentials nor a place to find some.
    kept = {name: os.environ[name] for name in ("PATH", "HOME")}
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
    }
    return subprocess.run(  # noqa: S603 - all of it is written here
        [ROOT / "node_modules/.bin/cdk", "synth", "--quiet", "--output", tmp_path / "out", *arguments],
        cwd=ROOT,
        env=kept | nowhere,
        capture_output=True,
        text=True,
        check=False,
    )


@integration
def test_synth_needs_no_credentials(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    default = (ROOT / "config/default.toml").read_text(encoding="utf-8")
    mine.write_text(default.replace("email = []", 'email = ["you@example.com"]'), encoding="utf-8")

    # To say again who is in the file is no mistake.
    done = synth(tmp_path, "-c", f"config={mine}", "-c", "email=you@example.com")

    assert done.returncode == 0, done.stderr
    (path,) = (tmp_path / "out").glob("*.template.json")
    stack = Synthesized(json.loads(path.read_text(encoding="utf-8")))
    assert {each["Endpoint"] for each in stack.properties("AWS::SNS::Subscription")} == {"you@example.com"}
    assert "Nobody" not in done.stderr


@integration
def test_an_address_that_the_next_deployment_would_take_away_again_is_refused(tmp_path: Path) -> None:
    done = synth(tmp_path, "-c", "config=config/default.toml", "-c", "email=you@example.com")

    assert done.returncode != 0
    assert "error: -c email: config/default.toml does not name you@example.com" in done.stderr
    assert "make deploy EMAIL=you@example.com" in done.stderr


@integration
def test_a_mistake_is_one_message_without_a_traceback(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('evrey = "1m"\n', encoding="utf-8")

    done = synth(tmp_path, "-c", f"config={mine}")

    assert done.returncode != 0
    assert f'error: {mine}: evrey is not a known key (did you mean "every"?)' in done.stderr
    assert "Traceback" not in done.stderr


def test_without_the_virtual_environment_it_says_what_to_run(tmp_path: Path) -> None:
    command = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["app"]

    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own file

    assert done.returncode != 0
    assert "make install" in done.stderr
