"""What happens in one trial: the provider's true history, and what goes wrong when. All of it follows from a seed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final, Self

from journey_watch.core.mutes import Mute
from journey_watch.core.routing import Route
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.core.severity import Severity
from proof.deployment import STUCK_AFTER, TEAM, Deployment

MINUTE: Final = 60.0
CALM: Final = 2.5 * MINUTE
"""Nothing goes wrong before: the first look is certain."""
TROUBLED: Final = 16 * MINUTE
"""Nothing happens and nothing goes wrong afterwards."""
SETTLED: Final = 38.9 * MINUTE
"""The trial ends here: whatever was wrong has been put right, or never will be."""

EPOCH: Final = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
HOUR: Final = 60 * MINUTE
CALLED_BEFORE: Final = 5.0
"""So many seconds before a change its call is made, at most."""
MISLEADING_AFTER: Final = 40.0
"""So many seconds after a change, at least, somebody makes the same call again."""
STALENESS: Final = 10 * MINUTE
"""So old a reading may be."""
SHARE_WITH_TIMES: Final = 0.7
SHARE_CROWDED: Final = 0.4
"""In so many trials invocations overlap for long."""
SHARE_QUICK: Final = 0.15
"""In so many trials a second schedule polls in between, before a lease can have ended."""
SHARE_LEARNING: Final = 0.2
"""In so many trials the journey `a` has runs that complete, from which it is learned how long they take."""
SHARE_DORMANT: Final = 0.1
"""In so many trials all journeys but one are dormant, and that one cannot be read."""
SHARE_SCENES: Final = 0.25
"""In so many trials something rare is brought about, beside everything else."""

MINUTES: Final = (*range(21), *range(33, 39))
"""In between everything is over, and only the stale readings' quarter of an hour has to pass."""
PAUSE: Final = 21 * MINUTE
"""In between begins here: by then whatever was wrong has been put right."""

OLD: Final = (JourneyKey("app-1", "a"), JourneyKey("app-1", "b"), JourneyKey("app-2", "c"))
NEW: Final = JourneyKey("app-1", "new")
"""Created in the middle of things."""
ITSELF: Final = ""
"""The run id of steps of a journey itself."""

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
    "polled by hand",
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
    "journey unreadable",
    "calls not shown",
    "calls slow",
    "muted",
    "unmuted early",
    "acknowledged",
    "redeployed",
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
        return f"{_clock(self.at)}  {self.journey} {self.run_id or 'itself'} is {self.status}"


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody calls the provider to change a journey, as CloudTrail records it."""

    id: str
    at: float
    recorded_at: float
    name: str
    journey: JourneyKey
    asks_for: str = ""
    """The status, in the provider's word."""
    refused: bool = False


_ASKS_FOR: Final = {Status.RUNNING: "ACTIVE", Status.PAUSED: "PAUSED", Status.CANCELLED: "CANCELLED"}


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
    deployment: Deployment
    """The first one; a redeploy is a fault."""
    max_digest_bytes: int
    max_alerts: int
    """The most that one commit may tell: small ones make many commits."""
    history_pages: int
    """How many pages of the history one poll may read."""
    at_once: int
    """How many alerts a channel is handed together."""
    skews: tuple[float, ...]
    """By how much the clocks of invocations are wrong, in turn, in seconds."""
    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]
    dormant: frozenset[JourneyKey] = frozenset()
    """Journeys that ended long ago."""
    minutes: tuple[float, ...] = MINUTES
    """When the schedule fires."""
    ends: float = SETTLED

    @classmethod
    def of(cls, seed: int) -> Self:
        """The scenario of a seed."""
        random = Random(seed)  # noqa: S311 - it keeps no secret
        timed = random.random() < SHARE_WITH_TIMES
        kinds = random.sample(KINDS, random.randint(1, 8))
        if random.random() < SHARE_CROWDED:
            # Several invocations at once, for long: that is where order and leases matter.
            kinds += ["started twice", "started late", random.choice(("provider slow", "table slow", "channel slow"))]
        scenario = cls(
            seed=seed,
            timed=timed,
            deployment=Deployment.random(random),
            max_digest_bytes=random.choice((900, 2_500, 100_000)),
            max_alerts=random.choice((1, 2, 40)),
            history_pages=random.choice((1, 2, 20)),
            at_once=random.choice((1, 2, 4)),
            skews=tuple(random.uniform(-2.0, 2.0) for _ in range(5)),
            steps=tuple(_steps(random)),
            faults=tuple(fault for kind in kinds for fault in _in_company(_fault(kind, random), random)),
        )
        if random.random() < SHARE_QUICK:
            scenario = replace(scenario, minutes=tuple(at + half for at in MINUTES for half in (0.0, 0.5)))
        if random.random() < SHARE_DORMANT:
            return scenario.with_dormant_journeys(random)
        if random.random() < SHARE_SCENES:
            scenes = (cls.with_rivals, cls.with_late_notes, cls.with_two_owners, cls.with_care, cls.with_renamed_chat)
            return random.choice(scenes)(scenario, random)
        return scenario.with_brief_runs(random) if timed and random.random() < SHARE_LEARNING else scenario

    def with_dormant_journeys(self, random: Random) -> Self:
        """The same with one journey that is awake, and cannot be read for long or is deleted."""
        awake = OLD[2]
        by_id = random.random() < SHARE_WITH_TIMES
        kind = "deleted" if by_id else "journey unreadable"
        return replace(
            self,
            deployment=replace(self.deployment, by_id=(awake.container_id, awake.journey_id) if by_id else None),
            steps=tuple(step for step in self.steps if step.journey == awake),
            faults=(*self.faults, Fault(kind, CALM, TROUBLED, 1.0, OLD.index(awake))),
            dormant=frozenset(OLD) - {awake},
        )

    def with_brief_runs(self, random: Random) -> Self:
        """The same with runs that complete one after the other, and one that does not."""
        journey, at = OLD[0], random.uniform(CALM, CALM + MINUTE)
        steps = list(self.steps)
        for number in range(random.randint(2, 4)):
            lasts = random.uniform(MINUTE, 3 * MINUTE)
            steps.append(Step(at, journey, f"brief-{number}", Status.RUNNING))
            steps.append(Step(at + lasts, journey, f"brief-{number}", Status.COMPLETED))
            at += random.uniform(0.0, 2 * MINUTE)
        steps.append(Step(at, journey, "long", Status.RUNNING))
        return replace(
            self,
            deployment=replace(self.deployment, learns=True),
            steps=tuple(sorted(steps, key=lambda step: step.at)),
        )

    def with_rivals(self, random: Random) -> Self:
        """The same with two polls at once that see different runs of one journey, and make many small commits."""
        at = random.randint(5, 12) * MINUTE
        return replace(
            self._with_runs(OLD[0], 4, at - random.uniform(1.0, 30.0)),
            max_alerts=1,
            faults=(
                *self.faults,
                Fault("polled by hand", at + random.uniform(0.0, 1.0), at + random.uniform(1.0, 3.0), 1.0, 0),
                Fault("provider slow", at - 1.0, at + 10.0, 0.5, 0),
                Fault("readings cut", at - 1.0, at + 20.0, 0.7, 0),
            ),
        )

    def with_late_notes(self, random: Random) -> Self:
        """The same with a mute that cannot be noted at first, while what it covers changes."""
        at = random.uniform(CALM + MINUTE, TROUBLED - 4 * MINUTE)
        return replace(
            self._with_runs(OLD[1], 1, at),
            faults=(
                *self.faults,
                Fault("muted", at - 5.0, at + 3 * MINUTE, 1.0, 1),
                Fault("lane not written", at - 5.0, at + 70.0, 1.0, 1),
            ),
        )

    def with_two_owners(self, random: Random) -> Self:
        """The same with a second schedule, and a channel that refuses what polls of both have to send."""
        at = random.uniform(CALM + MINUTE, TROUBLED - 2 * MINUTE)
        return replace(
            self._with_runs(OLD[0], 4, at),
            minutes=tuple(minute + half for minute in MINUTES for half in (0.0, 0.5)),
            faults=(*self.faults, Fault("channel refuses", at, at + 2 * MINUTE, 1.0, random.randrange(3))),
        )

    def with_care(self, random: Random) -> Self:
        """The same with a run that is stuck, acknowledged, and over before a channel takes the acknowledgement."""
        at = STUCK_AFTER + random.uniform(1.5, 4.0) * MINUTE
        return replace(
            self._with_runs(OLD[1], 1, at + 1.5 * MINUTE),
            deployment=replace(self.deployment, digest_over=1),
            faults=(
                *self.faults,
                Fault("acknowledged", at, at + MINUTE, 1.0, 1),
                Fault("channel refuses", at, at + 3 * MINUTE, 1.0, 2),
            ),
        )

    def with_renamed_chat(self, random: Random) -> Self:
        """The same with a chat that gets another name while it is owed something."""
        at = random.uniform(CALM + 2 * MINUTE, TROUBLED - 4 * MINUTE)
        return replace(
            self._with_runs(OLD[0], 2, at - 1.5 * MINUTE),
            deployment=replace(self.deployment, routes=(Route(to=(TEAM,)),), chat_from=Severity.INFO),
            faults=(
                *self.faults,
                Fault("renamed", at, at + 3 * MINUTE, 1.0, random.randrange(2)),
                Fault("channel refuses", at - 2 * MINUTE, at + 1.5 * MINUTE, 1.0, 2),
            ),
        )

    def _with_runs(self, journey: JourneyKey, count: int, paused_from: float) -> Self:
        """The same with runs that are RUNNING at the first look, and PAUSED one after the other within a minute."""
        steps = list(self.steps)
        for number in range(count):
            steps.append(Step(-MINUTE, journey, f"scene-{number}", Status.RUNNING))
            paused_at = paused_from + number * MINUTE / (2 * count)
            steps.append(Step(paused_at, journey, f"scene-{number}", Status.PAUSED))
        return replace(self, steps=tuple(sorted(steps, key=lambda step: step.at)))

    def deployment_at(self, at: float) -> Deployment:
        """The configuration in force."""
        return [deployment for since, deployment in self.deployments if since <= at][-1]

    @property
    def deployments(self) -> list[tuple[float, Deployment]]:
        """All configurations, and since when each is in force."""
        deployments = [(-HOUR, self.deployment)]
        for fault in self.faults:
            if fault.kind == "renamed":
                other = replace(self.deployment, chat_from=Severity.WARNING)
                deployments.append((fault.at, other))
                if fault.target:
                    deployments.append((fault.until, self.deployment))
            if fault.kind == "redeployed":
                random = Random(fault.at)  # noqa: S311 - it keeps no secret
                muted = Mute(
                    id="configured", until=wall_clock(TROUBLED), journeys=(OLD[fault.target].journey_id,), reason="work"
                )
                other = replace(
                    Deployment.random(random),
                    whole_lane=random.random() < SHARE_WITH_TIMES,
                    by_id=self.deployment.by_id,
                    learns=self.deployment.learns,
                    mute=random.choice((None, muted)),
                )
                deployments.append((fault.at, other))
                if fault.target:
                    deployments.append((fault.until, self.deployment))
        return sorted(deployments, key=lambda one: one[0])

    @property
    def mutes(self) -> list[tuple[float, float | None, Mute]]:
        """Those that operators set: when, when they take it back if they do, and the mute."""
        mutes: list[tuple[float, float | None, Mute]] = []
        for number, fault in enumerate(self.faults):
            if fault.kind in {"muted", "unmuted early"}:
                early = fault.kind == "unmuted early"
                mute = Mute(
                    id=f"mute-{number}",
                    since=wall_clock(fault.at),
                    until=wall_clock(TROUBLED if early else fault.until),
                    journeys=(OLD[fault.target].journey_id,),
                )
                mutes.append((fault.at, fault.until if early else None, mute))
        return mutes

    @property
    def calls(self) -> list[Call]:
        """What CloudTrail records: calls that made the changes, calls after them by others, and refused ones."""
        calls: list[Call] = []
        for number, step in enumerate(self.steps):
            random = Random(f"{self.seed}/{step}")  # noqa: S311 - it keeps no secret
            asks_for, delay = _ASKS_FOR.get(step.status), random.uniform(20.0, 200.0)
            if asks_for is None:
                continue
            made, name = step.at - random.uniform(0.0, CALLED_BEFORE), "UpdateJourneyState"
            if random.random() < SHARE_WITH_TIMES:
                calls.append(Call(f"made-{number}", made, made + delay, name, step.journey, asks_for))
            for kind in ("later", "refused"):
                if random.random() < SHARE_CROWDED:
                    at = step.at + random.uniform(MISLEADING_AFTER, 2 * MINUTE)
                    refused = kind == "refused"
                    calls.append(Call(f"{kind}-{number}", at, at + delay, name, step.journey, asks_for, refused))
        for number, fault in enumerate(self.faults):
            if fault.kind == "deleted":
                at = fault.at - 1.0
                calls.append(Call(f"deleted-{number}", at, at + MINUTE, "DeleteJourney", OLD[fault.target]))
        return sorted(calls, key=lambda call: call.at)

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
            dormant=frozenset(),
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
        _take_own_steps(random, journey, steps)
        for run_id in random.sample(run_ids, random.randint(0, len(run_ids))):
            take(random.uniform(-3_600, -MINUTE), journey, run_id)
    for _ in range(random.randint(2, 9)):
        journey, begins = random.choice(journeys), random.uniform(CALM, TROUBLED - MINUTE)
        for _ in range(random.randint(1, 5)):
            take(begins + random.uniform(0.0, MINUTE), journey, random.choice(run_ids))
    return sorted(steps, key=lambda step: step.at)


def _take_own_steps(random: Random, journey: JourneyKey, steps: list[Step]) -> None:
    """The journey itself: ACTIVE before the first look, then paused, resumed or stopped."""
    own, at = Status.RUNNING, random.uniform(-HOUR, -MINUTE)
    steps.append(Step(at, journey, ITSELF, own))
    at = CALM
    for _ in range(random.choice((0, 0, 1, 3))):
        at += random.uniform(10.0, 3 * MINUTE)
        if not own.is_terminal and at < TROUBLED:
            own = random.choice((Status.RUNNING, Status.CANCELLED) if own is Status.PAUSED else (Status.PAUSED,))
            steps.append(Step(at, journey, ITSELF, own))


def _fault(kind: str, random: Random) -> Fault:
    at = random.uniform(CALM, TROUBLED - MINUTE)
    length = random.choice((MINUTE, 3 * MINUTE, 8 * MINUTE))
    rate = random.choice((0.2, 0.5, 1.0)) if not kind.startswith("killed") else random.random()
    return Fault(kind, at, min(at + length, TROUBLED), rate, random.randrange(3))


def _in_company(fault: Fault, random: Random) -> Iterator[Fault]:
    """Often alerts are undelivered when something is acknowledged or deployed, and polls overlap when a mute ends."""
    yield fault
    if fault.kind in {"muted", "unmuted early"} and random.random() < SHARE_CROWDED:
        ends = fault.until
        yield Fault("provider slow", ends - 20.0, ends, 1.0, 2)
        yield Fault("table refuses", fault.at, fault.at + MINUTE, 0.5, 2)
        yield Fault("polled by hand", ends - random.uniform(5.0, 15.0), ends + random.uniform(0.0, 10.0), 1.0, 2)
    if fault.kind in {"acknowledged", "redeployed"} and random.random() < SHARE_CROWDED:
        yield Fault("channel refuses", fault.at - MINUTE, fault.at + 2 * MINUTE, 1.0, 2)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes):3d}:{rest:05.2f}"
