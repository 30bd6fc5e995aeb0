"""One trial: the real poll, invoked by a schedule, while everything around it misbehaves on command."""

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Final, TypeVar

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import JourneyKey, Lane, ObservedRun
from journey_watch.messages import digest
from journey_watch.polling import side_by_side
from journey_watch.ports import LaneState, RunStore
from proof.engine import Engine, Killed, Task
from proof.scenario import CHANNELS, MINUTE, OLD, STALENESS, Fault, Scenario, wall_clock

TIMEOUT_SECONDS: Final = 50.0
"""The function's: the interval less ten seconds."""
DEADLY: Final = 0.2
"""Where an invocation is to die, so many calls are the one at which it does."""
STALE_FOR: Final = 3.0
"""So many seconds old a load may be."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Received:
    """One alert as a recipient has it; those of one digest came in one message."""

    message: int
    """Counts the messages of a channel."""
    at: float
    id: str
    detail: Mapping[str, Any]


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

    def __init__(self, scenario: Scenario, store: RunStore, lane: Lane, run: Callable[["Invocation"], None]) -> None:
        self.scenario = scenario
        self.store = store
        self.lane = lane
        self.engine = Engine()
        self.random = Random(scenario.seed)  # noqa: S311 - it keeps no secret
        self.received: dict[str, list[Received]] = {name: [] for name in CHANNELS}
        self.allowed_repeats: Counter[tuple[str, str]] = Counter()
        """By channel and alert: how often it may have come again, for a crash or an answer that was lost."""
        self.broken: list[str] = []
        """What the poll raised that it should not."""
        self.trace: list[tuple[float, str, str]] = []
        self.invocations = 0
        self._run = run
        self._used: set[Fault] = set()
        self._messages = 0
        self._loads: deque[tuple[float, LaneState]] = deque()
        self._stale: set[JourneyKey] = set()

    def play(self) -> None:
        with one_seed_decides(self.scenario):
            for minute in self.scenario.minutes:
                self.engine.at(minute * MINUTE, self._on_schedule)
            self.engine.run(self.scenario.ends)

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
            if step.journey == journey and step.at <= at:
                time = wall_clock(step.at) if self.scenario.timed else None
                created = runs[step.run_id].creation_time if step.run_id in runs else time
                runs[step.run_id] = ObservedRun(step.run_id, step.status, step.status.value, created, time)
        return runs

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
        invocation = Invocation(self, f"poll {self.invocations}", skews[self.invocations % len(skews)])
        task = self.engine.start(invocation.name, lambda: self._run(invocation))
        self.engine.at(self.engine.now + TIMEOUT_SECONDS, lambda: _doom(task))

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

    def deliver(self, channel: str, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            self._messages += 1
            for one in told_in(alert):
                self.received[channel].append(Received(self._messages, self.engine.now, one["id"], one))


def _doom(task: Task) -> None:
    task.doomed = True


@dataclass
class Invocation:
    """One run of the function, and the ports through which it sees the world."""

    world: World
    name: str
    skew: float
    unacknowledged: set[tuple[str, str]] = field(default_factory=set)
    """Channel and alert of what was accepted from it and is still owed."""

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
