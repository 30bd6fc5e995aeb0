"""Tokens: opaque to the caller, valid only for the listing that gave them."""

import base64
import binascii
import json
from dataclasses import astuple, dataclass


class UnknownTokenError(ValueError):
    """A token that this listing never gave."""


@dataclass(frozen=True)
class Token:
    """A place in a listing.

    `scope` names the listing (operation and ids), `listing` numbers this reading of it, `offset` is the index of the
    page's first item.
    """

    scope: str
    listing: int
    offset: int

    def encode(self) -> str:
        """The token as the API gives it."""
        return base64.urlsafe_b64encode(json.dumps(astuple(self)).encode()).decode()

    @classmethod
    def decode(cls, text: str, *, scope: str) -> "Token":
        """The place that `text` stands for; UnknownTokenError unless `scope` gave it."""
        try:
            found, listing, offset = json.loads(base64.urlsafe_b64decode(text))
        except (binascii.Error, ValueError, TypeError) as error:
            raise UnknownTokenError(text) from error
        if found != scope or not isinstance(listing, int) or not isinstance(offset, int) or offset < 0:
            raise UnknownTokenError(text)
        return cls(scope, listing, offset)
