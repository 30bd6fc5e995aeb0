"""Reads single values out of a provider's answer. Nothing here raises, whatever the value is."""

from datetime import UTC, datetime
from typing import Final

LONGEST_TEXT: Final = 512
"""No id, name or status of a provider comes near it; a longer one could fill a journey's item in the state table."""
LONGEST_TIME: Final = 64
_PLAUSIBLE_YEARS = range(2000, 2200)
"""A time outside is no time: the marks that decide what is old news only ever move up, so one wrong year would stay."""


def read_text(value: object) -> str | None:
    """The value if it is a text that can be stored and sent; None if it is missing, empty, too long or not Unicode."""
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: valid in JSON, in nothing else
        return None
    return value


def read_time(value: object) -> datetime | None:
    """An ISO 8601 time with an offset, in UTC, to the microsecond; None if there is none to be had.

    A time that does not say its zone is None as well: hours of error would be worse than not to know.
    """
    if not isinstance(value, str) or len(value) > LONGEST_TIME:
        return None
    try:
        time = datetime.fromisoformat(value.strip())
        if time.tzinfo is None:
            return None
        time = time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if time.year in _PLAUSIBLE_YEARS else None
