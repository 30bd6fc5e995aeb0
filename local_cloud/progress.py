"""What a local cloud is doing, told while it does it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """A step begins or has succeeded. A step that fails raises instead."""

    step: str
    """"ministack", "simulator", "synth", "bootstrap" or "deploy"; also the name of the step's log."""
    seconds: float | None = None
    """None when the step begins, else how long it took."""


Report = Callable[[Progress], object]
"""Called in the thread that runs the steps."""


@contextmanager
def reported(step: str, report: Report) -> Iterator[None]:
    """Report the beginning of a step and, unless it raises, its end."""
    report(Progress(step))
    start = time.monotonic()
    yield
    report(Progress(step, time.monotonic() - start))
