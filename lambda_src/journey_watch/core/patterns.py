"""Patterns of ids and names, the same everywhere: `*` is any text, `?` any one character, all else is itself.

Names are compared in Unicode's NFC, so that two spellings of one letter are the same. Case counts.
"""

import unicodedata
from typing import Final

MAX_NAME: Final = 150
"""The longest name that a provider allows: Pinpoint's journeys have up to 150 characters, Connect's campaigns 127."""
_WILDCARDS: Final = frozenset("*?")


def has_wildcards(text: str) -> bool:
    """Return True if the text may match others than itself."""
    return not _WILDCARDS.isdisjoint(text)


def matches(text: str, pattern: str) -> bool:
    """Return True if the pattern matches the whole text."""
    text, pattern = unicodedata.normalize("NFC", text), unicodedata.normalize("NFC", pattern)
    return _matches(text, pattern) if has_wildcards(pattern) else text == pattern


def _matches(text: str, pattern: str) -> bool:
    """Match in at most len(text) * len(pattern) steps: only the latest star can have to take more."""
    at = here = 0
    star: int | None = None
    taken = 0
    while at < len(text):
        if here < len(pattern) and pattern[here] == "*":
            star, taken = here, at
            here += 1
        elif here < len(pattern) and pattern[here] in ("?", text[at]):
            at, here = at + 1, here + 1
        elif star is not None:
            taken += 1
            at, here = taken, star + 1
        else:
            return False
    return set(pattern[here:]) <= {"*"}
