"""Lets time run faster for schedules, so that a demo of "every minute" does not take minutes."""

# ruff: noqa: SLF001 - private names of MiniStack are what this file is about; private_names.py guards them
import json
from pathlib import Path
from threading import Thread
from typing import Final

from local_cloud.inside_ministack.private_names import service

WATCH_CONFIG: Final = "watch_config.json"
"""Where the poller's code has its configuration: contract.WATCH_CONFIG_FILE, which MiniStack's Python does not have."""
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
    _start_none_that_still_runs()


def tell_interval(code: Path, *, speed: float) -> None:
    """Let unpacked code know in which interval it is invoked here: else it would wait for minutes of its own."""
    file = code / WATCH_CONFIG
    if file.exists():
        config = json.loads(file.read_text(encoding="utf-8"))
        config["every_seconds"] = max(1, round(config["every_seconds"] / speed))
        file.write_text(json.dumps(config), encoding="utf-8")


def _start_none_that_still_runs() -> None:
    """Skip an invocation while the last one of the same function with the same event is under way.

    On AWS a poll's time-out is shorter than the pause between two; here the pause alone becomes shorter, and a slow
    machine would start ever more polls of a lane at once.
    """
    eventbridge, functions = service("eventbridge"), service("lambda_svc")
    dispatch = eventbridge._dispatch_to_lambda
    under_way: set[tuple[str, str]] = set()

    def dispatch_if_idle(arn: str, payload: str) -> None:
        function, config, _ = functions._get_func_record_for_ref(arn)
        if not function or not config:
            dispatch(arn, payload)  # which says that there is none
            return
        invocation = (arn, payload)
        if invocation in under_way:
            return
        execution = functions._execution_record_for_config(function, config)

        def execute() -> None:
            try:
                functions._execute_function_with_config_scope(execution, json.loads(payload))
            finally:
                under_way.discard(invocation)

        under_way.add(invocation)
        Thread(target=execute, daemon=True).start()

    eventbridge._dispatch_to_lambda = dispatch_if_idle
