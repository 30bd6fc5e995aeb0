"""The faults that are switched on, and which of them hit a call."""

import random
from collections.abc import Iterable
from dataclasses import dataclass

from simulator.api import Call
from simulator.faults import Fault


@dataclass
class _Armed:
    fault: Fault
    chance: random.Random
    matched: int = 0
    hits: int = 0

    def hits_call(self, call: Call) -> bool:
        fault = self.fault
        if not _matches(fault, call) or (fault.count is not None and self.hits >= fault.count):
            return False
        self.matched += 1
        # Drawn also when the call is left alone, so that `after` does not change what later calls get.
        drawn = self.chance.random() < fault.rate
        if self.matched <= fault.after or not drawn:
            return False
        self.hits += 1
        return True


class ActiveFaults:
    """Every fault draws from its own generator, seeded with the scenario's seed and the fault's name."""

    def __init__(self, seed: int, faults: Iterable[Fault] = ()) -> None:
        self._seed = seed
        self._armed: list[_Armed] = []
        for fault in faults:
            self.switch_on(fault)

    def switch_on(self, fault: Fault) -> None:
        """From now on `fault` hits calls; one of the same name goes on as well."""
        seed = f"{self._seed}/{fault.kind}/{fault.name}"
        self._armed.append(_Armed(fault, random.Random(seed)))  # noqa: S311 - reproducible, not secret

    def switch_off(self, name: str) -> int:
        """Ends the faults of this name, or all for ``"*"``; how many that were."""
        kept = [armed for armed in self._armed if name not in ("*", armed.fault.name)]
        ended = len(self._armed) - len(kept)
        self._armed = kept
        return ended

    def hitting(self, call: Call) -> list[Fault]:
        """The faults that hit this call, in the order they were switched on; each counts it."""
        return [armed.fault for armed in self._armed if armed.hits_call(call)]

    def counts(self) -> list[tuple[Fault, int]]:
        """Each fault that is on, and how many calls it hit."""
        return [(armed.fault, armed.hits) for armed in self._armed]


def _matches(fault: Fault, call: Call) -> bool:
    targets = (
        (fault.operation, call.operation),
        (fault.application, call.application),
        (fault.journey, call.journey),
        (fault.account, call.caller.account),
        (fault.region, call.caller.region),
    )
    return all(wanted in ("*", found) for wanted, found in targets)
