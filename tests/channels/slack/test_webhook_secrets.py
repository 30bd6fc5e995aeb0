"""Secrets that hold webhooks' URLs, from a Secrets Manager in process."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Self

import boto3
import pytest
from hypothesis import given
from moto import mock_aws

from journey_watch.aws.clients import secrets_client
from journey_watch.channels.slack.webhook_secrets import WebhookSecrets
from journey_watch.core.errors import ConfigurationError
from tests.aws.doubles import ScriptedAnswers, do_not_wait_between_retries, session
from tests.aws.hostile_answers import hostile

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

URL = "https://hooks.slack.com/services/T0/B0/x0x0"


@pytest.fixture
def client() -> Iterator["SecretsManagerClient"]:
    with mock_aws():
        yield secrets_client(boto3.Session(region_name="eu-west-1"))


def test_the_url_is_read_without_the_line_break_that_editors_add(client: "SecretsManagerClient") -> None:
    client.create_secret(Name="slack", SecretString=f"{URL}\n")

    assert WebhookSecrets(client).url("slack") == URL


def test_it_is_read_once_in_five_minutes(client: "SecretsManagerClient") -> None:
    client.create_secret(Name="slack", SecretString=URL)
    secrets = WebhookSecrets(client)
    secrets.url("slack")
    client.put_secret_value(SecretId="slack", SecretString="https://elsewhere.example")

    assert secrets.url("slack") == URL


def test_one_that_was_replaced_is_used_within_five_minutes(
    client: "SecretsManagerClient", monkeypatch: pytest.MonkeyPatch
) -> None:
    client.create_secret(Name="slack", SecretString=URL)
    secrets = WebhookSecrets(client)
    secrets.url("slack")
    client.put_secret_value(SecretId="slack", SecretString="https://elsewhere.example")
    began = datetime.now()  # noqa: DTZ005 - as the library does

    def later(seconds: float) -> str:
        class Later(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:  # noqa: ARG003 - the library asks for local time
                return cls.fromisoformat((began + timedelta(seconds=seconds)).isoformat())

        monkeypatch.setattr("aws_lambda_powertools.utilities.parameters.base.datetime", Later)
        return secrets.url("slack")

    assert later(290) == URL
    assert later(301) == "https://elsewhere.example"


@pytest.mark.parametrize(
    "value",
    ["http://hooks.slack.com/services/private", "hooks.slack.com/private", "https:///private", "https://[private"],
)
def test_what_is_no_https_url_is_refused_and_not_quoted(client: "SecretsManagerClient", value: str) -> None:
    client.create_secret(Name="slack", SecretString=value)

    with pytest.raises(ConfigurationError, match="must hold a webhook's https URL") as caught:
        WebhookSecrets(client).url("slack")
    assert "private" not in str(caught.value)


def test_a_missing_secret_is_named(client: "SecretsManagerClient") -> None:
    with pytest.raises(ConfigurationError, match=r'The secret "slack" cannot be read: .*ResourceNotFound'):
        WebhookSecrets(client).url("slack")


@given(answer=hostile({"Name": "slack", "SecretString": URL}))
def test_whatever_is_answered_it_is_a_url_or_said_that_there_is_none(answer: tuple[int, bytes]) -> None:
    client = secrets_client(session())
    ScriptedAnswers(answer).attach(client)

    with pytest.MonkeyPatch.context() as patch, suppress(ConfigurationError):
        do_not_wait_between_retries(patch)
        assert WebhookSecrets(client).url("slack").startswith("https://")
