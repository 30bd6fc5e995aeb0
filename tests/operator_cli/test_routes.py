"""`journey-watch routes test`: what the poller would decide, step by step."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.runs import Status
from operator_cli.__main__ import main
from tests.messages.alert_builders import CAMPAIGNS, alert, attributed, condition
from tests.operator_cli.account import REGION, Account

CONFIG = """
[[watch]]
provider = "connect"
instance_id = "*"
[alerts]
email = ["ops@example.com"]
[[alerts.rules]]
when = "*->PAUSED"
severity = "none"
campaigns = ["drill-*"]
[[alerts.rules]]
when = "STUCK"
severity = "critical"
[[alerts.route]]
campaigns = ["black-*"]
to = ["team"]
continue = true
attribution = false
[[alerts.route]]
min_severity = "critical"
to = ["pager"]
[[alerts.route]]
when = "*->PAUSED"
to = ["team", "default"]
[[recipient]]
name = "team"
email = ["team@example.com", { to = "lead@example.com", min_severity = "critical" }]
[[recipient]]
name = "pager"
event_bus = "pager"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.toml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def asked(file: Path, *options: str) -> Result:
    arguments = ["--json", "routes", "test", "--config", str(file), "--provider", "connect", *options]
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize(
    ("options", "severity", "recipients"),
    [
        (("--when", "RUNNING->CANCELLED"), "critical", ["pager"]),
        (("--when", "RUNNING->CANCELLED", "--name", "black-friday"), "critical", ["team", "pager"]),
        (("--when", "RUNNING->PAUSED"), "info", ["team", "default"]),
        (("--when", "RUNNING->COMPLETED"), "info", ["default"]),
        (("--when", "new->RUNNING", "--journey", "black-1"), "info", ["team"]),
        (("--when", "STUCK"), "critical", ["pager"]),
        (("--when", "LATE"), "warning", ["default"]),
    ],
)
def test_answer_is_what_the_poller_would_decide(
    file: Path, options: tuple[str, ...], severity: str, recipients: list[str]
) -> None:
    answer = json.loads(asked(file, *options).stdout)
    assert (answer["severity"], answer["recipients"]) == (severity, recipients)


def test_each_step_says_why(file: Path) -> None:
    answer = json.loads(asked(file, "--when", "RUNNING->COMPLETED", "--name", "drill-1").stdout)
    assert answer["steps"] == [
        {"at": "alerts.route[0]", "matches": False, "why": "is about journeys black-* only"},
        {"at": "alerts.route[1]", "matches": False, "why": "is for critical and louder"},
        {"at": "alerts.route[2]", "matches": False, "why": "is about other news"},
    ]
    quiet = json.loads(asked(file, "--when", "RUNNING->PAUSED", "--name", "drill-1").stdout)
    assert quiet["steps"][0] == {"at": "alerts.rules[0]", "matches": True, "why": "makes it none"}
    assert not any(one["told"] for one in quiet["told"])
    loud = json.loads(asked(file, "--when", "RUNNING->CANCELLED", "--name", "black-friday").stdout)
    assert [one["why"] for one in loud["steps"] if one["matches"]] == [
        "leads to team, and goes on, without who did it",
        "leads to pager",
    ]


def test_who_is_told_depends_on_how_loud_it_is(file: Path) -> None:
    answer = json.loads(asked(file, "--when", "RUNNING->PAUSED", "--name", "black-1").stdout)
    assert [(one["by"], one["told"]) for one in answer["told"]] == [
        ("team@example.com", False),
        ("lead@example.com", False),
        ("ops@example.com", False),
    ]


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("*->CANCELLED", 'expected one change, like "RUNNING->CANCELLED", or one condition'),
        ("RUNNING->*", "expected one change"),
        ("STUK", '(did you mean "STUCK"?)'),
        ("Running->Cancelled", "--when has"),
    ],
)
def test_what_is_no_single_alert_is_refused(file: Path, when: str, said: str) -> None:
    result = asked(file, "--when", when)
    assert result.exit_code != 0
    assert said in result.stderr


def test_people_see_tables(file: Path) -> None:
    arguments = ["routes", "test", "--config", str(file), "--provider", "connect", "--when", "STUCK"]
    shown = CliRunner().invoke(main, arguments).stdout
    assert "critical, for pager" in shown
    assert "event-bus:pager" in shown


def of_alert(file: Path, alert_id: str, *options: str) -> Result:
    arguments = ["--region", REGION, "--json", "routes", "test", "--config", str(file), alert_id, *options]
    return CliRunner().invoke(main, arguments)


RECORDED = [
    (alert(provider=CAMPAIGNS, name="black-friday"), ["team", "pager"]),
    (alert(provider=CAMPAIGNS, name=None), ["pager"]),
    (alert(None, Status.RUNNING, provider=CAMPAIGNS, name="black-friday"), ["team"]),
    (condition(Phase.OPENED), ["pager"]),
]


@pytest.mark.parametrize(("told", "recipients"), RECORDED)
def test_a_recorded_alert_is_decided_about_again(
    account: Account, file: Path, told: Alert, recipients: list[str]
) -> None:
    account.record(told)

    assert json.loads(of_alert(file, told.id).stdout)["recipients"] == recipients


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (condition(Phase.RESOLVED), "who heard of it before hears of that"),
        (attributed(alert()), "Ask about that one"),
    ],
)
def test_what_follows_others_is_not_for_routes_to_decide(account: Account, file: Path, told: Alert, said: str) -> None:
    account.record(told)

    assert said in of_alert(file, told.id).stderr


@pytest.mark.usefixtures("account")
def test_an_alert_that_is_not_there_is_no_guess(file: Path) -> None:
    assert "is recorded" in of_alert(file, "nobody's").stderr


@pytest.mark.parametrize("options", [(), ("an-id", "--when", "STUCK")])
def test_it_is_one_or_the_other(file: Path, options: tuple[str, ...]) -> None:
    assert "Name an alert's id, or describe one with --when." in asked(file, *options).stderr
