"""What is published: bodies and attributes."""

import json

from hypothesis import given

from journey_watch import contract
from journey_watch.adapters.sns_entries import LARGEST_BATCH, fitted_entry, size_of
from journey_watch.core.alerts import Alert
from journey_watch.core.messages import alert_topic_message, chat_card, chat_topic_message, email_text
from journey_watch.core.runs import Status
from tests.core.alert_builders import CAMPAIGNS, alert, every_kind


def test_the_alert_topic_gets_the_envelope_and_an_email() -> None:
    built = alert()
    message = alert_topic_message(built)
    assert message.bodies.keys() == {"default", "email"}
    assert json.loads(message.bodies["default"]) == built.envelope
    assert message.bodies["email"] == email_text(built)


def test_the_chat_topic_gets_nothing_but_the_card() -> None:
    built = alert()
    message = chat_topic_message(built)
    assert message.bodies.keys() == {"default"}
    assert json.loads(message.bodies["default"]) == chat_card(built)


def test_attributes_of_a_run() -> None:
    assert alert_topic_message(alert()).attributes == {
        contract.ATTRIBUTE_SEVERITY: "critical",
        "provider": "pinpoint",
        "detail_type": "Journey Run Status Change",
        "region": "eu-west-1",
        "status": ("CANCELLED",),
        "previous_status": ("RUNNING",),
        "application_id": ("A",),
        "journey_id": ("J",),
    }


def test_attributes_of_a_campaign_first_seen() -> None:
    message = alert_topic_message(alert(None, Status.RUNNING, provider=CAMPAIGNS, run_id="J"))
    assert message.attributes == {
        contract.ATTRIBUTE_SEVERITY: "critical",
        "provider": "connect",
        "detail_type": "Campaign Status Change",
        "region": "eu-west-1",
        "status": ("RUNNING",),
        "instance_id": ("A",),
        "campaign_id": ("J",),
    }


@given(every_kind())
def test_a_redelivery_has_the_same_bytes(an_alert: Alert) -> None:
    """The table keeps the envelope as JSON text."""
    stored = json.loads(json.dumps(an_alert.envelope))
    again = Alert.from_envelope(stored, journey=an_alert.journey, thread=an_alert.thread)
    for compose in (alert_topic_message, chat_topic_message):
        assert compose(again) == compose(an_alert)


@given(every_kind())
def test_a_message_is_smaller_than_sns_allows(an_alert: Alert) -> None:
    for message in (alert_topic_message(an_alert), chat_topic_message(an_alert)):
        assert size_of(fitted_entry(message)) <= LARGEST_BATCH
        assert len(message.attributes) <= 10
        assert all(message.attributes.values())
