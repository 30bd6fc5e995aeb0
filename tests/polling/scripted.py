"""A provider, a store and a channel whose moods a test decides, and a clock that only moves when told to."""

import json
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.errors import SourceError, StateTooLargeError
from journey_watch.core.expiry import Mark
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyInfo, JourneyKey, Lane, Observation, ObservedRun, Scope, Status
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import WatchTarget
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.polling.report import PollReport
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import Channel, CommitResult, Discovery, RunSource
from journey_watch.providers.pinpoint.words import PINPOINT
from journey_watch.settings import WatchConfig
from journey_watch.store import items
from journey_watch.store.memory import MemoryRunStore
from tests.core.builders import LANE, NOON

WELCOME = JourneyKey("app-1", "welcome")
WINBACK = JourneyKey("app-1", "winback")
EVERYTHING = WatchTarget("pinpoint", "*")
PROVIDER = replace(PINPOINT, refusal_hint="")


class Crash(BaseException):
    """The runtime ends the invocation here."""


@dataclass
class Clock:
    """Stands still unless told otherwise."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


@dataclass
class ScriptedSource:
    """A provider that shows `runs`, or fails as `failures` say."""

    clock: Clock
    runs: dict[JourneyKey, dict[str, ObservedRun]] = field(default_factory=dict)
    failures: dict[JourneyKey, SourceError] = field(default_factory=dict)
    unlisted: dict[str, SourceError] = field(default_factory=dict)
    keeps_listing: bool = False
    """True: what was listed before it failed is still served, as a warm poller does."""
    shown_instead: list[dict[JourneyKey, dict[str, ObservedRun]]] = field(default_factory=list)
    """Stale readings, each served once."""
    excluded: set[JourneyKey] = field(default_factory=set)
    incomplete: set[JourneyKey] = field(default_factory=set)
    counted: dict[tuple[JourneyKey, str], Mapping[str, str]] = field(default_factory=dict)
    infos: dict[JourneyKey, JourneyInfo] = field(default_factory=dict)
    observed: list[JourneyKey] = field(default_factory=list)
    before_reading: Callable[[], None] = lambda: None
    provider: Provider = PROVIDER
    batch_size: int = 1
    throttles: int = 0

    def set(self, journey: JourneyKey, run_id: str, status: Status, *, updated: datetime | None = None) -> None:
        held = self.runs.setdefault(journey, {})
        created = held[run_id].creation_time if run_id in held else self.clock.time
        held[run_id] = ObservedRun(run_id, status, status.value, created, updated or self.clock.time)

    def snapshot(self) -> dict[JourneyKey, dict[str, ObservedRun]]:
        return {journey: dict(runs) for journey, runs in self.runs.items()}

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        journeys = {
            journey: self.infos.get(journey, JourneyInfo(name="Welcome"))
            for journey in self.runs
            if any(target.covers(journey) for target in targets)
            and (self.keeps_listing or journey.container_id not in self.unlisted)
            and journey not in self.excluded
        }
        named = {target.container_id for target in targets} - {"*"}
        return Discovery(
            {} if "*" in self.unlisted else journeys,
            incomplete=frozenset(self.unlisted),
            containers=frozenset(named.union(journey.container_id for journey in self.runs)),
            failures=self.unlisted,
            excluded=frozenset(self.excluded),
        )

    def counters(self, journey: JourneyKey, run_id: str) -> Mapping[str, str]:
        return self.counted.get((journey, run_id), {})

    def observe(self, journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        self.before_reading()
        shown = self.shown_instead.pop(0) if self.shown_instead else self.runs
        self.observed += journeys
        return {journey: self._reading(journey, shown.get(journey, {})) for journey in journeys}

    def _reading(self, journey: JourneyKey, runs: Mapping[str, ObservedRun]) -> Observation | SourceError:
        if journey in self.failures:
            return self.failures[journey]
        if journey in self.incomplete:
            return Observation(journey, tuple(runs.values())[:1], complete=False, problem="page 2 failed")
        return Observation(journey, tuple(runs.values()), complete=True)


@dataclass
class ScriptedChannel:
    """Accepts what it is not told to refuse."""

    accepted: list[Alert] = field(default_factory=list)
    refuse: Callable[[Alert], bool] = lambda _: False
    answers: bool = True
    """False: it accepts, and the answer is lost."""
    calls: int = 0

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        self.calls += 1
        refused: dict[str, str] = {}
        blocked: set[str] = set()
        for alert in alerts:
            if alert.thread in blocked or self.refuse(alert):
                blocked.add(alert.thread)
                refused[alert.id] = "the channel is closed"
            else:
                self.accepted.append(alert)
        return refused if self.answers else {alert.id: "no answer" for alert in alerts}

    @property
    def told(self) -> list[dict[str, Any]]:
        """The detail of every accepted change with its `id`, those told in a digest among them."""
        details = [{"id": alert.id, **alert.envelope["detail"]} for alert in self.accepted]
        return [change for detail in details for change in detail.get("changes", [detail])]


@dataclass
class ScriptedHistory:
    """Recorded calls, shown five minutes after they were made, newest first; or it fails as `failure` says."""

    clock: Clock
    records: list[dict[str, Any]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    failure: Exception | None = None
    no_names: Exception | None = None
    delay: timedelta = timedelta(minutes=5)
    page_size: int = 50
    asked: list[tuple[datetime, str]] = field(default_factory=list)
    """When, and for which name."""
    before_answering: Callable[[], None] = lambda: None

    def call(self, name: str, by: Mapping[str, Any], *, request: Mapping[str, str], **more: object) -> None:
        """Let somebody make a call now."""
        self.records.append(
            {
                "eventID": f"event-{len(self.records) + 1}",
                "eventName": name,
                "eventSource": "pinpoint.amazonaws.com",
                "eventTime": self.clock.time.isoformat(),
                "userIdentity": by,
                "requestParameters": request,
                "sourceIPAddress": "203.0.113.7",
                "userAgent": "aws-cli/2",
                **more,
            }
        )

    def page(
        self, event_name: str, since: datetime, until: datetime, token: str | None = None
    ) -> tuple[Sequence[object], str | None]:
        self.asked.append((self.clock.time, event_name))
        self.before_answering()
        if self.failure is not None:
            raise self.failure
        shown = [
            {"EventTime": datetime.fromisoformat(record["eventTime"]), "CloudTrailEvent": json.dumps(record)}
            for record in reversed(self.records)
            if record["eventName"] == event_name
            and since <= datetime.fromisoformat(record["eventTime"]) <= until
            and datetime.fromisoformat(record["eventTime"]) + self.delay <= self.clock.time
        ]
        start = int(token or 0)
        following = start + self.page_size
        return shown[start:following], str(following) if following < len(shown) else None

    def user_name(self, container_id: str, user_id: str) -> str | None:  # noqa: ARG002 - there is one container
        if self.no_names is not None:
            raise self.no_names
        return self.names.get(user_id)


def told(channel: ScriptedChannel) -> list[tuple[str, str]]:
    """The runs that were told of, each with its new status."""
    return [(detail["run_id"], detail["status"]) for detail in channel.told]


class WatchedStore(MemoryRunStore):
    """Counts what the poll does to the outside, and lets something happen before and after each of it."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []
        self.before: Callable[[str], None] = lambda _: None
        self.after: Callable[[str], None] = lambda _: None

    def backed_up(self) -> Callable[[], None]:
        """Keep the table as it is; what is returned restores it."""
        states = {lane: dict(of_lane) for lane, of_lane in self._states.items()}
        lanes, alerts = dict(self._lanes), dict(self._alerts)

        def restore() -> None:
            self._states.clear()
            self._states.update({lane: dict(of_lane) for lane, of_lane in states.items()})
            self._lanes, self._alerts = dict(lanes), dict(alerts)

        return restore

    def _around(self, name: str, write: Callable[[], object]) -> object:
        self.before(name)
        self.writes.append(name)
        result = write()
        self.after(name)
        return result

    def commit(
        self,
        lane: Lane,
        change: StateChange,
        alerts: Sequence[Alert],
        owed: Sequence[PendingDelivery],
        lease_until: datetime,
    ) -> CommitResult:
        _assert_fits(change, alerts, owed, lease_until)
        commit = super().commit
        result = self._around("commit", lambda: commit(lane, change, alerts, owed, lease_until))
        assert isinstance(result, CommitResult)
        return result

    def fits(self, change: StateChange, owed: Sequence[PendingDelivery]) -> bool:
        update = items.state_update(change, owed, NOON)
        return items.state_bytes(update, change.state) <= items.ITEM_LIMIT_BYTES

    def claim(self, lane: Lane, journey: Scope, keys: Sequence[str], seen: datetime, until: datetime) -> bool:
        return bool(self._around("claim", lambda: super(WatchedStore, self).claim(lane, journey, keys, seen, until)))

    def acknowledge(self, lane: Lane, journey: Scope, keys: Sequence[str]) -> None:
        self._around("acknowledge", lambda: super(WatchedStore, self).acknowledge(lane, journey, keys))

    def give_up(self, lane: Lane, journey: Scope, keys: Sequence[str], channel: str) -> None:
        self._around("give up", lambda: super(WatchedStore, self).give_up(lane, journey, keys, channel))

    def forget_baseline(self, lane: Lane, journey: JourneyKey, seen_version: int) -> CommitResult:
        result = self._around("forget", lambda: super(WatchedStore, self).forget_baseline(lane, journey, seen_version))
        assert isinstance(result, CommitResult)
        return result

    def mark_end(self, lane: Lane, journey: JourneyKey, seen_version: int, mark: Mark) -> CommitResult:
        result = self._around("end", lambda: super(WatchedStore, self).mark_end(lane, journey, seen_version, mark))
        assert isinstance(result, CommitResult)
        return result

    def expire(self, now: datetime) -> None:
        """Drop the states whose time has come, as the table does some time after it."""
        for states in self._states.values():
            for scope in [scope for scope, state in states.items() if state.expires_at and state.expires_at <= now]:
                del states[scope]

    def mark_listed(self, lane: Lane, marker: str, at: datetime, unlisted: AbstractSet[str] = frozenset()) -> None:
        self._around("mark", lambda: super(WatchedStore, self).mark_listed(lane, marker, at, unlisted))

    def listed_at_last(self, lane: Lane, marker: str, containers: AbstractSet[str]) -> None:
        self._around("listed", lambda: super(WatchedStore, self).listed_at_last(lane, marker, containers))

    def unmark_listed(self, lane: Lane, markers: Sequence[str]) -> None:
        self._around("unmark", lambda: super(WatchedStore, self).unmark_listed(lane, markers))

    def resume_at(self, lane: Lane, journey: JourneyKey) -> None:
        self._around("resume", lambda: super(WatchedStore, self).resume_at(lane, journey))


def _assert_fits(
    change: StateChange, alerts: Sequence[Alert], owed: Sequence[PendingDelivery], lease_until: datetime
) -> None:
    """What DynamoDB would refuse, a store in memory must not take; and each commit is one version on."""
    assert change.state.version == change.seen_version + 1
    update = items.state_update(change, owed, lease_until)
    assert len(alerts) < 100, "a transaction has up to 100 items"
    assert all(len(update[name]) <= 4096 for name in ("UpdateExpression", "ConditionExpression"))
    assert update["UpdateExpression"].count(":") <= 300, "an expression has up to 300 operators"
    sizes = [len(json.dumps(alert.envelope)) for alert in alerts]
    assert max(sizes, default=0) < 400_000, "an item has up to 400 KB"
    assert sum(sizes) + items.state_bytes(update, change.state) < 4 * 2**20, "a transaction has up to 4 MB"
    if items.state_bytes(update, change.state) > items.ITEM_LIMIT_BYTES:
        raise StateTooLargeError("an item may have 400 KB")


def polled_by_the_minute(
    source: RunSource, lane: Lane, target: WatchTarget
) -> tuple[Callable[[], None], ScriptedChannel]:
    """A poll of the lane on command, after which a minute passes, and what its only channel was sent."""
    clock, channel, store = Clock(), ScriptedChannel(), MemoryRunStore()

    def poll() -> None:
        LanePoll(
            PollContext(
                lane,
                [target],
                source=source,
                store=store,
                channels={"alerts": Channel(channel)},
                config=WatchConfig(watch=(target,)),
                time_budget=TimeBudget(clock.now, clock.time + timedelta(seconds=50)),
            )
        ).run()
        clock.advance(minutes=1)

    return poll, channel


class PollHarness:
    """One lane, polled on command."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.source = ScriptedSource(self.clock)
        self.store = WatchedStore()
        self.channel = ScriptedChannel()
        self.operators = ScriptedChannel()
        self.channels = {"alerts": Channel(self.channel), "ops": Channel(self.operators, for_operators=True)}
        self.config = WatchConfig(watch=(EVERYTHING,))
        self.history: ScriptedHistory | None = None
        self.commit_limits = CommitLimits()
        self.history_pages = 20
        self.lanes: tuple[Lane, ...] = ()

    def configure(self, *targets: WatchTarget) -> None:
        self.config = replace(self.config, watch=targets)

    def poll(self, *, seconds: float = 50.0) -> PollReport:
        """Poll at the clock's time, with so many seconds until the invocation would end; what it did can be counted."""
        report = LanePoll(
            PollContext(
                LANE,
                self.config.watch,
                source=self.source,
                store=self.store,
                channels=self.channels,
                config=self.config,
                time_budget=TimeBudget(self.clock.now, self.clock.time + timedelta(seconds=seconds)),
                call_history=self.history,
                commit_limits=self.commit_limits,
                history_pages=self.history_pages,
                lanes=self.lanes,
            )
        ).run()
        assert report.lane == LANE
        assert report.measurements()["PagesRead"] >= 0
        assert all(delay >= 0 for delay in report.detection_delays)
        assert all(report.delivery.refused.values()), "what is still owed says why"
        return report

    def poll_a_minute_later(self) -> PollReport:
        self.clock.advance(minutes=1)
        return self.poll()
