"""The `[[alerts.mute]]` entries: until a time, or every week in a window."""

import re
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Final

from infra.filter_entries import filter_keys, read_filter
from infra.time_zones import time_zone
from journey_watch.core.mutes import Mute
from journey_watch.core.time_zones import located
from strict_toml.tables import Place, Table, list_of, matching, one_of, text

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_name: Final = matching(re.compile(r"[A-Za-z0-9_-]{1,64}"), "a name: letters, digits, - and _")


def mute_keys() -> tuple[str, ...]:
    """Every key of an entry."""
    return "name", "reason", "set_by", *filter_keys(), "until", "days", "from", "to", "time_zone"


def read_mutes(value: object, place: Place, *, usual_zone: str) -> tuple[Mute, ...]:
    """Read all entries; `usual_zone` is that of times without one. Raise ConfigurationError if two have one name."""
    mutes = list_of(partial(read_mute, usual_zone=usual_zone))(value, place)
    names = [mute.id for mute in mutes]
    for index, name in enumerate(names):
        if name in names[:index]:
            first = place.item(names.index(name)).key("name").path
            raise place.item(index).key("name").error(f'is "{name}", as {first} is; expected a name of its own.')
    return mutes


def read_mute(value: object, place: Place, *, usual_zone: str) -> Mute:
    """One entry. Raises ConfigurationError if it has neither an end nor a window, or both, or is over."""
    entry = Table(value, place, keys=mute_keys())
    until: datetime | None = entry.get("until", partial(_time_to_come, usual_zone=usual_zone), None)
    days: tuple[str, ...] = entry.get("days", list_of(one_of(DAYS), at_least=1), ())
    begins: time | None = entry.get("from", _clock, None)
    ends: time | None = entry.get("to", _clock_at_end, None)
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
        time_zone=usual_zone if zone is None and until is None else zone or "UTC",
    )


def _time_to_come(value: object, place: Place, *, usual_zone: str) -> datetime:
    """An end that is past would mute nothing, and look as if it did."""
    now = datetime.now(UTC)
    tomorrow = f"{now + timedelta(days=1):%Y-%m-%dT%H:00:00Z}"
    moment = _moment(value)
    if moment is None:
        raise place.unexpected(value, f"a time with its day, like {tomorrow}")
    try:
        moment = located(moment, usual_zone)
    except LookupError as error:
        raise place.error(f"is {moment}, {error}") from None
    if moment <= now:
        raise place.unexpected(value, f"a time that is still to come, like {tomorrow}; or take out a mute that is over")
    return moment


def _moment(value: object) -> datetime | None:
    """TOML has times of its own; a string in ISO 8601 will do too."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        return None
    return moment if isinstance(moment, datetime) else None


def _clock_at_end(value: object, place: Place) -> time:
    """A window's end: "24:00" is the end of the day, which Mute has as the beginning of the next."""
    return time(0) if value == "24:00" else _clock(value, place)


def _clock(value: object, place: Place) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    hint = ' (the day begins at "00:00")' if value == "24:00" else ""
    raise place.unexpected(value, 'a time of day like "22:00"', hint=hint)
