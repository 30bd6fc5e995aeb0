"""What happens in one trial: the provider's true history, and what goes wrong when. All of it follows from a seed."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, Self

from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyKey, Status

MINUTE: Final = 60.0
CALM: Final = 2.5 * MINUTE
"""Nothing goes wrong before: the first look is certain."""
TROUBLED: Final = 16 * MINUTE
"""Nothing happens and nothing goes wrong afterwards."""
SETTLED: Final = 38.9 * MINUTE
"""The trial ends here: whatever was wrong has been put right, or never will be."""

EPOCH: Final = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
PEOPLE: Final = ("mail", "queue")
"""The channels that are told everything but blindness."""
CHANNELS: Final = (*PEOPLE, "operators")
STALENESS: Final = 10 * MINUTE
"""So old a reading may be."""
SHARE_WITH_TIMES: Final = 0.7
SHARE_CROWDED: Final = 0.4
"""In so many trials invocations overlap for long."""

MINUTES: Final = (*range(21), *range(33, 39))
"""In between everything is over, and only the stale readings' quarter of an hour has to pass."""

OLD: Final = (JourneyKey("app-1", "a"), JourneyKey("app-1", "b"), JourneyKey("app-2", "c"))
NEW: Final = JourneyKey("app-1", "new")
"""Created in the middle of things."""

_NEXT: Final = {
    None: (Status.SCHEDULED, Status.RUNNING, Status.RUNNING, Status.CANCELLED),
    Status.SCHEDULED: (Status.RUNNING, Status.RUNNING, Status.CANCELLED, Status.COMPLETED),
    Status.RUNNING: (Status.PAUSED, Status.PAUSED, Status.PAUSED, Status.COMPLETED, Status.CANCELLED),
    Status.PAUSED: (Status.RUNNING, Status.RUNNING, Status.RUNNING, Status.COMPLETED, Status.CANCELLED),
}
"""What a run may do next; what stands there more than once is likelier."""

KINDS: Final = (
    "killed before",
    "killed after",
    "started late",
    "started twice",
    "provider slow",
    "provider refuses",
    "provider throttles",
    "provider not listed",
    "readings stale",
    "readings cut",
    "pages shifted",
    "table slow",
    "table refuses",
    "table stale",
    "answers of the table lost",
    "sent again by the SDK",
    "channel slow",
    "channel refuses",
    "channel refuses some",
    "answers of a channel lost",
    "muted",
    "unwatched",
    "deleted",
)
"""What may go wrong, or be done by somebody."""


@dataclass(frozen=True, slots=True)
class Step:
    """A run takes a status."""

    at: float
    journey: JourneyKey
    run_id: str
    status: Status

    def __str__(self) -> str:
        return f"{_clock(self.at)}  {self.journey} {self.run_id} is {self.status}"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something goes wrong for a while."""

    kind: str
    at: float
    until: float
    rate: float
    """How often it hits a call, from 0 to 1; of what happens once, which call it hits."""
    target: int
    """Which journey or channel it is about, where it is about one."""

    def is_on(self, now: float) -> bool:
        return self.at <= now < self.until

    def __str__(self) -> str:
        return f"{_clock(self.at)}  until {_clock(self.until)}: {self.kind} ({self.rate:.0%}, {self.target})"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One trial. The same scenario always takes the same course."""

    seed: int
    timed: bool
    """False: the provider tells no times, as Connect does."""
    digest_over: int
    max_digest_bytes: int
    max_alerts: int
    """The most that one commit may tell: small ones make many commits."""
    at_once: int
    """How many alerts a channel is handed together."""
    skews: tuple[float, ...]
    """By how much the clocks of invocations are wrong, in turn, in seconds."""
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]
    minutes: tuple[int, ...] = MINUTES
    """In these the schedule fires."""
    ends: float = SETTLED

    @classmethod
    def of(cls, seed: int) -> Self:
        """The scenario of a seed."""
        random = Random(seed)  # noqa: S311 - it keeps no secret
        timed = random.random() < SHARE_WITH_TIMES
        kinds = random.sample(KINDS, random.randint(1, 6))
        if random.random() < SHARE_CROWDED:
            # Several invocations at once, for long: that is where order and leases matter.
            kinds += ["started twice", "started late", random.choice(("provider slow", "table slow", "channel slow"))]
        return cls(
            seed=seed,
            timed=timed,
            digest_over=random.choice((1, 3, 10)),
            max_digest_bytes=random.choice((900, 2_500, 100_000)),
            max_alerts=random.choice((1, 2, 40)),
            at_once=random.choice((1, 2, 4)),
            skews=tuple(random.uniform(-2.0, 2.0) for _ in range(5)),
            steps=tuple(_steps(random)),
            faults=tuple(_fault(kind, random) for kind in kinds),
        )

    @property
    def mutes(self) -> list[Mute]:
        """Those that operators set."""
        return [
            Mute(
                id=f"mute-{number}",
                since=wall_clock(fault.at),
                until=wall_clock(fault.until),
                journeys=(OLD[fault.target].journey_id,),
            )
            for number, fault in enumerate(self.faults)
            if fault.kind == "muted"
        ]

    @classmethod
    def long(cls, seed: int, polls: int) -> Self:
        """A poll every five minutes, for days: runs come and go, and every hour something else goes wrong."""
        random = Random(seed)  # noqa: S311 - it keeps no secret
        ends, calm_from = polls * 5 * MINUTE, (polls * 5 - 90) * MINUTE
        kinds = [kind for kind in KINDS if kind not in {"unwatched", "deleted"}]
        hours = range(1, max(2, int(calm_from // 3_600)))
        steps: list[Step] = []
        for number in range(int(calm_from // 1_200)):
            at, status = number * 1_200 + CALM + random.uniform(0.0, 600.0), None
            journey = random.choice(OLD)
            while at < calm_from and (status is None or not status.is_terminal):
                status = random.choice(_NEXT[status])
                steps.append(Step(at, journey, f"run-{number}", status))
                at += random.uniform(30.0, 4_000.0)
        return replace(
            cls.of(seed),
            timed=True,  # what has no times is remembered for ever
            steps=tuple(sorted(steps, key=lambda step: step.at)),
            faults=tuple(
                Fault(
                    random.choice(kinds),
                    hour * 3_600 + random.uniform(0.0, 1_800.0),
                    min(hour * 3_600 + 3_600, calm_from),
                    random.choice((0.2, 0.5, 1.0)),
                    random.randrange(3),
                )
                for hour in hours
            ),
            minutes=tuple(range(0, polls * 5, 5)),
            ends=ends,
        )

    @property
    def parts(self) -> list["Step | Fault"]:
        """All that happens."""
        return [*self.faults, *self.steps]

    def without(self, part: Step | Fault) -> "Scenario":
        """The same without one thing that happens."""
        return replace(
            self,
            steps=tuple(step for step in self.steps if step is not part),
            faults=tuple(fault for fault in self.faults if fault is not part),
        )


def wall_clock(seconds: float) -> datetime:
    """The time of day at a moment of the trial."""
    return EPOCH + timedelta(seconds=seconds)


def _steps(random: Random) -> list[Step]:
    """Runs that exist at the first look, and what becomes of them and of others."""
    status: dict[tuple[JourneyKey, str], Status] = {}
    latest: dict[tuple[JourneyKey, str], float] = {}
    steps: list[Step] = []

    def take(at: float, journey: JourneyKey, run_id: str) -> None:
        at = max(at, latest.get((journey, run_id), at) + 1.0)
        choices = _NEXT.get(status.get((journey, run_id)))
        if choices:
            status[journey, run_id] = random.choice(choices)
            latest[journey, run_id] = at
            steps.append(Step(at, journey, run_id, status[journey, run_id]))

    journeys = random.sample((*OLD, NEW), random.randint(1, 4))
    run_ids = ("r1", "r2", "r3", "r4")[: random.randint(1, 4)]
    for journey in OLD:
        for run_id in random.sample(run_ids, random.randint(0, len(run_ids))):
            take(random.uniform(-3_600, -MINUTE), journey, run_id)
    for _ in range(random.randint(2, 9)):
        journey, begins = random.choice(journeys), random.uniform(CALM, TROUBLED - MINUTE)
        for _ in range(random.randint(1, 5)):
            take(begins + random.uniform(0.0, MINUTE), journey, random.choice(run_ids))
    return sorted(steps, key=lambda step: step.at)


def _fault(kind: str, random: Random) -> Fault:
    at = random.uniform(CALM, TROUBLED - MINUTE)
    length = random.choice((MINUTE, 3 * MINUTE, 8 * MINUTE))
    rate = random.choice((0.2, 0.5, 1.0)) if not kind.startswith("killed") else random.random()
    return Fault(kind, at, min(at + length, TROUBLED), rate, random.randrange(3))


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes):3d}:{rest:05.2f}"
