"""Which account and Region a command is about: the AWS CLI's rules, or a refusal where programs would differ."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import boto3
import pytest

from infra.checked_target import VARIABLE, check_target
from journey_watch.core.errors import ConfigurationError
from operator_cli import aws_session
from operator_cli.aws_errors import Options
from operator_cli.aws_session import environment_of, open_session
from tests.infra.conftest import ROOT

OPTIONS = Options("--profile", "--region", "")
PROFILES = """
[default]
region = us-east-1
aws_access_key_id = of-default
aws_secret_access_key = secret
[profile prod]
region = eu-west-1
aws_access_key_id = of-prod
aws_secret_access_key = secret
[profile staging]
region = eu-west-2
aws_access_key_id = of-staging
aws_secret_access_key = secret
[profile mfa]
region = eu-west-1
source_profile = prod
role_arn = arn:aws:iam::111122223333:role/deployer
mfa_serial = arn:aws:iam::111122223333:mfa/you
[profile login]
region = eu-west-1
login_session = arn:aws:iam::111122223333:user/you
"""
ACCOUNTS = {"of-environment": "1", "of-prod": "2"}
KEYS = {"AWS_ACCESS_KEY_ID": "of-environment", "AWS_SECRET_ACCESS_KEY": "secret"}


@pytest.fixture(autouse=True)
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in os.environ:
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    profiles = tmp_path / "config"
    profiles.write_text(PROFILES, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(profiles))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    # An account for each key.
    monkeypatch.setattr(aws_session, "account_of", lambda session: ACCOUNTS[key_of(session)])
    return monkeypatch


def key_of(session: boto3.Session) -> str:
    credentials = session.get_credentials()
    assert credentials is not None
    return credentials.access_key or ""


def chosen(profile: str | None = None, region: str | None = None) -> tuple[str, str]:
    """Return the access key and the Region of the session that a command opens."""
    session = open_session(profile=profile, region=region, options=OPTIONS)
    return key_of(session), session.region_name


@pytest.mark.parametrize(
    ("variables", "options", "expected"),
    [
        ({}, {}, ("of-default", "us-east-1")),
        ({"AWS_PROFILE": "prod"}, {}, ("of-prod", "eu-west-1")),
        ({"AWS_DEFAULT_PROFILE": "prod"}, {}, ("of-prod", "eu-west-1")),
        ({"AWS_PROFILE": "prod", "AWS_DEFAULT_PROFILE": "prod"}, {}, ("of-prod", "eu-west-1")),
        ({"AWS_PROFILE": "", "AWS_DEFAULT_PROFILE": "staging"}, {}, ("of-staging", "eu-west-2")),
        ({"AWS_PROFILE": "prod", "AWS_DEFAULT_PROFILE": ""}, {}, ("of-prod", "eu-west-1")),
        ({"AWS_PROFILE": ""}, {}, ("of-default", "us-east-1")),
        (
            {"AWS_PROFILE": "prod", "AWS_DEFAULT_PROFILE": "default"},
            {"profile": "staging"},
            ("of-staging", "eu-west-2"),
        ),
        ({"AWS_REGION": "eu-west-3"}, {}, ("of-default", "eu-west-3")),
        ({"AWS_DEFAULT_REGION": "eu-west-3"}, {}, ("of-default", "eu-west-3")),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-3"}, {}, ("of-default", "eu-west-3")),
        ({"AWS_REGION": "eu-west-3", "AWS_PROFILE": "prod"}, {}, ("of-prod", "eu-west-3")),
        ({"AWS_REGION": "a-b-1", "AWS_DEFAULT_REGION": "c-d-1"}, {"region": "eu-west-3"}, ("of-default", "eu-west-3")),
        (KEYS, {}, ("of-environment", "us-east-1")),
        (KEYS, {"profile": "prod"}, ("of-prod", "eu-west-1")),
    ],
)
def test_it_is_chosen_as_by_the_aws_cli(
    environment: pytest.MonkeyPatch,
    variables: dict[str, str],
    options: dict[str, str],
    expected: tuple[str, str],
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)

    assert chosen(**options) == expected


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        (
            {"AWS_PROFILE": "prod", "AWS_DEFAULT_PROFILE": "staging"},
            'AWS_PROFILE is "prod" and AWS_DEFAULT_PROFILE is "staging".*Unset one of them, or choose with --profile',
        ),
        (
            {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"},
            'AWS_REGION is "eu-west-1" and AWS_DEFAULT_REGION is "eu-west-2".*choose with --region',
        ),
        (
            {**KEYS, "AWS_PROFILE": "prod"},
            'AWS_ACCESS_KEY_ID leads to account 1 and AWS_PROFILE ."prod". to account 2',
        ),
    ],
)
def test_where_programs_would_differ_it_is_refused(
    environment: pytest.MonkeyPatch, variables: dict[str, str], message: str
) -> None:
    for name, value in variables.items():
        environment.setenv(name, value)

    with pytest.raises(ConfigurationError, match=message):
        chosen()


def test_keys_and_a_profile_of_the_same_account_agree(environment: pytest.MonkeyPatch) -> None:
    """Some tools for single sign-on export both."""
    for name, value in {**KEYS, "AWS_PROFILE": "prod"}.items():
        environment.setenv(name, value)
    environment.setattr(aws_session, "account_of", lambda _: "111122223333")

    assert chosen() == ("of-environment", "eu-west-1")


def test_the_cdk_is_given_these_credentials_and_no_profile(environment: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        environment.setenv(name, "staging")
    session = open_session(profile="prod", region=None, options=OPTIONS)

    given = environment_of(session, "111122223333")

    assert {name: value for name, value in given.items() if name.startswith(("AWS_", VARIABLE))} == {
        "AWS_ACCESS_KEY_ID": "of-prod",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_CONFIG_FILE": os.environ["AWS_CONFIG_FILE"],
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        VARIABLE: "111122223333/eu-west-1",
    }


def test_a_cdk_that_goes_elsewhere_is_stopped() -> None:
    checked = {VARIABLE: "111122223333/eu-west-1"}

    check_target({}, account="444455556666", region="eu-west-2")
    check_target(checked, account="111122223333", region="eu-west-1")
    for account, region in (("444455556666", "eu-west-1"), ("111122223333", "eu-west-2"), (None, None)):
        with pytest.raises(ConfigurationError, match="lead to 111122223333/eu-west-1"):
            check_target(checked, account=account, region=region)


@pytest.mark.parametrize(
    ("module", "arguments", "status"),
    [
        ("operator_cli", ["--profile", "mfa", "doctor"], 3),
        ("verify_aws", ["--profile", "mfa", "--yes"], 2),
        ("operator_cli.deploy", ["--profile", "mfa", "--config", str(ROOT / "config/default.toml")], 1),
    ],
)
def test_an_mfa_code_that_nobody_can_type_is_one_line(module: str, arguments: list[str], status: int) -> None:
    """In a session of its own, a process has no terminal."""
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )

    assert done.returncode == status, done.stderr
    assert done.stderr.startswith('error: Profile "mfa" asks for an MFA code, and there is no terminal')
    assert len(done.stderr.splitlines()) == 1


def test_a_profile_of_aws_login_can_be_read() -> None:
    """Its provider needs botocore's crt extra, without which the advice to log in again never helps."""
    script = textwrap.dedent("""
        import boto3
        from botocore.exceptions import LoginError
        try:
            boto3.Session(profile_name="login").get_credentials().get_frozen_credentials()
        except LoginError as error:
            print(type(error).__name__)
    """)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)  # noqa: S603

    assert done.stdout.strip() == "LoginTokenLoadError", done.stderr
