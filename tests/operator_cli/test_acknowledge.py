"""`journey-watch ack`: which alerts are meant, and what is set about them."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange
from journey_watch.messages.condition import condition_alert
from journey_watch.messages.envelope import AlertContext
from journey_watch.providers.pinpoint.words import PINPOINT
from operator_cli.__main__ import main
from tests.core.builders import NOON
from tests.messages.alert_builders import alert
from tests.operator_cli.account import LANE, REGION, Account

JOURNEY = JourneyKey("A", "J")
STUCK = Condition(ConditionKind.STUCK, "R", NOON, opened_at=NOON, severity=Severity.WARNING)


def ack(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "300"}).invoke(main, ["--region", REGION, "ack", *arguments])


def about(condition: Condition, phase: Phase = Phase.OPENED) -> Alert:
    context = AlertContext(LANE, PINPOINT, NOON, JOURNEY, JourneyInfo("Welcome", "Shop"))
    return condition_alert(ConditionEvent(phase, condition), context, sequence=2)


@pytest.fixture
def stuck(account: Account) -> Alert:
    """A run that is stuck: the alert that has opened it."""
    opened = about(STUCK)
    record(account, opened, replace(STUCK, opened_by=opened.id))
    return opened


def record(account: Account, told: Alert, *open_ones: Condition) -> None:
    conditions = {one.key: one for one in open_ones}
    seen = account.store.load(LANE).journeys.get(JOURNEY, JourneyState())
    state = replace(seen, version=seen.version + 1, baselined_at=NOON, conditions={**seen.conditions, **conditions})
    account.store.commit(LANE, StateChange(JOURNEY, seen.version, state), [told], [], datetime.now(UTC))


def test_alert_is_acknowledged_by_its_id(account: Account, stuck: Alert) -> None:
    result = ack(stuck.id, "--for", "90m", "--note", "on it")
    assert result.exit_code == 0, result.output
    assert "has been RUNNING" in result.output
    (given,) = account.store.set_by_operators().acknowledgements
    assert (given.alert_id, given.thread, given.scope, given.lane) == (stuck.id, stuck.thread, JOURNEY, LANE)
    assert (given.what, given.severity, given.note) == (stuck.detail["summary"], Severity.WARNING, "on it")
    assert given.identity.startswith("arn:aws:")
    assert timedelta(minutes=89) < given.until - datetime.now(UTC) < timedelta(minutes=91)


def test_run_means_all_that_is_wrong_with_it_and_how_it_ended(account: Account, stuck: Alert) -> None:
    cancelled = alert(Status.RUNNING, Status.CANCELLED, lane=LANE, journey=JOURNEY)
    record(account, cancelled)
    assert ack("R").exit_code == 0
    found = account.store.set_by_operators().acknowledgements
    assert {given.alert_id for given in found} == {stuck.id, cancelled.id}


def test_how_a_run_ended_needs_nobody_if_it_was_no_trouble(account: Account) -> None:
    record(account, alert(Status.RUNNING, Status.COMPLETED, lane=LANE, journey=JOURNEY, severity=Severity.INFO))
    result = ack("R")
    assert result.exit_code != 0
    assert 'Nothing is wrong that "R" means' in result.stderr


def test_what_is_over_is_not_acknowledged(account: Account) -> None:
    opened = about(STUCK)
    record(account, opened)
    result = ack(opened.id)
    assert result.exit_code != 0
    assert "What that alert told is over" in result.stderr
    assert account.store.set_by_operators().acknowledgements == []


def test_what_nobody_was_told_of_is_refused(account: Account) -> None:
    assert 'Nothing is wrong that "nope" means' in ack("nope").stderr
    assert account.store.set_by_operators().acknowledgements == []


def test_for_programs_it_is_json(stuck: Alert) -> None:
    result = CliRunner().invoke(main, ["--region", REGION, "--json", "ack", stuck.id])
    (shown,) = json.loads(result.stdout)
    assert shown["alert_id"] == stuck.id


def test_a_duration_that_is_none_is_refused(account: Account, stuck: Alert) -> None:
    assert ack(stuck.id, "--for", "soon").exit_code == 2
    assert account.store.set_by_operators().acknowledgements == []
