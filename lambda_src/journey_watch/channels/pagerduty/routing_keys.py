"""Finds routing keys in Secrets Manager."""

import re
from dataclasses import dataclass
from typing import Final

from journey_watch.channels.queued.secrets import Secrets
from journey_watch.core.errors import ConfigurationError

_KEY: Final = re.compile(r"[0-9A-Za-z]{32}")


@dataclass(frozen=True, slots=True)
class RoutingKeys:
    secrets: Secrets

    def key(self, secret: str) -> str:
        """The routing key that a secret holds. Raises ConfigurationError, which does not quote the secret's value."""
        key = self.secrets.text(secret)
        if not _KEY.fullmatch(key):
            raise ConfigurationError(
                f'The secret "{secret}" must hold the 32 characters of an Events API v2 integration key, nothing else.'
            )
        return key
