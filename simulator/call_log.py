"""Counts of the calls that were answered."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from simulator.api import Call


class AnsweredCall(NamedTuple):
    """What is counted apart. `status` is the HTTP status as text, or ``dropped``."""

    operation: str
    status: str
    application: str
    journey: str
    account: str
    region: str


class CallLog:
    """Exact counts since the last reset, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[AnsweredCall] = Counter()

    def record(self, call: Call, status: str) -> None:
        """Counts one call."""
        answered = AnsweredCall(call.operation, status, call.application, call.journey, *call.caller)
        with self._lock:
            self._counts[answered] += 1

    def reset(self) -> None:
        """Forgets all calls."""
        with self._lock:
            self._counts.clear()

    def count(self, **wanted: str) -> int:
        """How many calls had these values, by the fields of AnsweredCall; all calls without any."""
        return sum(self._matching(wanted).values())

    def by_operation(self, **wanted: str) -> dict[str, dict[str, int]]:
        """The same calls by operation, then by status."""
        table: dict[str, dict[str, int]] = {}
        for call, count in self._matching(wanted).items():
            statuses = table.setdefault(call.operation, {})
            statuses[call.status] = statuses.get(call.status, 0) + count
        return table

    def _matching(self, wanted: Mapping[str, str]) -> dict[AnsweredCall, int]:
        unknown = set(wanted) - set(AnsweredCall._fields)
        if unknown:
            raise ValueError(f"calls are not counted by {min(unknown)}; use {', '.join(AnsweredCall._fields)}")
        with self._lock:
            counts = dict(self._counts)
        return {
            call: count
            for call, count in counts.items()
            if all(getattr(call, key) == value for key, value in wanted.items())
        }
