"""`npx cdk synth` as a person types it: without credentials, with and without mistakes."""

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
import tomlkit
from aws_cdk import assertions
from hypothesis import given, settings
from hypothesis import strategies as st

import app
from infra.bundle import Bundle
from infra.own_node import with_own_node
from tests.damage import TOML_VALUES, damaged, refusal
from tests.infra.conftest import ROOT
from tests.infra.synthesis import Synthesized

integration = pytest.mark.integration  # it is the CDK command line that takes the time


def synth(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # Neither credentials nor a place to find some. What jsii has unpacked would be unpacked anew: 3 s of a core.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "JSII_RUNTIME_PACKAGE_CACHE_ROOT")}
    nowhere = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
    }
    return subprocess.run(  # noqa: S603 - all of it is written here
        [ROOT / "node_modules/.bin/cdk", "synth", "--quiet", "--output", tmp_path / "out", *arguments],
        cwd=ROOT,
        env=with_own_node(kept | nowhere),
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

    done = subprocess.run([ROOT / command], cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603 - our own file

    assert done.returncode != 0
    assert "make install" in done.stderr


@integration
def test_make_synth_prints_the_apps_error_last_and_alone(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('evrey = "1m"\n', encoding="utf-8")
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "operator_cli.synth", f"--config={mine}"],
        cwd=ROOT,
        env={**os.environ, **nowhere},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode
    assert done.stderr.startswith(f'error: {mine}: evrey is not a known key (did you mean "every"?)')
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def damaged_file(tmp_path_factory: pytest.TempPathFactory, stub_bundle: Bundle) -> Iterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "build_bundle", lambda _: stub_bundle)
        yield tmp_path_factory.mktemp("config") / "mine.toml"


@settings(max_examples=30)  # those that are not refused take a second each
@given(
    content=damaged(tomllib.loads((ROOT / "config/example.toml").read_text(encoding="utf-8")), TOML_VALUES),
    asked=st.sampled_from([
        {},
        {"email": "ops@example.com"},
        {"email": "you"},
        {"reader": "arn:aws:iam::111122223333:role/JourneyWatchReader"},
        {"reader": "you"},
    ]),
    region=st.sampled_from([None, "eu-west-2", "us-gov-west-1", "mars"]),
)  # fmt: skip
def test_whatever_is_wrong_in_a_file_a_stack_is_made_or_one_message(
    damaged_file: Path, context: dict[str, Any], content: dict[str, Any], asked: dict[str, str], region: str | None
) -> None:
    damaged_file.write_text(tomlkit.dumps(content), encoding="utf-8")
    known = {"CDK_DEFAULT_ACCOUNT": "111122223333", "CDK_DEFAULT_REGION": region} if region else {}

    def make() -> None:
        made = app.build(cdk.App(context={**context, "config": str(damaged_file), **asked}), known)
        assert assertions.Template.from_stack(made).to_json()["Resources"]

    message = refusal(make)

    assert message.isprintable()
