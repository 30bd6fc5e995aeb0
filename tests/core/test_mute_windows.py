"""Weekly windows where clocks are changed: each opens once, stays open until its end, and agrees with a wall clock."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import accumulate, pairwise, product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mutes import Mute
from tests.core.builders import NOON, minutes

WEEK = tuple(range(7))
FROM, TO = datetime(2026, 1, 1, tzinfo=UTC), datetime(2036, 1, 1, tzinfo=UTC)
ZONES = (files("tzdata") / "zones").read_text(encoding="utf-8").split()


@dataclass(frozen=True)
class ClockChange:
    at: datetime
    zone: str

    def wall(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.zone)).replace(tzinfo=None)


@cache
def changes_of(name: str) -> Sequence[ClockChange]:
    """Every change of a zone's offset in ten years, found by looking at its clock alone."""
    zone = ZoneInfo(name)

    def offset(moment: datetime) -> timedelta | None:
        return moment.astimezone(zone).utcoffset()

    days = [FROM + timedelta(days=day) for day in range((TO - FROM).days)]
    offsets = [offset(day) for day in days]
    found = []
    for early, late, before, after in (
        (*day, *offset_pair) for day, offset_pair in zip(pairwise(days), pairwise(offsets), strict=True)
    ):
        if before == after:
            continue
        first, last = early, late
        while last - first > timedelta(seconds=1):
            middle = first + (last - first) // 2
            first, last = (first, middle) if offset(middle) == after else (middle, last)
        found.append(ClockChange(last.replace(microsecond=0), name))
    return found


def moments_around(change: ClockChange) -> Sequence[datetime]:
    """Every ten minutes near the change, every hour for two days on each side."""
    near = [change.at + minutes(10 * step) for step in range(-20, 21)]
    far = [change.at + minutes(60 * step) for step in range(-50, 51)]
    return sorted({*near, *far})


def wall_times_around(change: ClockChange) -> Sequence[time]:
    walls = (change.wall(change.at - timedelta(seconds=1)) + timedelta(seconds=1), change.wall(change.at))
    shifted = {(wall + minutes(shift)).time() for wall in walls for shift in (-60, -30, -10, 0, 10, 30)}
    return sorted({*shifted, time(22), time(6), time(0)})


def by_the_wall_clock(walls: Sequence[datetime], day: date, begins: time, ends: time) -> Iterator[bool]:
    """A person's reading: open once the clock has shown `begins`, closed once it will show nothing before `ends`."""
    opens = datetime.combine(day, begins)
    closes = datetime.combine(day if begins < ends else day + timedelta(days=1), ends)
    latest_shown = list(accumulate(walls, max))
    earliest_to_come = [*accumulate(reversed(walls), min)][::-1]
    for shown, to_come in zip(latest_shown, earliest_to_come, strict=True):
        yield shown >= opens and to_come < closes


def check(change: ClockChange, begins: time, ends: time) -> None:
    moments = moments_around(change)
    walls = [change.wall(moment) for moment in moments]
    for shift in (-1, 0, 1):
        day = change.wall(change.at).date() + timedelta(days=shift)
        mute = Mute(id="m", days=(day.weekday(),), begins=begins, ends=ends, time_zone=change.zone)
        expected = list(by_the_wall_clock(walls, day, begins, ends))
        found = [mute.is_in_force(moment) for moment in moments]
        assert found == expected, (change, day, begins, ends)
        assert sum(a != b for a, b in pairwise(found)) <= 2, "it opens and closes once"


@given(st.data())
def test_a_window_stays_open_until_its_end_through_every_change_of_clocks(data: st.DataObject) -> None:
    changes = data.draw(st.sampled_from(ZONES).map(changes_of).filter(bool), label="zone")
    change = data.draw(st.sampled_from(changes), label="change")
    begins, ends = (data.draw(st.sampled_from(wall_times_around(change))) for _ in range(2))
    check(change, begins, ends)


@pytest.mark.played
def test_so_it_does_in_every_zone_that_ships_and_at_each_of_its_changes_in_ten_years() -> None:
    seen: set[object] = set()
    for name in ZONES:
        for change in changes_of(name):
            same = (change.at, change.wall(change.at - minutes(1)), change.wall(change.at))
            if same in seen:  # many names stand for one zone
                continue
            seen.add(same)
            walls = wall_times_around(change)
            for begins, ends in list(product(walls, walls))[len(seen) % 97 :: 97]:
                check(change, begins, ends)
    assert len(seen) > 500


@pytest.mark.parametrize(
    ("mute", "moment", "muted"),
    [
        # Africa/Cairo, Thursday 2026-10-29, 24:00 EEST (21:00 UTC) is 23:00 EET.
        (("Africa/Cairo", "23:30", "06:00"), "2026-10-29T20:29:59", False),
        (("Africa/Cairo", "23:30", "06:00"), "2026-10-29T20:30:00", True),
        (("Africa/Cairo", "23:30", "06:00"), "2026-10-29T21:10:00", True),  # 23:10 EET
        (("Africa/Cairo", "23:30", "06:00"), "2026-10-30T03:59:59", True),
        (("Africa/Cairo", "23:30", "06:00"), "2026-10-30T04:00:00", False),
        # Europe/Berlin, Sunday 2026-10-25: 03:00 (01:00 UTC) is 02:00 again; it stays open until the second 02:30.
        (("Europe/Berlin", "22:00", "02:30"), "2026-10-25T00:45:00", True),
        (("Europe/Berlin", "22:00", "02:30"), "2026-10-25T01:29:59", True),
        (("Europe/Berlin", "22:00", "02:30"), "2026-10-25T01:30:00", False),
        # A window that ends at 02:00 is over before the clock goes back to 02:00.
        (("Europe/Berlin", "22:00", "02:00"), "2026-10-25T00:00:00", False),
        # Europe/Berlin, Sunday 2026-03-29: 02:00 (01:00 UTC) is 03:00; 02:30 is not shown.
        (("Europe/Berlin", "02:30", "05:00"), "2026-03-29T00:59:59", False),
        (("Europe/Berlin", "02:30", "05:00"), "2026-03-29T01:00:00", True),
        (("Europe/Berlin", "22:00", "02:30"), "2026-03-29T00:59:59", True),
        (("Europe/Berlin", "22:00", "02:30"), "2026-03-29T01:00:00", False),
    ],
)
def test_a_window_where_clocks_are_changed(mute: tuple[str, str, str], moment: str, *, muted: bool) -> None:
    zone, begins, ends = mute
    window = Mute(id="m", days=WEEK, begins=time.fromisoformat(begins), ends=time.fromisoformat(ends), time_zone=zone)
    assert window.is_in_force(datetime.fromisoformat(moment).replace(tzinfo=UTC)) is muted


def test_a_window_of_a_day_that_the_calendar_skipped_is_open_on_the_day_after() -> None:
    fridays = Mute(id="m", days=(4,), begins=time(22), ends=time(6), time_zone="Pacific/Apia")  # 2011-12-30 was skipped
    saturday = datetime(2011, 12, 31, tzinfo=ZoneInfo("Pacific/Apia"))
    in_force = [fridays.is_in_force(saturday + timedelta(hours=hours)) for hours in (-1, 0, 5, 6)]
    assert in_force == [False, True, True, False]


@pytest.mark.parametrize("name", ["Mars/Olympus", "America", "../../etc/passwd", "", "x" * 5000, "a\0b"])
def test_a_window_in_a_time_zone_that_is_not_there_says_so(name: str) -> None:
    mute = Mute(id="m", days=WEEK, begins=time(0), ends=time(0), time_zone=name)
    with pytest.raises(ConfigurationError, match="There is no time zone"):
        mute.is_in_force(NOON)
