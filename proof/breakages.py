"""Rules of the poll, broken on purpose one by one: a proof that cannot fail proves nothing.

Each is the smallest change to the product that breaks one rule; the trials must notice it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from journey_watch.core import commit_plan, transitions
from journey_watch.core.alerts import Alert, PendingDelivery, channel_of
from journey_watch.core.attribution import calls_behind
from journey_watch.core.commit_plan import Commit, CommitPolicy, Event, Reported
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.errors import SourceError
from journey_watch.core.reachability import PollReadings
from journey_watch.core.runs import JourneyKey, JourneyState, Lane, Observation, Scope
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import WatchTarget
from journey_watch.messages import envelope, status_change
from journey_watch.messages.digest import fits_in_a_digest
from journey_watch.polling import alert_policy, attributing, delivery, lane_health
from journey_watch.polling.committing import ChangeCommitter, Committed
from journey_watch.polling.delivery import Delivery, DigestPolicy
from journey_watch.polling.lane_health import LaneHealth
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.ports import CommitResult, Discovery, RunStore
from journey_watch.store.memory import MemoryRunStore

Poll = Callable[[PollContext], object]


def as_it_is(context: PollContext) -> object:
    """The product's own poll."""
    return LanePoll(context).run()


@dataclass(frozen=True, slots=True)
class Breakage:
    """One rule that does not hold."""

    rule: str
    """What is broken, as a sentence."""
    apply: Callable[[], AbstractContextManager[None]] = nullcontext
    """Breaks something of the product's code for as long as it lasts."""
    poll: Poll = as_it_is
    """How a lane is polled then."""
    held_by: str = ""
    """Why trials need not notice it: what else holds the promise then, or how rare it is."""


@contextmanager
def _replaced(owner: object, name: str, value: object) -> Iterator[None]:
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def _replacing(owner: object, name: str, value: object) -> Callable[[], AbstractContextManager[None]]:
    return lambda: _replaced(owner, name, value)


class _OtherStore:
    """A store with one habit of its own, and for the rest the one that it stands before."""

    def __init__(self, inner: RunStore, context: PollContext) -> None:
        self._inner = inner
        self._context = context

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


def _with_store(habit: type[_OtherStore]) -> Poll:
    def poll(context: PollContext) -> object:
        store: Any = habit(context.store, context)
        return LanePoll(replace(context, store=store)).run()

    return poll


class _PublishesFirst(_OtherStore):
    def commit(
        self,
        lane: Lane,
        change: StateChange,
        alerts: Sequence[Alert],
        owed: Sequence[PendingDelivery],
        lease_until: datetime,
    ) -> CommitResult:
        for one in owed:
            self._context.channels[one.channel].notifier.publish([one.alert])
        return self._inner.commit(lane, change, alerts, [], lease_until)


class _TakesALostRaceForDone(_OtherStore):
    def commit(self, *args: Any) -> CommitResult:  # noqa: ANN401 - as it is called
        result = self._inner.commit(*args)
        return CommitResult.DONE if result is CommitResult.LOST_RACE else result


class _TakesNoAnswerForDone(_OtherStore):
    def commit(self, *args: Any) -> CommitResult:  # noqa: ANN401 - as it is called
        result = self._inner.commit(*args)
        return CommitResult.DONE if result is CommitResult.UNCERTAIN else result


@dataclass
class _ReadBefore:
    """A source that was read before the state was loaded."""

    inner: Any
    discovery: Discovery | None = None
    readings: dict[JourneyKey, object] = field(default_factory=dict)

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        if self.discovery is None:
            self.discovery = self.inner.discover(targets)
        return self.discovery

    def observe(self, journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, object]:
        (journey,) = journeys
        return {journey: self.readings.pop(journey)} if journey in self.readings else self.inner.observe(journeys)


def _load_after_reading(context: PollContext) -> object:
    source: Any = _ReadBefore(context.source)
    for journey in source.discover(context.targets).journeys:
        source.readings[journey] = context.source.observe([journey])[journey]
    return LanePoll(replace(context, source=source)).run()


_commit = MemoryRunStore.commit


def _commit_on_any_version(
    self: MemoryRunStore,
    lane: Lane,
    change: StateChange,
    *more: Any,  # noqa: ANN401 - as it is called
) -> CommitResult:
    held = self.load(lane).states.get(change.journey)
    seen = held.version if held else 0
    return _commit(self, lane, replace(change, seen_version=seen), *more)


def _commit_the_whole_map(
    self: MemoryRunStore,
    lane: Lane,
    change: StateChange,
    *more: Any,  # noqa: ANN401 - as it is called
) -> CommitResult:
    result = _commit(self, lane, change, *more)
    if result is CommitResult.DONE:
        state = self.load(lane).states[change.journey]
        undelivered = {**change.state.undelivered, **state.undelivered}
        self._put(lane, change.journey, replace(state, undelivered=undelivered))
    return result


_claim = MemoryRunStore.claim


def _claim_whatever_the_lease(self: MemoryRunStore, *args: Any, **kwargs: Any) -> bool:  # noqa: ANN401 - as it is called
    _claim(self, *args, **kwargs)
    return True


_unblocked = Delivery._unblocked  # noqa: SLF001 - what is broken here is inside


def _acknowledge_first(self: Delivery, pending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
    sending = _unblocked(self, pending)
    self._acknowledge(sending)
    return sending


_publish = Delivery._publish  # noqa: SLF001 - as above


def _every_answer_is_good(self: Delivery, pending: Sequence[PendingDelivery]) -> dict[str, str]:
    _publish(self, pending)
    return {}


_moved = commit_plan._moved  # noqa: SLF001 - as above


def _first_commit_carries_all(current: JourneyState, reported: Iterable[Reported], final: JourneyState) -> JourneyState:
    return replace(_moved(current, reported, final), runs=final.runs)


def _everything_fits(events: Iterable[Event], current: JourneyState, policy: CommitPolicy) -> Iterator[Reported]:
    return (policy.report(event, current.version + 1, len(current.searches)) for event in events)


_verdict = transitions._verdict  # noqa: SLF001 - as above


def _no_second_reading(*args: Any) -> object:  # noqa: ANN401 - as it is called
    verdict = _verdict(*args)
    return transitions._Verdict.CHANGED if verdict is transitions._Verdict.REREAD else verdict  # noqa: SLF001


def _second_reading_is_enough(run: Any, recorded: Any, now: datetime) -> object:  # noqa: ANN401 - as it is called
    verdict = _verdict(run, recorded, now)
    untimed = run.last_update_time is None or recorded.last_update_time is None
    stale = verdict is transitions._Verdict.STALE  # noqa: SLF001 - as above
    return transitions._Verdict.REREAD if stale and untimed else verdict  # noqa: SLF001 - as above


def _only_what_is_old(self: DigestPolicy, pending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
    return [one for one in pending if (one.alert.detection_delay or timedelta(0)) > self.catch_up_after]


def _worst_first(pending: Iterable[PendingDelivery]) -> list[PendingDelivery]:
    return sorted(pending, key=lambda one: (-one.alert.severity.loudness, one.alert.id))


def _mutes_without_memory(self: LaneHealth) -> Sequence[PendingDelivery]:
    now = self.committer.context.now()
    known = self.committer.context.store.set_by_operators().mutes.values()
    self.committer.mutes = [mute for mute in known if mute is not None and mute.is_in_force(now)]
    return ()


_judge_mutes = LaneHealth.judge_mutes


def _mutes_before_they_are_stored(self: LaneHealth) -> Sequence[PendingDelivery]:
    pending = _judge_mutes(self)
    context = self.committer.context
    known = [*context.config.mutes, *context.store.set_by_operators().mutes.values()]
    self.committer.mutes = [mute for mute in known if mute is not None and mute.is_in_force(context.now())]
    return pending


_execute = ChangeCommitter._execute  # noqa: SLF001 - as above


def _go_on_after_a_lost_race(self: ChangeCommitter, plan: Sequence[Commit], state: JourneyState) -> Committed:
    whole = Committed(state)
    for commit in plan:
        part = _execute(self, [commit], whole.state)
        whole.state, whole.complete = part.state, part.complete
        whole.results += part.results
        whole.alerts += part.alerts
        whole.pending += part.pending
    return whole


_commit_events = ChangeCommitter.commit


def _without_acknowledged_resolutions(
    self: ChangeCommitter,
    scope: Scope,
    state: JourneyState,
    events: Sequence[Event],
    *more: Any,  # noqa: ANN401 - as it is called
    **kwargs: Any,  # noqa: ANN401 - as it is called
) -> Committed:
    told = [
        event
        for event in events
        if not isinstance(event, ConditionEvent)
        or event.phase is not Phase.RESOLVED
        or event.condition.opened_by not in state.acknowledged
    ]
    return _commit_events(self, scope, state, told, *more, **kwargs)


_routed_to = Alert.routed_to


def _resolutions_to_the_default(self: Alert, recipients: tuple[str, ...]) -> Alert:
    return self if self.detail.get("phase") == Phase.RESOLVED else _routed_to(self, recipients)


_Attributing: Any = attributing._Attributing  # noqa: SLF001 - as above
_end = _Attributing._end  # noqa: SLF001 - as above


def _end_all_searches(
    self: Any,  # noqa: ANN401 - the class is private
    journey: JourneyKey,
    state: JourneyState,
    ended: Mapping[Search, Any],
    *more: Any,  # noqa: ANN401 - as it is called
) -> object:
    return _end(self, journey, replace(state, searches=tuple(ended)), ended, *more)


_told_together = DigestPolicy.told_together


def _digests_overtake(
    self: DigestPolicy, pending: Sequence[PendingDelivery], *, max_single: int
) -> Sequence[PendingDelivery]:
    digestible = [one for one in pending if fits_in_a_digest(one.alert)]
    return _told_together(self, digestible, max_single=max_single)


def _wait_for_any_lease(self: Delivery, pending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
    held = [one for one in pending if (one.channel, one.alert.journey) in self._unowned]
    self._keep(held, {one.key: "another alert is not ours" for one in held})
    return [one for one in pending if one not in held]


def _until_much_later(*args: Any, **kwargs: Any) -> CallWindow | None:  # noqa: ANN401 - as it is called
    window = calls_behind(*args, **kwargs)
    return window and replace(window, latest=window.latest + timedelta(minutes=2))


_forget_baseline = MemoryRunStore.forget_baseline


def _forget_acknowledgements_too(self: MemoryRunStore, lane: Lane, journey: JourneyKey, version: int) -> CommitResult:
    result = _forget_baseline(self, lane, journey, version)
    if result is CommitResult.DONE:
        self._put(lane, journey, replace(self.load(lane).journeys[journey], acknowledged={}))
    return result


_save_progress = LanePoll._save_progress  # noqa: SLF001 - as above


def _always_save_progress(self: LanePoll, plan: Any, *more: Any) -> None:  # noqa: ANN401 - as it is called
    _save_progress(self, plan, *more)
    context = self._context
    for journey in plan.journeys[:1]:
        context.store.resume_at(context.lane, journey)


def _any_failure(self: PollReadings, _: object) -> SourceError | None:
    return None if self.readable else next(iter(self.failed.values()), None)


_stable_id = envelope.stable_id

BREAKAGES: Final = (
    Breakage("what is owed is published before it is committed", poll=_with_store(_PublishesFirst)),
    Breakage(
        "what is sent is acknowledged before a channel has it", _replacing(Delivery, "_unblocked", _acknowledge_first)
    ),
    Breakage(
        "whatever a channel answers is taken for acceptance", _replacing(Delivery, "_publish", _every_answer_is_good)
    ),
    Breakage(
        "a commit does not ask for the version it has seen",
        _replacing(MemoryRunStore, "commit", _commit_on_any_version),
    ),
    Breakage(
        "a commit writes all that is owed, not its own part",
        _replacing(MemoryRunStore, "commit", _commit_the_whole_map),
    ),
    Breakage("after a lost race the alerts are sent all the same", poll=_with_store(_TakesALostRaceForDone)),
    Breakage("after a commit without an answer the alerts are sent", poll=_with_store(_TakesNoAnswerForDone)),
    Breakage(
        "the state is loaded after the provider was read",
        poll=_load_after_reading,
        held_by="what is known of stale readings decides the same",
    ),
    Breakage(
        "the first of several commits carries the news of all",
        _replacing(commit_plan, "_moved", _first_commit_carries_all),
    ),
    Breakage(
        "what another invocation owes is sent without waiting for its lease",
        _replacing(delivery, "CLOCK_SKEW", -timedelta(hours=1)),
    ),
    Breakage(
        "a claim does not ask for the lease it has seen", _replacing(MemoryRunStore, "claim", _claim_whatever_the_lease)
    ),
    Breakage("what was left behind is taken over by nobody", _replacing(Delivery, "claim_abandoned", lambda _, __: [])),
    Breakage(
        "a new alert overtakes one that another invocation has to send",
        _replacing(Delivery, "_without_what_is_held", lambda _, pending: list(pending)),
    ),
    Breakage(
        "a refused alert does not hold up the later ones of its run",
        _replacing(Delivery, "_unblocked", lambda _, pending: list(pending)),
    ),
    Breakage("digests are cut by severity, not by time", _replacing(delivery, "_in_time_order", _worst_first)),
    Breakage(
        "a digest of old news leaves the earlier ones of its runs behind",
        _replacing(DigestPolicy, "_long_ago", _only_what_is_old),
    ),
    Breakage(
        "alerts have the same id whenever the same happens again",
        _replacing(status_change, "stable_id", lambda parts: _stable_id(list(parts)[:-1])),
    ),
    Breakage("a listing is believed however old it may be", _replacing(transitions, "STALE_READ_WINDOW", timedelta(0))),
    Breakage("without times a step back is believed at once", _replacing(transitions, "_verdict", _no_second_reading)),
    Breakage(
        "without times an ended run lives again at a second reading",
        _replacing(transitions, "_verdict", _second_reading_is_enough),
    ),
    Breakage(
        "an incomplete listing passes for a complete one",
        _replacing(Observation, "shows_everything", property(lambda _: True)),
    ),
    Breakage("ended runs are dropped at once", _replacing(transitions, "SETTLE_WINDOW", timedelta(0))),
    Breakage(
        "a mute is not remembered, and gives no account", _replacing(LaneHealth, "judge_mutes", _mutes_without_memory)
    ),
    Breakage(
        "the account of a mute is given while others may still add to it",
        _replacing(lane_health, "timedelta", lambda **_: timedelta(0)),
        held_by="it takes an invocation that overlaps the very end of a mute",
    ),
    Breakage("more is given up than must be", _replacing(delivery, "MAX_OWED", 1)),
    Breakage(
        "a mute takes effect before it is stored", _replacing(LaneHealth, "judge_mutes", _mutes_before_they_are_stored)
    ),
    Breakage(
        "a chain of commits goes on after a lost race",
        _replacing(ChangeCommitter, "_execute", _go_on_after_a_lost_race),
    ),
    Breakage("reminders continue after an acknowledgement", _replacing(ChangeCommitter, "acknowledged", lambda *_: {})),
    Breakage(
        "the resolution of an acknowledged condition is not sent",
        _replacing(ChangeCommitter, "commit", _without_acknowledged_resolutions),
    ),
    Breakage(
        "a resolution ignores the route of its opening", _replacing(Alert, "routed_to", _resolutions_to_the_default)
    ),
    Breakage("a search is dropped when another one ends", _replacing(_Attributing, "_end", _end_all_searches)),
    Breakage("a digest overtakes an acknowledgement", _replacing(DigestPolicy, "told_together", _digests_overtake)),
    Breakage(
        "the lease of a later alert holds back an earlier one",
        _replacing(Delivery, "_without_what_is_held", _wait_for_any_lease),
    ),
    Breakage(
        "a call made after the change may explain it", _replacing(alert_policy, "calls_behind", _until_much_later)
    ),
    Breakage(
        "forgetting a journey forgets its acknowledgements",
        _replacing(MemoryRunStore, "forget_baseline", _forget_acknowledgements_too),
    ),
    Breakage(
        "undelivered alerts of a renamed channel are dropped",
        _replacing(Delivery, "_channel_of", lambda _, key: channel_of(key)),
    ),
    Breakage("one journey that cannot be read makes a lane blind", _replacing(PollReadings, "why_blind", _any_failure)),
    Breakage("a commit takes all that there is", _replacing(commit_plan, "_that_fit", _everything_fits)),
    Breakage("a quiet poll writes", _replacing(LanePoll, "_save_progress", _always_save_progress)),
)
