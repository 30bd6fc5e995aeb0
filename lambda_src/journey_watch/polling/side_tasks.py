"""What accompanies a poll and never ends it: whatever fails of it is logged and counted, and the poll goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType

from aws_lambda_powertools import Logger

from journey_watch.core.errors import JourneyWatchError

logger = Logger(child=True)


class SideTasks:
    """Those of one poll. Only loading the state, and losing every commit, may end a poll."""

    def __init__(self) -> None:
        self.failed = 0
        """How many did not work."""

    def attempt(self, failure: str, **facts: object) -> "_Attempt":
        """A context manager that goes on behind its block if that raises; the log has `failure`, the facts and why."""
        return _Attempt(self, failure, facts)


@dataclass(frozen=True, slots=True)
class _Attempt:
    tasks: SideTasks
    failure: str
    facts: Mapping[str, object]

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            return False
        self.tasks.failed += 1
        if isinstance(error, JourneyWatchError):
            logger.warning(self.failure, extra={**self.facts, "reason": str(error)})
        else:
            logger.error(self.failure, extra=self.facts, exc_info=error)
        return True
