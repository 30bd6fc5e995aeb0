"""Words that every message uses: times and durations."""

from typing import Final

MAX_NAME: Final = 120
"""In characters; what a person reads before giving up, and more than Pinpoint's console shows."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def readable_time(iso: str) -> str:
    """`2026-11-23T08:00:00.000Z` as `2026-11-23 08:00:00 UTC`."""
    return f"{iso[:10]} {iso[11:19]} UTC"


def duration(seconds: float) -> str:
    """The two largest units, which is all that a person compares."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
