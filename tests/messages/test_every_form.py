"""Every kind of alert in every form, word by word: the snapshot is to be read like the mail of a bad night."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import pytest
from syrupy.assertion import SnapshotAssertion

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.condition_rules import Phase
from journey_watch.core.conditions import ConditionKind
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.forms.pagerduty import pagerduty_events
from journey_watch.messages.forms.slack import slack_message
from tests.messages.every_alert import NOW, every_alert

ALERTS: Final[Mapping[str, Alert]] = dict(every_alert())


@pytest.mark.parametrize("what", ALERTS)
def test_it_is_told_in_these_words(what: str, snapshot: SnapshotAssertion) -> None:
    assert _all_forms(ALERTS[what]) == snapshot


def test_no_kind_is_left_out() -> None:
    assert {told.kind for told in ALERTS.values()} == set(AlertKind)
    conditions = [told.detail for told in ALERTS.values() if told.condition is not None]
    assert {detail["condition"] for detail in conditions} == set(ConditionKind)
    assert {detail["phase"] for detail in conditions} == set(Phase)


def _all_forms(told: Alert) -> str:
    card = chat_card(told)["content"]
    slack = slack_message(told.envelope, now=NOW + timedelta(minutes=1))
    forms = {
        "e-mail": f"{email_subject(told)}\n\n{email_text(told)}",
        "card": f"{card['title']}\n\n{card['description']}\n\nNext: {' '.join(card['nextSteps'])}",
        "Slack": "\n".join(_texts(slack["blocks"])),
        "PagerDuty": "\n".join(_event(each) for each in pagerduty_events(told.envelope)) or "nothing",
    }
    return "\n\n".join(f"──── {name}\n{text}" for name, text in forms.items())


def _texts(block: Any) -> list[str]:  # noqa: ANN401 - JSON
    """What stands in Slack's blocks, top to bottom."""
    if isinstance(block, list):
        return [text for each in block for text in _texts(each)]
    if not isinstance(block, dict):
        return []
    return [block["text"]] if isinstance(block.get("text"), str) else _texts(list(block.values()))


def _event(event: Mapping[str, Any]) -> str:
    payload = event.get("payload")
    if payload is None:
        return str(event["event_action"])
    details = json.dumps(payload["custom_details"], ensure_ascii=False, indent=1)
    return f"{event['event_action']} ({payload['severity']}): {payload['summary']}\n{details}"
