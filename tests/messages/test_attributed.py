"""What people and programs are told of who did it."""

import pytest

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.attribution import Actor, ActorKind, RecordedCall
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.runs import JourneyInfo, JourneyKey
from journey_watch.core.severity import Severity
from journey_watch.messages.attributed import attributed_alert
from journey_watch.messages.condition import condition_alert
from journey_watch.messages.envelope import AlertContext
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.forms.slack import slack_message
from journey_watch.messages.forms.sns import envelope_message
from tests.core.builders import LANE, NOON
from tests.messages.alert_builders import ADA, CALL, CAMPAIGNS, alert, attributed

NAMES = ("Ada", "203.0.113.7", "aws-cli")


def forms(told: Alert) -> str:
    message = slack_message(told.envelope, now=NOON)
    return f"{email_subject(told)}{email_text(told)}{chat_card(told)}{message}{envelope_message(told).body}"


def test_the_whole_email() -> None:
    told = attributed()
    assert email_subject(told) == "[INFO] Welcome: CANCELLED by Connect user Ada Lovelace (eu-west-1)"
    assert email_text(told) == (
        'INFO: Campaign "Welcome" (instance "Shop"): CANCELLED by Connect user Ada Lovelace, with StopCampaign at '
        "2026-11-23 11:59:57 UTC.\n\n"
        "Instance: Shop (id A)\n"
        "Campaign: Welcome (id J)\n"
        "Status: CANCELLED by Connect user Ada Lovelace\n"
        "Who: Connect user Ada Lovelace\n"
        "Call: StopCampaign, 2026-11-23 11:59:57 UTC\n"
        "From: 203.0.113.7\n"
        "With: aws-cli/2.31.0\n"
        "CloudTrail event: 0f1e2d3c\n\n"
        "What to do: Ask them, if it was not meant to happen.\n"
        "https://console.aws.amazon.com/connect/v2/app/instances/A?region=eu-west-1\n"
        "In CloudTrail: https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home?region=eu-west-1"
        "#/events/0f1e2d3c\n\n"
        "Where: account 111122223333, eu-west-1, connect\n" + f"Alert id {told.id}\n"
    )


def test_it_reaches_whoever_had_the_alert_and_is_no_louder_than_information() -> None:
    explained = alert(provider=CAMPAIGNS, run_id="J")
    told = attributed(explained)
    before, after = envelope_message(explained).attributes, envelope_message(told).attributes

    assert (told.severity, told.thread) == (Severity.CRITICAL, explained.thread)
    assert {key: value for key, value in after.items() if before[key] != value} == {
        "detail_type": "Campaign Attributed"
    }
    assert chat_card(told)["content"]["title"].startswith("🔵 INFO")
    assert chat_card(told)["metadata"]["threadId"] == chat_card(explained)["metadata"]["threadId"]


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (Actor(ActorKind.IAM_USER, "ada"), "IAM user ada"),
        (Actor(ActorKind.ROOT), "the account's root user"),
        (Actor(ActorKind.ROLE, role="Ops", session="ada"), "role Ops (session ada)"),
        (
            Actor(ActorKind.IDENTITY_CENTER_USER, "ada@example.com", role="Admins"),
            "ada@example.com of IAM Identity Center (permission set Admins)",
        ),
        (Actor(ActorKind.SITE_USER, "78ad3b4c"), "Connect user 78ad3b4c"),
        (Actor(ActorKind.SERVICE, "scheduler.amazonaws.com"), "the AWS service scheduler.amazonaws.com"),
        (
            Actor(ActorKind.ROLE, role="Deploy", session="ci", invoked_by="cloudformation.amazonaws.com"),
            "role Deploy (session ci), through cloudformation.amazonaws.com",
        ),
        (Actor(ActorKind.FEDERATED_USER, "ada"), "federated user ada"),
        (Actor(ActorKind.ACCOUNT, "444455556666"), "account 444455556666"),
        (Actor(ActorKind.UNKNOWN), "somebody whom CloudTrail does not name"),
    ],
)
def test_every_kind_of_caller_has_its_words(actor: Actor, words: str) -> None:
    assert f"CANCELLED by {words}, with StopCampaign" in attributed(actor=actor).detail["summary"]


@pytest.mark.parametrize("kind", ActorKind)
def test_without_names_no_form_tells_a_person_from_others(kind: ActorKind) -> None:
    personal = kind not in (ActorKind.SERVICE, ActorKind.ACCOUNT)
    actor = Actor(kind, "Ada", role="Ops", session="Ada") if personal else Actor(kind, "somewhere")
    told = attributed(actor=actor, names=False)

    assert [word for word in NAMES if word in forms(told)] == []
    assert told.detail["call"]["event_id"] == CALL.id


def test_an_automations_call_is_no_persons_to_be_asked() -> None:
    through = Actor(ActorKind.ROLE, role="Deploy", invoked_by="cloudformation.amazonaws.com")
    for actor in (through, Actor(ActorKind.SERVICE, "scheduler.amazonaws.com")):
        assert "no person's call" in email_text(attributed(actor=actor))


def test_that_nobody_was_found_is_recorded_with_its_reason_and_reaches_nobody() -> None:
    told = attributed(call=None, actor=None)

    assert (told.kind, told.severity) == (AlertKind.ATTRIBUTED, Severity.NONE)
    assert told.detail["found"] is False
    assert "no call" in told.detail["reason"]
    assert "nobody found who did it" in email_subject(told)


def test_a_mute_holds_back_only_what_would_be_sent() -> None:
    context = AlertContext(LANE, CAMPAIGNS, NOON, JourneyKey("A", "J"), JourneyInfo("Welcome"))

    def muted(call: RecordedCall | None, *, told: bool) -> str | None:
        answer = attributed_alert(
            alert(), context, call=call, actor=ADA, names=True, sequence=3, muted_by="release", told=told
        )
        return answer.muted_by

    assert muted(CALL, told=True) == "release"
    assert muted(CALL, told=False) is None
    assert muted(None, told=True) is None


def test_what_is_missing_was_deleted_by_somebody() -> None:
    condition = Condition(ConditionKind.MISSING, "R", NOON, opened_at=NOON)
    context = AlertContext(LANE, CAMPAIGNS, NOON, JourneyKey("A", "J"), JourneyInfo("Welcome"))
    missing = condition_alert(ConditionEvent(Phase.OPENED, condition), context, sequence=3)

    assert "deleted by Connect user Ada Lovelace" in attributed(missing).detail["summary"]
    assert (
        attributed(missing, call=None, actor=None)
        .detail["summary"]
        .startswith('Campaign "Welcome" (instance A): MISSING, and nobody was found')
    )


def test_an_alert_has_one_answer_with_one_id() -> None:
    assert attributed().id == attributed(call=None, actor=None).id == attributed(actor=Actor(ActorKind.ROOT)).id
    assert attributed(alert(journey=JourneyKey("A", "another"))).id != attributed(alert()).id


def test_a_name_cannot_say_more_than_a_name() -> None:
    told = attributed(actor=Actor(ActorKind.IAM_USER, "<!channel> *ada*\nAlert id 0"))

    assert "<!channel>" not in str(slack_message(told.envelope, now=NOON)) + str(chat_card(told))
    assert "\nAlert id 0" not in email_text(told)
    assert ADA.name is not None
