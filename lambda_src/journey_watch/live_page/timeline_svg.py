"""A journey's timeline as inline SVG."""

from collections import Counter
from datetime import datetime
from typing import Final

from journey_watch.live_page.elements import Html, element
from journey_watch.live_page.timeline_bars import Bar, Timeline
from journey_watch.live_page.times import ViewerClock, age
from journey_watch.messages.untrusted_text import one_line

_WIDTH: Final = 600
_THINNEST: Final = 5
_MAX_ID: Final = 60
_ROOMS: Final = {1: ((8, 14),), 2: ((3, 11), (16, 11)), 3: ((1, 8), (11, 8), (21, 8))}
"""By the number of tracks in use: (top, height) of each, of 30."""


def timeline(shown: Timeline, *, since: datetime, clock: ViewerClock, hours: int) -> Html:
    """The bars, each with what it stands for when pointed at."""
    bars = shown.bars
    span = (clock.now - since).total_seconds()
    rooms = _ROOMS[max((bar.track for bar in bars), default=0) + 1]
    return element(
        "svg",
        *(_rect(bar, rooms[bar.track], since, span, clock) for bar in bars),
        cls="jw-line",
        viewBox=f"0 0 {_WIDTH} 30",
        preserveAspectRatio="none",
        role="img",
        aria_label=_in_words(shown, hours),
    )


def _rect(bar: Bar, room: tuple[int, int], since: datetime, span: float, clock: ViewerClock) -> Html:
    left = min(max((bar.start - since).total_seconds() / span, 0.0), 1.0) * _WIDTH
    right = min(max((bar.end - since).total_seconds() / span, 0.0), 1.0) * _WIDTH
    width = max(right - left, _THINNEST)
    top, height = room
    until = f"for {age(clock.now - bar.start)}" if bar.live and bar.end >= clock.now else f"to {clock.text(bar.end)}"
    words = f"{one_line(bar.run_id, _MAX_ID)}: {bar.status}, {clock.text(bar.start)} {until}"
    return element(
        "rect",
        element("title", words),
        cls=f"s-{bar.status}",
        x=f"{min(left, _WIDTH - width):.0f}",
        y=str(top),
        width=f"{width:.0f}",
        height=str(height),
    )


def _in_words(shown: Timeline, hours: int) -> str:
    runs = {bar.run_id: bar.status for bar in shown.bars}
    counts = [f"{count} {status}" for status, count in Counter(runs.values()).most_common()]
    counts += [f"{shown.left_out} earlier ones"] if shown.left_out else []
    return f"Runs in the last {hours} hours: {', '.join(counts) or 'none'}"
