"""Which changes and conditions alert, how loudly, and who is told."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.filters import Change, News, Subject, What
from journey_watch.core.routing import AlertRule, Route, recipients_of, severity_of, unattributed_of
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from tests.core.builders import JOURNEY, LANE

CANCELLED = Change(Status.RUNNING, Status.CANCELLED)
ANYTHING = What()


def severity(before: Status | None, after: Status, *rules: AlertRule) -> Severity:
    return loudness(Change(before, after), *rules)


def loudness(news: News, *rules: AlertRule) -> Severity:
    return severity_of(news, Subject(LANE, JOURNEY, "Welcome"), rules)


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


@pytest.mark.parametrize("kind", ConditionKind)
def test_what_lasts_is_a_warning_and_a_blind_monitor_is_critical(kind: ConditionKind) -> None:
    assert loudness(kind) is (Severity.CRITICAL if kind is ConditionKind.UNREACHABLE else Severity.WARNING)


def test_the_first_rule_that_matches_wins() -> None:
    cancelled = What("RUNNING", "CANCELLED")
    rules = (
        AlertRule(cancelled, Severity.NONE, journeys=("other-*",)),
        AlertRule(cancelled, Severity.WARNING),
        AlertRule(ANYTHING, Severity.NONE),
    )
    assert severity(Status.RUNNING, Status.CANCELLED, *rules) is Severity.WARNING
    assert severity(Status.SCHEDULED, Status.CANCELLED, *rules) is Severity.NONE


def test_new_matches_only_a_run_that_was_not_known() -> None:
    rule = AlertRule(What("new"), Severity.NONE)
    assert severity(None, Status.CANCELLED, rule) is Severity.NONE
    assert severity(Status.RUNNING, Status.CANCELLED, rule) is Severity.CRITICAL


def test_a_rule_for_a_condition_is_about_no_change_and_about_no_other_condition() -> None:
    rule = AlertRule(What(condition="STUCK"), Severity.CRITICAL)
    assert loudness(ConditionKind.STUCK, rule) is Severity.CRITICAL
    assert loudness(ConditionKind.LATE, rule) is Severity.WARNING
    assert severity(None, Status.RUNNING, rule) is Severity.INFO


def test_a_rule_for_changes_is_about_no_condition() -> None:
    assert loudness(ConditionKind.STUCK, AlertRule(ANYTHING, Severity.NONE)) is Severity.WARNING


def test_no_rule_makes_a_blind_monitor_quieter() -> None:
    rule = AlertRule(What(condition="UNREACHABLE"), Severity.NONE)
    assert loudness(ConditionKind.UNREACHABLE, rule) is Severity.CRITICAL


def test_a_rule_is_about_what_its_filter_covers() -> None:
    assert severity(Status.RUNNING, Status.CANCELLED, AlertRule(ANYTHING, Severity.NONE, region="us-east-1")) is (
        Severity.CRITICAL
    )


# Who is told


def told(*routes: Route, news: News = CANCELLED, severity: Severity = Severity.CRITICAL) -> Sequence[str]:
    return recipients_of(news, severity, Subject(LANE, JOURNEY, "Welcome"), routes)


def test_what_no_route_is_about_goes_to_the_default_recipient() -> None:
    assert told() == ("default",)
    assert told(Route(to=("team",), journeys=("other",))) == ("default",)


def test_the_first_route_that_matches_decides() -> None:
    assert told(Route(to=("other",), region="us-east-1"), Route(to=("team", "boss")), Route(to=("late",))) == (
        "team",
        "boss",
    )


@pytest.mark.parametrize(
    "what", [What(), What(after="CANCELLED"), What(before="RUNNING"), What("RUNNING", "CANCELLED")]
)
def test_a_route_for_some_news_alone_decides_and_stops_too(what: What) -> None:
    late = Route(to=("late",))
    assert told(Route(to=("team",), what=what), late) == ("team",)
    assert told(Route(to=("team",), what=what, goes_on=True), late) == ("team", "late")
    assert told(Route(to=("team",), what=What(condition="STUCK")), late, news=ConditionKind.STUCK) == ("team",)


def test_a_route_that_goes_on_adds_what_those_after_it_say() -> None:
    audit = Route(to=("audit",), goes_on=True)
    assert told(audit, Route(to=("team", "audit"))) == ("audit", "team")
    assert told(audit, Route(to=("team",), journeys=("other",))) == ("audit",)


@pytest.mark.parametrize(
    ("route", "matches"),
    [
        (Route(to=("team",), min_severity=Severity.CRITICAL), True),
        (Route(to=("team",), what=What(after="CANCELLED")), True),
        (Route(to=("team",), what=What(after="PAUSED")), False),
        (Route(to=("team",), what=What(condition="STUCK")), False),
    ],
)
def test_a_route_may_be_about_some_news_alone(route: Route, *, matches: bool) -> None:
    assert told(route) == (("team",) if matches else ("default",))


def test_whom_no_route_lets_know_who_did_it_is_not_told() -> None:
    def unattributed(*routes: Route) -> Sequence[str]:
        return unattributed_of(CANCELLED, Severity.CRITICAL, Subject(LANE, JOURNEY, "Welcome"), routes)

    silent = Route(to=("team", "boss"), goes_on=True, attribution=False)
    assert unattributed() == ()
    assert unattributed(silent) == ("team", "boss")
    assert unattributed(silent, Route(to=("boss",))) == ("team",)
    assert unattributed(Route(to=("sre",)), silent) == ()
    assert unattributed(replace(silent, journeys=("other",))) == ()


def test_a_route_leaves_what_is_too_quiet_for_it_to_those_after_it() -> None:
    loud = Route(to=("pager",), min_severity=Severity.CRITICAL)
    assert told(loud, Route(to=("chat",)), severity=Severity.WARNING) == ("chat",)


def test_a_route_for_a_condition_is_about_it_alone() -> None:
    route = Route(to=("team",), what=What(condition="STUCK"))
    assert told(route, news=ConditionKind.STUCK) == ("team",)
    assert told(route, news=ConditionKind.LATE) == ("default",)
