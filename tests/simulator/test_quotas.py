"""The token bucket grants a burst at once, then its rate, and never saves more than a burst."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.quotas import Quota, Quotas, TokenBucket
from simulator.world import Site

GAPS = st.lists(st.floats(min_value=0, max_value=3), min_size=1, max_size=200)


@given(gaps=GAPS)
def test_no_window_grants_more_than_a_burst_and_the_rate(gaps: list[float]) -> None:
    bucket, now, granted = TokenBucket(Quota(5, 10), now=0.0), 0.0, []
    for gap in gaps:
        now += gap
        if bucket.take(now):
            granted.append(now)
    for start, first in enumerate(granted):
        for end, last in enumerate(granted[start:], start=1):
            assert end <= 10 + 5 * (last - first) + 1e-6


@given(steps=st.integers(min_value=1, max_value=300))
def test_a_caller_at_exactly_the_rate_is_never_throttled(steps: int) -> None:
    bucket = TokenBucket(Quota(300, 1), now=0.0)
    assert all(bucket.take(step / 300) for step in range(steps))


def test_an_operation_without_a_quota_is_never_throttled() -> None:
    quotas = Quotas({"GetApps": Quota(0, 1)})
    site = Site("111122223333", "eu-west-1")
    assert all(quotas.take("GetApp", site, now=0.0) for _ in range(1000))
    assert [quotas.take("GetApps", site, now=0.0) for _ in range(2)] == [True, False]
