"""Reads secrets from Secrets Manager, and remembers them for a while."""

from typing import TYPE_CHECKING, Final

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from journey_watch.core.errors import ConfigurationError

if TYPE_CHECKING:
    from mypy_boto3_secretsmanager import SecretsManagerClient

CACHE_SECONDS: Final = 300
"""A secret that was replaced is used within five minutes."""


class Secrets:
    """Reads a secret again only after CACHE_SECONDS."""

    def __init__(self, client: "SecretsManagerClient") -> None:
        self._provider = SecretsProvider(boto3_client=client)

    def text(self, secret: str) -> str:
        """What a secret holds, without space around it; empty if that is no text.

        Raises ConfigurationError if it cannot be read.
        """
        try:
            value = self._provider.get(secret, max_age=CACHE_SECONDS)
        except GetParameterError as error:
            raise ConfigurationError(f'The secret "{secret}" cannot be read: {error}') from error
        return value.strip() if isinstance(value, str) else ""
