"""What concerns a lane as a whole: that it, a listing or a journey cannot be read, and which mutes are in force."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import PendingDelivery
from journey_watch.core.condition_rules import assess_failure
from journey_watch.core.errors import SourceError, StateTooLargeError, StoreUnavailableError
from journey_watch.core.runs import LANE_ITSELF, JourneyInfo, JourneyKey, JourneyState
from journey_watch.core.transitions import StateChange, with_assessment
from journey_watch.core.watch_list import ALL
from journey_watch.polling.journey_poll import JourneyOutcome, JourneyPoll
from journey_watch.messages.mute_ended import mute_ended_alert
from journey_watch.ports import CommitResult, Discovery
from journey_watch.polling.committing import ChangeCommitter

logger = Logger(child=True)


@dataclass(slots=True)
class LaneHealth:
    """The watchers of one lane: they stand in its state beside the journeys, with `*` for what their keys lack."""

    committer: ChangeCommitter
    scopes: dict[JourneyKey, JourneyState]

    def note_mutes(self) -> list[PendingDelivery]:
        """Remember which mutes are in force; of those that ended, tell once what they held back."""
        now = self.committer.invocation.now()
        state = self._state(LANE_ITSELF)
        in_force = {mute.id for mute in self.committer.mutes if mute.is_in_force(now)}
        if in_force == set(state.mutes):
            return []
        ended = [mute_id for mute_id in state.mutes if mute_id not in in_force]
        mutes = {mute_id: state.mutes.get(mute_id, now) for mute_id in sorted(in_force)}
        moved = replace(state, version=state.version + 1, mutes=mutes)
        held_back = {mute_id: self._held_back(mute_id, state) for mute_id in ended}
        context = self.committer.context(LANE_ITSELF, JourneyInfo())
        alerts = [
            mute_ended_alert(mute_id, details, context, since=state.mutes[mute_id], sequence=moved.version)
            for mute_id, details in held_back.items()
            if details
        ]
        record = self.committer.commit(StateChange(LANE_ITSELF, state.version, moved), JourneyInfo(), alerts)
        if record.result is not CommitResult.DONE:
            return []
        self.scopes[LANE_ITSELF] = moved
        return list(record.owed)

    def _held_back(self, mute_id: str, state: JourneyState) -> list[Mapping[str, object]]:
        recorded = self.committer.store.history(self.committer.lane, state.mutes[mute_id])
        return [alert.detail for alert in recorded if alert.muted_by == mute_id]

    @property
    def is_told_unreachable(self) -> bool:
        """True if the operators were told that the lane cannot be read, and not yet that it can."""
        return any(condition.opened_at for condition in self._state(LANE_ITSELF).conditions.values())

    def drop_suspicion(self, journey_poll: JourneyPoll) -> None:
        """The lane is not in use: what an earlier failure made suspect must not make a later one look long."""
        if self._state(LANE_ITSELF).conditions:
            self._note(LANE_ITSELF, None, self._state(LANE_ITSELF), journey_poll, Discovery({}))

    def assess_reachability(
        self,
        journey_poll: JourneyPoll,
        states: Mapping[JourneyKey, JourneyState],
        discovery: Discovery,
        outcomes: Sequence[JourneyOutcome],
    ) -> list[PendingDelivery]:
        """Weigh what could not be read. A lane that is blind is one condition, and none of its journeys.

        `states` are those the journeys were compared with: one that never was read keeps what it starts from.
        """
        failed = {
            outcome.journey: outcome.failure
            for outcome in outcomes
            if isinstance(outcome.failure, SourceError) and not outcome.observed
        }
        failures = [*discovery.failures.values(), *failed.values()]
        blind = bool(failures) and not any(outcome.observed for outcome in outcomes)
        # Of several reasons the one that the operators themselves can end.
        worst = next((failure for failure in failures if failure.denied), failures[0]) if blind else None
        of_lane = worst or discovery.failures.get(ALL)
        failures_by_scope: dict[JourneyKey, SourceError | None] = {LANE_ITSELF: of_lane}
        if not blind:
            failures_by_scope |= dict.fromkeys(key for key in self.scopes if key != LANE_ITSELF)
            failures_by_scope |= {JourneyKey(container, ALL): why for container, why in discovery.failures.items()}
            failures_by_scope |= {journey: why for journey, why in failed.items() if not why.throttled}
        states = {**states, **self.scopes}
        return [
            owed
            for key, why in failures_by_scope.items()
            for owed in self._note(key, why, states.get(key, JourneyState()), journey_poll, discovery)
        ]

    def _note(
        self,
        key: JourneyKey,
        why: SourceError | None,
        state: JourneyState,
        journey_poll: JourneyPoll,
        discovery: Discovery,
    ) -> Sequence[PendingDelivery]:
        begun = self.committer.invocation.now()
        circumstances = replace(journey_poll.circumstances(key, begun), muted=False, confirmed=True)
        assessment = assess_failure(state.conditions, str(why) if why else None, circumstances)
        for change in with_assessment(key, state, [], assessment):
            try:
                record = self.committer.commit(change, discovery.journeys.get(key, JourneyInfo()))
            except (StateTooLargeError, StoreUnavailableError) as error:
                logger.warning("what cannot be read could not be noted", of=str(key), reason=str(error))
                continue
            if record.result is CommitResult.DONE:
                return record.owed
        return []

    def _state(self, key: JourneyKey) -> JourneyState:
        return self.scopes.get(key, JourneyState())
