"""Durations as people write them, in configurations and commands, and as they read them."""

import re
from datetime import timedelta
from typing import Final

_SECONDS: Final = (86400.0, 3600.0, 60.0, 1.0, 0.001)
"""Of the units, in the order in which they are written."""
_NUMBER: Final = r"(\d{1,5}(?:\.\d{1,3})?)"
_WRITTEN: Final = re.compile("".join(rf"(?:{_NUMBER}{unit})?" for unit in ("d", "h", "m", "s", "ms")), re.ASCII)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def parse_duration(text: str) -> timedelta:
    """`90m`, `1h30m`: numbers with `d`, `h`, `m`, `s` or `ms`, in that order. Raises ValueError for anything else."""
    written = _WRITTEN.fullmatch(text)
    if not text or written is None:
        raise ValueError(f"{text!r} is no duration: expected numbers with d, h, m, s or ms, like 90m or 1h30m")
    numbers = zip(written.groups(default="0"), _SECONDS, strict=True)
    return timedelta(seconds=sum(float(number) * seconds for number, seconds in numbers))


def readable_duration(seconds: float, *, at_a_glance: bool = False) -> str:
    """The two largest units, which is all that a person compares: `3 min 20 s`, `2 h 5 min`, `3 d 4 h`, `4 h`.

    At a glance, where the same is read again and again, it keeps still: `3 min`, `2 h 05 min`.
    """
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return _two(whole // _MINUTE, "min", 0 if at_a_glance else whole % _MINUTE, "s")
    if whole < _DAY:
        hours, minutes = whole // _HOUR, whole % _HOUR // _MINUTE
        return f"{hours} h {minutes:02} min" if at_a_glance else _two(hours, "h", minutes, "min")
    return _two(whole // _DAY, "d", whole % _DAY // _HOUR, "h")


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large} {large_unit}" + (f" {small} {small_unit}" if small else "")
