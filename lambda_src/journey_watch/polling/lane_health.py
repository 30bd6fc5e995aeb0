"""What concerns a lane as a whole: that it, a listing or a journey cannot be read, and which mutes are in force."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from journey_watch.core.acknowledgements import newly_given
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.commit_plan import PreparedAlert
from journey_watch.core.condition_rules import all_resolved, assess_failure
from journey_watch.core.conditions import ConditionKind, Resolution
from journey_watch.core.errors import SourceError
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.mutes import Mute, is_notable, notice_key
from journey_watch.core.reachability import PollReadings
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyInfo, JourneyKey, JourneyState, Scope
from journey_watch.core.transitions import with_assessment
from journey_watch.core.watch_list import ALL
from journey_watch.messages.envelope import AlertContext, stable_id
from journey_watch.messages.mute_began import mute_began_alert
from journey_watch.messages.mute_ended import mute_ended_alert, tallied
from journey_watch.polling.committing import ChangeCommitter
from journey_watch.polling.journey_poll import JourneyOutcome
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.side_tasks import SideTasks
from journey_watch.ports import Discovery

HISTORY_SHARE: Final = 1 / 6
"""Reading the history for summaries of mutes takes no more of the time that there is for sending."""


@dataclass(slots=True)
class LaneHealth:
    """Whether a lane can be read, and what its mutes held back."""

    committer: ChangeCommitter
    scopes: dict[Scope, JourneyState]
    """What is remembered of the lane itself, and of containers' listings."""
    side_tasks: SideTasks
    blind: bool = False
    """True if this poll found that nothing in the lane can be read."""

    @property
    def _context(self) -> PollContext:
        return self.committer.context

    def judge_mutes(self) -> Sequence[PendingDelivery]:
        """Decide which mutes are in force in this poll, and remember them; tell what those held back that ended.

        A mute counts only once it is remembered: so whatever it holds back stands in its account.
        """
        now = self._context.now()
        known, in_force = self._evaluated(self._known_mutes(), now)
        pending = self._record_mutes({mute.id for mute in in_force}, known, now)
        self.committer.mutes = [mute for mute in in_force if mute.id in self._state(LANE_ITSELF).mutes]
        return pending

    def _evaluated(
        self, known: Mapping[str, Mute | None], now: datetime
    ) -> tuple[Mapping[str, Mute | None], Sequence[Mute]]:
        """Return the mutes, with None for each that cannot be evaluated, and those in force."""
        evaluated: dict[str, Mute | None] = dict.fromkeys(known)
        in_force: list[Mute] = []
        for mute_id, mute in known.items():
            with self.side_tasks.attempt("mute not evaluated: it mutes nothing", mute=mute_id):
                in_force += [mute] if mute is not None and mute.is_in_force(now) else []
                evaluated[mute_id] = mute
        return evaluated, in_force

    def _known_mutes(self) -> Mapping[str, Mute | None]:
        """By id; None for one of which nothing more can be said: it is not taken for ended."""
        configured = {mute.id: mute for mute in self._context.config.mutes}
        with self.side_tasks.attempt("the mutes that operators have set could not be read"):
            found = self._context.store.set_by_operators()
            lane = self._context.lane
            self.committer.acknowledgements = [each for each in found.acknowledgements if each.lane == lane]
            return {**found.mutes, **configured}
        return {**dict.fromkeys(self._state(LANE_ITSELF).mutes), **configured}

    def _record_mutes(
        self, in_force: AbstractSet[str], known: Mapping[str, Mute | None], now: datetime
    ) -> Sequence[PendingDelivery]:
        state = self._state(LANE_ITSELF)
        tallies = _with_ends(state, in_force, known, now)
        begun = self._notable(in_force, known, state, now)
        for mute in begun:
            tallies[mute.id] = replace(tallies.get(mute.id, MuteTally()), notice_of=_form_of(mute))
        # An invocation that loaded the mute before its end or removal may suppress alerts until then.
        overlap = timedelta(seconds=self._context.config.every_seconds)
        over = {
            mute_id
            for mute_id, tally in tallies.items()
            if tally.ended_at and datetime.fromisoformat(tally.ended_at) <= now - overlap
        }
        if not over and in_force <= state.mutes.keys() and tallies == state.mute_tallies:
            return ()
        mutes = {**state.mutes, **{one: _to_the_millisecond(now) for one in sorted(in_force - state.mutes.keys())}}
        seen = self._context.alert(LANE_ITSELF, JourneyInfo())
        reader = _HistoryReader(self._context, self._context.history_pages)
        events = [PreparedAlert(build=partial(self._notice, mute, seen), begun_mute=mute.id) for mute in begun]
        for mute_id, since in state.mutes.items():
            if mute_id not in over:
                continue
            # The mute stays stored until its summary is built: the next poll goes on.
            with self.side_tasks.attempt("what a mute held back could not be read; it is tried again", mute=mute_id):
                tallies[mute_id], complete = reader.read(mute_id, since, tallies.get(mute_id, MuteTally()))
                if not complete:
                    continue
                if tallies[mute_id].suppressed:
                    build = partial(_summary, mute_id, tallies[mute_id], seen, since=since, mute=known.get(mute_id))
                    build(state.version)  # if this raises, only this mute waits
                    events.append(PreparedAlert(build=build, ended_mute=mute_id))
                del mutes[mute_id]
        tallies = {mute_id: tally for mute_id, tally in tallies.items() if mute_id in mutes}
        final = replace(state, mutes=mutes, mute_tallies=tallies)
        committed = self.committer.commit(LANE_ITSELF, state, events, final, JourneyInfo())
        with self.side_tasks.attempt("which mutes are in force could not be noted"):
            committed.check()
        return committed.pending

    def _notable(
        self, in_force: AbstractSet[str], known: Mapping[str, Mute | None], state: JourneyState, now: datetime
    ) -> list[Mute]:
        """Return the mutes in force whose beginning, or change, this lane reports to operators.

        Only the first lane by name that a mute reaches reports it, so 50 lanes do not send 50 notices.
        """
        lanes = self._context.lanes or (self._context.lane,)
        notable: list[Mute] = []
        for mute_id in sorted(in_force):
            with self.side_tasks.attempt("mute not reported to operators", mute=mute_id):
                mute = known[mute_id]
                first = min((str(lane) for lane in lanes if mute is not None and mute.reaches(lane)), default="")
                if mute is None or first != str(self._context.lane):
                    continue
                # A weekly window is judged when it opens only.
                reported = state.mute_tallies.get(mute_id, MuteTally()).notice_of == _form_of(mute)
                judged = reported or (mute.until is None and mute_id in state.mutes)
                if not judged and is_notable(mute, lanes, now):
                    self._notice(mute, self._context.alert(LANE_ITSELF, JourneyInfo()), state.version)
                    notable.append(mute)
        return notable

    def _notice(self, mute: Mute, seen: AlertContext, version: int) -> Alert:
        alert = mute_began_alert(
            mute,
            seen,
            everything=mute.covers_all_of(self._context.lanes or (self._context.lane,)),
            configured=mute.id in [one.id for one in self._context.config.mutes],
            notice_key=notice_key(mute),
            sequence=max(1, version),
        )
        return alert.routed_to(self._context.config.operators)

    @property
    def is_announced_unreachable(self) -> bool:
        """True if the operators were told that the lane cannot be read, and not yet that it can."""
        return any(condition.opened_at for condition in self._state(LANE_ITSELF).conditions.values())

    def drop_suspicion(self) -> None:
        """The lane is not in use: what an earlier failure made suspect must not make a later one look long."""
        if self._state(LANE_ITSELF).conditions:
            self._assess(LANE_ITSELF, None, self._state(LANE_ITSELF), JourneyInfo())

    def assess_reachability(
        self,
        states: Mapping[JourneyKey, JourneyState],
        discovery: Discovery,
        outcomes: Sequence[JourneyOutcome],
    ) -> list[PendingDelivery]:
        """Judge what could not be read. A lane that is blind is one condition, and none of its journeys.

        `states` are those the journeys were compared with: one that never was read keeps what it starts from.
        """
        pending: list[PendingDelivery] = []
        for scope, failure in self._failures_by_scope(states, discovery, outcomes).items():
            if isinstance(scope, JourneyKey):
                state, info = states.get(scope, JourneyState()), discovery.journeys.get(scope, JourneyInfo())
            else:
                state, info = self._state(scope), JourneyInfo()
            pending += self._assess(scope, failure, state, info, self._resolution(scope, discovery))
        return pending

    def _resolution(self, scope: Scope, discovery: Discovery) -> Resolution | None:
        """Why a scope cannot be read though it does not fail; None if it can."""
        if not isinstance(scope, ContainerScope):
            return None
        if not any(target.container_id in (ALL, scope.container_id) for target in self._context.targets):
            return Resolution.UNWATCHED
        known = discovery.containers
        return Resolution.DELETED if known is not None and scope.container_id not in known else None

    def resolve_unwatched(
        self, journey: JourneyKey, state: JourneyState
    ) -> tuple[Sequence[PendingDelivery], int | None]:
        """Tell that whatever was wrong with a journey is nobody's concern any more.

        Returns what is to be sent about that, and the state's version afterwards: None if that is not certain.
        """
        over = all_resolved(state.conditions, Resolution.UNWATCHED)
        final = with_assessment(state, over)
        committed = self.committer.commit(journey, state, over.events, final, JourneyInfo())
        return committed.pending, committed.state.version if committed.complete else None

    def _failures_by_scope(
        self, states: Mapping[JourneyKey, JourneyState], discovery: Discovery, outcomes: Sequence[JourneyOutcome]
    ) -> dict[Scope, SourceError | None]:
        """Return why each scope could not be read, None for one that could. Scopes without a reading are left out."""
        readings = self._readings(states, discovery, outcomes)
        blind = readings.why_blind(self._unreachable(states))
        self.blind = blind is not None
        if blind:
            return {LANE_ITSELF: blind}
        # If a lane has no journey, its listing is all that can be read.
        read_again = readings.readable or not (readings.journeys or discovery.incomplete)
        return {
            **({LANE_ITSELF: discovery.failures.get(ALL)} if read_again or ALL in discovery.failures else {}),
            **{scope: None for scope in self.scopes if self._is_listed(scope, discovery)},
            **{ContainerScope(id_): failure for id_, failure in discovery.failures.items() if id_ != ALL},
            # A throttled journey is read by a later poll, if others can be read.
            **{
                journey: failure
                for journey, failure in readings.failed.items()
                if not (failure.throttled and readings.readable)
            },
        }

    def _readings(
        self, states: Mapping[JourneyKey, JourneyState], discovery: Discovery, outcomes: Sequence[JourneyOutcome]
    ) -> PollReadings:
        named = {target.container_id for target in self._context.targets}
        return PollReadings(
            unlisted=discovery.failures,
            listings=named if discovery.containers is None else discovery.containers,
            failed={
                outcome.journey: outcome.failure
                for outcome in outcomes
                if isinstance(outcome.failure, SourceError) and not outcome.observed
            },
            readable=any(outcome.observed and not outcome.deleted for outcome in outcomes),
            journeys={*states, *discovery.journeys} - {outcome.journey for outcome in outcomes if outcome.deleted},
        )

    def _unreachable(self, states: Mapping[JourneyKey, JourneyState]) -> set[Scope]:
        """Return the scopes with an UNREACHABLE condition, suspected or open."""
        remembered = [*self.scopes.items(), *states.items()]
        return {scope for scope, state in remembered if ConditionKind.UNREACHABLE in state.conditions}

    def _is_listed(self, scope: Scope, discovery: Discovery) -> bool:
        """True if it is a container whose listing was read, or one that is not there any more."""
        return scope != LANE_ITSELF and not {scope.container_id, ALL} & discovery.incomplete

    def _assess(
        self,
        scope: Scope,
        failure: SourceError | None,
        state: JourneyState,
        info: JourneyInfo,
        resolution: Resolution | None = None,
    ) -> Sequence[PendingDelivery]:
        begun = self._context.now()
        acknowledged = self.committer.acknowledged(scope, state)
        context = self._context.assessment(
            scope, info, begun=begun, acknowledged=acknowledged, muted=False, confirmed=True
        )
        assessment = assess_failure(state.conditions, str(failure) if failure else None, context, resolution)
        given = newly_given(state.acknowledged, self.committer.acknowledgements_of(scope), context.now)
        final = with_assessment(state, assessment)
        if given:
            final = replace(final, acknowledged=acknowledged)
        committed = self.committer.commit(scope, state, [*assessment.events, *given], final, info)
        with self.side_tasks.attempt("what cannot be read could not be noted", of=str(scope)):
            committed.check()
        return committed.pending

    def _state(self, scope: Scope) -> JourneyState:
        """Return the state as this poll has stored or loaded it."""
        return self.committer.stored.get(scope) or self.scopes.get(scope, JourneyState())


@dataclass(slots=True)
class _HistoryReader:
    """Reads what mutes suppressed, so many pages in one poll; what is left, the next poll reads."""

    context: PollContext
    pages_left: int

    def read(self, mute_id: str, since: datetime, tally: MuteTally) -> tuple[MuteTally, bool]:
        """Read on where the tally ends; returns it with what was read, and whether that is everything."""
        stop_at = self.context.time_budget.sending_seconds * (1 - HISTORY_SHARE)
        while self.pages_left and self.context.time_budget.sending_seconds > stop_at:
            self.pages_left -= 1
            page = self.context.store.history(self.context.lane, since, tally.position)
            suppressed = [alert for alert in page.alerts if alert.muted_by == mute_id]
            tally = tallied(tally, suppressed, page.following or tally.position)
            if page.following is None:
                return tally, True
        return tally, False


def _with_ends(
    state: JourneyState, in_force: AbstractSet[str], known: Mapping[str, Mute | None], now: datetime
) -> dict[str, MuteTally]:
    """Return the tallies with the time at which each stored mute was first found ended or removed.

    A mute that cannot be read or evaluated is not taken for ended. One that is in force again has no end.
    """
    tallies = dict(state.mute_tallies)
    for mute_id in state.mutes:
        tally = tallies.get(mute_id, MuteTally())
        unknown = mute_id in known and known[mute_id] is None
        ended_at = "" if mute_id in in_force else tally.ended_at or ("" if unknown else now.isoformat())
        if (tally := replace(tally, ended_at=ended_at)) != MuteTally():
            tallies[mute_id] = tally
        else:
            tallies.pop(mute_id, None)
    return tallies


def _form_of(mute: Mute) -> str:
    return stable_id([notice_key(mute)])


def _summary(
    mute_id: str, tally: MuteTally, seen: AlertContext, version: int, *, since: datetime, mute: Mute | None
) -> Alert:
    return mute_ended_alert(mute_id, tally, seen, since=since, sequence=version, mute=mute)


def _to_the_millisecond(time: datetime) -> datetime:
    """As alerts tell the time: what is held back at once must not look older than its mute."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
