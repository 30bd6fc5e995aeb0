"""What can happen to Pinpoint applications, journeys and runs."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from simulator.call_events import recorded
from simulator.events import Event
from simulator.world import Journey, JourneyState, NotInWorldError, Refusal, Run, RunStatus, World


@dataclass(frozen=True, kw_only=True)
class _RunEvent(Event):
    application: str
    journey: str
    run: str

    def _runs_journey(self, world: World) -> Journey:
        return world.application(self.application).journey(self.journey)

    def _with_run(self, world: World, run: Run) -> World:
        journey = self._runs_journey(world).with_run(run)
        return world.with_application(world.application(self.application).with_journey(journey))


@dataclass(frozen=True, kw_only=True)
class RunStarts(_RunEvent, kind="run_starts"):
    """A run appears: RUNNING, or already in another status."""

    status: RunStatus = "RUNNING"

    def apply(self, world: World, now: datetime) -> World:
        if self.run in self._runs_journey(world).runs:
            raise NotInWorldError(f'run "{self.run}" is there already; use run_status to change it')
        return self._with_run(world, Run(self.run, self.status, created=now, updated=now))


@dataclass(frozen=True, kw_only=True)
class RunStatusChanges(_RunEvent, kind="run_status"):
    """A run changes status. `updated_ago` makes its LastUpdateTime older than the change.

    `by` is who has set its journey to that status.
    """

    status: RunStatus
    updated_ago: timedelta = timedelta()
    by: str = ""

    def apply(self, world: World, now: datetime) -> World:
        run = self._runs_journey(world).run(self.run)
        changed = self._with_run(world, replace(run, status=self.status, updated=now - self.updated_ago))
        return _state_set(changed, now, self.application, self.journey, self.status, by=self.by)


@dataclass(frozen=True, kw_only=True)
class RunVanishes(_RunEvent, kind="run_vanishes"):
    """A run is no longer listed."""

    def apply(self, world: World, now: datetime) -> World:
        del now  # vanishing leaves the run's times alone
        return self._with_run(world, replace(self._runs_journey(world).run(self.run), listed=False))


@dataclass(frozen=True, kw_only=True)
class RunReappears(_RunEvent, kind="run_reappears"):
    """A vanished run is listed again, as it was."""

    def apply(self, world: World, now: datetime) -> World:
        del now
        return self._with_run(world, replace(self._runs_journey(world).run(self.run), listed=True))


@dataclass(frozen=True, kw_only=True)
class JourneyAppears(Event, kind="journey_created"):
    """A journey without runs appears."""

    application: str
    journey: str
    name: str = ""
    state: JourneyState = "ACTIVE"

    def apply(self, world: World, now: datetime) -> World:
        application = world.application(self.application)
        if self.journey in application.journeys:
            raise NotInWorldError(f'journey "{self.journey}" is there already; use journey_state to change it')
        journey = Journey(self.journey, self.name or self.journey, self.state, created=now, modified=now)
        return world.with_application(application.with_journey(journey))


@dataclass(frozen=True, kw_only=True)
class JourneyStateChanges(Event, kind="journey_state"):
    """A journey changes state; its runs stay as they are. `by` is who has set it."""

    application: str
    journey: str
    state: JourneyState
    by: str = ""

    def apply(self, world: World, now: datetime) -> World:
        application = world.application(self.application)
        journey = replace(application.journey(self.journey), state=self.state, modified=now)
        changed = world.with_application(application.with_journey(journey))
        return _state_set(changed, now, self.application, self.journey, self.state, by=self.by)


@dataclass(frozen=True, kw_only=True)
class JourneyIsRemoved(Event, kind="journey_removed"):
    """A journey and its runs are gone for good: not listed, and 404 when asked for. `by` is who has deleted it."""

    application: str
    journey: str
    by: str = ""

    def apply(self, world: World, now: datetime) -> World:
        application = world.application(self.application)
        application.journey(self.journey)
        rest = {id_: journey for id_, journey in application.journeys.items() if id_ != self.journey}
        changed = world.with_application(replace(application, journeys=rest))
        return _called(changed, now, self.application, self.journey, "DeleteJourney", by=self.by)


@dataclass(frozen=True, kw_only=True)
class ApplicationRefuses(Event, kind="application_refuses"):
    """Every call about the application is refused; with 404 or 410 GetApps no longer lists it either."""

    application: str
    status: Refusal

    def apply(self, world: World, now: datetime) -> World:
        del now
        return world.with_application(replace(world.application(self.application), refusal=self.status))


@dataclass(frozen=True, kw_only=True)
class ApplicationAnswers(Event, kind="application_answers"):
    """A refused application answers again, as it was."""

    application: str

    def apply(self, world: World, now: datetime) -> World:
        del now
        return world.with_application(replace(world.application(self.application), refusal=None))


_SETTABLE: Final = {"RUNNING": "ACTIVE", "ACTIVE": "ACTIVE", "PAUSED": "PAUSED", "CANCELLED": "CANCELLED"}
"""What UpdateJourneyState is asked for, by the status that comes of it."""


def _state_set(world: World, now: datetime, application: str, journey: str, status: str, *, by: str) -> World:
    if by and status not in _SETTABLE:
        raise NotInWorldError(f"no call leads to {status}: it is nobody's doing")
    state = {"State": _SETTABLE.get(status, "")}
    return _called(world, now, application, journey, "UpdateJourneyState", by=by, **state)


def _called(world: World, now: datetime, application: str, journey: str, name: str, *, by: str, **body: str) -> World:
    """The world in which CloudTrail has recorded who did it, if anybody did."""
    if not by:
        return world
    site, request = world.application(application).site, {"application-id": application, "journey-id": journey, **body}
    return recorded(world, now, site, by=by, name=name, source="pinpoint.amazonaws.com", request=request)
