"""What a simulation of many polls keeps in memory: the product must keep no more after a week than after a day."""

import gc
import resource
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Self

from journey_watch.polling.poll_context import PollContext

MAY_GROW: Final = 1.5
"""So many times as many objects may live in the end as after a tenth."""
PRODUCT: Final = "journey_watch."
CORE: Final = "journey_watch.core."


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept between two polls."""

    objects: int
    """Those of the product's classes without the core's, whose values the table keeps: that is its job."""
    peak_mb: float
    """The most memory that this process has had. It grows, for the oracle needs all that was ever told."""

    @classmethod
    def now(cls) -> Self:
        gc.collect()
        modules = [str(type(one).__module__) for one in gc.get_objects()]
        ours = sum(module.startswith(PRODUCT) and not module.startswith(CORE) for module in modules)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return cls(ours, peak / (2**20 if sys.platform == "darwin" else 2**10))

    def grown_since(self, early: Self) -> bool:
        """True if more is kept than may be."""
        return self.objects > MAY_GROW * early.objects


@dataclass
class Weighing:
    """A poll, which looks once at what is kept when it begins."""

    poll: Callable[[PollContext], object]
    at: int
    """The number of the poll that looks."""
    polls: int = 0
    kept: Kept = field(init=False)

    def __call__(self, context: PollContext) -> object:
        self.polls += 1
        if self.polls == self.at:
            self.kept = Kept.now()
        return self.poll(context)
