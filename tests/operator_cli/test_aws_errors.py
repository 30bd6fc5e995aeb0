"""What goes wrong between here and AWS is one line that is true, and says what to do next."""

import re
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    HTTPClientError,
    InvalidConfigError,
    InvalidRegionError,
    LoginTokenLoadError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
)
from botocore.parsers import ResponseParserError

from operator_cli.aws_errors import AWS_ERRORS, Options, check_setup, explained

OPTIONS = Options("PROFILE=NAME", "AWS_REGION", "Ask for them.")
URL = "https://sts.eu-west-1.amazonaws.com/"
LOG_IN_AGAIN = "Log in again, or name a profile with PROFILE=NAME."
NETWORK = "Is there a network, and is the Region (AWS_REGION) right?"


def answered(code: str, message: str = "words of AWS", status: int = 400) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # AWS sends more
        "DescribeStacks",
    )


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ProfileNotFound(profile="prod"), 'no profile "prod"; expected one that "aws configure list-profiles" shows.'),
        (NoCredentialsError(), "There are no AWS credentials here. Log in, or name a profile with PROFILE=NAME."),
        (PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), LOG_IN_AGAIN),
        (CredentialRetrievalError(provider="custom-process", error_msg="exit code 1"), LOG_IN_AGAIN),
        (SSOTokenLoadError(error_msg="Token for s does not exist"), LOG_IN_AGAIN),
        (UnauthorizedSSOTokenError(), LOG_IN_AGAIN),
        (TokenRetrievalError(provider="sso", error_msg="expired and refresh failed"), LOG_IN_AGAIN),
        (LoginTokenLoadError(error_msg="expired"), LOG_IN_AGAIN),
        (InvalidRegionError(region_name="eu west"), '"eu west" is no Region; name one like eu-west-1 with AWS_REGION.'),
        (EndpointConnectionError(endpoint_url=URL), NETWORK),
        (ConnectTimeoutError(endpoint_url=URL), NETWORK),
        (ReadTimeoutError(endpoint_url=URL), NETWORK),
        (ConnectionClosedError(endpoint_url=URL), NETWORK),
        (SSLError(endpoint_url=URL, error=ValueError("certificate verify failed")), NETWORK),
        (ProxyConnectionError(proxy_url="http://127.0.0.1:1"), NETWORK),
        (HTTPClientError(error="whatever"), NETWORK),
        (
            ResponseParserError("Unable to parse,\ninvalid XML"),
            "Is there a proxy, or a page to log in",
        ),
        (answered("ExpiredToken"), "AWS does not accept your credentials (An error occurred (ExpiredToken)"),
        (answered("InvalidClientTokenId"), "Log in again; or is this Region not enabled for the account?"),
        (
            answered("AccessDenied", "U is not authorized to perform: x:Y"),
            "to perform: x:Y. Ask for them.",
        ),
        (answered("ServiceUnavailable", status=503), "words of AWS. Try again in a minute."),
        (answered("Throttling", "Rate exceeded."), "Rate exceeded. Try again in a minute."),
        (answered("ValidationError"), "words of AWS."),
        (InvalidConfigError(error_msg="The source_profile is odd."), "(The source_profile is odd); check your AWS"),
    ],
)
def test_each_is_one_line_with_what_to_do_next(error: Exception, expected: str) -> None:
    told = explained(error, OPTIONS)

    assert isinstance(error, AWS_ERRORS)
    assert expected in told
    assert re.fullmatch(r"\S.*[.?]", told)
    # Only where AWS has looked at them.
    assert ("accept your credentials" in told) == (isinstance(error, ClientError) and "oken" in str(error))


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The AWS configuration of this machine, which has a profile `p` to be filled."""
    path = tmp_path / "config"
    path.write_text("[profile p]\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    return path


ROLE = "role_arn = arn:aws:iam::111122223333:role/r\n"
KEYS = "aws_access_key_id = a\naws_secret_access_key = b\n"


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        ("", "There are no AWS credentials here."),
        ("credential_process = /nowhere/program\n", "/nowhere/program"),
        (f"{ROLE}web_identity_token_file = /nowhere/token\n", "/nowhere/token"),
        (f"{ROLE}source_profile = gone\n", "gone"),
        (f"{KEYS}endpoint_url = nonsense\n", "nonsense"),
        (f"{KEYS}max_attempts = many\n", "many"),
    ],
)
def test_whatever_is_wrong_on_this_machine_is_found_before_aws_is_asked(
    configured: Path, profile: str, expected: str
) -> None:
    configured.write_text(f"[profile p]\n{profile}", encoding="utf-8")

    with pytest.raises(AWS_ERRORS) as found:
        check_setup(boto3.Session(profile_name="p", region_name="eu-west-1"))

    assert expected in explained(found.value, OPTIONS)


def test_where_nothing_is_wrong_nothing_is_said_and_nobody_called(configured: Path) -> None:
    configured.write_text(f"[profile p]\n{KEYS}", encoding="utf-8")

    check_setup(boto3.Session(profile_name="p", region_name="eu-west-1"))
