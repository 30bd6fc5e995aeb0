"""Finds webhooks' URLs in Secrets Manager."""

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from journey_watch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHE_SECONDS: Final = 300
"""A webhook that was replaced is used within five minutes."""


class WebhookSecrets:
    """Reads a secret again only after CACHE_SECONDS."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._provider = SecretsProvider(boto3_client=client)

    def url(self, secret: str) -> str:
        """The URL that a secret holds. Raises ConfigurationError, which does not quote the secret's value."""
        try:
            value = self._provider.get(secret, max_age=CACHE_SECONDS)
        except GetParameterError as error:
            raise ConfigurationError(f'The secret "{secret}" cannot be read: {error}') from error
        url = value.strip() if isinstance(value, str) else ""
        if not _is_https(url):
            raise ConfigurationError(f'The secret "{secret}" must hold a webhook\'s https URL and nothing else.')
        return url


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
