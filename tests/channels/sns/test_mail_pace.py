"""The pace of e-mail over all lanes, whose invocations know nothing of each other but the time."""

from bisect import bisect_left
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.watch_entries import MAX_LANES
from journey_watch.channels.sns.mail_pace import MAILS_PER_SECOND, MailPace, longest_wait
from tests.aws.doubles import Clock

SNS_LIMIT = 10
"""Messages a second: https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html"""
ROUNDING = 1e-6
"""Seconds. Two times of day that are a second apart are so as exactly as a float can say it."""


def pace_at(at: float, *, position: int, lanes: int) -> tuple[MailPace, Clock]:
    clock = Clock()
    clock.at = at
    return MailPace(position=position, lanes=lanes, clock=clock, sleep=clock.sleep), clock


@st.composite
def demand(draw: st.DrawFn) -> list[tuple[float, list[int]]]:
    """For each lane, how many seconds after midnight it begins to send, and how many messages at a time."""
    lanes = draw(st.integers(1, 100))
    # All of them in the same few seconds, which is the worst that schedules can do.
    begins = st.floats(0, 12)
    batches = st.lists(st.integers(1, MAILS_PER_SECOND if lanes == 1 else 1), max_size=12)
    return [(draw(begins), draw(batches)) for _ in range(lanes)]


def sent(lanes: list[tuple[float, list[int]]], *, midnight: float = 1_795_478_400.0) -> list[float]:
    """When each message leaves, sorted."""
    times = []
    for position, (begin, batches) in enumerate(lanes):
        pace, clock = pace_at(midnight + begin, position=position, lanes=len(lanes))
        for messages in batches:
            pace.wait(messages)
            times += [clock.at] * messages
    return sorted(times)


def most_in_any_second(times: list[float]) -> int:
    return max((bisect_left(times, at + 1) - begin for begin, at in enumerate(times)), default=0)


@given(demand())
def test_never_more_than_five_in_a_second_of_the_clock_and_six_in_any_whatever_is_to_be_sent(
    lanes: list[tuple[float, list[int]]],
) -> None:
    times = sent(lanes)

    assert max(Counter(map(int, times)).values(), default=0) <= MAILS_PER_SECOND
    assert most_in_any_second(times) <= MAILS_PER_SECOND + 1


@given(demand(), st.data())
def test_clocks_that_differ_by_a_third_of_a_second_stay_within_what_sns_allows(
    lanes: list[tuple[float, list[int]]], data: st.DataObject
) -> None:
    skewed = []
    for position, (begin, batches) in enumerate(lanes):
        fast_by = data.draw(st.floats(0, 0.3))
        pace, clock = pace_at(begin, position=position, lanes=len(lanes))
        for messages in batches:
            pace.wait(messages)
            skewed += [clock.at - fast_by] * messages

    assert most_in_any_second(sorted(skewed)) <= SNS_LIMIT


@given(lanes=st.integers(1, 100), at=st.floats(0, 2e9), data=st.data())
def test_a_message_always_gets_its_turn_within_the_longest_wait(lanes: int, at: float, data: st.DataObject) -> None:
    pace, clock = pace_at(at, position=data.draw(st.integers(0, lanes - 1)), lanes=lanes)

    for _ in range(3):
        begun = clock.at
        pace.wait(pace.at_once)
        assert clock.at - begun <= longest_wait(lanes) + ROUNDING


def test_as_many_lanes_as_there_may_be_wait_about_ten_seconds() -> None:
    assert longest_wait(1) == 1.0
    assert longest_wait(5) == pytest.approx(1.2)
    assert longest_wait(MAX_LANES) == pytest.approx(10.2)


def test_what_comes_in_the_lanes_own_slot_does_not_wait_and_what_follows_waits_for_the_next() -> None:
    pace, clock = pace_at(100.45, position=2, lanes=5)
    pace.wait(1)
    assert clock.slept == []
    pace.wait(1)
    assert clock.at == pytest.approx(101.45)


def test_a_clock_that_is_set_back_delays_a_message_by_the_longest_wait_at_most() -> None:
    for lanes in (1, 20):
        pace, clock = pace_at(1_000_000.0, position=0, lanes=lanes)
        pace.wait(pace.at_once)
        clock.at -= 3600
        begun = clock.at
        pace.wait(pace.at_once)
        assert clock.at - begun <= longest_wait(lanes)
