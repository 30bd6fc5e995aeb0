"""The card against the schema that Amazon Q Developer documents, and against markup in names."""

import re
from typing import Any

from hypothesis import given
from jsonschema import Draft202012Validator

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import Status
from journey_watch.messages.forms.amazon_q import chat_card
from tests.messages.alert_builders import NASTY, alert, alerts, every_kind

TEXT = {"type": "string", "minLength": 1}
CUSTOM_NOTIFICATION = {
    "type": "object",
    "additionalProperties": False,
    "required": ["version", "source", "content"],
    "properties": {
        "version": {"const": "1.0"},
        "source": {"const": "custom"},
        "id": TEXT,
        "content": {
            "type": "object",
            "additionalProperties": False,
            "required": ["description"],
            "properties": {
                "textType": {"const": "client-markdown"},
                "title": {**TEXT, "maxLength": 250},
                "description": {**TEXT, "maxLength": 8000},
                "nextSteps": {"type": "array", "items": {**TEXT, "maxLength": 350}},
                "keywords": {"type": "array", "items": {**TEXT, "maxLength": 75}},
            },
        },
        "metadata": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "threadId": TEXT,
                "summary": TEXT,
                "eventType": TEXT,
                "relatedResources": {"type": "array", "items": TEXT},
                "additionalContext": {"type": "object", "additionalProperties": {"type": "string"}},
                "enableCustomActions": {"type": "boolean"},
            },
        },
    },
}
VALIDATOR = Draft202012Validator(CUSTOM_NOTIFICATION)


def texts(card: dict[str, Any]) -> list[str]:
    """Everything a chat client may look for markup in, but for what this project marks up itself."""
    content, metadata = card["content"], card["metadata"]
    url = re.compile(r"(\nhttps://[!-~]+)+$")
    description = re.sub(r"\n\*[A-Z][A-Za-z ]*:\* ", "\n", url.sub("", content["description"]))
    return [
        content["title"],
        *description.split("\n"),
        *content["keywords"],
        metadata["summary"],
        *metadata["additionalContext"].values(),
    ]


def test_the_whole_card() -> None:
    built = alert(name="Welcome series")
    assert chat_card(built) == {
        "version": "1.0",
        "source": "custom",
        "id": built.id,
        "content": {
            "textType": "client-markdown",
            "title": '🔴 CRITICAL: journey "Welcome series", RUNNING → CANCELLED',
            "description": (
                'Run R of journey "Welcome series" (application "Shop") went from RUNNING to CANCELLED.\n'
                "*Application:* Shop (id A)\n"
                "*Journey:* Welcome series (id J)\n"
                "*Run:* R\n"
                "*When:* 2026-11-23 12:00:00 UTC, seen 41 s later\n"
                "*Before that:* RUNNING for 3 h 20 min, since 2026-11-23 08:40:00 UTC\n"
                "*Created or scheduled:* 2026-11-23 08:00:00 UTC\n"
                "*Where:* account 111122223333, eu-west-1, pinpoint"
            ),
            "nextSteps": [
                (
                    "Find out whether somebody stopped it on purpose: CloudTrail shows who changed the journey. "
                    "What it had not sent yet will not be sent."
                )
            ],
            "keywords": ["critical", "CANCELLED", "pinpoint", "eu-west-1"],
        },
        "metadata": {
            "threadId": built.thread,
            "summary": ('Run R of journey "Welcome series" (application "Shop") went from RUNNING to CANCELLED.'),
            "additionalContext": {
                "application_id": "A",
                "journey_id": "J",
                "run_id": "R",
                "status": "CANCELLED",
                "severity": "critical",
                "account": "111122223333",
                "region": "eu-west-1",
            },
        },
    }


@given(every_kind())
def test_every_card_is_one_that_amazon_q_shows(an_alert: Alert) -> None:
    VALIDATOR.validate(chat_card(an_alert))


@given(every_kind())
def test_no_name_brings_markup_mentions_or_links(an_alert: Alert) -> None:
    for text in texts(chat_card(an_alert)):
        assert not set(text) & set("<>&*~`@[]|\\\n\r"), text
        assert "://" not in text


@given(alerts())
def test_no_name_adds_a_line(an_alert: Alert) -> None:
    card = chat_card(an_alert)
    detail = an_alert.envelope["detail"]
    lines = card["content"]["description"].split("\n")
    expected = 3 + (2 if "run_id" not in detail else 3)
    expected += bool(detail["console_url"]) + bool(detail.get("cloudtrail_url"))
    expected += bool(detail["previous_status_since"]) + bool(detail["creation_time"]) + bool(detail.get("counters"))
    assert len(lines) in (expected, expected - 1)


def test_the_names_that_others_fell_for() -> None:
    for name in NASTY:
        for text in texts(chat_card(alert(name=name, container_name=name))):
            assert not re.search(r"<[!@h]|://|[*~`]", text)


def test_alerts_of_one_run_share_a_thread_and_no_other_does() -> None:
    def thread(an_alert: Alert) -> str:
        return str(chat_card(an_alert)["metadata"]["threadId"])

    assert thread(alert(None, Status.RUNNING, sequence=1)) == thread(alert(sequence=2))
    assert thread(alert(run_id="another")) != thread(alert())


def test_a_link_too_long_to_be_one_is_left_out() -> None:
    long_url = {**alert().envelope["detail"], "console_url": "https://" + "x" * 5000}
    built = alert()
    stored = Alert.from_envelope({**built.envelope, "detail": long_url}, journey=built.journey, thread=built.thread)
    assert "https" not in chat_card(stored)["content"]["description"]
