"""Lets time run faster for schedules, so that a demo of "every minute" does not take minutes."""

# ruff: noqa: SLF001 - private names of MiniStack are what this file is about; private_names.py guards them
from local_cloud.inside_ministack.private_names import service

TICK_SECONDS = 0.25
"""How often to look for due schedules. MiniStack's own 10 s would swallow any speed."""


def speed_up(speed: float) -> None:
    """Fire every schedule of a rate `speed` times as often. Other expressions keep their time."""
    eventbridge = service("eventbridge")
    seconds = eventbridge._parse_rate_seconds

    def fewer_seconds(expression: str) -> float | None:
        rate: float | None = seconds(expression)
        return None if rate is None else rate / speed

    eventbridge._parse_rate_seconds = fewer_seconds
    eventbridge._SCHEDULER_TICK_INTERVAL = TICK_SECONDS
    service("scheduler")._SCHEDULE_TICK_INTERVAL = TICK_SECONDS
