"""Slack messages: every one is one that Slack takes, whatever the names in it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import Status
from journey_watch.messages.digest import digest_of, digest_pieces
from journey_watch.messages.forms.slack import slack_message
from journey_watch.messages.self_test import self_test_alert
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import LANE, NOON
from tests.messages.alert_builders import NASTY, alert, alerts

LATER = NOON + timedelta(hours=1)


def length(text: str) -> int:
    """Slack does not say what it counts: the larger of what it may be."""
    return len(text.encode("utf-16-le")) // 2


def texts(block: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from [block["text"]] if "text" in block else []
    yield from block.get("fields", [])
    yield from block.get("elements", [])


def check(message: dict[str, Any]) -> None:
    """The limits of https://docs.slack.dev/reference/block-kit/blocks."""
    assert 1 <= len(message["blocks"]) <= 50
    assert 1 <= length(message["text"]) <= 3000
    for block in message["blocks"]:
        assert block["type"] in ("header", "section", "context")
        longest = {"header": 150, "section": 3000, "context": 3000}[block["type"]]
        assert len(block.get("fields", [])) <= 10
        assert len(block.get("elements", [])) <= 10
        for text in texts(block):
            limit = 2000 if "fields" in block else longest
            assert 1 <= length(text["text"]) <= limit
            text["text"].encode()  # half of a surrogate pair would not be JSON that Slack reads


def words(message: dict[str, Any]) -> Iterator[str]:
    """All texts, without the markup of this project's own."""
    for block in message["blocks"]:
        for text in texts(block):
            shown = re.sub(r"^<https://[!-;=?-{}~]+\|(Open in the console|Look in CloudTrail)>$", "", text["text"])
            yield re.sub(r"^\*[A-Z][A-Za-z ]*:\*", "", shown)


@given(alerts())
def test_every_message_is_one_that_slack_takes(an_alert: Alert) -> None:
    check(slack_message(an_alert.envelope, now=LATER))


@given(alerts())
def test_no_name_brings_markup_mentions_or_links(an_alert: Alert) -> None:
    for text in words(slack_message(an_alert.envelope, now=LATER)):
        assert not set(text) & set("<>&*~`@[]|\\\r"), text
        assert "://" not in text


@given(st.lists(alerts(), min_size=1, max_size=40, unique_by=lambda one: one.id))
def test_a_digest_of_any_size_is_taken(many: list[Alert]) -> None:
    for members in digest_pieces(many):
        check(slack_message(digest_of(members, lane=LANE, provider=PINPOINT).envelope, now=LATER))


def test_a_digest_says_how_many_it_leaves_out() -> None:
    many = [alert(run_id=f"r{number}", name="x" * 100) for number in range(25)]
    digest = digest_of(many, lane=LANE, provider=PINPOINT)
    message = slack_message(digest.envelope, now=LATER)

    lines = [line for text in words(message) for line in text.split("\n")]
    assert sum(line.startswith("• CRITICAL: Run r") for line in lines) == 20
    assert "… and 5 more" in lines


@pytest.mark.parametrize("name", NASTY)
def test_what_happened_stands_whole_in_the_header(name: str) -> None:
    header = slack_message(alert(name=name).envelope, now=LATER)["blocks"][0]["text"]

    assert header["text"].startswith("🔴 CRITICAL: journey ")
    assert header["text"].endswith(", RUNNING → CANCELLED")
    assert header["type"] == "plain_text"
    assert header["emoji"] is False


def test_the_whole_message() -> None:
    message = slack_message(alert(name="Welcome").envelope, now=LATER)

    assert message["text"] == ('Run R of journey "Welcome" (application "Shop") went from RUNNING to CANCELLED.')
    assert [text["text"] for block in message["blocks"] for text in texts(block)] == [
        '🔴 CRITICAL: journey "Welcome", RUNNING → CANCELLED',
        message["text"],
        "*Application:*\nShop (id A)",
        "*Journey:*\nWelcome (id J)",
        "*Run:*\nR",
        "*When:*\n2026-11-23 12:00:00 UTC, seen 41 s later",
        "*Before that:*\nRUNNING for 3 h 20 min, since 2026-11-23 08:40:00 UTC",
        "*Created or scheduled:*\n2026-11-23 08:00:00 UTC",
        (
            "*What to do:* Find out whether somebody stopped it on purpose: CloudTrail shows who changed the journey. "
            "What it had not sent yet will not be sent."
        ),
        "Seen 2026-11-23 12:00:41 UTC, shown 59 min 19 s later",
        "Where: account 111122223333, eu-west-1, pinpoint",
        f"Alert id {alert(name='Welcome').id}",
    ]


def test_a_clock_that_is_behind_shows_no_negative_time() -> None:
    message = slack_message(alert(None, Status.RUNNING).envelope, now=NOON - timedelta(hours=1))

    assert message["blocks"][-1]["elements"][0]["text"].endswith("shown 0 s later")


def test_a_test_says_that_it_is_one() -> None:
    built = self_test_alert(service="journey-watch", account="111122223333", region="eu-west-1", sent_at=NOON)
    message = slack_message(built.envelope, now=NOON)

    check(message)
    assert "TEST" in message["text"]
    assert "TEST" in message["blocks"][0]["text"]["text"]
