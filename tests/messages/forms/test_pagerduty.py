"""Events for PagerDuty: every one is one that it takes, an incident that is over is resolved, nothing else is."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.condition_rules import Phase
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from journey_watch.messages.forms.pagerduty import pagerduty_events
from journey_watch.messages.self_test import self_test_alert
from tests.core.builders import NOON
from tests.messages.alert_builders import NASTY, alert, every_kind


def check(event: dict[str, Any]) -> None:
    """What PagerDuty's reference asks of an event."""
    assert event["event_action"] in ("trigger", "acknowledge", "resolve")
    assert 1 <= len(event["dedup_key"]) <= 255
    if event["event_action"] != "trigger":
        assert event.keys() == {"event_action", "dedup_key"}
        return
    payload = event["payload"]
    assert 1 <= len(payload["summary"]) <= 1024
    assert payload["source"]
    assert payload["severity"] in ("critical", "error", "warning", "info")
    datetime.fromisoformat(payload["timestamp"])
    for name in ("component", "group", "class"):
        assert isinstance(payload.get(name, ""), str)
    assert len(json.dumps(event).encode()) < 32_000  # of the 512 KB that it takes
    for link in event["links"]:
        assert link["href"].startswith("https://")


@given(every_kind())
def test_every_event_is_one_that_pagerduty_takes(an_alert: Alert) -> None:
    for event in pagerduty_events(an_alert.envelope):
        check(event)


@given(every_kind())
def test_no_name_brings_markup_or_links(an_alert: Alert) -> None:
    for event in pagerduty_events(an_alert.envelope):
        payload = event.get("payload", {})
        for text in (payload.get("summary", ""), json.dumps(payload.get("custom_details", {}), ensure_ascii=False)):
            assert not set(text) & set("<>&*~`@|\r\n"), text
            assert "://" not in text


@given(every_kind())
def test_what_is_over_resolves_what_is_acknowledged_is_that_and_everything_else_triggers(an_alert: Alert) -> None:
    actions = [event["event_action"] for event in pagerduty_events(an_alert.envelope)]

    if an_alert.kind is AlertKind.TEST:
        assert actions == ["trigger", "resolve"]
    elif an_alert.kind is AlertKind.ACKNOWLEDGED:
        assert actions == ["acknowledge"]
    elif an_alert.kind is AlertKind.ATTRIBUTED:
        assert actions == []  # it would open again what somebody has resolved
    else:
        assert actions == ["resolve" if an_alert.detail.get("phase") == Phase.RESOLVED else "trigger"]
    assert {event["dedup_key"] for event in pagerduty_events(an_alert.envelope)} <= {an_alert.thread}


def test_the_whole_trigger() -> None:
    (event,) = pagerduty_events(alert(name="Welcome").envelope)

    assert event == {
        "event_action": "trigger",
        "dedup_key": alert().thread,
        "client": "Journey Watch",
        "payload": {
            "summary": 'Run R of journey "Welcome" (application "Shop") went from RUNNING to CANCELLED.',
            "source": "pinpoint/111122223333/eu-west-1",
            "severity": "critical",
            "timestamp": "2026-11-23T12:00:41.237Z",
            "component": 'journey "Welcome"',
            "group": 'application "Shop"',
            "class": "CANCELLED",
            "custom_details": {
                "Application": "Shop (id A)",
                "Journey": "Welcome (id J)",
                "Run": "R",
                "Status": "RUNNING → CANCELLED",
                "When": "2026-11-23 12:00:00 UTC, seen 41 s later",
                "Before that": "RUNNING for 3 h 20 min, since 2026-11-23 08:40:00 UTC",
                "Created or scheduled": "2026-11-23 08:00:00 UTC",
                "What to do": (
                    "Find out whether somebody stopped it on purpose: CloudTrail shows who changed the journey. "
                    "What it had not sent yet will not be sent."
                ),
                "Where": "account 111122223333, eu-west-1, pinpoint",
                "Alert id": alert().id,
            },
        },
        "links": [],
    }


@pytest.mark.parametrize(
    ("url", "linked"),
    [("https://eu-west-1.console.aws.amazon.com/x", True), ("https://a b", False), ("javascript:alert(1)", False)],
)
def test_where_it_is_to_be_seen_is_linked_if_it_is_a_link(url: str, linked: bool) -> None:
    (event,) = pagerduty_events({**alert().envelope, "detail": {**alert().detail, "console_url": url}})

    assert event["links"] == ([{"href": url, "text": "Open in the console"}] if linked else [])


@pytest.mark.parametrize(
    ("severity", "said"), [(Severity.CRITICAL, "critical"), (Severity.WARNING, "warning"), (Severity.INFO, "info")]
)
def test_each_severity_has_its_word(severity: Severity, said: str) -> None:
    (event,) = pagerduty_events(alert(severity=severity).envelope)

    assert event["payload"]["severity"] == said


@pytest.mark.parametrize("name", NASTY)
def test_what_happened_stands_in_the_summary_whatever_the_name(name: str) -> None:
    (event,) = pagerduty_events(alert(name=name).envelope)

    assert event["payload"]["summary"].endswith("went from RUNNING to CANCELLED.")


def test_a_later_status_of_a_run_resolves_nothing() -> None:
    came_back = alert(Status.CANCELLED, Status.RUNNING, severity=Severity.WARNING)

    assert [event["event_action"] for event in pagerduty_events(came_back.envelope)] == ["trigger"]


def test_a_test_says_that_it_is_one() -> None:
    built = self_test_alert(service="journey-watch", account="111122223333", region="eu-west-1", sent_at=NOON)
    trigger, _ = pagerduty_events(built.envelope)

    assert "TEST" in trigger["payload"]["summary"]


@pytest.mark.parametrize("key", [None, "", "x" * 256, "two words", 7])
def test_a_key_that_no_version_made_is_refused(key: object) -> None:
    envelope = {**alert().envelope, "detail": {**alert().detail, "dedup_key": key}}

    with pytest.raises(ValueError, match="is no dedup_key"):
        pagerduty_events(envelope)
