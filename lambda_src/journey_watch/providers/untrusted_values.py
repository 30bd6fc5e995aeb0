"""Reads single values out of a provider's answer. Nothing here raises, whatever the value is."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

MAX_TEXT: Final = 512
"""No id, name or status of a provider comes near it; a longer one could fill a journey's item in the state table."""
MAX_ID: Final = 500
"""Bytes. A container's id and a journey's are in one sort key of the state table, which has 1,024."""
MAX_TIME: Final = 64
_DURATION: Final = re.compile(
    r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?",
    re.ASCII,
)
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
"""A time outside is no time: the marks that decide what is old news only ever move up, so one wrong year would stay."""


def read_text(value: object) -> str | None:
    """The value if it is a text that can be stored and sent; None if it is missing, empty, too long or not Unicode."""
    if not isinstance(value, str) or not value or value.isspace() or len(value) > MAX_TEXT:
        return None
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair: valid in JSON, in nothing else
        return None
    return value


def read_id(value: object) -> str | None:
    """The id of a container or a journey; None for what is no text, or would be the key of something else.

    In a key `#` stands between ids, and `*` for all of them.
    """
    text = read_text(value)
    return None if text is None or text == "*" or "#" in text or len(text.encode()) > MAX_ID else text


def read_moment(value: object) -> datetime | None:
    """Return a time of any form that the AWS SDK understands: ISO 8601 as `read_time`, or seconds since 1970."""
    if isinstance(value, datetime):
        return read_time(value.isoformat())
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return read_time(datetime.fromtimestamp(value, UTC).isoformat())
        except (ValueError, OverflowError, OSError):
            return None
    return read_time(value)


def read_duration(value: object) -> timedelta | None:
    """Return an ISO 8601 duration such as `PT30M` or `P1D`, the longest that it may be; None for anything else."""
    found = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    years, months, weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    whole = timedelta(days=366 * years + 31 * months + 7 * weeks + days)
    return (whole + timedelta(hours=hours, minutes=minutes, seconds=seconds)) or None


def read_time(value: object) -> datetime | None:
    """An ISO 8601 time with an offset, in UTC, to the microsecond; None if there is none to be had.

    A time that does not say its zone is None as well: hours of error would be worse than not to know.
    """
    if not isinstance(value, str) or len(value) > MAX_TIME:
        return None
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            return None
        if time.tzinfo is not UTC:  # rare, and not cheap
            time = time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return time if FIRST_YEAR <= time.year <= LAST_YEAR else None
