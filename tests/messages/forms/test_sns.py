"""What is published: a body for one kind of reader, and attributes to filter by."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given

from journey_watch import contract
from journey_watch.channels.sns.notifier import MAX_BATCH, entry_of, size_of
from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.runs import Status
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.forms.sns import (
    CUT_NOTICE,
    MAX_EMAIL_BYTES,
    TopicMessage,
    card_message,
    email_message,
    envelope_message,
)
from tests.messages.alert_builders import CAMPAIGNS, alert, condition, every_kind

FORMS: Final = (email_message, envelope_message, card_message)


def test_people_get_a_subject_and_text() -> None:
    built = alert()
    message = email_message(built)
    assert (message.subject, message.body) == (email_subject(built), email_text(built))


def test_programs_get_the_envelope_and_nothing_else() -> None:
    built = alert()
    message = envelope_message(built)
    assert message.subject is None
    assert json.loads(message.body) == built.envelope


def test_chat_gets_the_card_and_nothing_else() -> None:
    built = alert()
    message = card_message(built)
    assert message.subject is None
    assert json.loads(message.body) == chat_card(built)


def test_attributes_of_a_run() -> None:
    assert envelope_message(alert()).attributes == {
        contract.ATTRIBUTE_SEVERITY: "critical",
        "recipient": ("default/critical",),
        "provider": "pinpoint",
        "detail_type": "Journey Run Status Change",
        "region": "eu-west-1",
        "status": ("CANCELLED",),
        "previous_status": ("RUNNING",),
        "application_id": ("A",),
        "journey_id": ("J",),
    }


def test_attributes_of_a_campaign_first_seen() -> None:
    message = envelope_message(alert(None, Status.RUNNING, provider=CAMPAIGNS, run_id="J"))
    assert message.attributes == {
        contract.ATTRIBUTE_SEVERITY: "critical",
        "recipient": ("default/critical",),
        "provider": "connect",
        "detail_type": "Campaign Status Change",
        "region": "eu-west-1",
        "status": ("RUNNING",),
        "instance_id": ("A",),
        "campaign_id": ("J",),
    }


@pytest.mark.parametrize("compose", FORMS)
def test_an_alert_for_operators_alone_has_no_empty_recipient_attribute(
    compose: Callable[[Alert], TopicMessage],
) -> None:
    """SNS refuses a list that is empty, and with it the alert."""
    built = condition(Phase.OPENED)
    for_operators = replace(built, envelope={**built.envelope, "detail": {**built.detail, "for_operators": True}})
    assert for_operators.recipients == ()
    attributes = compose(for_operators).attributes
    assert "recipient" not in attributes
    assert all(attributes.values())


@given(every_kind())
def test_every_form_can_be_filtered_alike(an_alert: Alert) -> None:
    first, *others = [compose(an_alert).attributes for compose in FORMS]
    assert all(attributes == first for attributes in others)


@given(every_kind())
def test_a_redelivery_has_the_same_bytes(an_alert: Alert) -> None:
    """The table keeps the envelope as JSON text."""
    stored = json.loads(json.dumps(an_alert.envelope))
    again = Alert.from_envelope(stored, journey=an_alert.journey, thread=an_alert.thread)
    for compose in FORMS:
        assert compose(again) == compose(an_alert)


@given(every_kind())
def test_a_message_is_smaller_than_sns_allows(an_alert: Alert) -> None:
    for message in (compose(an_alert) for compose in FORMS):
        assert size_of(entry_of(message)) <= MAX_BATCH
        assert len(message.attributes) <= 10
        assert all(message.attributes.values())


@pytest.mark.parametrize("padding", ["", "x", "xx", "xxx"])
def test_an_email_too_long_is_cut_between_characters_and_says_so(padding: str) -> None:
    """A digest of a hundred lines of a thousand characters, of four bytes each."""
    member: dict[str, Any] = {"severity": "critical", "summary": padding + "🎂" * 900}
    message = email_message(digest_of([member] * 100))
    assert message.body.endswith("🎂" + CUT_NOTICE)
    assert MAX_EMAIL_BYTES - 4 < len(message.body.encode()) <= MAX_EMAIL_BYTES
    assert size_of(entry_of(message)) <= MAX_BATCH


def test_an_email_that_fits_is_whole() -> None:
    assert CUT_NOTICE not in email_message(digest_of([{"severity": "critical", "summary": "x" * 900}] * 100)).body


def digest_of(members: list[dict[str, Any]]) -> Alert:
    """What an e-mail says of many changes."""
    one = alert()
    detail = {**one.envelope["detail"], "changes": members, "counts": {"CANCELLED": len(members)}, "lane": "a/b/c"}
    envelope = {**one.envelope, "detail-type": "Journey Run Digest", "detail": detail}
    return replace(one, envelope=envelope)
