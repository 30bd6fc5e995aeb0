"""What came of a trouble, and how the fault table says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

A_MINUTE: Final = 1
"""Whatever is told no later is told as soon as it can be: polls are a minute apart."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What people saw of a trouble, and what became of a change that happened within it. Times in minutes."""

    told_after: Mapping[str, int | None]
    """From the change to the first copy, by channel; None: never."""
    copies: Mapping[str, int]
    """How often the change was told, by channel."""
    different: int
    """How many different alerts a channel got, at most: one is as it should be."""
    rang: Sequence[str]
    """The kinds of the alarms that went off, in the order of the alphabet."""
    operators_told: Sequence[str]
    """What the alerts to operators were, in the order in which they came: `UNREACHABLE opened`."""
    lasted: int
    """From the change to the end of the trouble."""
    last_alarm_off_after: int
    """From the end of the trouble until no alarm was on."""
    owed: float
    """For how many seconds something had to be sent in the end; 0 if nothing had."""

    def broken_promises(self, *, may_repeat: bool) -> list[str]:
        """What must never be, whatever is wrong, in words."""
        return [
            *(f"{channel} was told nothing" for channel, count in self.copies.items() if not count),
            *(["something was told that did not happen"] if self.different > 1 else []),
            *(["an alert came again"] if max(self.copies.values()) > 1 and not may_repeat else []),
            *(["something is still to be sent"] if self.owed else []),
        ]

    @property
    def cells(self) -> tuple[str, str, str]:
        """What people see, what becomes of the change, and when all is well again."""
        return self.seen, self.told, self.heals

    @property
    def seen(self) -> str:
        """What whoever watches the monitor sees."""
        alarms = ", ".join(f"[{kind}](runbook.md#{kind})" for kind in self.rang)
        alert = "UNREACHABLE" if "UNREACHABLE opened" in self.operators_told else ""
        return "; ".join(filter(None, (alarms, alert))) or "nothing"

    @property
    def told(self) -> str:
        """When the change was told, and how often."""
        when: dict[str, list[str]] = {}
        for channel, after in sorted(self.told_after.items()):
            when.setdefault(self._when(after), []).append(channel)
        if len(when) == 1:
            text = next(iter(when))
        else:
            text = "; ".join(f"{_names(channels, self.told_after)} {said}" for said, channels in sorted(when.items()))
        again = sorted(channel for channel, count in self.copies.items() if count > 1)
        most = max(self.copies.values(), default=0)
        return f"{text}, up to {most} times with one id by {_names(again, self.told_after)}" if again else text

    @property
    def heals(self) -> str:
        """When all is as it was, after the end of the trouble."""
        if not self.rang:
            return "at once"
        return f"the last alarm is off {self.last_alarm_off_after} min later"

    def _when(self, after: int | None) -> str:
        if after is None:
            return "never"
        if after <= A_MINUTE:
            return "at once"
        if after <= self.lasted:
            return f"{after} min later"
        late = after - self.lasted
        return "within a minute of its end" if late <= A_MINUTE else f"{late} min after its end"


def _names(channels: Sequence[str], of_all: Mapping[str, object]) -> str:
    if len(channels) == len(of_all):
        return "all"
    rest = sorted(set(of_all) - set(channels))
    return ", ".join(channels) if len(channels) <= len(rest) else f"all but {', '.join(rest)}"
