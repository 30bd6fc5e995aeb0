"""What an error of the SDK or of AWS means for whoever typed a command: what is true, and what to do next."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import boto3
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    InvalidConfigError,
    InvalidRegionError,
    LoginError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as NoConnectionError
from botocore.parsers import ResponseParserError

from journey_watch.core.refusals import is_denial
from strict_toml.tables import quoted

AWS_ERRORS: Final = (BotoCoreError, ClientError, ResponseParserError)
"""What a call of AWS may raise."""


@dataclass(frozen=True, slots=True)
class Options:
    """In which words a command is told what the SDK needs."""

    profile: str
    region: str
    permissions: str
    """A sentence that says where the permissions stand which the command needs."""


def explained(error: Exception, options: Options) -> str:
    """One of AWS_ERRORS, in a sentence or two on one line."""
    said = " ".join(str(error).split()).rstrip(".")
    match error:
        case ProfileNotFound():
            told = (
                f"Your AWS configuration has no profile {quoted(error.kwargs['profile'])}; expected one that "
                '"aws configure list-profiles" shows.'
            )
        case NoCredentialsError():
            told = f"There are no AWS credentials here. Log in, or name a profile with {options.profile}."
        case PartialCredentialsError() | CredentialRetrievalError() | TokenRetrievalError() | SSOError() | LoginError():
            told = (
                f"There are no AWS credentials to use here ({said}). Log in again, or name a profile with "
                f"{options.profile}."
            )
        case InvalidRegionError():
            told = f"{quoted(error.kwargs['region_name'])} is no Region; name one like eu-west-1 with {options.region}."
        case HTTPClientError() | NoConnectionError():
            told = f"AWS does not answer ({said}). Is there a network, and is the Region ({options.region}) right?"
        case ResponseParserError():
            told = f"What answers is not AWS ({said}). Is there a proxy, or a page to log in to the network?"
        case ClientError():
            told = _answered(error, said, options)
        case _:
            told = f"AWS cannot be asked ({said}); check your AWS configuration, or log in again."
    return told


def _answered(error: ClientError, said: str, options: Options) -> str:
    if is_refusal(error):
        return f"{said}. {options.permissions}"
    if is_denial(said):
        return (
            f"AWS does not accept your credentials ({said}). Log in again; or is this Region not enabled for the "
            "account?"
        )
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", HTTPStatus.OK)
    passing = status >= HTTPStatus.INTERNAL_SERVER_ERROR or "throttl" in said.casefold() or "Rate exceeded" in said
    return f"{said}.{' Try again in a minute.' if passing else ''}"


def is_refusal(error: Exception) -> bool:
    """True if AWS knows the caller, and does not let them."""
    return isinstance(error, ClientError) and "not authorized to perform" in str(error)


def check_setup(session: boto3.Session) -> None:
    """Have the SDK find its credentials, and make a client, before anything is asked.

    For what is wrong on this machine it has not always an error of its own, as for an address that is none, or a
    program for credentials that is not there: this raises one of AWS_ERRORS for those too.
    """
    try:
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        credentials.get_frozen_credentials()
        session.client("sts")
    except AWS_ERRORS:
        raise
    except (OSError, ValueError) as error:
        raise InvalidConfigError(error_msg=str(error)) from error
