"""What is wrong now, or went wrong lately."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from journey_watch.contract import POLLS_MISSING_INTERVALS
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.filters import Subject
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import ContainerScope, JourneyKey, JourneyState, Lane, Scope
from journey_watch.core.severity import Severity
from journey_watch.live_page.lane_snapshot import Change, LaneSnapshot
from journey_watch.live_page.last_polls import LOOK_BACK
from journey_watch.messages.condition import WORDS

UNSENT_AFTER: Final = timedelta(minutes=5)
"""An alert still owed so long after its lease ended was refused, or nobody polls any more."""
_LOUD: Final = (Severity.CRITICAL, Severity.WARNING)


@dataclass(frozen=True, slots=True)
class Problem:
    severity: Severity
    label: str
    """A word: CANCELLED, STUCK."""
    text: str
    """Goes on where the names end: "was cancelled"."""
    since: datetime | None
    """None if nobody knows."""
    lane: Lane
    journey: JourneyKey | None = None
    run_id: str | None = None
    seen_at: datetime | None = None
    """When it was seen, if it happened and is over; None if it is so now."""
    mute: str | None = None
    """The id of the mute that keeps it from being told; empty if the mute is over, and the next poll tells it."""
    acknowledged: datetime | None = None
    """Until when somebody looks after it; None if nobody has said so."""

    @property
    def lasts(self) -> bool:
        """True if it is so now."""
        return self.seen_at is None

    @property
    def rank(self) -> tuple[bool, int, bool, float]:
        """What nobody looks after first, of it the worst; of these what concerns a whole lane, and then the latest."""
        loudness = _LOUD.index(self.severity) if self.severity in _LOUD else len(_LOUD)
        return (
            self.acknowledged is not None,
            loudness,
            self.journey is not None,
            -self.since.timestamp() if self.since else float("-inf"),
        )


def problems_of_lane(reading: LaneSnapshot, now: datetime) -> Iterator[Problem]:
    """What concerns a lane as a whole, or all that a container lists."""
    yield from _late(reading)
    for scope, reason in reading.unreadable.items():
        if not isinstance(scope, JourneyKey):
            yield _about(reading, scope, _unreadable(reading.lane, None, reason))
    if reading.unreadable_changes:
        yield Problem(
            severity=Severity.WARNING,
            label="UNREADABLE",
            text=f"{reading.unreadable_changes} of the recorded changes cannot be read, and are not shown",
            since=None,
            lane=reading.lane,
        )
    for scope, state in reading.scopes.items():
        for problem in (*_open(reading, None, state, (), now), *_unsent(reading.lane, None, state, now)):
            yield _about(reading, scope, problem)


def problems_of_journey(
    reading: LaneSnapshot,
    journey: JourneyKey,
    state: JourneyState,
    changes: Sequence[Change],
    *,
    now: datetime,
    mutes: Sequence[Mute],
) -> list[Problem]:
    """What concerns one journey; `changes` are its own, oldest first, `mutes` those in force."""
    found = [
        *_open(reading, journey, state, mutes, now),
        *_bad_ends(reading.lane, journey, state, changes, now),
        *_unsent(reading.lane, journey, state, now),
    ]
    if journey in reading.unreadable:
        found.append(_unreadable(reading.lane, journey, reading.unreadable[journey]))
    return sorted(found, key=lambda problem: problem.rank)


def _about(reading: LaneSnapshot, scope: Scope, problem: Problem) -> Problem:
    """The problem, in words that name the container if it is about one."""
    if not isinstance(scope, ContainerScope):
        return problem
    return replace(problem, text=f"{reading.provider.container_noun} {scope.container_id} {problem.text}")


def _late(reading: LaneSnapshot) -> Iterator[Problem]:
    poll = reading.last_poll
    if poll is not None and poll.late:
        hours = LOOK_BACK // timedelta(hours=1)
        how_long = f"{POLLS_MISSING_INTERVALS} intervals" if poll.ended else f"{hours} hours"
        yield Problem(
            severity=Severity.CRITICAL,
            label="NOT POLLED",
            text=f"no poll came to its end for {how_long}: nobody watches it",
            since=poll.ended,
            lane=reading.lane,
        )


def _unreadable(lane: Lane, journey: JourneyKey | None, reason: str) -> Problem:
    """A journey is left alone then; a lane and its other journeys are polled all the same."""
    return Problem(
        severity=Severity.CRITICAL if journey else Severity.WARNING,
        label="UNREADABLE",
        text=f"{'is not watched: ' if journey else ''}what is remembered of it cannot be read ({reason})",
        since=None,
        lane=lane,
        journey=journey,
    )


def _open(
    reading: LaneSnapshot, journey: JourneyKey | None, state: JourneyState, mutes: Sequence[Mute], now: datetime
) -> Iterator[Problem]:
    for condition in state.conditions.values():
        if condition.opened_at is not None:
            yield Problem(
                severity=condition.severity,
                label=condition.kind.value,
                text=WORDS[condition.kind].in_short + (f" ({condition.reason})" if condition.reason else ""),
                since=condition.since,
                lane=reading.lane,
                journey=journey,
                run_id=condition.run_id,
                mute=_muting(reading, journey, condition, mutes),
                acknowledged=_acknowledged(state, condition.opened_by, now),
            )


def _acknowledged(state: JourneyState, thread: str, now: datetime) -> datetime | None:
    until = state.acknowledged.get(thread)
    return until if until is not None and until > now else None


def _muting(
    reading: LaneSnapshot, journey: JourneyKey | None, condition: Condition, mutes: Sequence[Mute]
) -> str | None:
    """The monitor's own blindness is never muted."""
    if journey is None or condition.kind is ConditionKind.UNREACHABLE:
        return None
    subject = Subject(reading.lane, journey, reading.journeys[journey].journey_name)
    covering = (mute.id for mute in mutes if mute.covers(subject))
    return next(covering, None if condition.announced else "")


def _bad_ends(
    lane: Lane, journey: JourneyKey, state: JourneyState, changes: Sequence[Change], now: datetime
) -> Iterator[Problem]:
    """Each run's latest change, and the journey's own, if it was told loudly: so loud as the alert rules made it."""
    latest = {(change.of_journey, change.run_id): change for change in changes if change.after is not None}
    for (of_journey, run_id), change in latest.items():
        recorded = state.itself if of_journey else state.runs.get(run_id or journey.journey_id)
        if change.severity in _LOUD and (recorded is None or recorded.status == change.after):
            yield Problem(
                severity=change.severity,
                label=str(change.after),
                text=f"after {change.before}" if change.before else "when first seen",
                since=change.at,
                lane=lane,
                journey=journey,
                run_id=run_id,
                seen_at=change.seen_at,
                mute=change.muted_by,
                acknowledged=_acknowledged(state, change.thread, now),
            )


def _unsent(lane: Lane, journey: JourneyKey | None, state: JourneyState, now: datetime) -> Iterator[Problem]:
    late = [alert.lease_until for alert in state.undelivered.values() if now - alert.lease_until > UNSENT_AFTER]
    if late:
        alerts = "an alert" if len(late) == 1 else f"{len(late)} alerts"
        yield Problem(
            severity=Severity.CRITICAL,
            label="NOT SENT",
            text=f"{alerts} about this could not be delivered yet",
            since=min(late),
            lane=lane,
            journey=journey,
        )
