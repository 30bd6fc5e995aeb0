"""What the doctor makes of a deployment."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, cast

from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, DeliveryLease, JourneyKey, JourneyState, Lane, Scope
from journey_watch.ports import LaneState
from operator_cli.doctor import Level, examine
from tests.core.builders import LANE, NOON

if TYPE_CHECKING:
    from operator_cli.deployment import Deployment


def in_use(**changes: object) -> LaneState:
    return LaneState(journeys={JourneyKey("A", "J"): JourneyState(version=1, **changes)})  # type: ignore[arg-type]


@dataclass
class Patient:
    """A deployment in which all is well, but for what a test says."""

    stack: str = "journey-watch"
    lanes: list[Lane] = field(default_factory=lambda: [LANE])
    lane_state: LaneState = field(default_factory=in_use)
    polled: datetime | None = NOON - timedelta(minutes=1)
    unconfirmed: list[str] = field(default_factory=list)
    given_up: Mapping[str, int] = field(default_factory=lambda: {"DeadLetters": 0})

    def state(self, _: Lane) -> LaneState:
        return self.lane_state

    def last_poll(self, _: Lane) -> datetime | None:
        return self.polled

    def unconfirmed_subscriptions(self) -> list[str]:
        return self.unconfirmed

    def dead_letters(self) -> Mapping[str, int]:
        return self.given_up


def complaints(patient: Patient, *, level: Level = Level.PROBLEM) -> list[str]:
    return [each.text for each in examine(cast("Deployment", patient), now=NOON) if each.level is level]


def owed_since(age: timedelta) -> LaneState:
    committed = (NOON - age).isoformat()
    return in_use(undelivered={"id@mail": DeliveryLease(f"TRANSITION#{committed}#id", NOON)})


def test_a_healthy_deployment_has_nothing_to_complain_of() -> None:
    assert complaints(Patient()) == []
    assert complaints(Patient(), level=Level.NOTE) == []


def test_nothing_watched_is_a_problem() -> None:
    (text,) = complaints(Patient(lanes=[]))
    assert "Nothing is watched" in text


def test_no_poll_is_a_problem_and_a_late_one_a_note() -> None:
    assert "No poll" in complaints(Patient(polled=None))[0]
    assert complaints(Patient(polled=NOON - timedelta(minutes=20))) == []
    (note,) = complaints(Patient(polled=NOON - timedelta(minutes=20)), level=Level.NOTE)
    assert note.startswith("Last polled 20 min 0 s ago")


def test_what_was_given_up_for_a_channel_is_said() -> None:
    (text,) = complaints(Patient(lane_state=in_use(given_up={"chat-info": 7})), level=Level.NOTE)
    assert text.startswith("7 alerts so far were given up for the channel chat-info")


def test_an_alert_that_waits_for_long_is_a_problem() -> None:
    assert complaints(Patient(lane_state=owed_since(timedelta(minutes=1)))) == []
    (text,) = complaints(Patient(lane_state=owed_since(timedelta(hours=2))))
    assert text.startswith("1 alerts are waiting, the oldest for 2 h 0 min.")


def test_readers_who_get_nothing_and_dead_letters_are_problems() -> None:
    assert "never confirmed" in complaints(Patient(unconfirmed=["you@example.com"]))[0]
    assert "3 messages were given up" in complaints(Patient(given_up={"DeadLetters": 3}))[0]


def test_a_provider_never_read_is_a_note() -> None:
    (note,) = complaints(Patient(lane_state=LaneState(journeys={})), level=Level.NOTE)
    assert note.startswith("Not in use")


def test_a_lane_without_a_poll_is_not_said_to_be_unused() -> None:
    assert complaints(Patient(lane_state=LaneState(journeys={}), polled=None), level=Level.NOTE) == []


def test_a_provider_that_lists_nothing_is_a_note_of_its_own() -> None:
    (note,) = complaints(Patient(lane_state=LaneState(journeys={}, listed={"*/*": NOON})), level=Level.NOTE)
    assert note.startswith("Nothing to watch yet")


def unreachable(reason: str, *, opened: bool, scope: Scope = LANE_ITSELF) -> LaneState:
    begun = NOON - timedelta(minutes=3)
    condition = Condition(ConditionKind.UNREACHABLE, None, begun, reason, opened_at=NOON if opened else None)
    return LaneState(journeys={}, scopes={scope: JourneyState(conditions={"UNREACHABLE": condition})})


def test_a_missing_permission_is_a_problem_at_once_in_the_words_of_aws() -> None:
    said = (
        "refused with AccessDeniedException (HTTP 403): User: P is not authorized to perform: mobiletargeting:GetApps"
    )
    for opened in (False, True):
        patient = Patient(lane_state=unreachable(said, opened=opened))
        (text,) = complaints(patient)
        assert text.startswith(f"Cannot be read, for 3 min 0 s now: {said}")
        assert "deploy again" in text
        assert complaints(patient, level=Level.NOTE) == []


def test_other_trouble_is_a_note_until_the_operators_are_told() -> None:
    (note,) = complaints(Patient(lane_state=unreachable("HTTP 503", opened=False)), level=Level.NOTE)
    assert note.startswith("Cannot be read, for 3 min 0 s now: HTTP 503")
    (problem,) = complaints(Patient(lane_state=unreachable("HTTP 503", opened=True)))
    assert "docs/runbook.md" in problem


def test_a_container_whose_listing_is_refused_is_named() -> None:
    state = unreachable("HTTP 404", opened=True, scope=ContainerScope("app-1"))
    patient = Patient(lane_state=state)
    (finding,) = [one for one in examine(cast("Deployment", patient), now=NOON) if one.level is Level.PROBLEM]
    assert finding.about == f"{LANE} app-1"
