"""The provider, the table and the channels, as one invocation sees them: each misbehaves as the scenario says."""

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.errors import SourceError, StoreUnavailableError
from journey_watch.core.expiry import Mark
from journey_watch.core.runs import LANE_ITSELF, JourneyInfo, JourneyKey, Lane, Observation, Scope
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.ports import CommitResult, Discovery, HistoryPage, LaneState, SetByOperators
from journey_watch.providers.pinpoint.calls import JOURNEY_CALLS
from journey_watch.providers.pinpoint.words import PINPOINT
from proof.deployment import PLACES
from proof.scenario import MINUTE, OLD, Call, wall_clock
from proof.world import Invocation, Recorded, World, told_in

PROVIDER: Final = replace(PINPOINT, refusal_hint="")
CALLS: Final = JOURNEY_CALLS
CALLS_ON_A_PAGE: Final = 50
QUIET: Final = 2.5 * MINUTE
"""So long before the end a poll may write only what it tells."""
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
        return self.invocation.call("lists the journeys", lambda: self._discovery(targets), slow="provider slow")

    def _discovery(self, targets: Sequence[WatchTarget]) -> Discovery:
        world = self.invocation.world
        failing: set[str] = set()
        if world.hit("provider not listed"):
            failing = {world.random.choice((ALL, "app-1", "app-2"))}
        failing = {id_ for id_ in failing if id_ == ALL or any(target.container_id in (ALL, id_) for target in targets)}
        failures = {id_: SourceError("503", code="ServiceUnavailableException") for id_ in failing}
        at = world.as_of(None)
        excluded = world.journeys_of("unwatched", world.engine.now)
        by_id = {
            JourneyKey(target.container_id, journey_id): JourneyInfo()
            for target in targets
            if not target.lists_journeys
            for journey_id in target.journey_ids
        }
        listed = by_id | {
            journey: JourneyInfo(
                name=journey.journey_id,
                dormant=journey in world.scenario.dormant,
                itself=world.itself(journey, at),
            )
            for journey in sorted({*OLD, *(step.journey for step in world.scenario.steps)})
            if world.exists(journey, at) and not {ALL, journey.container_id} & failing
        }
        watched = {journey for journey in listed if any(target.covers(journey) for target in targets)}
        return Discovery(
            {journey: listed[journey] for journey in sorted(watched - excluded)},
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
        if world.hit("provider refuses") or journey in world.journeys_of("journey unreadable", world.engine.now):
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
class SimulatedCallHistory:
    """CloudTrail, as an invocation sees it."""

    invocation: "Invocation"

    def page(
        self, event_name: str, since: datetime, until: datetime, token: str | None = None
    ) -> tuple[Sequence[object], str | None]:
        start = int(token or 0)
        shown = self.invocation.call(
            f"looks up {event_name}", lambda: self._shown(event_name, since, until), slow="calls slow"
        )
        following = start + CALLS_ON_A_PAGE
        return shown[start:following], str(following) if following < len(shown) else None

    def _shown(self, event_name: str, since: datetime, until: datetime) -> list[object]:
        world = self.invocation.world
        if world.hit("calls not shown"):
            raise SourceError("throttled", code="ThrottlingException", throttled=True)
        shown = [
            call
            for call in world.calls
            if call.name == event_name
            and call.recorded_at <= world.engine.now
            and since <= wall_clock(call.at) <= until
        ]
        return [{"CloudTrailEvent": _record(call)} for call in reversed(shown)]

    def user_name(self, container_id: str, user_id: str) -> str | None:
        del container_id, user_id
        return None


def _record(call: Call) -> str:
    request = {"application-id": call.journey.container_id, "journey-id": call.journey.journey_id}
    return json.dumps(
        {
            "eventID": call.id,
            "eventName": call.name,
            "eventSource": CALLS.event_source,
            "eventTime": wall_clock(call.at).isoformat(),
            "userIdentity": {"type": "IAMUser", "userName": call.id},
            "requestParameters": request | ({"State": call.asks_for} if call.asks_for else {}),
            **({"errorCode": "AccessDenied"} if call.refused else {}),
        }
    )


def _place_of(channel: str) -> str:
    """The place of a channel: the chat's name ends with a severity."""
    return channel.partition("-")[0]


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

    def _write(self, what: str, effect: Callable[[], T], again: Callable[[T, T], T], *, news: bool = False) -> T | None:
        """Return what the write answers; None if no answer comes, whether or not it was carried out.

        `again` gives the answer to a call that the SDK has repeated. A write with `news` records or delivers alerts;
        a poll in which nothing happens makes no other.
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
            if self._world.engine.now > self._world.scenario.ends - QUIET and not news:
                self._world.idle_writes.append(f"{self.invocation.name} {what}")
            return None if lost else result

        result = self.invocation.call(what, written, slow="table slow")
        if lost:
            self._world.note(self.invocation.name, f"  no answer; {'not ' if in_vain else ''}carried out")
        return result

    def _note(self, what: str, effect: Callable[[], None], *, news: bool = False) -> None:
        def done() -> bool:
            effect()
            return True

        if self._write(what, done, lambda first, _: first, news=news) is None:
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
        world, limit = self._world, self._world.scenario.max_alerts
        if len(alerts) > limit:
            world.broken.append(f"{self.invocation.name} commits {len(alerts)} alerts at once; {limit} fit")

        def committed() -> CommitResult:
            if change.journey == LANE_ITSELF and world.hit("lane not written"):
                raise StoreUnavailableError("throttled: the lane itself")
            result = world.store.commit(lane, change, alerts, owed, lease_until)
            if result is CommitResult.DONE:
                world.recorded += [Recorded(world.engine.now, alert, self.invocation.deployment) for alert in alerts]
            return result

        result = self._write(
            f"commits {change.journey} {change.seen_version}→{change.state.version}, {len(alerts)} alerts",
            committed,
            # A transaction has a token and is repeated for nothing; a plain update finds another version.
            lambda first, second: first if alerts else second,
            news=bool(alerts),
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
            news=True,
        )
        if result is None:
            raise StoreUnavailableError("no answer to a claim")
        return result

    def alerts(self, lane: Lane, journey: Scope, sort_keys: Sequence[str]) -> Mapping[str, Alert | None]:
        return self._read("reads alerts back", lambda: self._world.store.alerts(lane, journey, sort_keys))

    def acknowledge(self, lane: Lane, journey: Scope, keys: Sequence[str]) -> None:
        owed = {(_place_of(channel), alert_id) for alert_id, _, channel in (key.partition("@") for key in keys)}
        try:
            self._note(
                f"confirms {len(keys)}",
                lambda: self._world.store.acknowledge(lane, journey, keys),
                news=True,
            )
        except StoreUnavailableError:
            self._world.allowed_repeats.update(owed & self.invocation.unconfirmed)
            self.invocation.unconfirmed -= owed
            raise
        self.invocation.unconfirmed -= owed

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

    def mark_end(self, lane: Lane, journey: JourneyKey, seen_version: int, mark: Mark) -> CommitResult:
        result = self._write(
            f"marks the end of {journey}",
            lambda: self._world.store.mark_end(lane, journey, seen_version, mark),
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
        world, number = self.invocation.world, PLACES.index(self.name) % 3
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
        self.invocation.unconfirmed |= accepted
        if taken and world.hit("sent again by the SDK"):
            world.deliver(self.name, taken)
            world.allowed_repeats.update(accepted)
        return refused

    def _accepted(self, alerts: Sequence[Alert], refused: Mapping[str, str]) -> set[tuple[str, str]]:
        return {(self.name, one["id"]) for alert in alerts if alert.id not in refused for one in told_in(alert)}
