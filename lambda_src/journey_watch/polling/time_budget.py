"""What one invocation knows about time."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

DELIVERY_RESERVE_SECONDS = 14.0
"""Nothing is read any more with less than this and a turn left, so that what was committed can still be sent."""
LAST_SEND_SECONDS = 7.0
"""Nothing is sent any more with less than this and a turn left: answers and acknowledgements take time."""


@dataclass(frozen=True, slots=True)
class TimeBudget:
    """The time that an invocation has, and what there is still time for."""

    now: Callable[[], datetime]
    """The wall clock, in UTC."""
    deadline: datetime
    """When the runtime ends the invocation. Until then, what it commits or claims is its own to send: the lease."""
    turn_seconds: float = 1.0
    """How long a message may have to wait until it is the lane's turn to send."""

    @property
    def remaining_seconds(self) -> float:
        """How long the invocation may still run."""
        return (self.deadline - self.now()).total_seconds()

    @property
    def may_read(self) -> bool:
        """True if what would be read now can still be committed and sent."""
        return self.remaining_seconds > DELIVERY_RESERVE_SECONDS + self.turn_seconds

    @property
    def may_send(self) -> bool:
        """True if something can still be sent and acknowledged."""
        return self.sending_seconds > 0

    @property
    def sending_seconds(self) -> float:
        """How long something may still be sent."""
        return self.remaining_seconds - LAST_SEND_SECONDS - self.turn_seconds
