"""The provider, the table and the channels, as one invocation sees them: each misbehaves as the scenario says."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.errors import SourceError, StoreUnavailableError
from journey_watch.core.runs import JourneyInfo, JourneyKey, Lane, Observation, Scope
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.ports import CommitResult, Discovery, HistoryPage, LaneState, SetByOperators
from journey_watch.providers.pinpoint.words import PINPOINT
from proof.scenario import CHANNELS, OLD
from proof.world import Invocation, World, told_in

PROVIDER: Final = replace(PINPOINT, refusal_hint="")
IN_VAIN: Final = 0.5
"""So many of the writes whose answers are lost are not carried out either."""

T = TypeVar("T")


@dataclass
class SimulatedSource:
    """The provider, as an invocation sees it."""

    invocation: "Invocation"
    provider = PROVIDER
    batch_size = 1
    throttles = 0

    def counters(self, journey: JourneyKey, run_id: str) -> Mapping[str, str]:
        del journey, run_id
        return {}

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        del targets
        return self.invocation.call("lists the journeys", self._discovery, slow="provider slow")

    def _discovery(self) -> Discovery:
        world = self.invocation.world
        failing: set[str] = set()
        if world.hit("provider not listed"):
            failing = {world.random.choice((ALL, "app-1", "app-2"))}
        failures = {id_: SourceError("503", code="ServiceUnavailableException") for id_ in failing}
        at = world.as_of(None)
        excluded = world.journeys_of("unwatched", world.engine.now)
        listed = {
            journey: JourneyInfo(name=journey.journey_id)
            for journey in (*OLD, *{step.journey for step in world.scenario.steps})
            if world.exists(journey, at) and not {ALL, journey.container_id} & failing
        }
        return Discovery(
            {journey: info for journey, info in listed.items() if journey not in excluded},
            incomplete=frozenset(failing),
            containers=frozenset({"app-1", "app-2"}),
            failures=failures,
            excluded=frozenset(excluded),
        )

    def observe(self, journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        return {journey: self._observe(journey) for journey in journeys}

    def _observe(self, journey: JourneyKey) -> Observation | SourceError:
        def read() -> Observation | SourceError:
            reading = self._reading(journey)
            self.invocation.world.note(self.invocation.name, f"  {journey}: {_shown(reading)}")
            return reading

        return self.invocation.call(f"reads {journey}", read, slow="provider slow")

    def _reading(self, journey: JourneyKey) -> Observation | SourceError:
        world = self.invocation.world
        if world.hit("provider throttles"):
            return SourceError("429", code="TooManyRequestsException", throttled=True)
        if world.hit("provider refuses"):
            return SourceError("500", code="InternalServerErrorException")
        if not world.exists(journey, world.engine.now):
            return SourceError("404", code="NotFoundException", absent=True)
        runs = list(world.runs(journey, world.as_of(journey)).values())
        world.random.shuffle(runs)
        if world.hit("readings cut"):
            return Observation(journey, tuple(runs[: len(runs) // 2]), complete=False, problem="page 2 failed")
        if len(runs) > 1 and world.hit("pages shifted"):
            runs[0] = runs[1]
        return Observation(journey, tuple(runs), complete=True)


def _shown(reading: Observation | SourceError) -> str:
    if isinstance(reading, SourceError):
        return str(reading)
    runs = ", ".join(f"{run.run_id} {run.status}" for run in reading.runs)
    return f"{runs or 'no runs'}{'' if reading.complete else ', and no more'}"


@dataclass
class SimulatedStore:
    """The table, as an invocation sees it."""

    invocation: "Invocation"

    @property
    def _world(self) -> "World":
        return self.invocation.world

    def _read(self, what: str, effect: Callable[[], T]) -> T:
        def checked() -> T:
            if self._world.hit("table refuses"):
                raise StoreUnavailableError(f"throttled: {what}")
            return effect()

        return self.invocation.call(what, checked, slow="table slow")

    def _write(self, what: str, effect: Callable[[], T], again: Callable[[T, T], T]) -> T | None:
        """What the write answers; None if no answer comes, whether or not it was carried out.

        `again` gives the answer to a call that the SDK has repeated.
        """
        lost = self._world.hit("answers of the table lost")
        in_vain = lost and self._world.random.random() < IN_VAIN

        def written() -> T | None:
            if self._world.hit("table refuses"):
                raise StoreUnavailableError(f"throttled: {what}")
            if in_vain:
                return None
            result = effect()
            if self._world.hit("sent again by the SDK"):
                result = again(result, effect())
            self._world.remember()
            return None if lost else result

        result = self.invocation.call(what, written, slow="table slow")
        if lost:
            self._world.note(self.invocation.name, f"  no answer; {'not ' if in_vain else ''}carried out")
        return result

    def _note(self, what: str, effect: Callable[[], None]) -> None:
        def done() -> bool:
            effect()
            return True

        if self._write(what, done, lambda first, _: first) is None:
            raise StoreUnavailableError(f"no answer: {what}")

    def load(self, lane: Lane) -> LaneState:
        del lane
        return self._read("loads the lane", self._world.loaded)

    def commit(
        self,
        lane: Lane,
        change: StateChange,
        alerts: Sequence[Alert],
        owed: Sequence[PendingDelivery],
        lease_until: datetime,
    ) -> CommitResult:
        result = self._write(
            f"commits {change.journey} {change.seen_version}→{change.state.version}, {len(alerts)} alerts",
            lambda: self._world.store.commit(lane, change, alerts, owed, lease_until),
            # A transaction has a token and is repeated for nothing; a plain update finds another version.
            lambda first, second: first if alerts else second,
        )
        if result is not CommitResult.DONE:
            self._world.note(self.invocation.name, f"  {result.name if result else CommitResult.UNCERTAIN.name}")
        return result or CommitResult.UNCERTAIN

    def fits(self, change: StateChange, owed: Sequence[PendingDelivery]) -> bool:
        return self._world.store.fits(change, owed)

    def claim(self, lane: Lane, journey: Scope, keys: Sequence[str], seen: datetime, until: datetime) -> bool:
        result = self._write(
            f"claims {len(keys)} of {journey}",
            lambda: self._world.store.claim(lane, journey, keys, seen, until),
            lambda _, second: second,
        )
        if result is None:
            raise StoreUnavailableError("no answer to a claim")
        return result

    def alerts(self, lane: Lane, journey: Scope, sort_keys: Sequence[str]) -> Mapping[str, Alert | None]:
        return self._read("reads alerts back", lambda: self._world.store.alerts(lane, journey, sort_keys))

    def acknowledge(self, lane: Lane, journey: Scope, keys: Sequence[str]) -> None:
        owed = {(channel, alert_id) for alert_id, _, channel in (key.partition("@") for key in keys)}
        try:
            self._note(f"acknowledges {len(keys)}", lambda: self._world.store.acknowledge(lane, journey, keys))
        except StoreUnavailableError:
            self._world.allowed_repeats.update(owed)
            self.invocation.unacknowledged -= owed
            raise
        self.invocation.unacknowledged -= owed

    def give_up(self, lane: Lane, journey: Scope, keys: Sequence[str], channel: str) -> None:
        self._note(f"gives up {len(keys)}", lambda: self._world.store.give_up(lane, journey, keys, channel))

    def set_by_operators(self) -> SetByOperators:
        return self._read("reads what operators have set", self._world.store.set_by_operators)

    def history(self, lane: Lane, since: datetime, position: str = "") -> HistoryPage:
        return self._read("reads the history", lambda: self._world.store.history(lane, since, position))

    def forget_baseline(self, lane: Lane, journey: JourneyKey, seen_version: int) -> CommitResult:
        result = self._write(
            f"forgets {journey}",
            lambda: self._world.store.forget_baseline(lane, journey, seen_version),
            lambda _, second: second,
        )
        return result or CommitResult.UNCERTAIN

    def mark_listed(self, lane: Lane, marker: str, at: datetime, unlisted: AbstractSet[str] = frozenset()) -> None:
        self._note("marks what is listed", lambda: self._world.store.mark_listed(lane, marker, at, unlisted))

    def listed_at_last(self, lane: Lane, marker: str, containers: AbstractSet[str]) -> None:
        self._note("lets a mark count", lambda: self._world.store.listed_at_last(lane, marker, containers))

    def unmark_listed(self, lane: Lane, markers: Sequence[str]) -> None:
        self._note("unmarks", lambda: self._world.store.unmark_listed(lane, markers))

    def resume_at(self, lane: Lane, journey: JourneyKey) -> None:
        self._note(f"notes where to go on: {journey}", lambda: self._world.store.resume_at(lane, journey))


@dataclass
class SimulatedChannel:
    """A channel, as an invocation sees it."""

    invocation: "Invocation"
    name: str

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        world, number = self.invocation.world, CHANNELS.index(self.name)
        refused = self.invocation.call(
            f"sends {len(alerts)} to {self.name}", lambda: self._take(alerts, number), slow="channel slow"
        )
        if world.hit("answers of a channel lost", target=number):
            world.allowed_repeats.update(self._accepted(alerts, refused))
            return {alert.id: "no answer" for alert in alerts}
        return refused

    def _take(self, alerts: Sequence[Alert], number: int) -> Mapping[str, str]:
        world = self.invocation.world
        refused: dict[str, str] = {}
        threads: set[str] = set()
        everything = world.hit("channel refuses", target=number)
        for alert in alerts:
            if everything or alert.thread in threads or world.hit("channel refuses some", target=number):
                threads.add(alert.thread)
                refused[alert.id] = "refused"
        taken = [alert for alert in alerts if alert.id not in refused]
        for alert in taken:
            world.note(self.invocation.name, f"  {self.name} gets {alert.envelope['detail'].get('summary')}")
        world.deliver(self.name, taken)
        accepted = self._accepted(alerts, refused)
        self.invocation.unacknowledged |= accepted
        if taken and world.hit("sent again by the SDK"):
            world.deliver(self.name, taken)
            world.allowed_repeats.update(accepted)
        return refused

    def _accepted(self, alerts: Sequence[Alert], refused: Mapping[str, str]) -> set[tuple[str, str]]:
        return {(self.name, one["id"]) for alert in alerts if alert.id not in refused for one in told_in(alert)}
