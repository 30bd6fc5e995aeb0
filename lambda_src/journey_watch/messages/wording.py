"""Words that every message uses: how long a name may be, and how a time reads."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

NOTHING: Final = "Nothing."
"""What to do about what is over."""
MAX_NAME: Final = 120
"""A name is cut at so many characters: what a person reads before giving up, and more than Pinpoint's console shows."""


def readable_time(iso: str, time_zone: str = "UTC") -> str:
    """`2026-11-23T08:00:00.000Z` as `2026-11-23 08:00:00 UTC`, or `2026-11-23 09:00:00 +01:00 (08:00:00 UTC)`."""
    if time_zone == "UTC":
        return f"{iso[:10]} {iso[11:19]} UTC"
    local = datetime.fromisoformat(iso).astimezone(_zone(time_zone)).isoformat(sep=" ", timespec="seconds")
    day = "" if local[:10] == iso[:10] else f"{iso[:10]} "
    return f"{local[:19]} {local[19:]} ({day}{iso[11:19]} UTC)"


def clock_of(detail: Mapping[str, Any]) -> Callable[[str], str]:
    """`readable_time` by the clock of the deployment that has made an alert."""
    return partial(readable_time, time_zone=detail.get("time_zone", "UTC"))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ValueError, ZoneInfoNotFoundError):  # a newer deployment, with newer data, has made the alert
        return UTC
