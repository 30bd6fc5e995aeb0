"""What is wrong now, or went wrong lately."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from journey_watch.core.runs import ContainerScope, JourneyKey, JourneyState, Lane
from journey_watch.core.severity import Severity
from journey_watch.live_page.lane_snapshot import Change, LaneSnapshot
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
    since: datetime
    lane: Lane
    journey: JourneyKey | None = None
    run_id: str | None = None
    lasts: bool = True
    """True if it is so now; False if it happened and is over."""

    @property
    def rank(self) -> tuple[int, float]:
        """The worst and then the latest first."""
        return (_LOUD.index(self.severity) if self.severity in _LOUD else len(_LOUD), -self.since.timestamp())


def problems_of_lane(reading: LaneSnapshot, now: datetime) -> Iterator[Problem]:
    """What concerns a lane as a whole, or all that a container lists."""
    for scope, state in reading.scopes.items():
        of_container = isinstance(scope, ContainerScope)
        container = f"{reading.provider.container_noun} {scope.container_id} " if of_container else ""
        for problem in (*_open(reading, None, state), *_unsent(reading.lane, None, state, now)):
            yield replace(problem, text=container + problem.text)


def problems_of_journey(
    reading: LaneSnapshot, journey: JourneyKey, state: JourneyState, changes: Sequence[Change], now: datetime
) -> list[Problem]:
    """What concerns one journey; `changes` are its own, oldest first."""
    found = [
        *_open(reading, journey, state),
        *_bad_ends(reading.lane, journey, state, changes),
        *_unsent(reading.lane, journey, state, now),
    ]
    return sorted(found, key=lambda problem: problem.rank)


def _open(reading: LaneSnapshot, journey: JourneyKey | None, state: JourneyState) -> Iterator[Problem]:
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
            )


def _bad_ends(lane: Lane, journey: JourneyKey, state: JourneyState, changes: Sequence[Change]) -> Iterator[Problem]:
    """Each run's latest change, if it was told loudly: the severity is the one that the alert rules gave it."""
    latest: Mapping[str | None, Change] = {change.run_id: change for change in changes if change.after is not None}
    for run_id, change in latest.items():
        recorded = state.runs.get(run_id or journey.journey_id)
        if change.severity in _LOUD and (recorded is None or recorded.status == change.after):
            yield Problem(
                severity=change.severity,
                label=str(change.after),
                text=f"after {change.before}" if change.before else "when first seen",
                since=change.at,
                lane=lane,
                journey=journey,
                run_id=run_id,
                lasts=False,
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
