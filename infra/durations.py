"""Durations as a configuration may have them."""

from datetime import timedelta
from typing import Final, Literal

from journey_watch.core.durations import parse_duration
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.watch_list import AUTO
from strict_toml.tables import Place

_SLOWEST: Final = timedelta(hours=1)


_EXPECTED: Final = 'a duration like "90m" or "1h30m": numbers with d, h, m and s'


def seconds(value: object, place: Place) -> int:
    """A positive duration in whole seconds. Raises ConfigurationError for anything else."""
    length = _parsed(value)
    if length > timedelta() and not length % timedelta(seconds=1):
        return int(length.total_seconds())
    raise place.unexpected(value, _EXPECTED)


def seconds_or_auto(value: object, place: Place) -> int | Literal["auto"]:
    """The same, or the word for what is learned. Raises ConfigurationError for anything else."""
    if value == AUTO:
        return AUTO
    try:
        return seconds(value, place)
    except ConfigurationError:
        raise place.unexpected(value, f'"{AUTO}", or {_EXPECTED}') from None


def interval(value: object, place: Place) -> timedelta:
    """How often a schedule may fire: EventBridge knows minutes only."""
    length = _parsed(value)
    if timedelta() < length <= _SLOWEST and not length % timedelta(minutes=1):
        return length
    raise place.unexpected(value, 'whole minutes from "1m" to "1h"')


def _parsed(value: object) -> timedelta:
    """Zero for what is none."""
    try:
        return parse_duration(value) if isinstance(value, str) else timedelta()
    except ValueError:
        return timedelta()
