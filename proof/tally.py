"""What came of many trials, and how long a broken rule goes unnoticed: the work of one process."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from proof.breakages import BREAKAGES
from proof.dynamodb import in_dynamodb
from proof.oracle import KINDS
from proof.scenario import Scenario
from proof.trial import Trial, play


@dataclass
class Tally:
    """What came of some trials."""

    trials: int = 0
    polls: int = 0
    received: int = 0
    repeats: int = 0
    """Alerts that came again after a crash or a lost answer, as they may."""
    violations: Counter[str] = field(default_factory=Counter)
    """How many trials had each kind."""
    failed: list[int] = field(default_factory=list)
    """Their numbers."""

    def add(self, trial: Trial) -> None:
        world = trial.world
        self.trials += 1
        self.polls += world.invocations
        for received in world.received.values():
            self.received += len(received)
            self.repeats += len(received) - len({(one.recipient, one.id) for one in received})
        self.violations.update({violation.kind for violation in trial.violations})
        if trial.violations:
            self.failed.append(trial.scenario.seed)

    def merge(self, other: "Tally") -> None:
        self.trials += other.trials
        self.polls += other.polls
        self.received += other.received
        self.repeats += other.repeats
        self.violations += other.violations
        self.failed += other.failed

    def to_json(self) -> dict[str, Any]:
        return {
            "trials": self.trials,
            "polls": self.polls,
            "alerts_received": self.received,
            "repeated_as_they_may": self.repeats,
            **{kind.replace(" ", "_"): self.violations[kind] for kind in KINDS},
            "failed": sorted(self.failed),
        }


def played(seeds: Sequence[int], *, dynamodb: bool) -> Tally:
    tally = Tally()
    if dynamodb:
        with in_dynamodb() as make_table:
            for seed in seeds:
                tally.add(play(Scenario.of(seed), make_table))
    else:
        for seed in seeds:
            tally.add(play(Scenario.of(seed)))
    return tally


def until_noticed(number: int, limit: int) -> tuple[int, int | None, str]:
    """How many trials it took to notice a breakage, if it was noticed, and by what."""
    breakage = BREAKAGES[number]
    with breakage.apply():
        for seed in range(limit):
            trial = play(Scenario.of(seed), poll=breakage.poll)
            if trial.violations:
                return number, seed + 1, trial.violations[0].kind
    return number, None, ""
