"""`make deploy`: which file it deploys, whom it never forgets, and what it has the CDK do."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from infra.config_files import LOCAL
from infra.deployment_config import RECIPIENTS_KEY, DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from operator_cli import deploy
from operator_cli.deploy import deployed_recipients
from tests.damage import TYPED
from tests.infra.conftest import ROOT

YOU, ME = "you@example.com", "me@example.com"
REGION = "eu-west-1"
# Writes each call's arguments and environment down, a line each, and fails if it is told to.
CDK = """#!{python}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
with (here / "calls").open("a") as calls:
    chosen = ("_REGION", "_PROFILE", "_KEY_ID", "_TARGET")
    kept = {{name: value for name, value in os.environ.items() if name.endswith(chosen)}}
    print(json.dumps([sys.argv[1:], kept]), file=calls)
sys.exit(7 if (here / "broken").exists() else 0)
"""


@dataclass(frozen=True)
class Checkout:
    """A checkout of its own, whose `cdk` only writes down how it is called."""

    root: Path
    stacks: dict[str, set[str]] = field(default_factory=dict)
    """Who is mailed by what is deployed, by stack."""
    key: str = "FOOBARKEY"
    """The access key that the CDK is to be given; the default is moto's."""

    @property
    def program(self) -> Path:
        return self.root / "node_modules/.bin/cdk"

    @property
    def local(self) -> DeploymentConfig:
        return DeploymentConfig.from_file(self.root / LOCAL)

    def write(self, text: str, name: str = "config/local.toml") -> Path:
        path = self.root / name
        path.write_text(text, encoding="utf-8")
        return path

    def deployed(self, *addresses: str, name: str = "journey-watch") -> None:
        """Have a stack there that mails to these."""
        self.stacks[name] = set(addresses)

    def calls(self) -> list[list[str]]:
        """The arguments of each call so far."""
        written = self.program.parent / "calls"
        lines = written.read_text(encoding="utf-8").splitlines() if written.exists() else []
        called = [json.loads(line) for line in lines]
        for _, environment in called:
            key = environment.pop("AWS_ACCESS_KEY_ID")
            assert key == self.key
            assert environment == {
                "AWS_REGION": REGION,
                "AWS_DEFAULT_REGION": REGION,
                "JOURNEY_WATCH_TARGET": f"123456789012/{REGION}",
            }
        return [arguments for arguments, _ in called]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Checkout]:
    """With credentials of an account that is empty but for the CDK's bootstrap stack."""
    checkout = Checkout(tmp_path)
    (tmp_path / "config").mkdir()
    shutil.copyfile(ROOT / "config/default.toml", tmp_path / "config/default.toml")
    checkout.program.parent.mkdir(parents=True)
    checkout.program.write_text(CDK.format(python=sys.executable), encoding="utf-8")
    checkout.program.chmod(0o755)
    monkeypatch.setattr(deploy, "CHECKOUT", tmp_path)
    monkeypatch.setattr(deploy, "deployed_recipients", lambda _, stack: checkout.stacks.get(stack))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setenv("AWS_REGION", REGION)
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        mark_bootstrapped(deploy.USUAL_QUALIFIER)
        yield checkout


def mark_bootstrapped(qualifier: str) -> None:
    client = boto3.client("ssm", region_name=REGION)
    client.put_parameter(Name=f"/cdk-bootstrap/{qualifier}/version", Value="30", Type="String")


def run(*arguments: str) -> Result:
    """Without a terminal, as the runner has none."""
    return CliRunner().invoke(deploy.main, arguments)


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, ConfigurationError), result.output
    return str(result.exception)


# Which file


def test_the_first_address_is_written_down_for_alerts_and_operators(checkout: Checkout) -> None:
    result = run("--email", YOU)
    assert result.exit_code == 0, result.output
    assert checkout.local == DeploymentConfig.from_file(ROOT / "config/default.toml").with_recipient(YOU)
    assert "Wrote config/local.toml" in result.output
    assert f"config={checkout.root / LOCAL}" in checkout.calls()[-1]


def test_a_second_address_joins_the_first_and_the_next_deployment_knows_both(checkout: Checkout) -> None:
    run("--email", YOU)
    assert f"Added {ME} to config/local.toml" in run("--email", ME).output
    assert "Added" not in run("--email", ME).output
    assert run().exit_code == 0
    assert [reader.address for reader in checkout.local.default.email] == [YOU, ME]
    assert checkout.local.ops_email == (YOU, ME)


def test_a_file_that_is_named_is_deployed_and_gets_the_address(checkout: Checkout) -> None:
    mine = checkout.write('name = "mine"\n', "config/mine.toml")
    assert run("--config", str(mine), "--email", YOU).exit_code == 0
    assert [reader.address for reader in DeploymentConfig.from_file(mine).default.email] == [YOU]
    assert not (checkout.root / LOCAL).exists()
    assert f"config={mine}" in checkout.calls()[-1]


def test_what_is_no_address_is_refused_and_nothing_written(checkout: Checkout) -> None:
    assert "expected an e-mail address" in refused("--email", "you")
    assert not (checkout.root / LOCAL).exists()


@pytest.mark.parametrize("email", [[], ["--email", YOU]])
def test_what_cannot_be_read_is_one_error_with_an_address_or_without(checkout: Checkout, email: list[str]) -> None:
    unreadable = {
        "a-directory.toml": "cannot be read: Is a directory.",
        "leads-nowhere.toml": "cannot be read: No such file or directory.",
        "latin-1.toml": "is not TOML: 'utf-8' codec can't decode byte 0xfc",
    }
    (checkout.root / "a-directory.toml").mkdir()
    (checkout.root / "leads-nowhere.toml").symlink_to("gone")
    (checkout.root / "latin-1.toml").write_bytes('name = "für"'.encode("latin-1"))

    for name, why in unreadable.items():
        path = checkout.root / name
        assert f"{path} {why}" in refused("--config", str(path), *email)


def test_a_link_to_nowhere_in_the_place_of_the_own_file_is_not_written_through(checkout: Checkout) -> None:
    (checkout.root / LOCAL).symlink_to("gone.toml")

    assert "config/local.toml cannot be read: No such file" in refused("--email", YOU)
    assert not (checkout.root / "config/gone.toml").exists()


def test_a_cdk_that_cannot_be_started_is_said(checkout: Checkout) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    checkout.program.write_bytes(b"")
    checkout.program.chmod(0o644)

    assert "cannot be run: Permission denied. Try make install." in refused()


# Whom


@pytest.mark.parametrize("text", [None, f'[ops]\nemail = ["{YOU}"]\n'])
def test_a_first_deployment_that_tells_nobody_is_refused(checkout: Checkout, text: str | None) -> None:
    if text:
        checkout.write(text)
    assert "make deploy EMAIL=you@example.com" in refused()
    assert checkout.calls() == []


@pytest.mark.parametrize(
    "alerts",
    [
        f'email = ["{YOU}"]',
        'event_bus = "default"',
        'slack = [{ webhook_secret = "journey-watch/slack" }]',
        'slack = [{ workspace_id = "T0123ABCD", channel_id = "C0123ABCD" }]',
    ],
)
def test_a_recipient_of_any_kind_in_the_file_is_enough(checkout: Checkout, alerts: str) -> None:
    checkout.write(f"[alerts]\n{alerts}\n")
    assert run().exit_code == 0


def test_a_checkout_that_does_not_know_who_is_mailed_takes_nobody_away(checkout: Checkout) -> None:
    checkout.deployed(YOU, ME)
    checkout.write(f'[alerts]\nemail = ["{ME}"]\n')
    said = refused()
    assert f"sends to {YOU}, and config/local.toml does not" in said
    assert f'add REMOVE="{YOU}" to the command' in said
    assert checkout.calls() == []


@pytest.mark.parametrize("lost", ["C0123ABCD", "webhook:journey-watch/slack", "event-bus:default"])
def test_neither_is_a_recipient_of_another_kind(checkout: Checkout, lost: str) -> None:
    checkout.deployed(YOU, lost)
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    assert f'add REMOVE="{lost}" to the command' in refused()


@pytest.mark.parametrize(
    ("lost", "warned"),
    [
        ("webhook:journey-watch/slack", True),
        ("pagerduty:team/pager", True),
        ("signed-webhook:team/hook", True),
        ("C0123ABCD", False),
        ("event-bus:default", False),
    ],
)
def test_removing_a_recipient_with_a_queue_says_that_waiting_alerts_are_deleted(
    checkout: Checkout, lost: str, *, warned: bool
) -> None:
    checkout.deployed(YOU, lost)
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    said = f"The queue of {lost} is deleted then, with the alerts that wait in it"
    assert (said in refused()) == warned


def test_whoever_is_named_for_it_is_taken_away(checkout: Checkout) -> None:
    checkout.deployed(YOU, ME)
    checkout.write(f'[alerts]\nemail = ["{ME}"]\n')
    assert run("--remove", YOU).exit_code == 0


def test_another_stack_has_other_recipients(checkout: Checkout) -> None:
    checkout.deployed(YOU, name="theirs")
    checkout.write(f'[alerts]\nemail = ["{ME}"]\n')
    assert run().exit_code == 0


def test_who_is_mailed_is_read_from_the_template_that_is_deployed() -> None:
    client = boto3.client("cloudformation", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stub:
        stub.add_response("get_template", {"TemplateBody": json.dumps({"Metadata": {RECIPIENTS_KEY: [YOU, ME]}})})
        assert deployed_recipients(client, "x") == {YOU, ME}
        stub.add_client_error("get_template", "ValidationError", "Stack with id x does not exist")
        assert deployed_recipients(client, "x") is None
        stub.add_response("get_template", {})
        assert deployed_recipients(client, "x") is None
        for other in ("Resources:\n  Mail: {}\n", '{"Resources": {}}', "[1]"):
            stub.add_response("get_template", {"TemplateBody": other})
            with pytest.raises(ConfigurationError, match="The stack x that is there is none of Journey Watch's"):
                deployed_recipients(client, "x")
        stub.add_client_error("get_template", "AccessDenied", "not authorized to perform: cloudformation:GetTemplate")
        with pytest.raises(ConfigurationError, match="deploy by hand with npx cdk deploy"):
            deployed_recipients(client, "x")


def test_a_network_that_is_lost_on_the_way_is_no_missing_permission() -> None:
    client = boto3.client("cloudformation", region_name=REGION, aws_access_key_id="a", aws_secret_access_key="b")

    def lose(**_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://cloudformation.eu-west-1.amazonaws.com/")

    client.meta.events.register("before-send", lose)

    with pytest.raises(ConfigurationError) as refused:
        deployed_recipients(client, "x")

    assert str(refused.value).startswith("Cannot see who gets alerts now. AWS does not answer (Could not connect to")


# Where


def test_without_a_region_it_says_what_to_set(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert "set AWS_REGION" in refused()


def test_nothing_is_written_before_region_and_credentials_are_known(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    with monkeypatch.context() as without_region:
        without_region.delenv("AWS_REGION")
        assert "set AWS_REGION" in refused("--email", YOU)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    assert "no AWS credentials" in refused("--email", YOU)
    assert not (checkout.root / LOCAL).exists()


def test_two_profiles_that_differ_are_refused_before_anything_is_deployed(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    monkeypatch.setenv("AWS_DEFAULT_PROFILE", "staging")
    monkeypatch.setenv("AWS_PROFILE", "prod")
    assert 'AWS_PROFILE is "prod" and AWS_DEFAULT_PROFILE is "staging"' in refused()
    assert checkout.calls() == []


def test_a_profile_for_the_cdk_alone_is_refused(checkout: Checkout) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    for words in (["--profile", "prod"], ["--profile=prod"]):
        assert "choose it with PROFILE=NAME" in refused("--", *words)
    assert checkout.calls() == []


def test_a_region_can_be_named(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    assert run("--region", REGION).exit_code == 0
    assert checkout.calls()


def test_a_profile_that_is_not_there_is_named(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    assert refused("--profile", "prod") == (
        'Your AWS configuration has no profile "prod"; expected one that "aws configure list-profiles" shows.'
    )


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "There are no AWS credentials here. Log in, or name"),
        # Nobody listens on port 1.
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_MAX_ATTEMPTS": "1"}, "Is there a network, and is the Region"),
        ({"AWS_REGION": "eu west"}, "eu west"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "nonsense"),
        ({"AWS_MAX_ATTEMPTS": "many"}, "many"),
        (
            {"AWS_SECRET_ACCESS_KEY": ""},
            "missing: AWS_SECRET_ACCESS_KEY). Log in again, or name a profile",
        ),
    ],
)
def test_where_aws_cannot_be_asked_it_is_one_sentence_and_an_exit_code(
    tmp_path: Path, environment: dict[str, str], expected: str
) -> None:
    """As `make` runs it, with nothing of this machine's configuration."""
    mine = tmp_path / "mine.toml"
    mine.write_text(f'[alerts]\nemail = ["{YOU}"]\n', encoding="utf-8")
    usual = {"AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up"}
    nowhere = {
        "PATH": "/usr/bin:/bin",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "operator_cli.deploy", "--config", str(mine)],
        cwd=ROOT,
        env=nowhere | usual | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert expected in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_credentials_of_a_profile_are_handed_on_without_its_name(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = replace(checkout, key="a")
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    profiles = checkout.write("[profile prod]\naws_access_key_id = a\naws_secret_access_key = b\n", "aws-config")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
    assert run("--profile", "prod").exit_code == 0
    assert checkout.calls()
    assert not any("--profile" in call for call in checkout.calls())


# What the CDK is told


def test_without_a_terminal_the_change_is_shown_and_nobody_is_asked(checkout: Checkout) -> None:
    path = checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    run()
    context = ["-c", f"config={path}"]
    assert checkout.calls() == [["diff", *context], ["deploy", *context, "--require-approval", "never"]]


def test_arguments_for_the_cdk_are_handed_on_and_its_own_approval_wins(checkout: Checkout) -> None:
    path = checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    run("--", "--require-approval", "broadening", "--no-rollback")
    assert checkout.calls() == [["deploy", "-c", f"config={path}", "--require-approval", "broadening", "--no-rollback"]]


def test_at_a_terminal_the_cdk_asks_by_itself(checkout: Checkout) -> None:
    path = checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    deploy.deploy(
        deploy.open_target(profile=None, region=None, qualifier=deploy.USUAL_QUALIFIER), path, [], interactive=True
    )
    assert checkout.calls() == [["deploy", "-c", f"config={path}"]]


def test_without_a_terminal_an_account_is_bootstrapped_only_if_that_is_asked_for(checkout: Checkout) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    boto3.client("ssm", region_name=REGION).delete_parameter(Name="/cdk-bootstrap/hnb659fds/version")
    said = refused("--email", ME)
    assert "AdministratorAccess" in said
    assert "BOOTSTRAP=1" in said
    assert checkout.calls() == []
    assert [reader.address for reader in checkout.local.default.email] == [YOU]

    result = run("--bootstrap")
    assert "AdministratorAccess" in result.output
    assert checkout.calls()[0] == ["bootstrap", "aws://123456789012/eu-west-1"]


def test_a_qualifier_has_a_bootstrap_stack_of_its_own(checkout: Checkout) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    own = ["-c", "@aws-cdk/core:bootstrapQualifier=mine"]
    assert run("--qualifier", "mine", "--bootstrap").exit_code == 0
    bootstrap, *others = checkout.calls()
    assert bootstrap[2:] == ["--qualifier", "mine", "--toolkit-stack-name", "CDKToolkit-mine"]
    assert all(call[3:5] == own for call in others)

    mark_bootstrapped("mine")
    run("--qualifier", "mine")
    assert [call[0] for call in checkout.calls()[3:]] == ["diff", "deploy"]


def test_a_qualifier_that_the_cdk_would_refuse_is_refused_first(checkout: Checkout) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    assert "at most 10" in refused("--qualifier", "much-too-long")


def test_the_exit_code_of_the_cdk_is_the_commands(checkout: Checkout) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    (checkout.program.parent / "broken").touch()
    failed = run().exception
    assert isinstance(failed, subprocess.CalledProcessError)
    assert failed.returncode == 7


def test_without_the_cdk_it_says_what_to_run(checkout: Checkout) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    checkout.program.unlink()
    assert "make install" in refused()


def test_a_mistake_is_one_sentence_and_an_exit_code(tmp_path: Path) -> None:
    """As `make` runs it."""
    mine = tmp_path / "mine.toml"
    mine.write_text('evrey = "1m"\n', encoding="utf-8")
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "operator_cli.deploy", "--config", str(mine)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f'error: {mine}: evrey is not a known key (did you mean "every"?)')
    assert "Traceback" not in done.stderr


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    options=st.fixed_dictionaries(
        {},
        optional={
            "--email": st.just(ME) | TYPED,
            "--remove": st.just(YOU) | TYPED,
            "--profile": TYPED,
            "--qualifier": st.just(deploy.USUAL_QUALIFIER) | TYPED,
        },
    ),
    handed_on=st.lists(TYPED, max_size=2),
)
def test_whatever_is_typed_is_deployed_or_refused_in_words(
    checkout: Checkout, options: dict[str, str], handed_on: list[str]
) -> None:
    checkout.write(f'[alerts]\nemail = ["{YOU}"]\n')
    result = run(*(word for option in options.items() for word in option), "--", *handed_on)
    assert isinstance(result.exception, ConfigurationError | SystemExit | None), result.exc_info
