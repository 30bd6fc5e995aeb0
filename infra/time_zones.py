"""Names of time zones, checked against the `tzdata` package, which is what the deployed functions have."""

from functools import cache
from importlib.resources import files
from typing import Final
from zoneinfo import available_timezones

from strict_toml.tables import Place, nearest

_NO_PLACE: Final = "Factory"
"""The zone of a machine whose time zone nobody has set."""
_COPIES: Final = ("posix/", "right/")
"""Folders in which a system may keep every zone again, the second with leap seconds."""


def time_zone(value: object, place: Place) -> str:
    """Return the name of a time zone that ships. The error names the nearest ones, for there are too many to list."""
    zones = _shipped()
    if isinstance(value, str) and value in zones:
        return value
    hint = ""
    if isinstance(value, str):
        name = next((value.removeprefix(copy) for copy in _COPIES if value.startswith(copy)), value)
        hint = f' (did you mean "{name}"?)' if name in zones else nearest(name, sorted(zones), at_most=3)
        if value in available_timezones() or name != value or value == _NO_PLACE:
            hint += ", which this machine may know and the deployed functions do not"
    raise place.unexpected(value, 'the name of a time zone like "Europe/Berlin" or "UTC"', hint=hint)


@cache
def _shipped() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split()) - {_NO_PLACE}
