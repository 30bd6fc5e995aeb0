"""What concerns a lane as a whole: that it, a listing or a journey cannot be read, and which mutes are in force."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.condition_rules import all_resolved, assess_failure
from journey_watch.core.conditions import ConditionKind, Resolution
from journey_watch.core.errors import SourceError
from journey_watch.core.mutes import Mute
from journey_watch.core.reachability import PollReadings
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyInfo, JourneyKey, JourneyState, Scope
from journey_watch.core.transitions import StateChange, with_acknowledgements, with_assessment
from journey_watch.core.watch_list import ALL
from journey_watch.messages.mute_ended import mute_ended_alert
from journey_watch.polling.committing import ChangeCommitter
from journey_watch.polling.journey_poll import JourneyOutcome
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.side_tasks import SideTasks
from journey_watch.ports import CommitResult, Discovery


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
        recorded = self._state(LANE_ITSELF).mutes
        known, in_force = self._evaluated(self._known_mutes(), now)
        overlap = timedelta(seconds=self._context.config.every_seconds)
        lasting = {
            mute_id
            for mute_id in recorded
            # Until now some other invocation may have held something back: it began before the mute's end.
            if mute_id in known and ((mute := known[mute_id]) is None or mute.is_in_force(now - overlap))
        }
        pending = self._record_mutes(lasting.union(mute.id for mute in in_force), known, now)
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
        if in_force == set(state.mutes):
            return ()
        mutes = {mute_id: state.mutes.get(mute_id, _to_the_millisecond(now)) for mute_id in sorted(in_force)}
        moved = replace(state, version=state.version + 1, mutes=mutes)
        seen = self._context.alert(LANE_ITSELF, JourneyInfo())
        alerts: list[Alert] = []
        for mute_id, since in state.mutes.items():
            if mute_id in in_force:
                continue
            if len(alerts) == self._context.alerts_per_commit:
                mutes[mute_id] = since  # the next poll gives its account
                continue
            with self.side_tasks.attempt("what a mute held back could not be read; it is tried again", mute=mute_id):
                if held_back := self._held_back(mute_id, since):
                    sequence, mute = moved.version, known.get(mute_id)
                    account = mute_ended_alert(
                        mute_id,
                        [alert.detail for alert in held_back],
                        seen,
                        since=since,
                        sequence=sequence,
                        mute=mute,
                    )
                    # Whoever would have heard of any of it.
                    everybody = dict.fromkeys(one for alert in held_back for one in alert.recipients)
                    alerts.append(account.routed_to(tuple(everybody)))
                continue
            mutes[mute_id] = since
        if mutes == state.mutes:
            return ()
        with self.side_tasks.attempt("which mutes are in force could not be noted"):
            committed = self.committer.commit(StateChange(LANE_ITSELF, state.version, moved), JourneyInfo(), alerts)
            if committed.result is CommitResult.DONE:
                self.scopes[LANE_ITSELF] = moved
                return committed.pending
        return ()

    def _held_back(self, mute_id: str, since: datetime) -> list[Alert]:
        recorded = self._context.store.history(self._context.lane, since)
        return [alert for alert in recorded if alert.muted_by == mute_id]

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
        pending: list[PendingDelivery] = []
        version = state.version
        for change in with_assessment(journey, state, [], over, max_alerts=self._context.alerts_per_commit):
            committed = self.committer.commit(change, JourneyInfo())
            if committed.result is not CommitResult.DONE:
                return pending, None
            pending += committed.pending
            version = change.state.version
        return pending, version

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
        if not self._context.time_budget.may_send:
            return []  # what lasts is still so at the next poll
        begun = self._context.now()
        acknowledged = self.committer.acknowledged(scope, state)
        context = self._context.assessment(
            scope, info, begun=begun, acknowledged=acknowledged, muted=False, confirmed=True
        )
        assessment = assess_failure(state.conditions, str(failure) if failure else None, context, resolution)
        changes = with_assessment(scope, state, [], assessment)
        given = self.committer.acknowledgements_of(scope)
        pending: list[PendingDelivery] = []
        with self.side_tasks.attempt("what cannot be read could not be noted", of=str(scope)):
            for change in with_acknowledgements(scope, state, changes, given, context.now):
                committed = self.committer.commit(change, info)
                if committed.result is not CommitResult.DONE:
                    break  # the next change was computed from a state that is not stored
                pending += committed.pending
        return pending

    def _state(self, scope: Scope) -> JourneyState:
        return self.scopes.get(scope, JourneyState())


def _to_the_millisecond(time: datetime) -> datetime:
    """As alerts tell the time: what is held back at once must not look older than its mute."""
    return time.replace(microsecond=time.microsecond // 1000 * 1000)
