"""The `[[alerts.mute]]` entries: until a time, or every week in a window."""

import re
from datetime import UTC, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import available_timezones

from infra.filter_entries import filter_keys, read_filter
from journey_watch.core.mutes import Mute
from strict_toml.tables import Place, Table, list_of, matching, nearest, one_of, text

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_name: Final = matching(re.compile(r"[A-Za-z0-9_-]{1,64}"), "a name: letters, digits, - and _")


def mute_keys() -> tuple[str, ...]:
    """Every key of an entry."""
    return "name", "reason", "set_by", *filter_keys(), "until", "days", "from", "to", "time_zone"


def read_mutes(value: object, place: Place) -> tuple[Mute, ...]:
    """All entries. Raises ConfigurationError if two have one name, by which an account tells of what it held back."""
    mutes = list_of(read_mute)(value, place)
    names = [mute.id for mute in mutes]
    for index, name in enumerate(names):
        if name in names[:index]:
            first = place.item(names.index(name)).key("name").path
            raise place.item(index).key("name").error(f'is "{name}", as {first} is; expected a name of its own.')
    return mutes


def read_mute(value: object, place: Place) -> Mute:
    """One entry. Raises ConfigurationError if it has neither an end nor a window, or both, or is over."""
    entry = Table(value, place, keys=mute_keys())
    until: datetime | None = entry.get("until", _time_to_come, None)
    days: tuple[str, ...] = entry.get("days", list_of(one_of(DAYS), at_least=1), ())
    begins: time | None = entry.get("from", _clock, None)
    ends: time | None = entry.get("to", _clock, None)
    if until is None and not (days and begins and ends):
        raise place.error('expected "until", a time, or a weekly window with "days", "from" and "to".')
    if until is not None and (days or begins or ends):
        raise place.error('has both "until" and a weekly window; expected one of them.')
    zone: str | None = entry.get("time_zone", time_zone, None)
    if until is not None and zone is not None:
        raise place.key("time_zone").error("is of no use with until; expected the offset in until itself, like +01:00.")
    return Mute(
        id=entry.get("name", _name),
        reason=entry.get("reason", text, ""),
        set_by=entry.get("set_by", text, "the configuration"),
        **read_filter(entry, place),
        until=until,
        days=tuple(DAYS.index(day) for day in days),
        begins=begins,
        ends=ends,
        time_zone=zone or "UTC",
    )


def _time_to_come(value: object, place: Place) -> datetime:
    """An end that is past would mute nothing, and look as if it did."""
    now = datetime.now(UTC)
    tomorrow = f"{now + timedelta(days=1):%Y-%m-%dT%H:00:00Z}"
    moment = _moment(value)
    if moment is None:
        raise place.unexpected(value, f"a time with its day, like {tomorrow}")
    if moment <= now:
        raise place.unexpected(value, f"a time that is still to come, like {tomorrow}; or take out a mute that is over")
    return moment


def _moment(value: object) -> datetime | None:
    """TOML has times of its own; a string in ISO 8601 will do too. Without an offset it is UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clock(value: object, place: Place) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise place.unexpected(value, 'a time of day like "22:00"')


def time_zone(value: object, place: Place) -> str:
    """The name of one. There are too many to list: the message has the nearest ones."""
    zones = _time_zones()
    if isinstance(value, str) and value in zones:
        return value
    hint = nearest(value, sorted(zones), at_most=3) if isinstance(value, str) else ""
    raise place.unexpected(value, 'the name of a time zone like "Europe/Berlin" or "UTC"', hint=hint)


@cache
def _time_zones() -> frozenset[str]:
    """All there are: to look for them is half the time that a configuration takes to read."""
    return frozenset(available_timezones())
