"""Keeps the e-mail of all lanes together under what SNS allows a reader: 10 messages a second.

https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html

Lanes are polled by invocations that know nothing of each other, and their schedules may fire in the same second. So
time itself is shared out: it is cut into slots, which belong to the lanes in turn.
"""

import time
from collections import deque
from collections.abc import Callable
from typing import Final

MAILS_PER_SECOND: Final = 5
"""All lanes together send so many. SNS suspends a subscription that gets more than 10; the rest is for alarms."""

_INTO_THE_SLOT: Final = 0.25
"""Where in a slot a lane that had to wait begins, as a share of it: a wait that ends early still ends inside."""


class MailPace:
    """When a lane may send, and how much at once. Not thread-safe.

    A lone lane sends five messages in any second. Of several lanes each sends one message in a slot of a fifth of a
    second, and every slot belongs to one of them: five in a second of the clock and six in any second, whatever their
    schedules and however much they have to send. With clocks that differ by 0.3 seconds it is ten at most.

    `position` is the lane's among the `lanes`, from 0. `clock` is the wall clock, in seconds: it is what invocations
    share.
    """

    def __init__(
        self,
        *,
        position: int,
        lanes: int,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._position = position
        self._lanes = lanes
        self._clock = clock
        self._sleep = sleep
        self._sent = deque([float("-inf")] * MAILS_PER_SECOND, maxlen=MAILS_PER_SECOND)
        """When the last messages left, the oldest first."""
        self._slot = -1
        """The last one that was used."""
        self.at_once = MAILS_PER_SECOND if lanes == 1 else 1
        """This many messages may be sent together."""

    def wait(self, messages: int) -> None:
        """Return when so many messages, at most `at_once`, may be sent, and count them as sent."""
        now = self._clock()
        turn = max(now, self._sent[messages - 1] + 1)
        if self._lanes > 1:
            turn = self._own_slot_from(turn)
        # A clock that was set back must not keep anyone waiting for ever.
        pause = min(turn - now, longest_wait(self._lanes))
        if pause > 0:
            self._sleep(pause)
        self._sent.extend([now + pause] * messages)

    def _own_slot_from(self, earliest: float) -> float:
        """The first moment from then on in a slot of this lane that is not used yet."""
        begun = int(earliest * MAILS_PER_SECOND)
        slot = max(begun, self._slot + 1)
        self._slot = slot + (self._position - slot) % self._lanes
        return earliest if self._slot == begun else (self._slot + _INTO_THE_SLOT) / MAILS_PER_SECOND


def longest_wait(lanes: int) -> float:
    """How long a message may have to wait for its turn among so many lanes, in seconds."""
    return max(1.0, (lanes + 1) / MAILS_PER_SECOND)
