"""How a time reads."""

import pytest

from journey_watch.messages.content import clock_of, readable_time


@pytest.mark.parametrize(
    ("iso", "time_zone", "read"),
    [
        ("2026-11-23T08:00:00.000Z", "UTC", "2026-11-23 08:00:00 UTC"),
        ("2026-11-23T08:00:00.000Z", "Europe/Berlin", "2026-11-23 09:00:00 +01:00 (08:00:00 UTC)"),
        ("2026-07-23T08:00:00.000Z", "Europe/Berlin", "2026-07-23 10:00:00 +02:00 (08:00:00 UTC)"),
        ("2026-11-23T23:30:00.000Z", "Asia/Kolkata", "2026-11-24 05:00:00 +05:30 (2026-11-23 23:30:00 UTC)"),
        ("2026-11-23T03:00:00.000Z", "America/New_York", "2026-11-22 22:00:00 -05:00 (2026-11-23 03:00:00 UTC)"),
        ("2026-11-23T08:00:00.000Z", "Mars/Olympus", "2026-11-23 08:00:00 +00:00 (08:00:00 UTC)"),
    ],
)
def test_a_time_is_read_by_the_deployments_clock_with_utc_beside_it(iso: str, time_zone: str, read: str) -> None:
    assert readable_time(iso, time_zone) == read


def test_an_alert_of_a_deployment_without_a_time_zone_is_read_in_utc() -> None:
    assert clock_of({})("2026-11-23T08:00:00.000Z") == "2026-11-23 08:00:00 UTC"
