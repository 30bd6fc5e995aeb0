"""Waiting for what happens in another process, without guessing how long it takes."""

import functools
import os
import time
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE_VARIABLE: Final = "LOCAL_CLOUD_PATIENCE"
"""Of the environment: every time-out is so many times as long, whatever the machine's speed seems to be."""

_WORK: Final = 1_000_000
_USUAL_SECONDS: Final = 0.05
"""What the work takes on a machine for which the time-outs are meant, when nobody else uses it."""


@functools.cache
def patience() -> float:
    """How many times longer than usual to wait before giving up: 1 or more, measured once a process."""
    if given := os.environ.get(PATIENCE_VARIABLE):
        return max(1.0, float(given))
    start = time.perf_counter()
    total = 0
    for number in range(_WORK):
        total += number
    return max(1.0, (time.perf_counter() - start) / _USUAL_SECONDS)


def eventually(look: Callable[[], T], *, timeout: float = 90.0, pause: float = 0.05) -> T:
    """What `look` answers as soon as that is truthy. Between two looks it pauses for so many seconds.

    TimeoutError with its last answer after `timeout` seconds, or as many more as this machine is slower than usual.
    """
    seconds = timeout * patience()
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {seconds:.0f} s. Last seen: {answer!r}")
        time.sleep(pause)
    return answer
