"""`journey-watch explain`: what is known of one alert, and who did what it tells."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner, Result

from journey_watch.core.alerts import Alert
from journey_watch.core.searches import CallWindow
from journey_watch.core.severity import Severity
from journey_watch.providers.pinpoint.words import PINPOINT
from operator_cli.__main__ import main
from tests.core.builders import NOON
from tests.messages.alert_builders import alert, attributed
from tests.operator_cli.account import REGION, Account

NOW = datetime.now(UTC)
WINDOW = CallWindow(("UpdateJourneyState",), "CANCELLED", NOON - timedelta(hours=1), NOON)


def explain(alert_id: str, *options: str) -> Result:
    return CliRunner(env={"COLUMNS": "400"}).invoke(main, ["--region", REGION, *options, "explain", alert_id])


def said(result: Result) -> str:
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def searched(until: datetime = NOW + timedelta(hours=1)) -> Alert:
    return alert(window=WINDOW, looked_for_until=until)


def test_who_did_it_is_said_with_the_thread_and_who_was_told(account: Account) -> None:
    told = searched()
    account.record(told, attributed(told, provider=PINPOINT))

    text = said(explain(told.id))
    assert "CANCELLED by site user Ada Lovelace, with StopCampaign at " in text
    assert "every channel that takes alerts of severity critical" in text
    assert text.count("2026-11-23 12:0") >= 2


def test_for_programs_it_is_json(account: Account) -> None:
    told = searched()
    answer = attributed(told, provider=PINPOINT)
    account.record(told, answer, owed_to=["mail"])

    found = json.loads(explain(told.id, "--json").stdout)
    assert (found["alert"]["id"], found["thread"], found["owed_to"]) == (told.id, [told.id, answer.id], ["mail"])


def test_what_is_still_looked_for_says_until_when(account: Account) -> None:
    told = searched()
    account.record(told)

    assert "still being looked for, until 20" in said(explain(told.id))


@pytest.mark.parametrize("recorded", [True, False])
def test_that_nobody_was_found_says_why_that_may_be(account: Account, *, recorded: bool) -> None:
    told = searched(until=NOW - timedelta(hours=1))
    answers = [attributed(told, call=None, actor=None, provider=PINPOINT)] if recorded else []
    account.record(told, *answers)

    text = said(explain(told.id))
    assert "nobody was found" in text
    assert "another account or Region" in text


def test_what_nobody_looks_for_has_the_link(account: Account) -> None:
    told = alert(window=WINDOW)
    account.record(told)

    assert "nobody looked; CloudTrail may show it: https://eu-west-1.console.aws.amazon.com" in said(explain(told.id))


def test_what_is_not_sent_or_not_yet_accepted_says_so(account: Account) -> None:
    quiet, owed = alert(severity=Severity.NONE), alert(sequence=18)
    account.record(quiet)
    account.record(owed, owed_to=["mail", "alerts"])

    assert "nobody: it has the severity none" in said(explain(quiet.id))
    assert "not yet accepted by alerts, mail;" in said(explain(owed.id))


def test_an_id_that_is_not_recorded_is_said_to_be_none(account: Account) -> None:
    account.record(searched())
    result = explain("0" * 32)

    assert result.exit_code == 3
    assert "No alert" in result.output
