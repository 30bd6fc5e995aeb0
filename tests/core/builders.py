"""Values for the tests of the core: every one can be read at the place of use."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from journey_watch.core.runs import JourneyKey, JourneyState, Lane, Observation, ObservedRun, RecordedRun, Status

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LANE = Lane("pinpoint", "111122223333", "eu-west-1")
JOURNEY = JourneyKey("app-1", "journey-1")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def days(count: float) -> timedelta:
    return timedelta(days=count)


def observed(
    run_id: str,
    status: Status,
    *,
    updated: datetime | None = NOON,
    created: datetime | None = NOON - timedelta(hours=1),
) -> ObservedRun:
    return ObservedRun(run_id, status, status.value, creation_time=created, last_update_time=updated)


def listing(*runs: ObservedRun, complete: bool = True, journey: JourneyKey = JOURNEY) -> Observation:
    return Observation(journey, runs, complete=complete, problem=None if complete else "a page failed")


def recorded(
    status: Status,
    *,
    at: datetime = NOON - timedelta(days=1),
    updated: datetime | None = NOON - timedelta(days=1),
    created: datetime | None = NOON - timedelta(days=1),
) -> RecordedRun:
    return RecordedRun(status, at, creation_time=created, last_update_time=updated)


def known(
    runs: Mapping[str, RecordedRun],
    *,
    version: int = 7,
    baselined_at: datetime | None = NOON - timedelta(days=30),
    settled_before: datetime | None = None,
    settled_update: datetime | None = None,
) -> JourneyState:
    return JourneyState(version, baselined_at, runs, settled_before, settled_update)
