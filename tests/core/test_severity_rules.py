"""Which changes alert, and how loudly."""

import pytest

from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from journey_watch.core.severity_rules import AlertRule, severity_of
from tests.core.builders import JOURNEY


def severity(before: Status | None, after: Status, *rules: AlertRule) -> Severity:
    return severity_of(before, after, provider="pinpoint", journey=JOURNEY, rules=rules)


@pytest.mark.parametrize("before", [None, *Status])
@pytest.mark.parametrize("after", [Status.CANCELLED, Status.FAILED])
def test_a_bad_end_is_critical_from_wherever_it_comes(before: Status | None, after: Status) -> None:
    assert severity(before, after) is Severity.CRITICAL


@pytest.mark.parametrize(
    ("before", "after"),
    [(Status.RUNNING, Status.UNKNOWN), (None, Status.UNKNOWN), (Status.COMPLETED, Status.RUNNING)],
)
def test_the_unknown_and_the_return_of_an_ended_run_are_warnings(before: Status | None, after: Status) -> None:
    assert severity(before, after) is Severity.WARNING


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, Status.RUNNING),
        (None, Status.COMPLETED),
        (Status.SCHEDULED, Status.RUNNING),
        (Status.RUNNING, Status.COMPLETED),
        (Status.UNKNOWN, Status.RUNNING),
    ],
)
def test_all_else_is_information(before: Status | None, after: Status) -> None:
    assert severity(before, after) is Severity.INFO


def test_the_first_rule_that_matches_wins() -> None:
    rules = (
        AlertRule("RUNNING", "CANCELLED", Severity.NONE, journeys=("other-*",)),
        AlertRule("RUNNING", "CANCELLED", Severity.WARNING),
        AlertRule("*", "*", Severity.NONE),
    )
    assert severity(Status.RUNNING, Status.CANCELLED, *rules) is Severity.WARNING
    assert severity(Status.SCHEDULED, Status.CANCELLED, *rules) is Severity.NONE


def test_new_matches_only_a_run_that_was_not_known() -> None:
    rule = AlertRule("new", "*", Severity.NONE)
    assert severity(None, Status.CANCELLED, rule) is Severity.NONE
    assert severity(Status.RUNNING, Status.CANCELLED, rule) is Severity.CRITICAL


@pytest.mark.parametrize(
    "rule",
    [
        AlertRule("*", "*", Severity.NONE, journeys=("journey-2", "welcome-*")),
        AlertRule("*", "*", Severity.NONE, container_id="app-2"),
        AlertRule("*", "*", Severity.NONE, provider="connect"),
    ],
)
def test_every_filter_of_a_rule_must_match(rule: AlertRule) -> None:
    assert severity(Status.RUNNING, Status.CANCELLED, rule) is Severity.CRITICAL
