"""What the doctor makes of a deployment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from journey_watch.channels.sns.subscriptions import Unheard
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.filters import What
from journey_watch.core.mutes import Mute
from journey_watch.core.routing import AlertRule, Route
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, DeliveryLease, JourneyKey, JourneyState, Lane, Scope
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget
from journey_watch.ports import LaneState
from journey_watch.settings import WatchConfig
from operator_cli.deployment import RingingAlarm, Schedule
from operator_cli.doctor import Finding, Level, examine
from tests.core.builders import LANE, NOON

if TYPE_CHECKING:
    from operator_cli.deployment import Deployment

CODE = "0123456789ab"


def in_use(**changes: object) -> LaneState:
    return LaneState(journeys={JourneyKey("A", "J"): JourneyState(version=1, **changes)})  # type: ignore[arg-type]


@dataclass
class Patient:
    """A deployment in which all is well, but for what a test says."""

    stack: str = "journey-watch"
    status: str = "CREATE_COMPLETE"
    code: str | None = CODE
    schedules: Mapping[str, Schedule | None] = field(
        default_factory=lambda: {"one": Schedule(LANE, timedelta(minutes=1), enabled=True)}
    )
    lane_state: LaneState = field(default_factory=in_use)
    polled: datetime | None = NOON - timedelta(minutes=1)
    given_up: Mapping[str, int] = field(default_factory=lambda: {"SlackDeadLetters": 0})
    ages: Mapping[str, timedelta] = field(default_factory=dict)
    set_mutes: Mapping[str, Mute | None] = field(default_factory=dict)
    configured: Sequence[Mute] | ConfigurationError = ()

    choices: WatchConfig | None = None

    @property
    def configured_mutes(self) -> Sequence[Mute]:
        if isinstance(self.configured, ConfigurationError):
            raise self.configured
        return self.configured

    def state(self, _: Lane) -> LaneState:
        return self.lane_state

    def last_polls(self, since: datetime) -> Mapping[str, datetime]:
        return {str(LANE): self.polled} if self.polled and self.polled >= since else {}

    def last_failures(self, _: datetime) -> Mapping[str, str]:
        return {}

    def unheard(self) -> list[Unheard]:
        return []

    def ringing_alarms(self) -> list[RingingAlarm]:
        return []

    def queue_ages(self) -> Mapping[str, timedelta]:
        return self.ages

    def dead_letters(self) -> Mapping[str, int]:
        return self.given_up

    def mutes(self) -> Mapping[str, Mute | None]:
        return self.set_mutes


def examined(patient: Patient) -> list[Finding]:
    return list(examine(cast("Deployment", patient), code=CODE, now=NOON))


def complaints(patient: Patient, *, level: Level = Level.PROBLEM) -> list[str]:
    return [each.text for each in examined(patient) if each.level is level]


def owed_since(age: timedelta) -> LaneState:
    committed = (NOON - age).isoformat()
    return in_use(undelivered={"id@mail": DeliveryLease(f"TRANSITION#{committed}#id", NOON)})


def test_a_healthy_deployment_has_nothing_to_complain_of() -> None:
    assert complaints(Patient()) == []
    assert complaints(Patient(), level=Level.NOTE) == []


def test_nothing_watched_is_a_problem() -> None:
    (text,) = complaints(Patient(schedules={}))
    assert "Nothing is watched" in text


def test_no_poll_for_three_intervals_is_a_problem() -> None:
    assert "No poll" in complaints(Patient(polled=None))[0]
    assert complaints(Patient(polled=NOON - timedelta(minutes=4))) == []
    assert "No poll" in complaints(Patient(polled=NOON - timedelta(minutes=6)))[0]


def test_what_was_given_up_for_a_channel_is_said() -> None:
    (text,) = complaints(Patient(lane_state=in_use(given_up={"chat-info": 7})), level=Level.NOTE)
    assert text.startswith("7 alerts so far were given up for the channel chat-info")


def test_an_alert_that_waits_for_long_is_a_problem() -> None:
    assert complaints(Patient(lane_state=owed_since(timedelta(minutes=1)))) == []
    (text,) = complaints(Patient(lane_state=owed_since(timedelta(hours=2))))
    assert text.startswith("1 alert is waiting for mail for 2 h.")


def test_several_alerts_that_wait_are_counted_and_their_channels_named() -> None:
    committed = (NOON - timedelta(hours=2)).isoformat()
    owed = {key: DeliveryLease(f"TRANSITION#{committed}#id", NOON) for key in ("a@mail", "b@mail", "b@alerts")}
    (text,) = complaints(Patient(lane_state=in_use(undelivered=owed)))
    assert text.startswith("3 alerts are waiting for alerts and mail, the oldest for 2 h.")


def test_dead_letters_are_counted() -> None:
    assert "3 messages were given up" in complaints(Patient(given_up={"SlackDeadLetters": 3}))[0]


def test_a_queue_that_is_being_emptied_is_no_finding() -> None:
    assert complaints(Patient(ages={"SlackQueue": timedelta(minutes=10)})) == []


@pytest.mark.parametrize(
    ("status", "level", "said"),
    [
        ("UPDATE_ROLLBACK_COMPLETE", Level.NOTE, "what runs is the one before"),
        ("UPDATE_IN_PROGRESS", Level.NOTE, "look again afterwards"),
        ("CREATE_FAILED", Level.PROBLEM, "mend that and deploy again"),
    ],
)
def test_how_the_last_deployment_ended_is_said(status: str, level: Level, said: str) -> None:
    (text,) = complaints(Patient(status=status), level=level)
    assert said in text


def test_a_deployment_that_does_not_say_its_code_is_older() -> None:
    (text,) = complaints(Patient(code=None), level=Level.NOTE)
    assert "it is older" in text


def test_a_weekly_window_is_a_note_only_while_it_is_open() -> None:
    night = Mute(id="night", days=(0,), begins=time(11), ends=time(13))
    (text,) = complaints(Patient(configured=[night]), level=Level.NOTE)
    assert text == "In force: nobody is told of 1 journey: J. It stands in the configuration."
    evening = Mute(id="night", days=(0,), begins=time(20), ends=time(21))
    assert complaints(Patient(configured=[evening]), level=Level.NOTE) == []


def test_mutes_of_the_configuration_that_another_version_wrote_hide_no_other_finding() -> None:
    newer = Patient(configured=ConfigurationError("cannot be read"))
    assert complaints(newer, level=Level.NOTE) == ["cannot be read"]
    assert len(examined(newer)) == len(examined(Patient())) + 1


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
        assert text.startswith(f"Cannot be read, for 3 min now: {said}. The poller's role")
        assert "deploy again" in text
        assert complaints(patient, level=Level.NOTE) == []


def test_other_trouble_is_a_note_until_the_operators_are_told() -> None:
    (note,) = complaints(Patient(lane_state=unreachable("HTTP 503", opened=False)), level=Level.NOTE)
    assert note.startswith("Cannot be read, for 3 min now: HTTP 503")
    (problem,) = complaints(Patient(lane_state=unreachable("HTTP 503", opened=True)))
    assert "docs/runbook.md" in problem


def test_a_container_whose_listing_is_refused_is_named() -> None:
    state = unreachable("HTTP 404", opened=True, scope=ContainerScope("app-1"))
    patient = Patient(lane_state=state)
    (finding,) = [one for one in examined(patient) if one.level is Level.PROBLEM]
    assert finding.about == f"{LANE} app-1"


def test_a_watch_entry_a_rule_a_route_and_a_mute_that_match_nothing_are_reported() -> None:
    state = LaneState(journeys={JourneyKey("A", "J"): JourneyState(version=1, journey_name="[VIP] Autumn")})

    def choices(name: str) -> WatchConfig:
        return WatchConfig(
            watch=(WatchTarget(LANE.provider, "A", (name,)),),
            rules=(AlertRule(journeys=(name,), what=What(), severity=Severity.INFO),),
            routes=(Route(journeys=(name,), to=("team",)),),
            mutes=(Mute(id="night", journeys=(name,), days=(0,), begins=time(1), ends=time(2)),),
        )

    def unmatched_in(config: WatchConfig | None) -> list[str]:
        deployment = cast("Deployment", Patient(lane_state=state, choices=config))
        return [found.about for found in examine(deployment, code=CODE, now=NOON) if "that are known" in found.text]

    assert unmatched_in(choices("(VIP) Autumn")) == ["watch[0]", "alerts.rules[0]", "alerts.route[0]", "mute night"]
    assert unmatched_in(choices("[VIP] Autumn")) == []
    assert unmatched_in(None) == []
    assert choices("x y") == WatchConfig.from_json(choices("x y").choices.to_json())
