"""Commit what a poll reports, together with the alerts it owes: the only place that executes a commit plan."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from aws_lambda_powertools import Logger

from journey_watch.core.acknowledgements import Acknowledgement, in_force
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.commit_plan import Commit, Event, plan_commits
from journey_watch.core.errors import JourneyWatchError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Scope
from journey_watch.core.transitions import Transition
from journey_watch.polling.alert_policy import AlertPolicy
from journey_watch.polling.poll_context import PollContext
from journey_watch.ports import CommitResult

MAX_COUNTED = 3
"""Runs of one plan whose counters are asked for: each may take two seconds."""
TIME_FOR_COUNTERS_SECONDS = 25.0

logger = Logger(child=True)


@dataclass(slots=True)
class Committed:
    """What became of one plan. Only what its commits stored is in it."""

    state: JourneyState
    """The state as stored: the one that was loaded, moved by each commit that was made."""
    complete: bool = False
    """True if everything of the plan is stored."""
    results: Counter[CommitResult] = field(default_factory=Counter)
    alerts: list[Alert] = field(default_factory=list)
    pending: list[PendingDelivery] = field(default_factory=list)
    """The deliveries of the alerts, which this invocation has to send."""
    muted: int = 0
    """How many alerts a mute suppresses: they are recorded and never sent."""
    error: JourneyWatchError | None = None
    """Why the last commit that was tried failed, if the store refused it."""

    def check(self) -> None:
        """Raise the error, if there is one."""
        if self.error is not None:
            raise self.error


@dataclass(slots=True)
class ChangeCommitter:
    """Commits what is reported of one lane. Safe for threads."""

    context: PollContext
    mutes: Sequence[Mute] = ()
    """Those that are in force throughout this poll: judged once, at its start."""
    acknowledgements: Sequence[Acknowledgement] = ()
    """Those that operators have set in this lane."""
    stored: dict[Scope, JourneyState] = field(default_factory=dict)
    """The states that this poll has stored, as its last commit about each left them."""

    def muted_by(self, journey: Scope, info: JourneyInfo) -> str | None:
        """The mute that keeps quiet about a journey, if one does. The monitor's own blindness is never muted."""
        subject = self.context.subject(journey, info)
        return next((mute.id for mute in self.mutes if mute.covers(subject)), None)

    def acknowledgements_of(self, scope: Scope) -> list[Acknowledgement]:
        """Those that operators have set about a journey, a listing or the lane."""
        return [each for each in self.acknowledgements if each.scope == scope]

    def acknowledged(self, scope: Scope, state: JourneyState) -> Mapping[str, datetime]:
        """By thread, until when it is acknowledged."""
        return in_force(state.acknowledged, self.acknowledgements_of(scope), self.context.now())

    def commit(
        self,
        scope: Scope,
        state: JourneyState,
        events: Sequence[Event],
        final: JourneyState,
        info: JourneyInfo,
        *,
        pruned: JourneyState | None = None,
    ) -> Committed:
        """Plan the commits that report the events and make the state `final`, and execute them. Never raises.

        Nothing is written if nothing changes.
        """
        if not events and pruned is None and final == state:
            return Committed(state, complete=True)
        try:
            policy = self._policy(scope, events, replace(info, name=info.name or final.journey_name))
            plan = plan_commits(scope, state, events, final, policy, pruned=pruned)
        except Exception as error:
            logger.exception("planning commits broke", journey=str(scope))
            return Committed(state, error=JourneyWatchError(f"Planning commits broke: {error!r}"))
        return self._execute(plan, state)

    def _policy(self, scope: Scope, events: Sequence[Event], info: JourneyInfo) -> AlertPolicy:
        return AlertPolicy(
            self.context,
            self.context.subject(scope, info),
            self.context.alert(scope, info),
            self.muted_by(scope, info),
            self._counters(scope, events),
        )

    def _execute(self, plan: Sequence[Commit], state: JourneyState) -> Committed:
        """Execute commits until one is not made: those after it were computed from a state that is not stored."""
        context, committed = self.context, Committed(state)
        deadline = context.time_budget.deadline
        for commit in plan:
            if not context.time_budget.may_send:
                break  # too late to send what would be committed: the next poll sees the same
            change = commit.change
            try:
                result = context.store.commit(context.lane, change, commit.alerts, commit.owed, deadline)
            except JourneyWatchError as error:
                committed.error = error
                break
            except Exception as error:
                logger.exception("committing broke", journey=str(change.journey))
                committed.error = JourneyWatchError(f"Committing broke: {error!r}")
                break
            committed.results[result] += 1
            if result is not CommitResult.DONE:
                logger.warning("commit not made", journey=str(change.journey), reason=result.name)
                break
            committed.state = self.stored[change.journey] = commit.state_after(deadline)
            committed.complete = commit.is_last
            committed.alerts += commit.alerts
            committed.pending += commit.owed
            committed.muted += sum(alert.muted_by is not None for alert in commit.alerts)
        return committed

    def _counters(self, journey: Scope, events: Sequence[Event]) -> dict[str, Mapping[str, str]]:
        """By run id, of runs that ended: what people ask next. Of a few, if there is plenty of time."""
        hurried = self.context.time_budget.remaining_seconds < TIME_FOR_COUNTERS_SECONDS
        if hurried or not isinstance(journey, JourneyKey):
            return {}
        changes = [one for one in events if isinstance(one, Transition) and not one.of_journey]
        ended = [one.run.run_id for one in changes if one.run.status.is_terminal]
        return {run_id: self.context.source.counters(journey, run_id) for run_id in ended[:MAX_COUNTED]}
