"""The alert about a condition: what it says while it lasts, and when it is over."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind, Resolution
from journey_watch.core.runs import JourneyInfo, JourneyKey, Scope, Status
from journey_watch.core.severity import Severity
from journey_watch.core.usual_durations import UsualDuration
from journey_watch.messages.condition import condition_alert
from journey_watch.messages.envelope import AlertContext
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.forms.slack import slack_message
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import LANE, NOON
from tests.messages.alert_builders import EXAMPLE

DENIED = (
    "Listing the journeys of A was refused with AccessDeniedException (HTTP 403): User: arn:aws:sts::1:assumed-role/p "
    "is not authorized to perform: mobiletargeting:ListJourneys on resource: arn:aws:mobiletargeting:eu-west-1:1:apps/A"
)
ENDED = "Listing the applications was refused with ForbiddenException (HTTP 403): Forbidden"
TROUBLE = "Listing the applications was refused with InternalServerErrorException (HTTP 500): Try again"


def told(
    kind: ConditionKind = ConditionKind.STUCK,
    phase: Phase = Phase.OPENED,
    *,
    reason: str = "",
    now: Status | None = None,
    resolution: Resolution | None = None,
    scope: Scope = EXAMPLE,
    severity: Severity = Severity.WARNING,
    opened_by: str = "",
    planned: bool = False,
    limit: timedelta | None = None,
    usual: UsualDuration | None = None,
) -> Alert:
    run = (
        "R"
        if kind in (ConditionKind.STUCK, ConditionKind.LATE, ConditionKind.LEFT_PAUSED, ConditionKind.MISSING)
        else None
    )
    condition = Condition(
        kind,
        run,
        NOON - timedelta(hours=5),
        reason,
        opened_at=NOON,
        severity=severity,
        opened_by=opened_by,
        planned=planned,
    )
    context = AlertContext(LANE, PINPOINT, NOON, scope, JourneyInfo("Welcome", "Shop"))
    return condition_alert(ConditionEvent(phase, condition, resolution, now, limit, usual), context, sequence=7)


@pytest.mark.parametrize(
    ("kind", "now", "said"),
    [
        (ConditionKind.STUCK, Status.COMPLETED, "is no longer stuck: it is COMPLETED now, after 5 h of RUNNING."),
        (ConditionKind.STUCK, None, "is no longer stuck: it has ended, after 5 h of RUNNING."),
        (ConditionKind.LATE, Status.RUNNING, "is no longer late: it is RUNNING now, after 5 h of SCHEDULED."),
        (
            ConditionKind.LEFT_PAUSED,
            Status.RUNNING,
            "is no longer left paused: it is RUNNING now, after 5 h of PAUSED.",
        ),
        (ConditionKind.MISSING, Status.RUNNING, "is listed again after 5 h: it is RUNNING now."),
        (ConditionKind.OVERDUE, None, "has a new run again, 5 h after one was expected."),
        (ConditionKind.UNREACHABLE, None, "can be read again, after 5 h."),
    ],
)
def test_what_is_over_says_how_it_ended_and_how_long_it_was(kind: ConditionKind, now: Status | None, said: str) -> None:
    assert told(kind, Phase.RESOLVED, now=now).detail["summary"].endswith(said)


def test_what_was_planned_says_when_it_was_to_start() -> None:
    late = told(ConditionKind.LATE, planned=True)
    assert late.detail["summary"].endswith("was to start at 2026-11-23 07:00:00 UTC, 5 h ago, and has not.")
    assert "\nPlanned start: 2026-11-23 07:00:00 UTC\n" in email_text(late)
    over = told(ConditionKind.LATE, Phase.RESOLVED, planned=True, now=Status.RUNNING)
    assert over.detail["summary"].endswith("is no longer late: it is RUNNING now, 5 h after it was to start.")


USUAL = UsualDuration(12, timedelta(minutes=40), timedelta(hours=1))


def test_what_is_stuck_says_its_limit_and_how_long_such_runs_usually_take() -> None:
    alert = told(limit=timedelta(hours=2), usual=USUAL)
    assert alert.detail["summary"].endswith("has been RUNNING for 5 h, over its limit of 2 h.")
    assert alert.detail["limit_seconds"] == 7200
    assert alert.detail["usual"] == {"runs": 12, "median_seconds": 2400, "longest_seconds": 3600}
    said = "its last 12 completed runs were RUNNING for 40 min (the median), 1 h at most"
    assert f" {said}\n" in email_text(alert)
    assert said in chat_card(alert)["content"]["description"]


def test_what_is_stuck_after_its_planned_end_says_when_that_was() -> None:
    alert = told(planned=True, limit=timedelta(hours=1))
    assert alert.detail["summary"].endswith("was to end at 2026-11-23 07:00:00 UTC, 5 h ago, and is still RUNNING.")
    assert "\nPlanned end: 2026-11-23 07:00:00 UTC\n" in email_text(alert)
    over = told(phase=Phase.RESOLVED, planned=True, now=Status.COMPLETED)
    assert over.detail["summary"].endswith("is no longer stuck: it is COMPLETED now, 5 h after it was to end.")


@pytest.mark.parametrize("planned", [True, False])
def test_what_may_last_longer_now_is_not_told_as_if_it_had_ended(planned: bool) -> None:
    for kind, status in (
        (ConditionKind.STUCK, Status.RUNNING),
        (ConditionKind.LATE, Status.SCHEDULED),
        *(() if planned else ((ConditionKind.LEFT_PAUSED, Status.PAUSED),)),
    ):
        said = told(kind, Phase.RESOLVED, now=status, planned=planned).detail["summary"]
        assert said.endswith(f"no longer counts as {kind}: it is {status} still or again, for no longer than it may.")


def test_what_is_over_is_no_louder_than_resolved_in_any_form() -> None:
    over = told(ConditionKind.UNREACHABLE, Phase.RESOLVED, severity=Severity.CRITICAL)
    assert email_subject(over) == "[RESOLVED] Welcome: no longer UNREACHABLE (eu-west-1)"
    assert email_text(over).startswith("RESOLVED: ")
    assert "CRITICAL" not in email_text(over)
    assert chat_card(over)["content"]["title"].startswith("✅ RESOLVED: ")
    assert slack_message(over.envelope, now=NOON)["blocks"][0]["text"]["text"].startswith("✅ RESOLVED: ")


def test_what_is_over_is_as_loud_as_its_opening_to_those_who_choose_by_severity() -> None:
    assert told(phase=Phase.RESOLVED, severity=Severity.CRITICAL).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("resolution", "said"),
    [
        (
            Resolution.DELETED,
            "does not exist any more at the provider, and so no longer counts as STUCK, after 5 h.",
        ),
        (Resolution.UNWATCHED, "is not watched any more, and so no longer counts as STUCK, after 5 h."),
    ],
)
def test_what_nobody_can_see_any_more_does_not_pass_for_well(resolution: Resolution, said: str) -> None:
    assert told(phase=Phase.RESOLVED, resolution=resolution).detail["summary"].endswith(said)


def test_a_missing_permission_is_named_in_what_to_do() -> None:
    step = email_text(told(ConditionKind.UNREACHABLE, reason=DENIED))
    assert "The permission mobiletargeting:ListJourneys is missing." in step
    assert "Amazon ended support" not in step


@pytest.mark.parametrize(("reason", "hinted"), [(ENDED, True), (TROUBLE, False), ("it lists no runs any more", False)])
def test_the_end_of_pinpoint_is_mentioned_only_where_the_answer_is_like_it(reason: str, *, hinted: bool) -> None:
    text = email_text(told(ConditionKind.UNREACHABLE, reason=reason))
    assert ("Amazon ended support for Pinpoint" in text) is hinted


def test_all_alerts_about_one_condition_have_one_key_for_an_incident() -> None:
    opened = told()
    later = [told(phase=phase, opened_by=opened.id) for phase in (Phase.REMINDER, Phase.RESOLVED)]
    assert {one.detail["dedup_key"] for one in (opened, *later)} == {opened.id}


def test_a_campaign_past_its_planned_start_was_most_likely_never_published() -> None:
    late = Condition(ConditionKind.LATE, "c-1", NOON, opened_at=NOON, planned=True)
    seen = AlertContext(replace(LANE, provider="connect"), CONNECT, NOON, JourneyKey("i-1", "c-1"))
    alert = condition_alert(ConditionEvent(Phase.OPENED, late), seen, sequence=1)
    assert "never published" in email_text(alert)
