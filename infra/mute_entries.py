"""The `[[alerts.mute]]` entries: until a time, or every week in a window."""

import re
from datetime import UTC, datetime, time
from typing import Final
from zoneinfo import available_timezones

from infra.journey_filters import filter_keys, read_filters
from journey_watch.core.mutes import Mute
from journey_watch.core.severity_rules import ANY
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, Table, list_of, matching, one_of, text

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_name: Final = matching(re.compile(r"[A-Za-z0-9_-]{1,64}"), "a name: letters, digits, - and _")


def mute_keys() -> tuple[str, ...]:
    """Every key of an entry."""
    return "name", "reason", "set_by", *filter_keys(), "provider", "until", "days", "from", "to", "time_zone"


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
    journeys, container_id = read_filters(entry, place)
    return Mute(
        id=entry.get("name", _name),
        reason=entry.get("reason", text, ""),
        set_by=entry.get("set_by", text, "the configuration"),
        journeys=journeys,
        container_id=container_id,
        provider=entry.get("provider", one_of((*REGISTRY, ANY)), ANY),
        until=until,
        days=tuple(DAYS.index(day) for day in days),
        begins=begins,
        ends=ends,
        time_zone=entry.get("time_zone", time_zone, "UTC"),
    )


def _time_to_come(value: object, place: Place) -> datetime:
    """An end that is past would mute nothing, and look as if it did."""
    moment = _moment(value, place)
    if moment <= datetime.now(UTC):
        raise place.unexpected(value, "a time that is still to come; a mute that is over can be taken out")
    return moment


def _moment(value: object, place: Place) -> datetime:
    """TOML has times of its own; a string in ISO 8601 will do too. Without an offset it is UTC."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(text(value, place))
    except ValueError:
        raise place.unexpected(value, "a time like 2026-12-24T18:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clock(value: object, place: Place) -> time:
    if isinstance(value, time):
        return value
    if isinstance(value, str) and re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
        return time.fromisoformat(value)
    raise place.unexpected(value, 'a time of day like "22:00"')


def time_zone(value: object, place: Place) -> str:
    return one_of(sorted(available_timezones()))(value, place)
