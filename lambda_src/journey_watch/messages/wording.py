"""Words that every message uses: how long a name may be, and how a time reads."""

from typing import Final

MAX_NAME: Final = 120
"""A name is cut at so many characters: what a person reads before giving up, and more than Pinpoint's console shows."""


def readable_time(iso: str) -> str:
    """`2026-11-23T08:00:00.000Z` as `2026-11-23 08:00:00 UTC`."""
    return f"{iso[:10]} {iso[11:19]} UTC"
