"""The page put together: what it asks for, and what it does without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from journey_watch.core.mutes import Mute
from journey_watch.core.provider import Provider
from journey_watch.core.runs import Lane
from journey_watch.live_page import LaneSnapshot, PageRequest, Query, UrlLinks
from journey_watch.live_page.composition import LivePage
from journey_watch.settings import WatchConfig
from tests.live_page.markup import Markup
from tests.live_page.samples import NOW, PINPOINT_LANE, FixedPolls, FixedReader, pinpoint_reading

HOUR = timedelta(hours=1)


def text(
    reader: FixedReader | None = None, *, polls: FixedPolls | None = None, config: WatchConfig | None = None
) -> str:
    live_page = LivePage(
        reader or FixedReader([pinpoint_reading()]),
        [PINPOINT_LANE],
        config=config or WatchConfig(),
        last_polls=polls or FixedPolls(),
        clock=lambda: NOW,
    )
    return Markup(live_page.html(PageRequest(), UrlLinks())).text


@pytest.mark.parametrize(
    ("every", "late"), [(60, True), (300, False)], ids=["three intervals are over", "they are not"]
)
def test_how_long_is_too_long_follows_the_schedule(every: int, *, late: bool) -> None:
    said = text(polls=FixedPolls(timedelta(minutes=14)), config=WatchConfig(every_seconds=every))

    assert ("NOT POLLED" in said) is late
    assert "last polled  14 min  ago" in said


def test_if_nobody_can_tell_when_lanes_were_polled_the_page_is_there_and_says_so() -> None:
    said = text(polls=FixedPolls(None))

    assert "last poll not known" in said
    assert "NOT POLLED" not in said
    assert "Welcome series" in said


def test_mutes_of_the_configuration_and_of_operators_are_shown() -> None:
    of_operators = {"release": Mute(id="release", until=NOW + HOUR), "odd": None}
    configured = Mute(id="night", until=NOW + HOUR)

    said = text(FixedReader([pinpoint_reading()], of_operators), config=WatchConfig(mutes=(configured,)))

    assert all(name in said for name in ("release", "odd", "night"))


@dataclass
class Remembering(FixedReader):
    """Knows from when on it was asked."""

    found: Sequence[LaneSnapshot] = ()
    known_mutes: Mapping[str, Mute | None] = field(default_factory=dict)
    asked: list[datetime] = field(default_factory=list)

    def read(self, lanes: Mapping[Lane, Provider], *, since: datetime) -> Sequence[LaneSnapshot]:
        self.asked.append(since)
        return super().read(lanes, since=since)


@pytest.mark.parametrize(("hours", "read"), [(6, 24), (24, 24), (168, 168)])
def test_a_shorter_time_does_not_keep_the_page_from_seeing_what_it_hides(hours: int, read: int) -> None:
    reader = Remembering()
    live_page = LivePage(reader, [], config=WatchConfig(), last_polls=FixedPolls(), clock=lambda: NOW)

    live_page.html(PageRequest(Query(hours=hours)), UrlLinks())

    assert reader.asked == [NOW - read * HOUR]
