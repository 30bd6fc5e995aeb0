"""Waiting for what happens in another process, without guessing how long it takes."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, timeout: float = 20.0) -> T:
    """What `look` answers as soon as that is truthy. TimeoutError with its last answer after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Not within {timeout:g} s. Last seen: {answer!r}")
        time.sleep(0.05)
    return answer
