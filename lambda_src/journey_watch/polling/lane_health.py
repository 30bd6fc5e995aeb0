"""What concerns a lane as a whole: that it, a listing or a journey cannot be read, and which mutes are in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import PendingDelivery
from journey_watch.core.condition_rules import assess_failure
from journey_watch.core.errors import SourceError, StateTooLargeError, StoreUnavailableError
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyInfo, JourneyKey, JourneyState, Scope
from journey_watch.core.transitions import StateChange, with_assessment
from journey_watch.core.watch_list import ALL
from journey_watch.messages.mute_ended import mute_ended_alert
from journey_watch.polling.committing import ChangeCommitter
from journey_watch.polling.journey_poll import JourneyOutcome
from journey_watch.polling.poll_context import PollContext
from journey_watch.ports import CommitResult, Discovery

logger = Logger(child=True)


@dataclass(slots=True)
class LaneHealth:
    """Whether a lane can be read, and what its mutes held back."""

    committer: ChangeCommitter
    scopes: dict[Scope, JourneyState]
    """What is remembered of the lane itself, and of containers' listings."""

    @property
    def _context(self) -> PollContext:
        return self.committer.context

    def record_mutes(self) -> list[PendingDelivery]:
        """Remember which mutes are in force; of those that ended, tell once what they held back."""
        now = self._context.now()
        state = self._state(LANE_ITSELF)
        in_force = {mute.id for mute in self.committer.mutes if mute.is_in_force(now)}
        if in_force == set(state.mutes):
            return []
        ended = [mute_id for mute_id in state.mutes if mute_id not in in_force]
        mutes = {mute_id: state.mutes.get(mute_id, now) for mute_id in sorted(in_force)}
        moved = replace(state, version=state.version + 1, mutes=mutes)
        held_back = {mute_id: self._held_back(mute_id, state) for mute_id in ended}
        seen = self._context.alert(LANE_ITSELF, JourneyInfo())
        alerts = [
            mute_ended_alert(mute_id, details, seen, since=state.mutes[mute_id], sequence=moved.version)
            for mute_id, details in held_back.items()
            if details
        ]
        committed = self.committer.commit(StateChange(LANE_ITSELF, state.version, moved), JourneyInfo(), alerts)
        if committed.result is not CommitResult.DONE:
            return []
        self.scopes[LANE_ITSELF] = moved
        return list(committed.pending)

    def _held_back(self, mute_id: str, state: JourneyState) -> list[Mapping[str, object]]:
        recorded = self._context.store.history(self._context.lane, state.mutes[mute_id])
        return [alert.detail for alert in recorded if alert.muted_by == mute_id]

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
        for scope, failure in self._failures_by_scope(discovery, outcomes).items():
            if isinstance(scope, JourneyKey):
                state, info = states.get(scope, JourneyState()), discovery.journeys.get(scope, JourneyInfo())
            else:
                state, info = self._state(scope), JourneyInfo()
            pending += self._assess(scope, failure, state, info)
        return pending

    def _failures_by_scope(
        self, discovery: Discovery, outcomes: Sequence[JourneyOutcome]
    ) -> dict[Scope, SourceError | None]:
        """Why each scope could not be read; None for one that could, or of which nothing is known this time."""
        failed = {
            outcome.journey: outcome.failure
            for outcome in outcomes
            if isinstance(outcome.failure, SourceError) and not outcome.observed
        }
        failures = [*discovery.failures.values(), *failed.values()]
        if failures and not any(outcome.observed for outcome in outcomes):
            # Of several reasons the one that the operators themselves can end.
            return {LANE_ITSELF: next((failure for failure in failures if failure.denied), failures[0])}
        return {
            LANE_ITSELF: discovery.failures.get(ALL),
            **dict.fromkeys(scope for scope in self.scopes if scope != LANE_ITSELF),
            **{ContainerScope(id_): failure for id_, failure in discovery.failures.items() if id_ != ALL},
            **{journey: failure for journey, failure in failed.items() if not failure.throttled},
        }

    def _assess(
        self, scope: Scope, failure: SourceError | None, state: JourneyState, info: JourneyInfo
    ) -> Sequence[PendingDelivery]:
        begun = self._context.now()
        context = self._context.assessment(scope, begun=begun, muted=False, confirmed=True)
        assessment = assess_failure(state.conditions, str(failure) if failure else None, context)
        for change in with_assessment(scope, state, [], assessment):
            try:
                committed = self.committer.commit(change, info)
            except (StateTooLargeError, StoreUnavailableError) as error:
                logger.warning("what cannot be read could not be noted", of=str(scope), reason=str(error))
                continue
            if committed.result is CommitResult.DONE:
                return committed.pending
        return []

    def _state(self, scope: Scope) -> JourneyState:
        return self.scopes.get(scope, JourneyState())
