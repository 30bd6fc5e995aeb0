"""Moments and ages as a reader takes them in."""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from journey_watch.core.durations import readable_duration
from journey_watch.live_page.elements import Html, element


def age(span: timedelta) -> str:
    """`40 s`, `12 min`, `2 h 05 min`, `3 d 4 h`; `0 s` for a span below zero, for clocks differ."""
    return readable_duration(max(0.0, span.total_seconds()), at_a_glance=True)


@dataclass(frozen=True, slots=True)
class ViewerClock:
    """The moment of rendering, where the viewer is."""

    now: datetime
    zone: tzinfo

    @property
    def zone_name(self) -> str:
        """`UTC`, or `UTC+02:00`."""
        return str(self.zone)

    def text(self, time: datetime) -> str:
        """`14:03:20` today, `22 Nov 14:03` on another day."""
        local = self._local(time)
        today = local.date() == self.now.astimezone(self.zone).date()
        return f"{local:%H:%M:%S}" if today else f"{local:%d %b %H:%M}"

    def _local(self, time: datetime) -> datetime:
        try:
            return time.astimezone(self.zone)
        except OverflowError:  # the viewer's clock shows another year than there are
            return time

    def at(self, time: datetime) -> Html:
        """The moment; pointed at, it says all of it."""
        local = self._local(time)
        return element(
            "time", self.text(time), datetime=local.isoformat(), title=f"{local:%Y-%m-%d %H:%M:%S} {self.zone_name}"
        )

    def ago(self, time: datetime) -> Html:
        """How long ago; pointed at, it says when."""
        local = self._local(time)
        title = f"{local:%Y-%m-%d %H:%M:%S} {self.zone_name}"
        return element("time", age(self.now - time), datetime=local.isoformat(), title=title)
