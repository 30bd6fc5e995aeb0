"""compare(): what changed between what is recorded of a journey and what its listing shows now.

The rules were found with an exhaustive model of overlapping polls, crashes and stale reads; each one below is there
because leaving it out lost, repeated or invented an alert.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from enum import Enum, auto
from types import MappingProxyType

from journey_watch.core.condition_rules import Assessment
from journey_watch.core.runs import JourneyState, Observation, ObservedRun, RecordedRun, Scope, Status
from journey_watch.core.usual_durations import remembering

STALE_READ_WINDOW = timedelta(minutes=15)
"""How long after a commit a listing may still show what was true before it."""
SETTLE_WINDOW = timedelta(days=2)
"""How long an ended run stays in `runs` before it may be dropped and only remembered by `settled_*`."""
CROWDED_BYTES = 300_000
"""Above this, ended runs are dropped before anything is added: DynamoDB refuses an item over 400 KB."""
_BYTES_PER_RECORD = 130
_BYTES_PER_OWED = 250
_BYTES_PER_SEARCH = 400
_BYTES_PER_CONDITION = 450
_BYTES_PER_MOMENT = 50
"""Upper bounds on what a run, an outbox entry, a search, a condition and an acknowledgement or mute take, beside their
ids and names."""
_QUOTED = 3
"""What a name in a list takes beside itself."""


@dataclass(frozen=True, slots=True)
class Transition:
    """A run's status changed, or a run appeared; or the status of the journey itself changed."""

    run: ObservedRun
    previous: RecordedRun | None
    """None if the run was not known before."""
    sequence: int = 0
    """The STATE version that commits it, once planned: sorts the changes of one run, whatever order they arrive in."""
    skipped: tuple[Status, ...] = ()
    """Statuses the run passed between two polls, unseen, if the provider's runs all do (`passes_through_running`)."""
    of_journey: bool = False
    """True if it is the journey itself that changed, not one of its runs; `run` is how it was listed."""

    @property
    def previous_status(self) -> Status | None:
        return None if self.previous is None else self.previous.status


@dataclass(frozen=True, slots=True)
class StateChange:
    """The state that a conditional write saves."""

    journey: Scope
    seen_version: int
    """The write must fail unless this is still the item's version (0: no item)."""
    state: JourneyState
    """`undelivered` in it is meaningless: a commit adds its own ids and touches no others."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one listing of a journey means."""

    after: JourneyState
    """The state after all transitions. Nothing is to be saved if it is the state that was compared."""
    transitions: tuple[Transition, ...] = ()
    """What changed, in time order."""
    pruned: JourneyState | None = None
    """If the state is crowded: the state without ended runs, to be committed before anything is added to it."""
    unconfirmed: frozenset[tuple[str, Status]] = frozenset()
    """Moves that are believed only if a second reading shows them too: pass them back as `confirmed`."""
    stale: int = 0
    """How many runs were shown as they were before what is recorded, and ignored."""


class _Verdict(Enum):
    SAME = auto()
    CHANGED = auto()
    STALE = auto()
    REREAD = auto()


@dataclass(slots=True)
class _Findings:
    """What one listing adds to a state."""

    news: list[ObservedRun] = field(default_factory=list)
    silent: dict[str, RecordedRun] = field(default_factory=dict)
    itself: ObservedRun | None = None
    """The journey itself, if it changed its status, or was not known before."""
    history: list[ObservedRun] = field(default_factory=list)
    """Ended long before anyone watched: remembered by `settled_*` only."""
    unconfirmed: set[tuple[str, Status]] = field(default_factory=set)
    stale: int = 0


def compare(
    state: JourneyState,
    observation: Observation,
    *,
    now: datetime,
    confirmed: frozenset[tuple[str, Status]] = frozenset(),
    alert_on_first_sight: bool = False,
    journey_name: str | None = None,
    itself: ObservedRun | None = None,
) -> Comparison:
    """Decide what one listing of a journey means, given what is recorded.

    `confirmed` are the `unconfirmed` moves of an earlier reading of the same poll. With `alert_on_first_sight` the
    first look reports what is live or ended within the settle window; without it, the first look is silent. An
    incomplete listing can report changes, but never serves as a first look, and never shows that a run is missing.
    `itself` is the journey's own status, as far as its provider gives it one.
    """
    listing = _newest_of_each(observation.runs)
    complete = observation.shows_everything
    if state.baselined_at is None and not complete:
        # That it was there is remembered once: the listing that names it need not wait for its first look.
        return Comparison(JourneyState(version=1, journey_name=journey_name) if state.version == 0 else state)
    found = _Findings(itself=itself if itself and _is_newer_status(itself, state.itself) else None)
    for run in listing.values():
        recorded = state.runs.get(run.run_id)
        if recorded is None:
            _sort_unknown_run(found, run, state, now=now, complete=complete, alert_on_first_sight=alert_on_first_sight)
        else:
            _sort_known_run(found, run, recorded, now=now, confirmed=confirmed)
    compared = _compared(
        state, found, complete_listing=listing if complete else None, now=now, journey_name=journey_name
    )
    return replace(compared, unconfirmed=frozenset(found.unconfirmed), stale=found.stale)


def _is_newer_status(itself: ObservedRun, recorded: RecordedRun | None) -> bool:
    """True if the journey's own status is another one now, or if none was recorded.

    It comes from a listing that each poller remembers for minutes: only its time tells which is newer, and without one
    it says nothing.
    """
    if itself.last_update_time is None:
        return False
    if recorded is None or recorded.last_update_time is None:
        return True
    return itself.status is not recorded.status and itself.last_update_time > recorded.last_update_time


def _newest_of_each(runs: Iterable[ObservedRun]) -> dict[str, ObservedRun]:
    """One entry for each run: the newest update wins, the further step on a tie."""
    newest: dict[str, ObservedRun] = {}
    for run in runs:
        rival = newest.get(run.run_id)
        if rival is None or _is_newer(run, rival):
            newest[run.run_id] = run
    return newest


def _is_newer(run: ObservedRun, rival: ObservedRun) -> bool:
    if run.last_update_time and rival.last_update_time and run.last_update_time != rival.last_update_time:
        return run.last_update_time > rival.last_update_time
    return run.status.progress > rival.status.progress


def _sort_unknown_run(
    found: _Findings,
    run: ObservedRun,
    state: JourneyState,
    *,
    now: datetime,
    complete: bool,
    alert_on_first_sight: bool,
) -> None:
    if _is_settled(run, state):
        return
    first_look = state.baselined_at is None
    updated, ended = run.last_update_time, run.status.is_terminal and run.creation_time is not None
    # What the first look may have missed (a stale page) is still no news; what happened since then is.
    quiet_before = (state.baselined_at or now) - STALE_READ_WINDOW
    history_before = min(now - SETTLE_WINDOW, quiet_before)
    quiet = not alert_on_first_sight if first_look else updated is not None and updated < quiet_before
    if complete and ended and updated is not None and updated < history_before:
        found.history.append(run)
    elif quiet:
        found.silent[run.run_id] = _record(run, now)
    else:
        found.news.append(run)


def _is_settled(run: ObservedRun, state: JourneyState) -> bool:
    """True if this can only be an ended run that was known and dropped."""
    if not run.status.is_terminal or state.settled_before is None or state.settled_update is None:
        return False
    if run.creation_time is None or run.last_update_time is None:
        return False
    return run.creation_time <= state.settled_before and run.last_update_time <= state.settled_update


def _sort_known_run(
    found: _Findings,
    run: ObservedRun,
    recorded: RecordedRun,
    *,
    now: datetime,
    confirmed: frozenset[tuple[str, Status]],
) -> None:
    match _verdict(run, recorded, now):
        case _Verdict.SAME:
            pass
        case _Verdict.STALE:
            found.stale += 1
        case _Verdict.REREAD if (run.run_id, run.status) not in confirmed:
            found.unconfirmed.add((run.run_id, run.status))
        case _Verdict.CHANGED | _Verdict.REREAD:
            found.news.append(run)


def _verdict(run: ObservedRun, recorded: RecordedRun, now: datetime) -> _Verdict:
    if run.status is recorded.status:
        return _Verdict.SAME
    step = run.status.progress - recorded.status.progress
    fresh = now - recorded.recorded_at < STALE_READ_WINDOW
    if fresh and step < 0 and recorded.status.is_terminal:
        return _Verdict.STALE  # a second reading proves nothing: two stale ones in a row are no coincidence
    if run.last_update_time is None or recorded.last_update_time is None:
        return _Verdict.CHANGED if step > 0 else _Verdict.REREAD
    if not fresh:
        return _Verdict.CHANGED
    newer, as_old = run.last_update_time > recorded.last_update_time, run.last_update_time == recorded.last_update_time
    believed = (newer and step >= 0) or (as_old and step > 0)
    return _Verdict.CHANGED if believed else _Verdict.STALE


def _record(run: ObservedRun, now: datetime) -> RecordedRun:
    return RecordedRun(
        status=run.status,
        recorded_at=now,
        creation_time=run.creation_time,
        last_update_time=run.last_update_time,
    )


def _compared(
    state: JourneyState,
    found: _Findings,
    *,
    complete_listing: Mapping[str, ObservedRun] | None,
    now: datetime,
    journey_name: str | None,
) -> Comparison:
    # How the journey itself is first seen is no news.
    own = found.itself if state.itself else None
    seen = _record(found.itself, now) if found.itself and not own else state.itself
    current = replace(state, journey_name=journey_name or state.journey_name, itself=seen)
    pruned = None
    if complete_listing is not None and approximate_bytes(state) > CROWDED_BYTES:
        emptied = _pruned(current, complete_listing, found.history, now)
        # Not if it would make the news below look settled: a crash before their commit would lose them.
        if len(emptied.runs) < len(state.runs) and not any(_is_settled(run, emptied) for run in found.news):
            pruned = current = replace(emptied, version=current.version + 1)
    first_look = state.baselined_at is None
    if not (found.news or found.silent or found.history or found.itself or first_look):
        return Comparison(pruned or state, pruned=pruned)
    news = sorted([*found.news, *([own] if own else [])], key=lambda run: (run.last_update_time or now, run.run_id))
    transitions = tuple(
        Transition(run, current.itself, of_journey=True) if run is own else _transition(run, current.runs)
        for run in news
    )
    changed = {one.run.run_id: _record(one.run, now) for one in transitions if not one.of_journey}
    after = replace(
        current,
        version=current.version + 1,
        runs={**current.runs, **changed, **found.silent},
        itself=_record(own, now) if own else current.itself,
        durations=with_durations(current.durations, transitions),
        baselined_at=state.baselined_at or now,
    )
    if complete_listing is not None:
        after = _pruned(after, complete_listing, found.history, now)
    return Comparison(after, transitions, pruned)


def _transition(run: ObservedRun, recorded: Mapping[str, RecordedRun]) -> Transition:
    previous = recorded.get(run.run_id)
    unstarted = previous is None or previous.status is Status.SCHEDULED
    skipped = (Status.RUNNING,) if unstarted and run.status in (Status.COMPLETED, Status.PAUSED) else ()
    return Transition(run=run, previous=previous, skipped=skipped)


def with_durations(known: tuple[int, ...], transitions: Iterable[Transition]) -> tuple[int, ...]:
    """What is known of how long runs take, and for how long those that completed had been RUNNING."""
    for transition in transitions:
        before, after = transition.previous, transition.run
        if before is None or transition.of_journey:
            continue
        if (before.status, after.status) == (Status.RUNNING, Status.COMPLETED):
            began, ended = before.last_update_time, after.last_update_time
            if began and ended and began <= ended:  # the poller's own times would say when it looked
                known = remembering(known, (ended - began).total_seconds())
    return known


def _pruned(
    state: JourneyState, listing: Mapping[str, ObservedRun], history: Iterable[ObservedRun], now: datetime
) -> JourneyState:
    """Drop runs recorded as ended longer ago than the settle window, and remember how far their times reached.

    What has no times is never dropped: nothing could tell it from news afterwards.
    """
    kept = dict(state.runs)
    created = [state.settled_before] if state.settled_before else []
    updated = [state.settled_update] if state.settled_update else []
    for run in history:
        created += [run.creation_time] if run.creation_time else []
        updated += [run.last_update_time] if run.last_update_time else []
    for run_id, recorded in state.runs.items():
        listed = listing.get(run_id)
        # The provider may have touched an ended run without changing its status: its latest time counts.
        times = [recorded.last_update_time] + ([listed.last_update_time] if listed else [])
        known = [time for time in times if time is not None]
        aged = recorded.status.is_terminal and now - recorded.recorded_at >= SETTLE_WINDOW
        if aged and recorded.creation_time is not None and len(known) == len(times):
            del kept[run_id]
            created.append(recorded.creation_time)
            updated += known
    return replace(
        state,
        runs=MappingProxyType(kept),
        settled_before=max(created, default=None),
        settled_update=max(updated, default=None),
    )


def approximate_bytes(state: JourneyState) -> int:
    """No less than what the state takes in the table, without asking the table."""
    ids = sum(len(run_id.encode()) for run_id in state.runs) + sum(len(alert_id) for alert_id in state.undelivered)
    names = sum(len(name) + _QUOTED for search in state.searches for name in search.unattributed)
    fixed = _BYTES_PER_RECORD * len(state.runs) + _BYTES_PER_SEARCH * len(state.searches)
    conditions = sum(
        _BYTES_PER_CONDITION + len(json.dumps([one.run_id, one.reason, *one.told_to]))
        for one in state.conditions.values()
    )
    moments = sum(_BYTES_PER_MOMENT + len(name) for name in (*state.acknowledged, *state.mutes))
    tallies = sum(len(json.dumps(asdict(tally))) for tally in state.mute_tallies.values())
    return ids + names + fixed + conditions + moments + tallies + _BYTES_PER_OWED * len(state.undelivered)


def with_assessment(after: JourneyState, assessment: Assessment) -> JourneyState:
    """Return the state with the conditions of an assessment, and without the runs that it gives up."""
    if assessment.conditions == after.conditions:
        return after
    runs = {run_id: run for run_id, run in after.runs.items() if run_id not in assessment.forgotten}
    return replace(after, conditions=assessment.conditions, runs=runs)
