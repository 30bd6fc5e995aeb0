"""Decide everything about the alerts of one scope once: severity, mute, recipients, search, outbox entries, words."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.attribution import MAX_SEARCHES, calls_behind, calls_behind_deletion, ends_at
from journey_watch.core.commit_plan import Commit, CommitLimits, Event, Reported
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.filters import Change, News, Subject
from journey_watch.core.routing import recipients_of, severity_of, unattributed_of
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import Transition, approximate_bytes
from journey_watch.messages.acknowledged import acknowledged_alert
from journey_watch.messages.condition import condition_alert
from journey_watch.messages.envelope import AlertContext
from journey_watch.messages.status_change import status_change_alert
from journey_watch.polling.poll_context import PollContext

SURELY_FITS: Final = 390_000
"""A state that takes at most this by `approximate_bytes`, which is never too small, need not be measured."""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """The policy of a commit plan (`core.commit_plan.CommitPolicy`) for one journey, container or lane.

    It changes nothing outside, and asks the store only whether a state fits.
    """

    context: PollContext
    subject: Subject
    seen: AlertContext
    muted_by: str | None
    """The mute that suppresses alerts about it."""
    counters: Mapping[str, Mapping[str, str]]
    """By run id, what the provider counted."""

    @property
    def limits(self) -> CommitLimits:
        return self.context.commit_limits

    @property
    def lease_until(self) -> datetime:
        return self.context.time_budget.deadline

    def fits(self, commit: Commit) -> bool:
        surely = approximate_bytes(commit.state_after(self.lease_until)) <= SURELY_FITS
        return surely or self.context.store.fits(commit.change, commit.owed)

    def report(self, event: Event, version: int, searching: int) -> Reported:
        until = self._looked_for_until(searching)
        match event:
            case Transition():
                reported = self._change(event, replace(event, sequence=version), until)
            case ConditionEvent():
                reported = self._condition(event, version, until)
            case Acknowledgement():
                reported = Reported(event=event, alert=acknowledged_alert(event, self.seen, sequence=version))
            case _:
                reported = Reported(event=event, alert=event.build(version))
        alert = reported.alert
        return reported if alert is None or alert.muted_by else replace(reported, owed=tuple(self._owed(alert)))

    def _owed(self, alert: Alert) -> list[PendingDelivery]:
        return [PendingDelivery(alert, name) for name, channel in self.context.channels.items() if channel.takes(alert)]

    def _change(self, event: Transition, numbered: Transition, until: datetime | None) -> Reported:
        news, config = Change(event.previous_status, event.run.status), self.context.config
        severity, window = severity_of(news, self.subject, config.rules), _window_of(event, self.seen)
        alert = status_change_alert(
            numbered,
            self.seen,
            severity=severity,
            muted_by=self.muted_by,
            counters={} if event.of_journey else self.counters.get(event.run.run_id, {}),
            window=window,
            looked_for_until=None if self.muted_by or severity is Severity.NONE else until,
        )
        alert = alert.routed_to(recipients_of(news, severity, self.subject, config.routes))
        return Reported(event=event, alert=alert, search=self._search(alert, window, news))

    def _condition(self, event: ConditionEvent, version: int, until: datetime | None) -> Reported:
        window = _window_of_event(event, self.seen)
        alert = condition_alert(event, self.seen, sequence=version, window=window, looked_for_until=until)
        condition, opened = event.condition, None
        if event.phase is Phase.OPENED:
            opened = condition = replace(condition, opened_by=alert.id, told_to=self._recipients(condition))
        alert = alert.routed_to(condition.told_to)
        return Reported(event=event, alert=alert, search=self._search(alert, window, condition.kind), opened=opened)

    def _search(self, alert: Alert, window: CallWindow | None, news: News) -> Search | None:
        """Return the search for the call behind an alert, if the alert announces one."""
        if window is None or "attribution_until" not in alert.detail:
            return None
        unattributed = unattributed_of(news, alert.severity, self.subject, self.context.config.routes)
        return Search(alert.sort_key, self.seen.observed_at, window, unattributed)

    def _recipients(self, condition: Condition) -> tuple[str, ...]:
        config = self.context.config
        if condition.kind is ConditionKind.UNREACHABLE:
            return config.operators
        return recipients_of(condition.kind, condition.severity, self.subject, config.routes)

    def _looked_for_until(self, searching: int) -> datetime | None:
        """Return when a search that begins now ends; None if none begins."""
        if self.context.call_history is None or searching >= MAX_SEARCHES:
            return None
        return ends_at(self.seen.observed_at, timedelta(seconds=self.context.config.attribution_after_seconds))


def _window_of(transition: Transition, seen: AlertContext) -> CallWindow | None:
    """Return the calls that may have led to a change."""
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
    """Return the calls that may have deleted what is missing."""
    if event.phase is not Phase.OPENED or event.condition.kind is not ConditionKind.MISSING:
        return None
    return calls_behind_deletion(seen.provider.calls, since=event.condition.since, observed_at=seen.observed_at)
