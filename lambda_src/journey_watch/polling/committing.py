"""Commit a change together with the alerts it owes: which there are, how loud, for whom, and what a mute holds back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from journey_watch.core.acknowledgements import Acknowledgement, in_force
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.attribution import MAX_SEARCHES, calls_behind, calls_behind_deletion, ends_at
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.filters import Change, News, Subject
from journey_watch.core.mutes import Mute
from journey_watch.core.routing import recipients_of, severity_of, unattributed_of
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Scope
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange, Transition
from journey_watch.messages.acknowledged import acknowledged_alert
from journey_watch.messages.condition import condition_alert
from journey_watch.messages.envelope import AlertContext
from journey_watch.messages.status_change import status_change_alert
from journey_watch.polling.poll_context import PollContext
from journey_watch.ports import CommitResult

MAX_COUNTED = 3
"""Runs of one commit whose counters are asked for: each may take two seconds."""
TIME_FOR_COUNTERS_SECONDS = 25.0


@dataclass(frozen=True, slots=True)
class CommittedChange:
    """What became of one commit. Its alerts count only if it was made."""

    result: CommitResult
    alerts: Sequence[Alert]
    pending: Sequence[PendingDelivery]
    """The channels to which the alerts have yet to be sent."""
    muted: int
    """How many alerts a mute holds back: they are recorded and never sent."""
    begun: Mapping[str, Condition]
    """The conditions that it opened, by key, with the threads that they begin."""
    searches: tuple[Search, ...]
    """What it began to look for."""


@dataclass(slots=True)
class ChangeCommitter:
    """Commits the changes of one lane. Safe for threads."""

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

    def commit(self, change: StateChange, info: JourneyInfo, more: Sequence[Alert] = ()) -> CommittedChange:
        """Save the change, its alerts and `more`. Raises what RunStore.commit raises."""
        context, named = self.context, replace(info, name=info.name or change.state.journey_name)
        mute = self.muted_by(change.journey, named)
        subject, seen = context.subject(change.journey, named), context.alert(change.journey, named)
        counted = self._counters(change.journey, change.transitions)
        until = self._looked_for_until(change)
        told = [
            self._change_alert(
                one,
                subject,
                seen,
                mute=mute,
                counters={} if one.of_journey else counted.get(one.run.run_id, {}),
                until=until,
            )
            for one in change.transitions
        ]
        begun, conditions = self._condition_alerts(change, subject, seen, until)
        told += conditions
        answers = [acknowledged_alert(one, seen, sequence=change.state.version) for one in change.acknowledged]
        alerts = [*(alert for alert, _ in told), *answers, *more]
        held = [alert for alert in alerts if alert.muted_by]
        pending = [one for alert in alerts if alert not in held for one in self._pending(alert)]
        begun_searches = tuple(search for _, search in told if search is not None)
        searches = (*change.state.searches, *begun_searches)
        state = replace(change.state, conditions={**change.state.conditions, **begun}, searches=searches)
        change = replace(change, state=state)
        result = context.store.commit(context.lane, change, alerts, pending, context.time_budget.deadline)
        if result is CommitResult.DONE:
            self.stored[change.journey] = change.state
        return CommittedChange(result, alerts, pending, muted=len(held), begun=begun, searches=begun_searches)

    def _change_alert(
        self,
        one: Transition,
        subject: Subject,
        seen: AlertContext,
        *,
        mute: str | None,
        counters: Mapping[str, str],
        until: datetime | None,
    ) -> tuple[Alert, Search | None]:
        """The alert; and the search for who did what it tells, if one begins."""
        news, config = Change(one.previous_status, one.run.status), self.context.config
        severity, window = severity_of(news, subject, config.rules), _window_of(one, seen)
        alert = status_change_alert(
            one,
            seen,
            severity=severity,
            muted_by=mute,
            counters=counters,
            window=window,
            looked_for_until=None if mute or severity is Severity.NONE else until,
        )
        alert = alert.routed_to(recipients_of(news, severity, subject, config.routes))
        return alert, self._search(alert, seen, window, news, subject)

    def _condition_alerts(
        self, change: StateChange, subject: Subject, seen: AlertContext, until: datetime | None
    ) -> tuple[dict[str, Condition], list[tuple[Alert, Search | None]]]:
        """The alerts about conditions; and by key those that open, which remember their thread and their recipients."""
        alerts: list[tuple[Alert, Search | None]] = []
        begun: dict[str, Condition] = {}
        for event in change.events:
            window = _window_of_event(event, seen)
            alert = condition_alert(event, seen, sequence=change.state.version, window=window, looked_for_until=until)
            condition = event.condition
            if event.phase is Phase.OPENED:
                condition = replace(condition, opened_by=alert.id, told_to=self._told_of(condition, subject))
                begun[condition.key] = condition
            alert = alert.routed_to(condition.told_to)
            alerts.append((alert, self._search(alert, seen, window, condition.kind, subject)))
        return begun, alerts

    def _search(
        self, alert: Alert, seen: AlertContext, window: CallWindow | None, news: News, subject: Subject
    ) -> Search | None:
        """What is looked for of an alert, if it says that somebody looks."""
        if window is None or "attribution_until" not in alert.detail:
            return None
        unattributed = unattributed_of(news, alert.severity, subject, self.context.config.routes)
        return Search(alert.sort_key, seen.observed_at, window, unattributed)

    def _told_of(self, condition: Condition, subject: Subject) -> tuple[str, ...]:
        config = self.context.config
        if condition.kind is ConditionKind.UNREACHABLE:
            return config.operators
        return recipients_of(condition.kind, condition.severity, subject, config.routes)

    def _looked_for_until(self, change: StateChange) -> datetime | None:
        """When it is no longer looked for who did what this commit tells; None if nobody looks."""
        context = self.context
        more = len(change.transitions) + len(change.events)
        if context.call_history is None or len(change.state.searches) + more > MAX_SEARCHES:
            return None
        return ends_at(context.now(), timedelta(seconds=context.config.attribution_after_seconds))

    def _counters(self, journey: Scope, transitions: Sequence[Transition]) -> dict[str, Mapping[str, str]]:
        """By run id, of runs that ended: what people ask next. Of a few, if there is plenty of time."""
        hurried = self.context.time_budget.remaining_seconds < TIME_FOR_COUNTERS_SECONDS
        if hurried or not isinstance(journey, JourneyKey):
            return {}
        ended = [one.run.run_id for one in transitions if one.run.status.is_terminal and not one.of_journey]
        return {run_id: self.context.source.counters(journey, run_id) for run_id in ended[:MAX_COUNTED]}

    def _pending(self, alert: Alert) -> list[PendingDelivery]:
        """The channels to which an alert is owed."""
        return [PendingDelivery(alert, name) for name, channel in self.context.channels.items() if channel.takes(alert)]


def _window_of(transition: Transition, seen: AlertContext) -> CallWindow | None:
    """The calls that may have led to a change."""
    run = transition.run
    return calls_behind(
        transition.previous,
        run.status,
        seen.provider.calls,
        of_journey=transition.of_journey,
        created_at=run.creation_time,
        changed_at=run.last_update_time,
        observed_at=seen.observed_at,
    )


def _window_of_event(event: ConditionEvent, seen: AlertContext) -> CallWindow | None:
    """Those that may have deleted what is missing."""
    if event.phase is not Phase.OPENED or event.condition.kind is not ConditionKind.MISSING:
        return None
    return calls_behind_deletion(seen.provider.calls, since=event.condition.since, observed_at=seen.observed_at)
