"""When a lane counts as late."""

from datetime import timedelta

import pytest

from journey_watch.live_page.last_polls import LOOK_BACK, LastPoll
from tests.core.builders import NOON

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("every", "ago", "late"),
    [
        # Three intervals, and two minutes for the metric to come.
        (MINUTE, 5 * MINUTE, False),
        (MINUTE, 5 * MINUTE + timedelta(seconds=1), True),
        (10 * MINUTE, 32 * MINUTE, False),
        (10 * MINUTE, 33 * MINUTE, True),
    ],
)
def test_a_lane_is_late_after_three_intervals(every: timedelta, ago: timedelta, *, late: bool) -> None:
    assert LastPoll.judged(NOON - ago, now=NOON, every=every) == LastPoll(NOON - ago, late=late)


def test_a_lane_that_was_not_polled_for_as_long_as_can_be_seen_is_late_whatever_its_interval() -> None:
    assert LastPoll.judged(None, now=NOON, every=timedelta(hours=1)).late
    assert timedelta(hours=3) < LOOK_BACK, "three intervals of the slowest schedule"
