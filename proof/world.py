"""One trial: the real poll, invoked by a schedule, while everything around it misbehaves on command."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final, Protocol, TypeVar

from journey_watch.core import usual_durations
from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.mutes import Mute
from journey_watch.core.routing import DEFAULT
from journey_watch.core.runs import JourneyKey, Lane, ObservedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.messages import digest
from journey_watch.polling import side_by_side
from journey_watch.ports import LaneState, RunStore
from proof.deployment import CHAT, OPERATORS, PLACES, QUEUE, TEAM, Deployment
from proof.engine import Engine, Killed, Task
from proof.scenario import ITSELF, MINUTE, OLD, STALENESS, TROUBLED, Call, Fault, Scenario, wall_clock

TIMEOUT_SECONDS: Final = 50.0
"""The function's: the interval less ten seconds."""
DEADLY: Final = 0.2
"""Where an invocation is to die, so many calls are the one at which it does."""
STALE_FOR: Final = 3.0
"""So many seconds old a load may be."""

T = TypeVar("T")


LEARNS_FROM: Final = 2
"""So many completed runs are enough in a trial."""
LEARNED_GRACE: Final = timedelta(minutes=1)
ACKNOWLEDGED_FOR: Final = 14 * MINUTE
ACKNOWLEDGED_AT_LEAST_UNTIL: Final = TROUBLED + 4 * MINUTE
"""So that some poll in which nothing goes wrong sees each acknowledgement."""


@dataclass(frozen=True, slots=True)
class Received:
    """One alert as a recipient has it; those of one digest came in one message."""

    message: int
    """Counts the messages."""
    at: float
    id: str
    recipient: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One alert as it was committed."""

    at: float
    alert: Alert
    deployment: Deployment
    """The configuration of the poll that committed it."""


class SetByOperators(Protocol):
    """What operators write into the table."""

    def __call__(self, mutes: Sequence[Mute], acknowledgements: Sequence[Acknowledgement]) -> None:
        """Replace everything that operators have set."""


@dataclass(frozen=True, slots=True)
class Table:
    """The store of a trial, and what operators do to it."""

    store: RunStore
    lane: Lane
    set_by_operators: SetByOperators


def told_in(alert: Alert) -> Sequence[Mapping[str, Any]]:
    """What a message tells, each with its id: one thing, or the members of a digest."""
    detail = alert.envelope["detail"]
    if alert.envelope["detail-type"].endswith("Digest"):
        members: Sequence[Mapping[str, Any]] = detail["changes"]
        return members
    return [{"id": alert.id, **detail}]


class InlineExecutor(Executor):
    """Does at once what others would do in a thread: the seed decides the order of everything."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401 - as the base has it
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


@contextmanager
def one_seed_decides(scenario: Scenario) -> Iterator[None]:
    """No threads of the poll's own, and the limits that the scenario asks for."""
    replaced: list[tuple[Any, str, object]] = [
        (side_by_side, "ThreadPoolExecutor", InlineExecutor),
        (digest, "MAX_DIGEST_BYTES", scenario.max_digest_bytes),
        (usual_durations, "ENOUGH", LEARNS_FROM),
        (usual_durations, "GRACE", LEARNED_GRACE),
    ]
    originals = [(module, name, getattr(module, name)) for module, name, _ in replaced]
    for module, name, value in replaced:
        setattr(module, name, value)
    try:
        yield
    finally:
        for module, name, value in originals:
            setattr(module, name, value)


class World:
    """Everything outside the poll, and what its recipients have received."""

    def __init__(self, scenario: Scenario, table: Table, run: Callable[["Invocation"], None]) -> None:
        self.scenario = scenario
        self.store = table.store
        self.lane = table.lane
        self.engine = Engine()
        self.random = Random(scenario.seed)  # noqa: S311 - it keeps no secret
        self.received: dict[str, list[Received]] = {place: [] for place in PLACES}
        self.recorded: list[Recorded] = []
        self.acknowledged: list[Acknowledgement] = []
        """What operators have acknowledged."""
        self.calls: Sequence[Call] = scenario.calls
        self.deployments = scenario.deployments
        self.idle_writes: list[str] = []
        """What was written by polls that had nothing to write."""
        self.allowed_repeats: Counter[tuple[str, str]] = Counter()
        """By place and alert: how often it may have come again, for a crash or an answer that was lost."""
        self.broken: list[str] = []
        """What the poll raised that it should not."""
        self.trace: list[tuple[float, str, str]] = []
        self.invocations = 0
        self._run = run
        self._set_by_operators = table.set_by_operators
        self._mutes: list[Mute] = []
        self._used: set[Fault] = set()
        self._messages = 0
        self._loads: deque[tuple[float, LaneState]] = deque()
        self._stale: set[JourneyKey] = set()

    def play(self) -> None:
        with one_seed_decides(self.scenario):
            for minute in self.scenario.minutes:
                self.engine.at(minute * MINUTE, self._on_schedule)
            for fault in self.scenario.faults:
                if fault.kind == "polled by hand":
                    self.engine.at(fault.at, self._invoke)
                    self.engine.at(fault.until, self._invoke)
            self._plan_what_operators_do()
            self.engine.run(self.scenario.ends)

    def deployment_at(self, at: float) -> Deployment:
        """The configuration in force."""
        return [deployment for since, deployment in self.deployments if since <= at][-1]

    def note(self, who: str, what: str) -> None:
        self.trace.append((self.engine.now, who, what))

    # Faults

    def hit(self, kind: str, *, target: int | None = None) -> bool:
        """True if a fault of this kind hits this call."""
        return any(
            fault.kind == kind
            and fault.is_on(self.engine.now)
            and (target is None or fault.target % 3 in (target, 2))
            and self.random.random() < fault.rate
            for fault in self.scenario.faults
        )

    def dies(self, when: str) -> bool:
        """True if the invocation ends at this call, which it does once for each such fault."""
        for fault in self.scenario.faults:
            due = fault.kind == f"killed {when}" and fault not in self._used and self.engine.now >= fault.at
            if due and self.random.random() < DEADLY:
                self._used.add(fault)
                return True
        return False

    def journeys_of(self, kind: str, at: float) -> set[JourneyKey]:
        """Those that such a fault is about at a time."""
        return {
            OLD[fault.target]
            for fault in self.scenario.faults
            if fault.kind == kind and fault.at <= at and (kind == "deleted" or at < fault.until)
        }

    # The provider

    def exists(self, journey: JourneyKey, at: float) -> bool:
        begun = journey in OLD or any(step.journey == journey and step.at <= at for step in self.scenario.steps)
        return begun and journey not in self.journeys_of("deleted", at)

    def runs(self, journey: JourneyKey, at: float) -> dict[str, ObservedRun]:
        """The runs of a journey as they truly were at a time."""
        runs: dict[str, ObservedRun] = {}
        for step in self.scenario.steps:
            if step.journey == journey and step.run_id != ITSELF and step.at <= at:
                time = wall_clock(step.at) if self.scenario.timed else None
                created = runs[step.run_id].creation_time if step.run_id in runs else time
                runs[step.run_id] = ObservedRun(step.run_id, step.status, step.status.value, created, time)
        return runs

    def itself(self, journey: JourneyKey, at: float) -> ObservedRun | None:
        """The status of the journey itself at a time, if its provider gives it one."""
        steps = [step for step in self.scenario.steps if step.journey == journey and not step.run_id and step.at <= at]
        if not steps or not self.scenario.timed:
            return None
        time, own_word = wall_clock(steps[-1].at), {Status.RUNNING: "ACTIVE"}.get(steps[-1].status)
        raw_status = own_word or steps[-1].status.value
        return ObservedRun(journey.journey_id, steps[-1].status, raw_status, wall_clock(steps[0].at), time)

    def as_of(self, journey: JourneyKey | None) -> float:
        """The time at which a reading is true: now, or up to ten minutes ago.

        Of a provider without times no two readings of a journey in a row are stale, unless all of it has ended: nothing
        could tell that from news.
        """
        stale = self.hit("readings stale") and (
            self.scenario.timed or journey not in self._stale or self._has_ended(journey)
        )
        if journey is not None:
            (self._stale.add if stale else self._stale.discard)(journey)
        return self.engine.now - (self.random.uniform(1.0, STALENESS) if stale else 0.0)

    def _has_ended(self, journey: JourneyKey | None) -> bool:
        return journey is not None and all(
            run.status.is_terminal for run in self.runs(journey, self.engine.now).values()
        )

    # Invocations

    def _on_schedule(self) -> None:
        late = self.random.uniform(5.0, 70.0) if self.hit("started late") else 0.0
        self.engine.at(self.engine.now + late, self._invoke)
        if self.hit("started twice"):
            self.engine.at(self.engine.now + late + self.random.uniform(0.0, 40.0), self._invoke)

    def _invoke(self) -> None:
        self.invocations += 1
        skews = self.scenario.skews
        skew, deployment = skews[self.invocations % len(skews)], self.deployment_at(self.engine.now)
        invocation = Invocation(self, f"poll {self.invocations}", skew, deployment)
        task = self.engine.start(invocation.name, lambda: self._run(invocation))
        self.engine.at(self.engine.now + TIMEOUT_SECONDS, lambda: _doom(task))

    # Operators

    def _plan_what_operators_do(self) -> None:
        for at, taken_back_at, mute in self.scenario.mutes:
            self.engine.at(at, partial(self._mute, mute))
            if taken_back_at is not None:
                self.engine.at(taken_back_at, partial(self._unmute, mute))
        for fault in self.scenario.faults:
            if fault.kind == "acknowledged":
                for later in (0.0, MINUTE, 2 * MINUTE):
                    self.engine.at(fault.at + later, partial(self._acknowledge, fault))

    def _mute(self, mute: Mute) -> None:
        self._mutes.append(mute)
        self.note("operator", f"mutes {', '.join(mute.journeys)}: {mute.id}")
        self._set_by_operators(self._mutes, self.acknowledged)

    def _unmute(self, mute: Mute) -> None:
        self._mutes.remove(mute)
        self.note("operator", f"takes back {mute.id}")
        self._set_by_operators(self._mutes, self.acknowledged)

    def _acknowledge(self, fault: Fault) -> None:
        """Acknowledge what was received about one journey, or about all: what lasts, and how critical runs ended."""
        until = wall_clock(max(fault.at + ACKNOWLEDGED_FOR, ACKNOWLEDGED_AT_LEAST_UNTIL))
        received = {one.id for place in self.received.values() for one in place}
        threads = {given.thread for given in self.acknowledged}
        for recorded in self.recorded:
            alert = recorded.alert
            opens = alert.detail.get("phase") == Phase.OPENED
            critical = alert.status is not None and alert.severity is Severity.CRITICAL
            about = fault.target == 2 or alert.journey == OLD[fault.target]  # noqa: PLR2004 - the last one means all
            if about and (opens or critical) and alert.id in received and alert.thread not in threads:
                threads.add(alert.thread)
                given = Acknowledgement.of(alert, self.lane, until=until, set_by="an operator")
                self.acknowledged.append(given)
                self.note("operator", f"acknowledges {alert.detail['summary']}")
        self._set_by_operators(self._mutes, self.acknowledged)

    # The table's past

    def remember(self) -> None:
        """The table as it is after a write: a stale load may still show what was before."""
        if any(fault.kind == "table stale" for fault in self.scenario.faults):
            oldest_shown = self.engine.now - STALE_FOR
            while len(self._loads) > 1 and self._loads[1][0] <= oldest_shown:
                self._loads.popleft()
            self._loads.append((self.engine.now, self.store.load(self.lane)))

    def loaded(self) -> LaneState:
        if self._loads and self.hit("table stale"):
            at = self.engine.now - self.random.uniform(0.0, STALE_FOR)
            past = [state for time, state in self._loads if time <= at]
            if past:
                return past[-1]
        return self.store.load(self.lane)

    # Recipients

    def deliver(self, place: str, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self._messages += 1
            for recipient in recipients_at(place, alert):
                self.received[place] += [
                    Received(self._messages, self.engine.now, one["id"], recipient, one) for one in told_in(alert)
                ]


def recipients_at(place: str, alert: Alert) -> Sequence[str]:
    """Who gets a message at a place: the topic's subscriptions choose by the recipients that it names."""
    if place == CHAT:
        return (TEAM,)
    if place == OPERATORS:
        return (OPERATORS,)
    named = tuple(alert.envelope["detail"].get("recipients", ()))
    if alert.is_for_operators:
        return (*named, OPERATORS) if place == QUEUE else named
    return named or (DEFAULT,)


def _doom(task: Task) -> None:
    task.doomed = True


@dataclass
class Invocation:
    """One run of the function, and the ports through which it sees the world."""

    world: World
    name: str
    skew: float
    deployment: Deployment
    unconfirmed: set[tuple[str, str]] = field(default_factory=set)
    """Place and alert of what was accepted from it and is still undelivered in the table."""

    def now(self) -> datetime:
        return wall_clock(self.world.engine.now + self.skew)

    def call(self, what: str, effect: Callable[[], T], *, slow: str) -> T:
        """A call across the network: it takes time, and the invocation may die on either side of its effect."""
        world = self.world
        if world.dies("before"):
            raise Killed
        world.engine.sleep(self._latency(slow))
        result = effect()
        world.note(self.name, what)
        if world.dies("after"):
            raise Killed
        world.engine.sleep(self._latency(slow))
        return result

    def _latency(self, slow: str) -> float:
        random = self.world.random
        return random.uniform(1.0, 8.0) if self.world.hit(slow) else random.uniform(0.002, 0.03)
