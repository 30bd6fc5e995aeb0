"""Durations as the configuration writes them: a number and `s`, `m`, `h` or `d`."""

import re
from datetime import timedelta
from typing import Final

from infra.toml_table import Place

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SLOWEST: Final = timedelta(hours=1)


def duration(value: object, place: Place) -> timedelta:
    """A positive duration. Raises ConfigurationError for anything else."""
    match = re.fullmatch(r"(\d{1,5})([smhd])", value) if isinstance(value, str) else None
    length = timedelta(**{_UNITS[match[2]]: int(match[1])}) if match else timedelta()
    if length > timedelta():
        return length
    raise place.unexpected(value, 'a duration like "90m": a number and s, m, h or d')


def seconds(value: object, place: Place) -> int:
    """A positive duration in whole seconds."""
    return int(duration(value, place).total_seconds())


def interval(value: object, place: Place) -> timedelta:
    """How often a schedule may fire: EventBridge knows minutes only."""
    if isinstance(value, str) and re.fullmatch(r"\d{1,5}[smhd]", value):
        length = timedelta(**{_UNITS[value[-1]]: int(value[:-1])})
        if timedelta() < length <= _SLOWEST and not length % timedelta(minutes=1):
            return length
    raise place.unexpected(value, 'whole minutes from "1m" to "1h"')
