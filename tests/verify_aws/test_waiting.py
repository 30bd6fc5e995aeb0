"""Waiting ends when there is something to see, or when its time is over."""

from datetime import timedelta

from tests.verify_aws.clock import Clock


def test_it_looks_until_it_sees() -> None:
    clock = Clock()

    seen = clock.waiting().until("dawn", lambda: clock.now, lambda now: now >= 10, limit=timedelta(minutes=1))

    assert seen == 10
    assert clock.told == ["waiting for dawn: 0 s of at most 60 s", "waiting for dawn: 5 s of at most 60 s"]


def test_it_answers_what_it_saw_last_when_the_time_is_over() -> None:
    clock = Clock()

    assert clock.waiting().until("never", lambda: "dark", lambda _: False, limit=timedelta(seconds=20)) == "dark"
    assert clock.now == 20


def test_it_looks_at_least_once() -> None:
    assert Clock().waiting().until("now", lambda: "light", bool, limit=timedelta(0)) == "light"
