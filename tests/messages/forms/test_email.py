"""The e-mail as its reader sees it."""

import re
from datetime import timedelta

import pytest
from hypothesis import given

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.runs import JourneyKey, Lane, Status
from journey_watch.core.severity import Severity
from journey_watch.messages.forms.email import email_subject, email_text
from tests.core.builders import NOON
from tests.messages.alert_builders import CAMPAIGNS, alert, alerts, every_kind


def test_the_whole_email() -> None:
    built = alert(name="Welcome series")
    assert email_text(built) == (
        'CRITICAL: Run R of journey "Welcome series" (application "Shop") went from RUNNING to CANCELLED.'
        "\n\n"
        "Application: Shop (id A)\n"
        "Journey: Welcome series (id J)\n"
        "Run: R\n"
        "Status: RUNNING -> CANCELLED\n"
        "When: 2026-11-23 12:00:00 UTC, seen 41 s later\n"
        "Before that: RUNNING for 3 h 20 min, since 2026-11-23 08:40:00 UTC\n"
        "Created or scheduled: 2026-11-23 08:00:00 UTC\n"
        "\n"
        "What to do: Find out whether somebody stopped it on purpose: CloudTrail shows who changed the journey. "
        "What it had not sent yet will not be sent.\n"
        "\n"
        "Where: account 111122223333, eu-west-1, pinpoint\n"
        f"Alert id {built.id}\n"
    )


def test_a_campaign_without_times_or_name() -> None:
    text = email_text(alert(provider=CAMPAIGNS, run_id="J", name=None, updated=None, created=None, since=None))
    assert "\nInstance: Shop (id A)\nCampaign: J\nStatus: RUNNING -> CANCELLED\n" in text
    assert "\nWhen: seen 2026-11-23 12:00:41 UTC\nBefore that: RUNNING, seen so since 2026-11-23 08:41:00 UTC\n" in text
    assert "Run:" not in text
    assert "Created" not in text


def test_a_new_run_has_nothing_before_it() -> None:
    text = email_text(alert(None, Status.RUNNING))
    assert "\nStatus: new -> RUNNING\n" in text
    assert "Before that" not in text


def test_how_long_a_skipped_past_took_is_not_claimed() -> None:
    text = email_text(alert(Status.SCHEDULED, Status.COMPLETED, skipped=(Status.RUNNING,)))
    assert "\nBefore that: SCHEDULED, since 2026-11-23 08:40:00 UTC\n" in text


@pytest.mark.parametrize("status", Status)
def test_every_status_says_what_to_do(status: Status) -> None:
    assert re.search(r"What to do: [A-Z].+\.\n", email_text(alert(None, status)))


def test_a_run_that_came_back_to_life_says_so() -> None:
    assert "live again" in email_text(alert(Status.CANCELLED, Status.RUNNING))


@pytest.mark.parametrize(
    ("lasted", "said"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=59.6), "1 min"),
        (timedelta(minutes=59, seconds=59), "59 min 59 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(days=12, hours=5, minutes=50), "12 d 5 h"),
        (timedelta(seconds=-5), "0 s"),
    ],
)
def test_durations_are_said_in_two_units(lasted: timedelta, said: str) -> None:
    assert f"RUNNING for {said}, since" in email_text(alert(since=NOON - lasted))


@pytest.mark.parametrize(
    ("built", "subject"),
    [
        (alert(name="Welcome series"), "[CRITICAL] Welcome series: RUNNING -> CANCELLED (eu-west-1)"),
        (alert(None, Status.RUNNING, severity=Severity.INFO), "[INFO] Welcome: new -> RUNNING (eu-west-1)"),
        (alert(name="Grüße"), "[CRITICAL] Grusse: RUNNING -> CANCELLED (eu-west-1)"),
        (alert(name="ようこそ"), "[CRITICAL] journey J: RUNNING -> CANCELLED (eu-west-1)"),
        (alert(name=None), "[CRITICAL] journey J: RUNNING -> CANCELLED (eu-west-1)"),
        (
            alert(Status.SCHEDULED, Status.CANCELLED, name="x" * 10_000, lane=Lane("p", "1", "ap-southeast-2")),
            f"[CRITICAL] {'x' * 44}...: SCHEDULED -> CANCELLED (ap-southeast-2)",
        ),
        (
            alert(name="a\r\nBcc: victim@example.com\r\n\r\nhello"),
            "[CRITICAL] a Bcc: victim[@]example[.]com hello: RUNNING -> CANCELLED (eu-west-1)",
        ),
    ],
)
def test_subjects(built: Alert, subject: str) -> None:
    assert email_subject(built) == subject


@given(alerts())
def test_every_subject_is_one_that_sns_takes_and_says_what_happened(an_alert: Alert) -> None:
    subject, detail = email_subject(an_alert), an_alert.envelope["detail"]
    assert re.fullmatch(r"[ -~]{1,99}", subject)
    assert subject.startswith(f"[{an_alert.severity.upper()}] ")
    # The words that the provider has for a journey itself are tested with what makes them.
    own = an_alert.kind is AlertKind.JOURNEY_STATUS_CHANGE
    before, after = "[A-Za-z]+" if own else detail["previous_status"] or "new", "[A-Z]+" if own else detail["status"]
    assert re.search(rf": {before} -> {after} \({an_alert.envelope['region']}\)$", subject)


@given(every_kind())
def test_every_email_is_plain_text_of_bounded_length(an_alert: Alert) -> None:
    assert re.fullmatch(r"[ -~]{1,99}", email_subject(an_alert))
    text = email_text(an_alert)
    assert len(text) < 120_000
    assert text.splitlines()[-1] == f"Alert id {an_alert.id}"
    assert all(len(line) <= 1100 for line in text.splitlines() if not line.startswith("https://"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


@given(alerts())
def test_no_name_adds_a_line_hides_one_or_makes_the_email_long(an_alert: Alert) -> None:
    text, detail = email_text(an_alert), an_alert.envelope["detail"]
    labels = ["Application", "Journey"] if "journey_id" in detail else ["Instance", "Campaign"]
    labels += ["Run"] if "run_id" in detail else []
    labels += ["Status", "When"]
    labels += ["Before that"] if detail["previous_status_since"] else []
    labels += ["Created or scheduled"] if detail["creation_time"] else []
    labels += ["Counted so far"] if detail.get("counters") else []
    lines = text.splitlines()
    assert [line.partition(":")[0] for line in lines[2 : 2 + len(labels)]] == labels
    assert len(lines) == 2 + len(labels) + 5 + bool(detail["console_url"]) + bool(detail.get("cloudtrail_url"))
    assert max(map(len, lines[: 2 + len(labels)])) <= 1100
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", text)


def test_the_longest_ids_do_not_hide_the_rest() -> None:
    text = email_text(alert(journey=JourneyKey("a" * 512, "j" * 512), run_id="r" * 512))
    assert f"Run: {'r' * 119}…\n" in text


def test_no_link_in_an_email_is_anybodys_but_this_projects() -> None:
    """The JSON form has the names as they came."""
    name = "Win at https://evil.example or a@evil.example"
    campaign = alert(provider=CAMPAIGNS, name=name, container_name=name, run_id=name)
    for text in (email_subject(campaign), email_text(campaign)):
        assert "https[:]//evil[.]example" in text or "..." in text
        assert not re.search(r"evil\.example|@evil", text)
    assert name in campaign.envelope["detail"].values()
