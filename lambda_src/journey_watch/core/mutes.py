"""Mutes: who is not to be told, until when. What happens under one is recorded and never sent later."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from journey_watch.core.errors import JourneyWatchError
from journey_watch.core.filters import Filter
from journey_watch.core.runs import Lane
from journey_watch.core.time_zones import zone_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute(Filter):
    """One mute of what the filter covers: until a time, or every week in a window."""

    id: str
    """Names it in what it holds back."""
    reason: str = ""
    set_by: str = ""
    since: datetime | None = None
    """None: from whenever it was set."""
    until: datetime | None = None
    """Given for a mute that ends; None for a weekly window."""
    days: tuple[int, ...] = ()
    """The days on which a weekly window begins, 0 for Monday."""
    begins: time | None = None
    ends: time | None = None
    """By the clock on the wall in `time_zone`. Not after `begins`: on the day after."""
    time_zone: str = "UTC"
    identity: str = ""
    """The ARN that STS reported to the command that set it; empty if unknown. No proof: CloudTrail's record is."""

    def is_in_force(self, now: datetime) -> bool:
        """Return True if the mute holds at `now`, an aware time. Raise ConfigurationError if its zone is unknown.

        A weekly window opens when the wall clock first shows `begins` and stays open until the clock shows `ends` for
        the last time, so it stays open while clocks are set back. What a clock skips counts as shown when it skips.
        """
        if self.until is not None:
            return (self.since is None or self.since <= now) and now < self.until
        if self.begins is None or self.ends is None:
            return False
        zone = zone_named(self.time_zone)
        today = now.astimezone(zone).date()
        # Tomorrow's window is open today if the clock was set back over midnight.
        days = [today + timedelta(days=shift) for shift in (-1, 0, 1)]
        return any(self._is_open(day, now, zone) for day in days if day.weekday() in self.days)

    def _is_open(self, day: date, now: datetime, zone: ZoneInfo) -> bool:
        """Return True if the window that begins on `day` is open."""
        if self.begins is None or self.ends is None:
            return False
        last_day = day if self.begins < self.ends else day + timedelta(days=1)
        opens, closes = datetime.combine(day, self.begins), datetime.combine(last_day, self.ends)
        first = _when_shown(opens, zone)
        has_opened = first.first <= now if first else now.astimezone(zone).replace(tzinfo=None) >= opens
        # The moment before the end, because a clock that is set back from the end exactly does not show it again.
        last = _when_shown(closes - timedelta.resolution, zone)
        has_closed = last.last < now if last else now.astimezone(zone).replace(tzinfo=None) >= closes
        return has_opened and not has_closed


LONGEST: Final = timedelta(days=31)
"""How long a mute may last that an operator sets; one that lasts longer belongs in the configuration."""


LONG: Final = timedelta(hours=24)
"""Operators are notified of a mute that lasts longer, and of every mute of everything."""
_QUARTER: Final = timedelta(minutes=15)


def is_notable(mute: Mute, lanes: Iterable[Lane], now: datetime) -> bool:
    """Return True if operators are notified that a mute in force began: it covers all lanes, or it is long.

    Only the time that is left counts: a record need not say when its mute was set. A weekly window is notable only if
    it covers all lanes and is open at every quarter of an hour of the next LONG, other windows of its mute included.
    """
    everything = mute.covers_all_of(lanes)
    if mute.until is not None:
        return everything or mute.until - now > LONG
    return everything and all(mute.is_in_force(now + n * _QUARTER) for n in range(LONG // _QUARTER + 1))


def notice_key(mute: Mute) -> str:
    """Return what a notice says of a mute's end and filter: a mute that changes in either is reported again."""
    until = "" if mute.until is None else mute.until.astimezone(UTC).isoformat()
    places = (mute.provider, mute.account, mute.region, mute.container_id)
    return json.dumps([until, places, mute.journeys, mute.journey_types], separators=(",", ":"))


def capped(mute: Mute) -> Mute:
    """Return the mute of an operator with the part of its time that counts: LONGEST at most, from its beginning on."""
    if mute.until is None:
        return mute
    if mute.since is None:
        return replace(mute, since=mute.until - LONGEST)
    return replace(mute, until=min(mute.until, mute.since + LONGEST))


def evaluable(mutes: Mapping[str, Mute | None], now: datetime) -> dict[str, Mute | None]:
    """Return the mutes with None for each that cannot be evaluated, as for one that cannot be read."""
    checked: dict[str, Mute | None] = {}
    for mute_id, mute in mutes.items():
        try:
            _ = mute is not None and mute.is_in_force(now)
        except JourneyWatchError:
            checked[mute_id] = None
        else:
            checked[mute_id] = mute
    return checked


class _Shown(NamedTuple):
    """When a wall clock shows a time: twice if it is set back over it, otherwise both are the same."""

    first: datetime
    last: datetime


def _when_shown(wall: datetime, zone: ZoneInfo) -> _Shown | None:
    """Return None for a time that the clock skips."""
    first, last = (wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))
    return None if first > last else _Shown(first, last)
