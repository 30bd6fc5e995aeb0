"""Who is told what, as a configuration says it; and what could never be as it says."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.deployment_config import DeploymentConfig
from infra.recipients import EmailRecipient
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.filters import What
from journey_watch.core.routing import Route
from journey_watch.core.severity import Severity

TEAM = '[[recipient]]\nname = "team"\nemail = ["team@example.com"]\n'
BOSS = '[[recipient]]\nname = "boss"\nemail = ["boss@example.com"]\n'
HOOK = '[{ url = "https://a.example", secret = "s" }]'
TO_TEAM = '[[alerts.route]]\nto = ["team"]\n'


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str], DeploymentConfig]:
    def read_it(text: str) -> DeploymentConfig:
        file = tmp_path / "mine.toml"
        file.write_text(text, encoding="utf-8")
        return DeploymentConfig.from_file(file)

    return read_it


def test_a_route_says_whom_it_is_about_and_to_whom_it_leads(read: Callable[[str], DeploymentConfig]) -> None:
    config = read(
        TEAM
        + BOSS
        + """
[[alerts.route]]
campaigns = ["black-*", "Cyber Monday"]
types = ["MANAGED"]
account = "111122223333"
region = "eu-west-2"
when = "*->CANCELLED"
min_severity = "warning"
to = ["team", "default"]
continue = true
attribution = false
[[alerts.route]]
to = ["boss"]
"""
    )
    assert config.watching.routes == (
        Route(
            to=("team", "default"),
            what=What(after="CANCELLED"),
            min_severity=Severity.WARNING,
            goes_on=True,
            attribution=False,
            journeys=("black-*", "Cyber Monday"),
            account="111122223333",
            region="eu-west-2",
            journey_types=("MANAGED",),
        ),
        Route(to=("boss",)),
    )
    assert config.watching.recipients == ("team", "boss")


def test_one_address_may_be_of_several_recipients_and_is_one_reader(read: Callable[[str], DeploymentConfig]) -> None:
    config = read(
        '[alerts]\nemail = ["ann@example.com"]\n[[recipient]]\nname = "team"\n'
        'email = [{ to = "ann@example.com", min_severity = "info" }, "bob@example.com"]\n' + TO_TEAM
    )
    assert config.mail_readers == {
        "ann@example.com": {"default": Severity.WARNING, "team": Severity.INFO},
        "bob@example.com": {"team": Severity.WARNING},
    }
    assert config.for_poller().alert_recipients == ("ann@example.com", "bob@example.com")


def test_recipients_of_ops_get_the_operators_mail(read: Callable[[str], DeploymentConfig]) -> None:
    config = read(TEAM + '[ops]\nemail = ["oncall@example.com"]\nto = ["team"]')
    assert config.ops_addresses == ("oncall@example.com", "team@example.com")
    assert config.watching.operators == ("team",)
    assert config.for_poller().ops_recipients == config.ops_addresses


def test_everybody_a_file_names_is_a_recipient(read: Callable[[str], DeploymentConfig]) -> None:
    text = '[alerts]\nemail = ["ann@example.com"]\n' + TEAM + 'event_bus = "team"\n' + TO_TEAM
    assert read(text).recipients == {"ann@example.com", "team@example.com", "event-bus:team"}
    assert read(TEAM + TO_TEAM).alerts_somebody


def test_the_command_line_adds_to_the_default_recipient(read: Callable[[str], DeploymentConfig]) -> None:
    config = read(TEAM + TO_TEAM).with_recipient("you@example.com")
    assert config.default.email == (EmailRecipient("you@example.com"),)
    assert [recipient.name for recipient in config.others] == ["team"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TO_TEAM, 'alerts.route[0].to[0] is "team", which no [[recipient]] is called. Expected one of: default.'),
        (TEAM + TO_TEAM.replace("team", "taem"), 'is "taem" (did you mean "team"?), which no [[recipient]] is called'),
        (TEAM + '[ops]\nto = ["default"]', 'ops.to[0] is "default", which no [[recipient]] is called'),
        (TEAM, 'recipient[0] is never told anything; expected "team" in the to of an [[alerts.route]]'),
        (TEAM + TEAM + TO_TEAM, "recipient[1] is the same as recipient[0]"),
        (TEAM + TEAM.replace("team@", "other@") + TO_TEAM, 'recipient[1].name is "team", as recipient[0].name is.'),
        ('[[recipient]]\nname = "team"\n' + TO_TEAM, "recipient[0] names nobody; expected one of: email, slack"),
        ('[[recipient]]\nname = "Team A"', 'recipient[0].name is "Team A"; expected a short name'),
        ('[[recipient]]\nname = "default"\nemail = ["a@example.com"]', "which is what [alerts] itself describes"),
        (
            '[alerts]\nevent_bus = "bus"\n' + TEAM + 'event_bus = "bus"\n' + TO_TEAM,
            'recipient[0] has the event bus "bus", which alerts has too; expected it in one of them',
        ),
        (
            '[alerts]\npagerduty = [{ secret = "s" }]\n' + TEAM + 'pagerduty = [{ secret = "s" }]\n' + TO_TEAM,
            'recipient[0] has the PagerDuty service "s", which alerts has too; expected it in one of them',
        ),
        (
            f"[alerts]\nwebhook = {HOOK}\n{TEAM}webhook = {HOOK}\n{TO_TEAM}",
            'recipient[0] has the webhook "s", which alerts has too; expected it in one of them',
        ),
        (TEAM + TO_TEAM + TO_TEAM.replace("to =", 'region = "eu-west-1"\nto ='), "alerts.route[1] never decides"),
        (TEAM + "[[alerts.route]]\nto = []", "alerts.route[0].to is empty"),
        (TEAM + TO_TEAM + 'when = "RUNNING"', 'alerts.route[0].when is "RUNNING"; expected two statuses like'),
        (TEAM + TO_TEAM + 'when = "Stuk"', '(did you mean "STUCK"?)'),
        (TEAM + TO_TEAM + 'when = "UNREACHABLE"', "which is always critical, and told to operators: [ops] says who"),
        (TEAM + TO_TEAM + 'account = "1"', 'alerts.route[0].account is "1"; expected an AWS account: 12 digits'),
        (TEAM + TO_TEAM + 'region = "eu-wst-2"', 'region is "eu-wst-2" (did you mean "eu-west-2"?)'),
        (TEAM + TO_TEAM + 'provider = "pinpoint"\ntypes = ["MANAGED"]', "types is of no use for Amazon Pinpoint"),
        (TEAM + TO_TEAM + 'types = ["MANGED"]', '(did you mean "MANAGED"?)'),
    ],
)
def test_what_could_not_be_as_it_says_is_refused(
    read: Callable[[str], DeploymentConfig], text: str, expected: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(text)
    assert expected in str(refused.value)


@pytest.mark.parametrize(
    "earlier",
    [
        TO_TEAM + "continue = true\n",
        TO_TEAM + 'min_severity = "critical"\n',
        TO_TEAM + 'region = "eu-west-1"\n',
        TO_TEAM + 'when = "*->*"\n',
        TO_TEAM + 'types = ["MANAGED"]\n',
    ],
)
def test_a_route_after_one_that_leaves_something_to_it_is_read(
    read: Callable[[str], DeploymentConfig], earlier: str
) -> None:
    assert len(read(TEAM + BOSS + earlier + '[[alerts.route]]\nto = ["boss"]').watching.routes) == 2


def test_many_recipients_are_too_many_for_one_filter_policy(read: Callable[[str], DeploymentConfig]) -> None:
    many = "".join(TEAM.replace("team", f"t{n}") for n in range(50))
    with pytest.raises(ConfigurationError, match="recipient has 50 entries; expected at most 49"):
        read(many)
