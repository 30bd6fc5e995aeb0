"""Finds webhooks' URLs in Secrets Manager."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from journey_watch.channels.queued.secrets import Secrets
from journey_watch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient


class WebhookSecrets:
    def __init__(self, client: "SecretsManagerClient") -> None:
        self._secrets = Secrets(client)

    def url(self, secret: str) -> str:
        """The URL that a secret holds. Raises ConfigurationError, which does not quote the secret's value."""
        url = self._secrets.text(secret)
        if not _is_https(url):
            raise ConfigurationError(f'The secret "{secret}" must hold a webhook\'s https URL and nothing else.')
        return url


def _is_https(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname)
