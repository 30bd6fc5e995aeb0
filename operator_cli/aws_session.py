"""The AWS account and Region of a command: resolved once, by the AWS CLI's rules, and handed on to the CDK.

The AWS CLI, boto3 and the CDK rank some environment variables differently. Where their answers would differ, every
command refuses.
"""

import os
import warnings
from collections.abc import Mapping
from getpass import GetPassWarning
from typing import Final

import boto3
from botocore.config import Config
from botocore.session import Session as CoreSession

from infra import checked_target
from infra.own_node import with_own_node
from journey_watch.core.errors import ConfigurationError
from operator_cli.aws_errors import AWS_ERRORS, Options, check_setup
from strict_toml.tables import quoted

_KEY: Final = "AWS_ACCESS_KEY_ID"
_REPLACED: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN", "AMAZON_REGION")


def open_session(
    *, profile: str | None, region: str | None, options: Options, clients: Config | None = None
) -> boto3.Session:
    """Return a session that has a Region and credentials.

    `profile` and `region` are the command's options; without them the environment and the AWS configuration decide.
    `clients` configures the session's clients. Raises ConfigurationError if no Region is chosen, if two variables
    disagree, or if the profile asks for an MFA code where nobody can type it; one of AWS_ERRORS if the SDK finds no
    usable credentials.
    """
    named = None if profile else _agreed("AWS_PROFILE", "AWS_DEFAULT_PROFILE", option=options.profile)
    region = region or _agreed("AWS_REGION", "AWS_DEFAULT_REGION", option=options.region)
    session = _session(profile=profile, environment_profile=named, region=region, clients=clients)
    if not session.region_name:
        raise ConfigurationError(
            f"No AWS Region is chosen: set AWS_REGION ({options.region}), or name a profile that has one "
            f"({options.profile})."
        )
    _load_credentials(session, options)
    if named and os.environ.get(_KEY):
        _check_keys_against_profile(session, named, options)
    return session


def account_of(session: boto3.Session) -> str:
    """Return the id of the account that the session's credentials belong to. Raises one of AWS_ERRORS."""
    return session.client("sts").get_caller_identity()["Account"]


def environment_of(session: boto3.Session, account: str) -> Mapping[str, str]:
    """Return the environment in which the CDK uses the session's credentials and Region, and no profile.

    The credentials are the current ones, and must last for the deployment.
    """
    credentials = session.get_credentials()
    if credentials is None:
        raise ConfigurationError("There are no AWS credentials.")
    frozen = credentials.get_frozen_credentials()
    inherited = {name: value for name, value in os.environ.items() if name not in _REPLACED}
    return {
        **with_own_node(inherited),
        "AWS_REGION": session.region_name,
        "AWS_DEFAULT_REGION": session.region_name,
        _KEY: frozen.access_key or "",
        "AWS_SECRET_ACCESS_KEY": frozen.secret_key or "",
        **({"AWS_SESSION_TOKEN": frozen.token} if frozen.token else {}),
        "CDK_DISABLE_CLI_TELEMETRY": "1",
        checked_target.VARIABLE: f"{account}/{session.region_name}",
    }


def _agreed(first: str, second: str, *, option: str) -> str | None:
    """Return the value of two variables that mean the same, None if neither is set."""
    value, other = os.environ.get(first), os.environ.get(second)
    if value and other and value != other:
        raise ConfigurationError(
            f"{first} is {quoted(value)} and {second} is {quoted(other)}; the AWS CLI uses the first, other programs "
            f"use the second. Unset one of them, or choose with {option}."
        )
    return value or other or None


def _session(
    *, profile: str | None, environment_profile: str | None, region: str | None, clients: Config | None = None
) -> boto3.Session:
    # A profile that is chosen by an option replaces keys in the environment; one of the environment does not.
    core = CoreSession(profile=profile, session_vars={"profile": (None, None, environment_profile, None)})
    if clients:
        core.set_default_client_config(clients)
    return boto3.Session(botocore_session=core, region_name=region)


def _load_credentials(session: boto3.Session, options: Options) -> None:
    with warnings.catch_warnings():
        # Without a terminal getpass warns, and would read the code from standard input.
        warnings.simplefilter("error", GetPassWarning)
        try:
            check_setup(session)
        except (GetPassWarning, EOFError) as error:
            raise ConfigurationError(
                f"Profile {quoted(session.profile_name)} asks for an MFA code, and there is no terminal to type it at. "
                f"Export temporary credentials (aws sts get-session-token), or name another profile with "
                f"{options.profile}."
            ) from error


def _check_keys_against_profile(session: boto3.Session, profile: str, options: Options) -> None:
    """Refuse keys of one account beside a profile of another: the AWS CLI uses the keys, the CDK the profile."""
    other = _session(profile=profile, environment_profile=None, region=session.region_name)
    try:
        _load_credentials(other, options)
        accounts = account_of(session), account_of(other)
    except (ConfigurationError, *AWS_ERRORS):
        return  # The profile leads nowhere, and the keys are what is used and handed on.
    if accounts[0] != accounts[1]:
        raise ConfigurationError(
            f"{_KEY} leads to account {accounts[0]} and AWS_PROFILE ({quoted(profile)}) to account {accounts[1]}; "
            f"programs differ in which they use. Unset one of them, or choose with {options.profile}."
        )
