"""When a condition is suspected, opens, is reminded of and resolves.

A suspicion is told to nobody. What the provider's listing alone suggests (a run stuck, late, left paused or missing)
opens only if a second reading in the same poll shows it too: `confirmed`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from journey_watch.core.conditions import Condition, ConditionKind, Resolution
from journey_watch.core.runs import JourneyInfo, JourneyState, Observation, RecordedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.core.usual_durations import GRACE, UsualDuration
from journey_watch.core.watch_list import AUTO, Thresholds

GIVE_UP_AFTER = timedelta(days=90)
"""A run that is missing for so long is no longer watched for."""
_NOTHING_KNOWN = JourneyInfo()


class Phase(StrEnum):
    """What is told about a condition; the end of the alert's detail-type."""

    OPENED = "Opened"
    REMINDER = "Reminder"
    RESOLVED = "Resolved"


@dataclass(frozen=True, slots=True)
class ConditionEvent:
    phase: Phase
    condition: Condition
    """The condition as it is from then on; a resolved one as it was."""
    resolution: Resolution | None = None
    """Why it is over, if it is not because the trouble is."""
    status_now: Status | None = None
    """What became of the run that it was about, if that is known."""
    limit: timedelta | None = None
    """How long it may last, for what lasts too long: from `condition.since` on."""
    usual: UsualDuration | None = None
    """How long the journey's runs usually take, for one that is stuck, if enough have completed."""


@dataclass(frozen=True, slots=True)
class Assessment:
    conditions: Mapping[str, Condition]
    """What is wrong or suspected from now on."""
    events: tuple[ConditionEvent, ...] = ()
    unconfirmed: bool = False
    """Something would open if a second reading showed it too."""
    forgotten: frozenset[str] = frozenset()
    """Runs that have been missing for so long that they are no longer remembered."""


@dataclass(frozen=True, slots=True)
class AssessmentContext:
    """Everything but the facts: time, patience, and whether anybody may be told."""

    now: datetime
    begun: datetime
    """When the reading began."""
    interval: timedelta
    """How often the schedule polls."""
    thresholds: Thresholds
    severities: Mapping[ConditionKind, Severity]
    """How loud a condition of each kind is."""
    acknowledged: Mapping[str, datetime] = field(default_factory=dict)
    """By thread, until when somebody looks after it: of that nobody is reminded."""
    muted: bool = False
    """A mute covers the journey: what opens is announced when the mute ends, if it is still open."""
    confirmed: bool = False
    """This is the second reading of the poll."""


def assess_reading(
    known: Mapping[str, Condition],
    state: JourneyState,
    observation: Observation,
    circumstances: AssessmentContext,
    info: JourneyInfo = _NOTHING_KNOWN,
) -> Assessment:
    """Hold a journey's listing against its state as it is after the listing's changes.

    `known` are the conditions so far, `info` is what the provider says of the journey. If that has ended, no run is
    overdue. A run is late from the planned start on, if that is later than when it was scheduled; without times of its
    own it is late by that plan only.
    """
    listed = {run.run_id for run in observation.runs}
    complete = observation.shows_everything
    if observation.deleted:
        # A journey that is gone is neither stuck nor late nor blind; what is missing is every run that had not ended.
        return _merge(
            known, _missing(known, state, listed, circumstances, gone=True), circumstances, Resolution.DELETED
        )
    found = [
        *_of_runs(known, state, listed, circumstances, info=info, journey_id=observation.journey.journey_id),
        # An empty listing says something about the journey, not about its runs.
        *_missing(known, state, listed, circumstances, gone=complete and bool(listed)),
        *_of_journey(known, state, observation, circumstances, complete=complete, expects_runs=not info.dormant),
    ]
    merged = _merge(known, found, circumstances)
    thresholds = circumstances.thresholds
    return replace(merged, events=tuple(_explained(event, state, thresholds) for event in merged.events))


def _explained(event: ConditionEvent, state: JourneyState, thresholds: Thresholds) -> ConditionEvent:
    """What lasts too long says by which measure; what is over says what became of the run."""
    condition = event.condition
    run = state.runs.get(condition.run_id) if condition.run_id else state.itself
    if event.phase is Phase.RESOLVED:
        return replace(event, status_now=run.status) if run else event
    usual = UsualDuration.of(state.durations) if condition.kind is ConditionKind.STUCK else None
    return replace(event, limit=_limit(condition.kind, thresholds, usual, planned=condition.planned), usual=usual)


def _limit(
    kind: ConditionKind, thresholds: Thresholds, usual: UsualDuration | None, *, planned: bool
) -> timedelta | None:
    """How long something of this kind may last; None if it may for ever, or if that is not known."""
    configured = {
        ConditionKind.STUCK: thresholds.stuck_after,
        ConditionKind.LATE: thresholds.late_after,
        ConditionKind.LEFT_PAUSED: thresholds.paused_after,
    }.get(kind)
    if configured == AUTO:
        learned = None if usual is None else usual.limit
        return GRACE if planned else learned
    return None if configured is None else timedelta(seconds=configured)


def assess_failure(
    known: Mapping[str, Condition],
    reason: str | None,
    circumstances: AssessmentContext,
    resolution: Resolution | None = None,
) -> Assessment:
    """Weigh that a journey, a listing or a lane could not be read, or (None) that it could; nothing else changes.

    With a `resolution` it is not there or not watched any more.
    """
    others = [condition for condition in known.values() if condition.kind is not ConditionKind.UNREACHABLE]
    found = [*others, *([_unreachable(known, reason, circumstances)] if reason else [])]
    return _merge(known, found, circumstances, resolution)


def all_resolved(known: Mapping[str, Condition], resolution: Resolution) -> Assessment:
    """Whatever is wrong is over, and so the reason is."""
    return Assessment({}, tuple(_resolved(known.values(), resolution)))


def _resolved(over: Iterable[Condition], resolution: Resolution | None) -> Iterator[ConditionEvent]:
    for condition in over:
        if condition.opened_at and condition.announced:
            yield ConditionEvent(Phase.RESOLVED, condition, resolution)


def _of_runs(
    known: Mapping[str, Condition],
    state: JourneyState,
    listed: set[str],
    circumstances: AssessmentContext,
    *,
    info: JourneyInfo,
    journey_id: str,
) -> Iterator[Condition]:
    thresholds, usual = circumstances.thresholds, UsualDuration.of(state.durations)
    for run_id, run in state.runs.items():
        for found in _measures(run_id, run, info, thresholds, journey=state.itself, is_journey=run_id == journey_id):
            limit = _limit(found.kind, thresholds, usual, planned=found.planned)
            too_long = limit is not None and circumstances.now - found.since > limit
            if too_long and (run_id in listed or found.key in known):
                yield found
                break


def _measures(
    run_id: str,
    run: RecordedRun,
    info: JourneyInfo,
    thresholds: Thresholds,
    *,
    journey: RecordedRun | None,
    is_journey: bool,
) -> Iterator[Condition]:
    """What a run would be in, each from when on, if it lasted too long; the provider's plan counts first.

    `journey` is the status of the journey itself, where the provider has one beside those of its runs; with
    `is_journey` the run is the journey.
    """
    match run.status:
        case Status.RUNNING:
            if _is_paused(journey, info):
                return  # its waits are frozen
            resumed = _since(journey) if journey and journey.status is Status.RUNNING else _since(run)
            end = info.ends_at
            if end is not None and thresholds.stuck_after == AUTO and (run.creation_time or end) <= end:
                yield Condition(ConditionKind.STUCK, run_id, max(end, resumed) if journey else end, planned=True)
            since = _running_since(run, info) if is_journey else max(_since(run), resumed)
            if since is not None:
                yield Condition(ConditionKind.STUCK, run_id, since)
        case Status.SCHEDULED:
            start = _planned_start(run, info)
            if start is not None:
                yield Condition(ConditionKind.LATE, run_id, start, planned=True)
            elif run.creation_time is not None:  # else nobody says when it was to start, nor since when it waits
                yield Condition(ConditionKind.LATE, run_id, _since(run))
        case Status.PAUSED:
            yield Condition(ConditionKind.LEFT_PAUSED, run_id, _since(run))
        case _:
            pass


def _missing(
    known: Mapping[str, Condition],
    state: JourneyState,
    listed: set[str],
    circumstances: AssessmentContext,
    *,
    gone: bool,
) -> Iterator[Condition]:
    """Runs that have not ended and are not listed: those anew only if they are `gone`."""
    for run_id, run in state.runs.items():
        missing = Condition(ConditionKind.MISSING, run_id, circumstances.begun)
        if not run.status.is_terminal and run_id not in listed and (gone or missing.key in known):
            yield replace(missing, since=known[missing.key].since if missing.key in known else missing.since)


def _is_paused(journey: RecordedRun | None, info: JourneyInfo) -> bool:
    seen = info.itself or journey
    return seen is not None and seen.status is Status.PAUSED


def _running_since(run: RecordedRun, info: JourneyInfo) -> datetime | None:
    """Return since when a journey that is its only run has been at work; None if it may rest between executions.

    Its provider may call it running before its planned start, and until the planned end if it repeats.
    """
    since = max(_since(run), info.starts_at) if info.starts_at else _since(run)
    if info.repeats_every is None:
        return since
    return max(since, info.ends_at) if info.ends_at else None


def _planned_start(run: RecordedRun, info: JourneyInfo) -> datetime | None:
    """Return when the run was to start by the provider's schedule; None if that is not the plan of this run.

    The next run of a journey that repeats may be listed long before it is due.
    """
    start, every, listed_at = info.starts_at, info.repeats_every, _since(run)
    if start is not None and (run.creation_time is None or start > listed_at):
        return start
    if every is None or run.creation_time is None:
        return None
    return listed_at + every if start is None else start + ((listed_at - start) // every + 1) * every


def _since(run: RecordedRun) -> datetime:
    return run.last_update_time or run.recorded_at


def _of_journey(
    known: Mapping[str, Condition],
    state: JourneyState,
    observation: Observation,
    circumstances: AssessmentContext,
    *,
    complete: bool,
    expects_runs: bool,
) -> Iterator[Condition]:
    if not observation.runs and state.has_live_run and (complete or ConditionKind.UNREACHABLE in known):
        live = sum(not run.status.is_terminal for run in state.runs.values())
        yield _unreachable(known, f"it lists no runs any more, though {live} had not ended", circumstances)
    if state.itself and state.itself.status is Status.PAUSED:
        paused = Condition(ConditionKind.LEFT_PAUSED, None, _since(state.itself))
        limit = _limit(paused.kind, circumstances.thresholds, None, planned=False)
        if limit is not None and circumstances.now - paused.since > limit:
            yield paused
    every = circumstances.thresholds.expect_run_every
    if every is None or not expects_runs or state.baselined_at is None:
        return
    created = [run.creation_time or run.recorded_at for run in state.runs.values()]
    newest = max([state.settled_before or state.baselined_at, *created])
    overdue = circumstances.now - newest > timedelta(seconds=every)
    if overdue and (complete or ConditionKind.OVERDUE in known):
        yield Condition(ConditionKind.OVERDUE, None, newest + timedelta(seconds=every))


def _unreachable(known: Mapping[str, Condition], reason: str, circumstances: AssessmentContext) -> Condition:
    before = known.get(ConditionKind.UNREACHABLE)
    since = before.since if before else circumstances.begun
    return Condition(ConditionKind.UNREACHABLE, None, since, reason=before.reason if before else reason)


def _merge(
    known: Mapping[str, Condition],
    found: Iterable[Condition],
    circumstances: AssessmentContext,
    resolution: Resolution | None = None,
) -> Assessment:
    """Carry over what was known of each condition that is found, and see what is to be told."""
    conditions: dict[str, Condition] = {}
    events: list[ConditionEvent] = []
    unconfirmed = False
    forgotten: set[str] = set()
    for fresh in found:
        old = known.get(fresh.key)
        if fresh.run_id and fresh.kind is ConditionKind.MISSING and circumstances.now - fresh.since > GIVE_UP_AFTER:
            forgotten.add(fresh.run_id)
            continue
        if old is None or old.opened_at is None:
            ripe = _should_open(fresh, old, circumstances)
            unconfirmed |= ripe and not circumstances.confirmed
            opened, event = _opened(fresh, circumstances) if ripe and circumstances.confirmed else (fresh, None)
            if opened.opened_at is None and fresh.kind in _OPENS_AT_ONCE:
                continue  # nothing needs to be remembered: the state itself says since when
        else:
            opened, event = _continued(old, circumstances)
        conditions[fresh.key] = opened
        events += [event] if event else []
    over = [old for key, old in known.items() if key not in conditions and old.run_id not in forgotten]
    events += _resolved(over, resolution)
    return Assessment(conditions, tuple(events), unconfirmed, frozenset(forgotten))


_OPENS_AT_ONCE = frozenset({ConditionKind.STUCK, ConditionKind.LATE, ConditionKind.LEFT_PAUSED, ConditionKind.OVERDUE})


def _should_open(fresh: Condition, old: Condition | None, circumstances: AssessmentContext) -> bool:
    """True if it may open now: at once, or because it was already so at an earlier poll."""
    if fresh.kind in _OPENS_AT_ONCE:
        return True
    if old is None:
        return False
    patience = (
        timedelta(seconds=circumstances.thresholds.unreachable_after)
        if fresh.kind is ConditionKind.UNREACHABLE
        else circumstances.interval
    )
    return circumstances.begun - old.since >= patience


def _opened(fresh: Condition, circumstances: AssessmentContext) -> tuple[Condition, ConditionEvent | None]:
    severity = circumstances.severities[fresh.kind]
    opened = replace(fresh, opened_at=circumstances.now, severity=severity, announced=not circumstances.muted)
    return opened, None if circumstances.muted else ConditionEvent(Phase.OPENED, opened)


def _continued(old: Condition, circumstances: AssessmentContext) -> tuple[Condition, ConditionEvent | None]:
    if circumstances.muted:
        return old, None
    if not old.announced:
        told = replace(old, announced=True)
        return told, ConditionEvent(Phase.OPENED, told)
    until = circumstances.acknowledged.get(old.opened_by)
    if until is not None and until > circumstances.now:
        return old, None
    open_for = circumstances.now - (old.opened_at or circumstances.now)
    due = int(open_for / timedelta(seconds=circumstances.thresholds.remind_every))
    if due > old.reminders:
        reminded = replace(old, reminders=due)
        return reminded, ConditionEvent(Phase.REMINDER, reminded)
    return old, None
