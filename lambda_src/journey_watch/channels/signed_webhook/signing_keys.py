"""Finds the keys by which webhooks are signed in Secrets Manager."""

import re
from base64 import b64decode
from binascii import Error
from dataclasses import dataclass
from typing import Final

from journey_watch.channels.queued.secrets import Secrets
from journey_watch.core.errors import ConfigurationError

_KEY: Final = re.compile(r"whsec_([0-9A-Za-z+/]+={0,2})")
_BYTES: Final = range(24, 65)
"""So many random bytes the convention asks for."""
_MOST: Final = 2
"""The new key, and the old one until every receiver knows the new one."""


@dataclass(frozen=True, slots=True)
class SigningKeys:
    secrets: Secrets

    def keys(self, secret: str) -> list[str]:
        """The one or two keys that a secret holds, in its order.

        Raises ConfigurationError, which does not quote the secret's value.
        """
        keys = self.secrets.text(secret).split()
        if not 1 <= len(keys) <= _MOST or not all(_is_key(key) for key in keys):
            raise ConfigurationError(
                f'The secret "{secret}" must hold one key or two with a space between: whsec_ and 24 to 64 bytes in '
                "base64."
            )
        return keys


def _is_key(text: str) -> bool:
    found = _KEY.fullmatch(text)
    try:
        return found is not None and len(b64decode(found[1], validate=True)) in _BYTES
    except Error:
        return False
