"""Mutes: who is not to be told, until when. What happens under one is recorded and never sent later."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from journey_watch.core.filters import Filter


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
    """The ARN of the AWS identity whose credentials set it; empty if that is not known."""

    def is_in_force(self, now: datetime) -> bool:
        """True if it holds at `now`, an aware time. A window follows the wall clock through daylight-saving changes."""
        if self.until is not None:
            return (self.since is None or self.since <= now) and now < self.until
        if self.begins is None or self.ends is None:
            return False
        local = now.astimezone(ZoneInfo(self.time_zone))
        today, yesterday = local.weekday(), (local - timedelta(days=1)).weekday()
        if self.begins < self.ends:
            return today in self.days and self.begins <= local.time() < self.ends
        evening = today in self.days and local.time() >= self.begins
        return evening or (yesterday in self.days and local.time() < self.ends)
