"""The commit plan: the only place that cuts what a poll reports into conditional writes that DynamoDB accepts.

A plan is pure: it takes the stored state, the events and the state after all of them, and returns the commits. Each
commit of a chain differs from the one before only by its own events; everything silent goes into the last one. If not
all events fit, the next poll finds the rest again.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition
from journey_watch.core.runs import DeliveryLease, JourneyState, Scope
from journey_watch.core.searches import Search
from journey_watch.core.transitions import StateChange, Transition, with_durations


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedAlert:
    """An event whose alert is complete except for the version that commits it: a mute summary, an attribution."""

    build: Callable[[int], Alert | None]
    """Return the alert for a STATE version; None if there is nothing to report."""
    ended_search: Search | None = None
    """The search that the commit removes from the state."""
    begun_mute: str | None = None
    """The id of the mute that the commit stores, with the notice that it began."""
    ended_mute: str | None = None
    """The id of the mute that the commit removes from the state."""


Event = Transition | ConditionEvent | Acknowledgement | PreparedAlert
"""Everything that a commit can report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitLimits:
    """What one commit may hold. They travel with the policy, so the simulation can lower them."""

    max_events: int = 40
    """Each puts at most one alert into the transaction, of which DynamoDB takes a hundred items."""
    max_entries: int = 240
    """Outbox entries, one for each alert and channel: an expression has at most 4,096 bytes and 300 operators."""
    alert_bytes: int = 3_000_000
    """Of all alerts of a commit: DynamoDB takes a transaction of 4 MB, and the state has up to 0.4 MB of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """One event as a commit reports it. Every decision about it is made once and carried here."""

    event: Event
    alert: Alert | None = None
    """None if the event changes the state only."""
    owed: tuple[PendingDelivery, ...] = ()
    """The deliveries of the alert, one for each channel; none if a mute suppresses it."""
    search: Search | None = None
    """The search that begins with it."""
    opened: Condition | None = None
    """The condition that the alert opens, with its thread and its recipients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One conditional write: the next state, its alerts and their deliveries."""

    change: StateChange
    reported: tuple[Reported, ...] = ()
    is_last: bool = True
    """False if events are left, for the commits after it or for the next poll."""

    @property
    def alerts(self) -> list[Alert]:
        return [one.alert for one in self.reported if one.alert is not None]

    @property
    def owed(self) -> list[PendingDelivery]:
        return [delivery for one in self.reported for delivery in one.owed]

    def state_after(self, lease_until: datetime) -> JourneyState:
        """Return the state as stored: the change's state with the outbox entries that the commit adds."""
        entries = {one.key: DeliveryLease(one.alert.sort_key, lease_until) for one in self.owed}
        state = self.change.state
        return replace(state, undelivered={**state.undelivered, **entries}) if entries else state


class CommitPolicy(Protocol):
    """What a plan asks: how an event is reported, and what fits."""

    @property
    def limits(self) -> CommitLimits: ...

    @property
    def lease_until(self) -> datetime:
        """When the invocation ends, and with it its claim on what it commits."""

    def report(self, event: Event, version: int, searching: int) -> Reported:
        """Report an event with the version that commits it; `searching` is how many searches the state has by then."""

    def fits(self, commit: Commit) -> bool:
        """Return whether the state that it stores fits into an item."""


def plan_commits(
    scope: Scope,
    state: JourneyState,
    events: Sequence[Event],
    final: JourneyState,
    policy: CommitPolicy,
    *,
    pruned: JourneyState | None = None,
) -> tuple[Commit, ...]:
    """Cut events into commits, in their order. The last commit makes the state `final`.

    `final` has no threads, searches or outbox entries of these events yet: they follow from the commits. `pruned` is
    the state without what is settled, committed before everything else. There are no commits if nothing changes.
    """
    commits: list[Commit] = []
    current = state
    if pruned is not None:
        current = replace(pruned, version=state.version + 1)
        change = StateChange(scope, state.version, current)
        commits.append(Commit(change=change, is_last=not events and final == current))
    if not events and final == current:
        return tuple(commits)
    before: list[Reported] = []
    at = 0
    while True:
        reported = list(_that_fit(events[at:], current, policy))
        commit = _commit(scope, current, reported, final, before, is_last=at + len(reported) == len(events))
        while len(reported) > 1 and not policy.fits(commit):
            del reported[len(reported) // 2 :]
            commit = _commit(scope, current, reported, final, before, is_last=False)
        if commits and reported and not policy.fits(commit):
            return tuple(commits)  # the next poll reports the rest, once what is owed has been delivered
        commits.append(commit)
        at += len(reported)
        if at == len(events):
            return tuple(commits)
        current = commit.state_after(policy.lease_until)
        before += reported


def _that_fit(events: Iterable[Event], current: JourneyState, policy: CommitPolicy) -> Iterator[Reported]:
    """Report events until a commit is full. The first always goes in."""
    limits, searching = policy.limits, len(current.searches)
    entries = size = 0
    for count, event in enumerate(events, start=1):
        reported = policy.report(event, current.version + 1, searching)
        entries += len(reported.owed)
        size += len(json.dumps(reported.alert.envelope)) if reported.alert else 0
        too_much = count > limits.max_events or entries > limits.max_entries or size > limits.alert_bytes
        if too_much and count > 1:
            return
        searching += reported.search is not None
        yield reported


def _commit(
    scope: Scope,
    current: JourneyState,
    reported: Sequence[Reported],
    final: JourneyState,
    before: Sequence[Reported],
    *,
    is_last: bool,
) -> Commit:
    """Make one commit. `before` are the reports of the commits before it."""
    moved = _moved(current, reported, final)
    if is_last:
        chain = [*before, *reported]
        opened = {one.opened.key: one.opened for one in chain if one.opened is not None}
        moved = replace(
            final,
            version=moved.version,
            conditions={key: opened.get(key, condition) for key, condition in final.conditions.items()},
            searches=(*final.searches, *(one.search for one in chain if one.search is not None)),
            undelivered=moved.undelivered,
        )
    change = StateChange(scope, current.version, moved)
    return Commit(change=change, reported=tuple(reported), is_last=is_last)


def _moved(current: JourneyState, reported: Iterable[Reported], final: JourneyState) -> JourneyState:
    """Return the state after these events alone: each thing they change as `final` has it."""
    runs, itself, transitions = dict(current.runs), current.itself, list[Transition]()
    conditions, acknowledged = dict(current.conditions), dict(current.acknowledged)
    mutes, tallies = dict(current.mutes), dict(current.mute_tallies)
    begun: list[Search] = []
    ended: set[Search] = set()
    for one in reported:
        begun += [one.search] if one.search else []
        match one.event:
            case Transition(of_journey=True):
                itself = final.itself
            case Transition() as transition:
                transitions.append(transition)
                run_id = transition.run.run_id
                runs |= {run_id: final.runs[run_id]} if run_id in final.runs else {}
            case ConditionEvent(phase=Phase.RESOLVED, condition=condition):
                conditions.pop(condition.key, None)
            case ConditionEvent(condition=condition):
                conditions[condition.key] = one.opened or condition
            case Acknowledgement(thread=thread, until=until):
                acknowledged[thread] = until
            case PreparedAlert(ended_search=search, begun_mute=begun_mute, ended_mute=mute):
                if begun_mute is not None:
                    mutes[begun_mute] = final.mutes[begun_mute]
                    tallies[begun_mute] = final.mute_tallies[begun_mute]
                ended |= {search} if search else set()
                mutes.pop(mute or "", None)
                tallies.pop(mute or "", None)
    return replace(
        current,
        version=current.version + 1,
        runs=runs,
        itself=itself,
        durations=with_durations(current.durations, transitions),
        conditions=conditions,
        acknowledged=acknowledged,
        mutes=mutes,
        mute_tallies=tallies,
        searches=(*(search for search in current.searches if search not in ended), *begun),
    )
