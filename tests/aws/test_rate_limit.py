"""The rate limit: what it lets through, and that nothing goes past it."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from botocore.exceptions import ConnectionClosedError
from hypothesis import given
from hypothesis import strategies as st

import simulator
from journey_watch.aws.clients import SOURCE_ATTEMPTS, SOURCE_CONFIG
from journey_watch.aws.rate_limit import LOWEST_SHARE, RECOVERY, SHARE, Quota, RateLimit
from journey_watch.providers.pinpoint.client import PINPOINT_READS
from tests.aws.doubles import Clock, ScriptedAnswers, do_not_wait_between_retries, session

TEN_A_SECOND = Quota(per_second=10 / SHARE, burst=5 / SHARE)
"""Gives a limit of 10 a second, 5 at once."""


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limit(clock: Clock) -> RateLimit:
    return RateLimit(TEN_A_SECOND, clock=clock, sleep=clock.sleep)


def test_it_stays_below_the_quota_aws_documents() -> None:
    assert (PINPOINT_READS.per_second, PINPOINT_READS.burst) == (300, 300)
    assert RateLimit(PINPOINT_READS).rate == pytest.approx(270)


def test_a_burst_passes_at_once_and_the_rest_at_the_rate(limit: RateLimit, clock: Clock) -> None:
    for _ in range(5):
        limit.acquire()
    assert clock.slept == []
    for _ in range(20):
        limit.acquire()
    assert sum(clock.slept) == pytest.approx(2.0)


def test_threads_that_ask_together_wait_one_after_another(clock: Clock) -> None:
    waits: list[float] = []
    limit = RateLimit(TEN_A_SECOND, clock=clock, sleep=waits.append)  # nobody's sleep moves the others' clock
    for _ in range(8):
        limit.acquire()
    assert waits == pytest.approx([0.1, 0.2, 0.3])


def test_a_long_rest_saves_no_more_than_a_burst(limit: RateLimit, clock: Clock) -> None:
    clock.at += 3600
    for _ in range(6):
        limit.acquire()
    assert len(clock.slept) == 1


@given(st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=60))
def test_no_window_holds_more_than_the_burst_and_the_rate_allow(pauses: list[float]) -> None:
    clock = Clock()
    limit = RateLimit(TEN_A_SECOND, clock=clock, sleep=clock.sleep)
    granted: list[float] = []
    for pause in pauses:
        clock.at += pause
        limit.acquire()
        granted.append(clock.at)
    for first, start in enumerate(granted):
        for last in range(first, len(granted)):
            assert last - first + 1 <= 5 + 10 * (granted[last] - start) + 1e-6


def test_a_throttle_halves_the_rate_and_empties_the_burst(limit: RateLimit, clock: Clock) -> None:
    limit.throttled()
    assert limit.rate == pytest.approx(5)
    limit.acquire()
    assert clock.slept == pytest.approx([0.2])


def test_throttles_of_one_moment_halve_the_rate_once_and_are_all_counted(limit: RateLimit) -> None:
    for _ in range(8):
        limit.throttled()
    assert limit.rate == pytest.approx(5)
    assert limit.throttles == 8


def test_the_rate_rises_again_slowly_and_never_above_what_it_was(limit: RateLimit, clock: Clock) -> None:
    limit.throttled()
    clock.at += 10
    assert limit.rate == pytest.approx(5 + 10 * RECOVERY * 10)
    clock.at += 3600
    assert limit.rate == pytest.approx(10)


def test_however_often_aws_throttles_calls_go_on(limit: RateLimit, clock: Clock) -> None:
    for _ in range(50):
        clock.at += 1
        limit.throttled()
    assert limit.rate == pytest.approx(10 * LOWEST_SHARE, rel=0.25)


class TestAttachedToAClient:
    """Every HTTP attempt counts, those of botocore's own retries included."""

    @pytest.fixture
    def limit(self, clock: Clock) -> RateLimit:
        """One that makes every call wait, so that the waits count the calls."""
        return RateLimit(Quota(per_second=10, burst=1), clock=clock, sleep=clock.sleep)

    @pytest.fixture(autouse=True)
    def _quick(self, monkeypatch: pytest.MonkeyPatch) -> None:
        do_not_wait_between_retries(monkeypatch)

    @pytest.fixture
    def aws(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[simulator.Simulation]:
        with simulator.running() as running:
            monkeypatch.setenv("AWS_ENDPOINT_URL", running.url)
            yield running.control

    def test_every_attempt_waits_and_every_throttle_is_counted(
        self, limit: RateLimit, clock: Clock, aws: simulator.Simulation
    ) -> None:
        client = session().client("pinpoint", config=SOURCE_CONFIG)
        limit.attach(client)
        aws.switch_on({"kind": "throttle", "operation": "GetApps", "count": 3})
        client.get_apps()
        assert aws.calls.count(operation="GetApps", status="429") == 3
        assert aws.calls.count() == len(clock.slept) == 4
        assert limit.throttles == 3

    def test_a_call_that_is_throttled_to_the_end_is_counted_to_the_end(
        self, limit: RateLimit, aws: simulator.Simulation
    ) -> None:
        client = session().client("pinpoint", config=SOURCE_CONFIG)
        limit.attach(client)
        aws.switch_on({"kind": "throttle"})
        with pytest.raises(client.exceptions.TooManyRequestsException):
            client.get_apps()
        assert limit.throttles == SOURCE_ATTEMPTS

    @pytest.mark.parametrize(
        ("answer", "throttles"),
        [
            ((200, b"{}"), 0),
            ((500, b'{"message": "no"}'), 0),
            ((400, b'{"__type": "ThrottlingException"}'), SOURCE_ATTEMPTS),
            ((429, b"<html>slow down</html>"), SOURCE_ATTEMPTS),
            (ConnectionClosedError(endpoint_url="https://pinpoint"), 0),
        ],
    )
    def test_only_answers_that_ask_for_fewer_calls_count(
        self, limit: RateLimit, answer: ScriptedAnswers.Answer, throttles: int
    ) -> None:
        client = session().client("pinpoint", config=SOURCE_CONFIG)
        limit.attach(client)
        ScriptedAnswers(answer).attach(client)
        with suppress(Exception):  # what becomes of the call is not the question
            client.get_apps()
        assert limit.throttles == throttles
