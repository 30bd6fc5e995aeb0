"""Comparisons and events as the commits that they become, with alerts of no words."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.commit_plan import Commit, CommitLimits, Event, Reported, plan_commits
from journey_watch.core.condition_rules import ConditionEvent
from journey_watch.core.runs import JourneyState, Observation, Scope, Status
from journey_watch.core.transitions import Comparison, Transition, compare
from tests.core.builders import NOON

MAX_EVENTS = CommitLimits().max_events


@dataclass(frozen=True, slots=True)
class WordlessPolicy:
    """Reports every event without an alert."""

    limits: CommitLimits = field(default_factory=CommitLimits)
    lease_until: datetime = NOON

    def report(self, event: Event, version: int, searching: int) -> Reported:  # noqa: ARG002 - nothing is searched
        return Reported(event=replace(event, sequence=version) if isinstance(event, Transition) else event)

    def fits(self, commit: Commit) -> bool:  # noqa: ARG002 - no limit
        return True


@dataclass(frozen=True, slots=True)
class Planned:
    """One commit, its events by their kinds."""

    journey: Scope
    seen_version: int
    state: JourneyState
    transitions: tuple[Transition, ...]
    events: tuple[ConditionEvent, ...]
    acknowledged: tuple[Acknowledgement, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, its transitions cut into commits."""

    changes: tuple[Planned, ...] = ()
    unconfirmed: frozenset[tuple[str, Status]] = frozenset()
    stale: int = 0


def planned(
    scope: Scope,
    state: JourneyState,
    events: Sequence[Event],
    final: JourneyState,
    *,
    pruned: JourneyState | None = None,
    max_events: int = MAX_EVENTS,
) -> tuple[Planned, ...]:
    policy = WordlessPolicy(CommitLimits(max_events=max_events))
    commits = plan_commits(scope, state, events, final, policy, pruned=pruned)
    assert [commit.is_last for commit in commits] == [*[False] * (len(commits) - 1), True][: len(commits)]
    return tuple(map(_planned, commits))


def _planned(commit: Commit) -> Planned:
    events = [one.event for one in commit.reported]
    return Planned(
        commit.change.journey,
        commit.change.seen_version,
        commit.change.state,
        tuple(one for one in events if isinstance(one, Transition)),
        tuple(one for one in events if isinstance(one, ConditionEvent)),
        tuple(one for one in events if isinstance(one, Acknowledgement)),
    )


def planned_of(
    state: JourneyState, observation: Observation, comparison: Comparison, *, max_events: int = MAX_EVENTS
) -> tuple[Planned, ...]:
    return planned(
        observation.journey,
        state,
        comparison.transitions,
        comparison.after,
        pruned=comparison.pruned,
        max_events=max_events,
    )


def compared(
    state: JourneyState,
    observation: Observation,
    *,
    max_events: int = MAX_EVENTS,
    **more: Any,  # noqa: ANN401 - as compare() has them
) -> Compared:
    """Compare, and plan the commits of what has changed."""
    comparison = compare(state, observation, **more)
    changes = planned_of(state, observation, comparison, max_events=max_events)
    return Compared(changes, comparison.unconfirmed, comparison.stale)
