"""A configuration is read as it was meant, or refused with a message a person can act on."""

import re
import tomllib
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import available_timezones

import pytest
import tomlkit
from hypothesis import given

from infra import deployment_config, pair_entries, recipients, route_entries, rule_entries
from infra.deployment_config import DeploymentConfig
from infra.filter_entries import filter_keys
from infra.recipients import (
    EmailRecipient,
    PagerDutyService,
    Recipient,
    SignedWebhook,
    SlackChannel,
    SlackWebhook,
    TeamsChannel,
)
from journey_watch.core.attribution import Attribution
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.filters import What
from journey_watch.core.pairs import Pair
from journey_watch.core.routing import AlertRule
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from journey_watch.core.watch_list import WatchTarget
from journey_watch.providers.registry import REGISTRY
from journey_watch.settings import WatchConfig
from tests.damage import TOML_VALUES, cut_or_changed, damaged, refusal
from tests.infra.conftest import ROOT

EXAMPLE = (ROOT / "config/example.toml").read_text(encoding="utf-8")

# Keys before "=", alone or in an inline table, and words of headers; none in comments.
KEYS = [
    (match[1], match.start(1))
    for match in re.finditer(r"(?:^|^\[+|^\[+\w+\.|(?<=[{,] ))(\w+)(?= =|\])", EXAMPLE, re.MULTILINE)
]

SLACK = "[alerts.slack]\n"
PAGERDUTY = "[alerts.pagerduty]\n"
WEBHOOK = "[alerts.webhook]\n"
WEBHOOKS = "[alerts]\nwebhook = ["

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "mine.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


@pytest.fixture
def refused(write: Write) -> Callable[[str], str]:
    """The message with which a text is refused."""

    def message(text: str) -> str:
        with pytest.raises(ConfigurationError) as caught:
            DeploymentConfig.from_file(write(text), own_account="111122223333", own_region="eu-west-1")
        assert "mine.toml" in str(caught.value)
        return str(caught.value)

    return message


def watch(**changes: str) -> str:
    """One `[[watch]]` entry, its values as TOML; an empty one leaves the key out."""
    values = {"provider": '"pinpoint"', "application_id": '"app1"'} | changes
    return "[[watch]]\n" + "".join(f"{key} = {value}\n" for key, value in values.items() if value)


def test_the_example_is_read_as_it_says() -> None:
    config = DeploymentConfig.from_file(ROOT / "config/example.toml")

    assert config.name == "journey-watch-example"
    assert config.every == timedelta(minutes=1)
    assert config.keep_data is True
    assert config.watching.attribution is Attribution.WITHOUT_NAMES
    assert config.watching.attribution_after_seconds == 300
    assert config.default.email == (
        EmailRecipient("ops@example.com", Severity.WARNING),
        EmailRecipient("marketing@example.com", Severity.INFO),
    )
    assert config.default.slack == (
        SlackChannel("T0123ABCD", "C0123ABCD", Severity.INFO),
        SlackWebhook("journey-watch/slack", Severity.CRITICAL),
    )
    assert config.default.teams == (
        TeamsChannel(
            "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            "1a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9",
            "19%3A0a1b2c3d4e5f60718293%40thread.tacv2",
            Severity.WARNING,
        ),
    )
    assert config.default.pagerduty == (PagerDutyService("journey-watch/pagerduty", Severity.CRITICAL, "us"),)
    assert config.default.signed_webhooks == (
        SignedWebhook("https://example.com/journey-watch", "journey-watch/webhook", Severity.INFO),
    )
    assert config.default.event_bus == "default"
    assert config.ops_email == ("oncall@example.com",)
    assert config.watch[1].journey_ids == ("0a1b2c3d4e5f60718293a4b5c6d7e8f9", "1a1b2c3d4e5f60718293a4b5c6d7e8f9")
    assert config.watch[2].role_arn == "arn:aws:iam::111122223333:role/JourneyWatchReader"
    assert config.watch[4].journey_ids == ("black-*", "cyber-*")
    assert config.watch[4].journey_types == ("MANAGED",)
    assert config.watching.pairs == (
        Pair(
            "Welcome",
            (("pinpoint", "0a1b2c3d4e5f60718293a4b5c6d7e8f9"), ("connect", "3c8d2e0f-6a71-4b4c-9d3e-2f1a0b9c8d7e")),
        ),
    )
    assert config.watching.rules[0] == AlertRule(
        What("RUNNING", "CANCELLED"),
        Severity.CRITICAL,
        journeys=("0a1b*",),
        container_id="5f1b2c3d4e5f60718293a4b5c6d7e8f9",
        provider="pinpoint",
        account="111122223333",
        region="eu-west-1",
    )
    assert config.watching.rules[3].what == What(condition="STUCK")
    assert config.watching.rules[1].severity is Severity.NONE


def test_an_empty_file_has_every_default(write: Write) -> None:
    assert DeploymentConfig.from_file(write("")) == DeploymentConfig()


def test_what_the_poller_gets_survives_the_bundle() -> None:
    sent = DeploymentConfig.from_file(ROOT / "config/example.toml").for_poller()

    assert WatchConfig.from_json(sent.to_json()) == sent


def test_the_example_shows_every_key() -> None:
    parsed = tomllib.loads(EXAMPLE)
    shown = {
        "top": parsed.keys(),
        "watch": {key for entry in parsed["watch"] for key in entry},
        "pair": {key for entry in parsed["pair"] for key in entry},
        "alerts": parsed["alerts"].keys(),
        "reader": parsed["alerts"]["email"][1].keys(),
        "slack": {key for entry in parsed["alerts"]["slack"] for key in entry},
        "teams": {key for entry in parsed["alerts"]["teams"] for key in entry},
        "pagerduty": {key for entry in parsed["alerts"]["pagerduty"] for key in entry},
        "webhook": {key for entry in parsed["alerts"]["webhook"] for key in entry},
        "rule": {key for entry in parsed["alerts"]["rules"] for key in entry},
        "route": {key for entry in parsed["alerts"]["route"] for key in entry}
        | ({key for entry in parsed["alerts"]["rules"] for key in entry} & set(filter_keys())),
        "recipient": {key for entry in parsed["recipient"] for key in entry},
        "ops": parsed["ops"].keys(),
    }

    assert {name: set(keys) for name, keys in shown.items()} == {
        # Commented out in the example, which would use a table that nobody has.
        "top": set(deployment_config.KEYS) - {"deployment"},
        "watch": {key for provider in REGISTRY.values() for key in provider.watch_keys},
        "pair": set(pair_entries.PAIR_KEYS),
        "alerts": set(deployment_config.ALERT_KEYS),
        "reader": set(recipients.RECIPIENT_KEYS),
        "slack": set(recipients.SLACK_KEYS),
        "teams": set(recipients.TEAMS_KEYS),
        "pagerduty": set(recipients.PAGERDUTY_KEYS),
        "webhook": set(recipients.SIGNED_WEBHOOK_KEYS),
        "rule": set(rule_entries.rule_keys()),
        "route": set(route_entries.route_keys()),
        "recipient": set(recipients.RECIPIENT_ENTRY_KEYS),
        "ops": set(deployment_config.OPS_KEYS),
    }


def misspellings(word: str) -> Iterator[str]:
    for at in range(len(word)):
        yield word[:at] + word[at + 1 :]
        yield word[:at] + word[at] + word[at:]
        yield word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    yield word.upper()


def campaigns(more: str) -> str:
    return f'[[watch]]\nprovider = "connect"\ninstance_id = "i"\n{more}\n'


BOTH = """
[[watch]]
provider = "pinpoint"
application_id = "a"
journeys = ["j1", "j2"]
[[watch]]
provider = "connect"
instance_id = "i"
region = "eu-west-2"
"""


def pair(journey: str, campaign: str, name: str) -> str:
    return f'[[pair]]\njourney = "{journey}"\ncampaign = "{campaign}"\nname = "{name}"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (pair("j*", "c1", "Welcome"), 'pair[0].journey is "j*"; expected an id'),
        (pair("j1", "c1", " "), 'pair[0].name is " "; expected a name of up to 100 characters'),
        ('[[pair]]\njourney = "j1"\nname = "Welcome"', "pair[0].campaign is missing"),
        (pair("j1", "c1", "A") + pair("j2", "c2", "A"), "pair[1].name is that of pair[0]"),
        (pair("j1", "c1", "A") + pair("j2", "c1", "B"), "pair[1].campaign is in pair[0] already"),
        (pair("c1", "c1", "A"), 'pair[0].journey is "c1", which no [[watch]] entry names'),
    ],
)
def test_a_pair_that_could_not_be_shown_is_refused(refused: Callable[[str], str], text: str, expected: str) -> None:
    assert expected in refused(BOTH + text)


@pytest.mark.parametrize(("key", "start"), KEYS, ids=[f"{key}-{start}" for key, start in KEYS])
def test_every_misspelling_of_every_key_names_the_file_the_key_and_the_right_one(
    refused: Callable[[str], str], key: str, start: int
) -> None:
    for wrong in misspellings(key):
        if wrong != key:
            message = refused(EXAMPLE[:start] + wrong + EXAMPLE[start + len(key) :])

            assert re.search(rf"mine\.toml: (\S+\.)?{wrong} is not a known key", message)
            assert f'did you mean "{key}"?' in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('name = "9 lives"', 'name is "9 lives"; expected a stack name'),
        ("name = 3", "name is 3; expected a stack name"),
        ('every = "90s"', 'every is "90s"; expected whole minutes from "1m" to "1h"'),
        ('every = "30s"', "expected whole minutes"),
        ('every = "2h"', "expected whole minutes"),
        ('every = "0m"', "expected whole minutes"),
        ("every = 1", "every is 1; expected whole minutes"),
        ('keep_data = "yes"', 'keep_data is "yes"; expected true or false'),
        ("history_days = 0", "expected a whole number from 1 to 3650"),
        ("history_days = true", "expected a whole number from 1 to 3650"),
        ('[watch]\nprovider = "pinpoint"', "watch is a table; expected a list; write [[watch]]"),
        ("watch = [1]", "watch[0] is 1; expected a table"),
        (watch(provider=""), "watch[0].provider is missing"),
        (watch(provider='"pinpiont"'), 'watch[0].provider is "pinpiont" (did you mean "pinpoint"?)'),
        (watch(application_id=""), "watch[0].application_id is missing"),
        (watch(application_id='"$APP"'), 'watch[0].application_id is "$APP"; expected an id'),
        (watch(journeys='"*"'), 'watch[0].journeys is "*"; expected a list'),
        (watch(journeys="[]"), "watch[0].journeys is empty"),
        (watch(journeys='["<id>"]'), 'watch[0].journeys[0] is "<id>"; expected an id'),
        (watch(journeys='["a", "*"]'), 'watch[0].journeys has "*" among others'),
        (watch(journeys='["a", "a"]'), "watch[0].journeys[1] is the same as watch[0].journeys[0]"),
        (watch(application_id='"*"', journeys='["a"]'), 'watch[0].journeys names ids, but application_id is "*"'),
        (watch(region='"eu-west-7"'), 'watch[0].region is "eu-west-7" (did you mean "eu-west-'),
        (watch(role_arn='"arn:aws:iam::123:role/R"'), "watch[0].role_arn"),
        (watch(role_arn='"arn:aws:iam::111122223333:user/R"'), "expected a role's ARN like"),
        (watch(instance_url='"https://example.my.connect.aws"'), "watch[0].instance_url is not a known key"),
        (campaigns('instance_url = "http://example.my.connect.aws"'), "expected an https address like"),
        (campaigns('instance_url = "https://example.my.connect.aws/{name}"'), "in which {id} may stand for a campaign"),
        (
            campaigns('instance_url = "https://example.my.connect.aws"').replace('"i"', '"*"'),
            'watch[0].instance_url is of no use where instance_id is "*": each has its own',
        ),
        (watch(stuck_after='"soon"'), 'watch[0].stuck_after is "soon"; expected "auto", or a duration like "90m"'),
        (watch(late_after='"auto"'), 'watch[0].late_after is "auto"; expected a duration like "90m"'),
        (watch(external_id='"handshake"'), "watch[0].external_id is of no use without role_arn"),
        (watch(role_arn='"arn:aws:iam::444455556666:role/R"', external_id='"$"'), "expected an external id"),
        (
            '[[watch]]\nprovider = "connect"\ninstance_id = "*"\nexpect_run_every = "7d"',
            "watch[0].expect_run_every is of no use for Amazon Connect outbound campaigns: a campaign has no runs",
        ),
        ('label = "[prod]"', 'label is "[prod]"; expected a short label'),
        ('time_zone = "Europe/Berln"', 'time_zone is "Europe/Berln" (did you mean "Europe/Berlin", "'),
        ('time_zone = "berlin"', '(did you mean "Europe/Berlin"'),
        ('time_zone = "x"', 'time_zone is "x"; expected the name of a time zone like "Europe/Berlin" or "UTC".'),
        ("time_zone = 1", "time_zone is 1; expected the name of a time zone"),
        *(
            (f'time_zone = "{name}"', f'time_zone is "{name}"{hint}, which this machine may know and the deployed')
            for name, hint in (
                ("right/Europe/Berlin", ' (did you mean "Europe/Berlin"?)'),
                ("posix/UTC", ' (did you mean "UTC"?)'),
                ("Factory", ""),
            )
        ),
        ('time_zone = "localtime"', 'expected the name of a time zone like "Europe/Berlin" or "UTC".'),
        ('time_zone = "posixrules"', 'expected the name of a time zone like "Europe/Berlin" or "UTC".'),
        ('time_zone = "europe/berlin"', 'time_zone is "europe/berlin" (did you mean "Europe/Berlin", "'),
        ('time_zone = "America"', 'expected the name of a time zone like "Europe/Berlin" or "UTC".'),
        ("alerts = 1", "alerts is 1; expected a table"),
        ('[alerts]\nemail = "a@example.com"', 'alerts.email is "a@example.com"; expected a list'),
        ('[alerts]\nemail = ["$EMAIL"]', 'alerts.email[0] is "$EMAIL"; expected an e-mail address'),
        ('[alerts]\nemail = ["a@example.com", "a@example.com"]', "alerts.email[1] is the same as alerts.email[0]"),
        ('[alerts]\nemail = [{ min_severity = "info" }]', "alerts.email[0].to is missing"),
        ('[alerts]\nemail = [{ to = "a@example.com", min_severity = "warn" }]', '(did you mean "warning"?)'),
        (
            '[alerts]\nemail = ["b@example.com", "a@example.com", { to = "a@example.com", min_severity = "info" }]',
            'alerts.email[2] names "a@example.com", as alerts.email[1] does; expected it once',
        ),
        (SLACK + 'workspace_id = "T0AB"', "alerts.slack has only one of workspace_id and channel_id"),
        (SLACK + 'min_severity = "info"', "alerts.slack names nobody; expected workspace_id and"),
        (SLACK + 'workspace_id = "T0AB"\nchannel_id = "#ops"', 'alerts.slack.channel_id is "#ops"; expected a Slack'),
        (SLACK + 'webhook_secret = "https://hooks.slack.com/services/T/B/x"', "expected the name of a secret"),
        (2 * '[[alerts.slack]]\nwebhook_secret = "s"\n', "alerts.slack[1] is the same as alerts.slack[0]"),
        (
            '[[alerts.slack]]\nwebhook_secret = "s"\n[[alerts.slack]]\nwebhook_secret = "s"\nmin_severity = "critical"',
            'alerts.slack names "s" 2 times; expected it once',
        ),
        ("alerts.slack = 1", "alerts.slack is 1; expected a list"),
        ('[alerts.teams]\nteam_id = "Ops"', 'alerts.teams.team_id is "Ops"; expected a team'),
        ("alerts.pagerduty = 1", "alerts.pagerduty is 1; expected a list"),
        (PAGERDUTY + 'min_severity = "critical"', "alerts.pagerduty.secret is missing"),
        (PAGERDUTY + 'secret = "a key"', 'alerts.pagerduty.secret is "a key"; expected the name of a secret'),
        (PAGERDUTY + 'secret = "s"\nmin_severity = "info"', "Expected one of: warning, critical"),
        (PAGERDUTY + 'secret = "s"\nregion = "eu-west-1"', "Expected one of: us, eu"),
        (
            '[[alerts.pagerduty]]\nsecret = "s"\n[[alerts.pagerduty]]\nsecret = "s"\nregion = "eu"',
            'alerts.pagerduty names "s" 2 times; expected it once',
        ),
        (WEBHOOK + 'url = "https://example.com"', "alerts.webhook.secret is missing"),
        (WEBHOOK + 'secret = "s"\nurl = "http://example.com"', "expected a URL like https://example.com/alerts"),
        (WEBHOOK + 'secret = "s"\nurl = "https://user@example.com/"', "expected a URL like https://example.com/alerts"),
        (WEBHOOK + 'secret = "s"\nurl = "https://example.com/#x"', "expected a URL like https://example.com/alerts"),
        (
            WEBHOOKS + '{ secret = "a", url = "https://a.example/" }, { secret = "b", url = "https://a.example/" }]',
            'alerts.webhook names "https://a.example/" 2 times; expected it once',
        ),
        (
            WEBHOOKS + '{ secret = "a", url = "https://a.example/" }, { secret = "a", url = "https://b.example/" }]',
            'alerts.webhook names "a" 2 times; expected it once',
        ),
        ('[alerts]\nevent_bus = "a bus"', 'alerts.event_bus is "a bus"; expected the name or the ARN'),
        ("[alerts]\nalert_on_first_sight = 1", "alerts.alert_on_first_sight is 1; expected true or false"),
        ('[[alerts.rules]]\nseverity = "info"', "alerts.rules[0].when is missing"),
        ('[[alerts.rules]]\nwhen = "RUNNING->CANCELLED"', "alerts.rules[0].severity is missing"),
        ('[[alerts.rules]]\nwhen = "RUNNING"\nseverity = "info"', "expected two statuses like"),
        ('[[alerts.rules]]\nwhen = "*->CANCELED"\nseverity = "info"', '"CANCELED" (did you mean "CANCELLED"?)'),
        ('[[alerts.rules]]\nwhen = "*->new"\nseverity = "info"', 'alerts.rules[0].when has "new"'),
        (
            '[[alerts.rules]]\nwhen = "PAUSED->PAUSED"\nseverity = "info"',
            'alerts.rules[0].when is "PAUSED->PAUSED", which is no change; expected two statuses that differ.',
        ),
        ('[[alerts.rules]]\nwhen = "*->*"\nseverity = "loud"', 'alerts.rules[0].severity is "loud"'),
        ('[[alerts.rules]]\nwhen = "*->*"\nseverity = "info"\nprovider = "x"', "Expected one of: pinpoint, connect, *"),
        ('[ops]\nemail = ["nobody"]', 'ops.email[0] is "nobody"; expected an e-mail address'),
        ("name = ", "is not TOML"),
    ],
)
def test_a_wrong_value_is_named_with_what_was_expected(refused: Callable[[str], str], text: str, expected: str) -> None:
    assert expected in refused(text)


def test_a_wrong_time_zone_names_the_three_nearest_and_not_all_of_them(refused: Callable[[str], str]) -> None:
    _, first, second, third, *examples = re.findall(r'"(.*?)"', refused('time_zone = "Europe/Berln"'))

    assert first == "Europe/Berlin"
    assert {first, second, third} <= available_timezones()
    assert examples == ["Europe/Berlin", "UTC"]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        ((watch(), watch()), "watch[1] is the same as watch[0]"),
        ((watch(), watch(journeys='["a"]')), "watch[1] watches journeys that watch[0] watches too"),
        ((watch(journeys='["a"]'), watch(journeys='["b", "a"]')), "watches journeys that watch[0] watches too"),
        ((watch(application_id='"*"'), watch()), "watches journeys that watch[0] watches too"),
        # eu-west-1 is the stack's own Region here.
        ((watch(), watch(region='"eu-west-1"')), "watches journeys that watch[0] watches too"),
        (
            (
                watch(role_arn='"arn:aws:iam::444455556666:role/A"'),
                watch(application_id='"b"', role_arn='"arn:aws:iam::444455556666:role/B"'),
            ),
            "watch[1] has another role_arn or external_id than watch[0]",
        ),
        (
            (watch(), watch(application_id='"b"', role_arn='"arn:aws:iam::111122223333:role/OwnAccount"')),
            "watch[1] has another role_arn or external_id than watch[0]",
        ),
        (
            [watch(role_arn=f'"arn:aws:iam::{account:012d}:role/R"') for account in range(51)],
            "watch has 51 lanes (one for each provider, account and Region); expected at most 50",
        ),
    ],
)
def test_entries_that_cannot_stand_together_are_refused(
    refused: Callable[[str], str], entries: list[str], expected: str
) -> None:
    assert expected in refused("\n".join(entries))


def rule(when: str, **filters: str) -> str:
    """One `[[alerts.rules]]` entry; the filters' values are TOML."""
    lines = "".join(f"{key} = {value}\n" for key, value in filters.items())
    return f'[[alerts.rules]]\nwhen = "{when}"\nseverity = "info"\n{lines}'


@pytest.mark.parametrize(
    ("word", "status"),
    [(word, status) for entry in REGISTRY.values() for word, status in entry.statuses.items()],
)
def test_a_providers_own_word_for_a_status_leads_to_the_status(
    refused: Callable[[str], str], word: str, status: Status
) -> None:
    # However it is written: the provider's own way may be a status as it stands.
    for side in (f"{word.lower()}->*", f"*->{word.title()}"):
        assert f'(did you mean "{status}"?)' in refused(rule(side))


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (rule("*->*"), rule("new->CANCELLED")),
        (rule("*->PAUSED"), rule("RUNNING->PAUSED")),
        (rule("RUNNING->*"), rule("RUNNING->PAUSED", provider='"connect"')),
        (rule("*->PAUSED"), rule("*->PAUSED").replace("info", "critical")),
        (rule("*->PAUSED", journeys='["0a*", "0b"]'), rule("*->PAUSED", journeys='["0b", "0a1"]')),
        (rule("*->RUNNING", journeys='["0a*"]'), rule("*->RUNNING", journeys='["0a*"]', application_id='"a"')),
        (rule("*->RUNNING", application_id='"a*"'), rule("*->RUNNING", application_id='"a1"')),
        (rule("*->RUNNING", provider='"pinpoint"'), rule("new->RUNNING", application_id='"a1"')),
        # Nothing of Pinpoint ever fails.
        (rule("*->FAILED", provider='"connect"'), rule("*->FAILED")),
    ],
)
def test_a_rule_that_could_never_decide_is_refused(refused: Callable[[str], str], earlier: str, later: str) -> None:
    other = rule("*->SCHEDULED", provider='"pinpoint"', application_id='"other"')

    assert (
        "alerts.rules[2] never decides, for alerts.rules[1] comes first and matches all that it does; expected the "
        "narrower one first, or one of them alone."
    ) in refused(other + earlier + later)


@pytest.mark.parametrize(
    ("earlier", "later"),
    [
        (rule("new->PAUSED"), rule("*->PAUSED")),
        (rule("*->PAUSED"), rule("RUNNING->*")),
        (rule("*->*", provider='"pinpoint"'), rule("*->PAUSED")),
        (rule("*->*", journeys='["0a*"]'), rule("*->PAUSED", journeys='["0a1", "0b"]')),
        (rule("*->*", application_id='"a?*"'), rule("*->RUNNING", application_id='"a*"')),
        (rule("*->*", journeys='["a"]'), rule("*->PAUSED")),
        # Each journey or application, but not all.
        (rule("*->*", application_id='"*"'), rule("*->RUNNING")),
    ],
)
def test_a_rule_may_match_some_of_what_a_later_one_matches(write: Write, earlier: str, later: str) -> None:
    assert len(DeploymentConfig.from_file(write(earlier + later)).watching.rules) == 2


INTO_PAUSED = [rule(f"{before}->PAUSED") for before in ("new", *Status) if before != "PAUSED"]


@pytest.mark.parametrize(
    ("earlier", "later", "those"),
    [
        ([rule("*->RUNNING", provider=f'"{one}"') for one in REGISTRY], rule("*->RUNNING"), (0, 1)),
        ([rule("*->*", journeys=f'["{one}"]') for one in "abc"], rule("new->*", journeys='["c", "a"]'), (0, 2)),
        (INTO_PAUSED, rule("*->PAUSED"), range(7)),
        (
            # All of Connect, and of Pinpoint each change to COMPLETED that there may be.
            [
                rule("*->*", provider='"connect"'),
                rule("*->CANCELLED"),
                rule("SCHEDULED->*", provider='"pinpoint"'),
                *(rule(f"{before}->COMPLETED") for before in ("RUNNING", "PAUSED", "new", "UNKNOWN", "CANCELLED")),
            ],
            rule("*->COMPLETED"),
            (0, 2, 3, 4, 5, 6, 7),
        ),
    ],
)
def test_a_rule_to_which_earlier_ones_together_leave_nothing_is_refused(
    refused: Callable[[str], str], earlier: list[str], later: str, those: Sequence[int]
) -> None:
    *others, last = (f"alerts.rules[{index}]" for index in those)

    assert (
        f"alerts.rules[{len(earlier)}] never decides, for {', '.join(others)} and {last} come first and together match "
        "all that it does; expected it before one of them, or left out."
    ) in refused("".join(earlier) + later)


@pytest.mark.parametrize("left_out", INTO_PAUSED)
def test_a_rule_to_which_earlier_ones_leave_a_single_change_is_read(write: Write, left_out: str) -> None:
    earlier = "".join(one for one in INTO_PAUSED if one != left_out)

    rules = DeploymentConfig.from_file(write(earlier + rule("*->PAUSED"))).watching.rules

    assert rules[-1].what.before == "*"


OF_PINPOINT = "SCHEDULED, RUNNING, PAUSED, COMPLETED, CANCELLED, UNKNOWN"
CONNECT = watch(provider='"connect"', application_id="", instance_id='"*"', region='"eu-west-2"')


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            rule("*->FAILED", provider='"pinpoint"'),
            f'when has "FAILED", which is no status of Amazon Pinpoint. Expected one of: {OF_PINPOINT}, *.',
        ),
        (
            rule("FAILED->*", application_id='"a"'),
            f'when has "FAILED", which is no status of Amazon Pinpoint. Expected one of: {OF_PINPOINT}, new, *.',
        ),
        (
            watch() + rule("*->FAILED"),
            'when has "FAILED", which is no status of Amazon Pinpoint, and nothing else is watched. Expected one of: ',
        ),
    ],
)
def test_a_status_that_nothing_it_is_about_ever_has_is_refused(
    refused: Callable[[str], str], text: str, expected: str
) -> None:
    assert f"alerts.rules[0].{expected}" in refused(text)


@pytest.mark.parametrize(
    "text",
    [
        rule("*->PAUSED"),
        CONNECT + watch() + rule("*->PAUSED"),
        # Whoever names a provider may watch it some other day, and a status that nobody knew may come of any.
        watch() + rule("*->PAUSED", provider='"connect"'),
        watch() + rule("UNKNOWN->*") + rule("new->UNKNOWN"),
    ],
)
def test_a_status_that_something_may_have_is_read(write: Write, text: str) -> None:
    assert DeploymentConfig.from_file(write(text)).watching.rules


def test_where_a_provider_is_left_out_its_statuses_are_still_known(write: Write) -> None:
    """One file serves several Regions."""
    text = watch() + watch(provider='"connect"', application_id="", instance_id='"*"') + rule("*->PAUSED")
    config = DeploymentConfig.from_file(write(text), own_region="eu-west-1")

    assert [target.provider for target in config.unserved] == ["connect"]
    assert config.watching.rules[0].what.after == "PAUSED"


@pytest.mark.parametrize(("key", "provider"), [("application_id", "pinpoint"), ("instance_id", "connect")])
def test_a_container_is_one_of_its_provider_even_if_it_is_any(write: Write, key: str, provider: str) -> None:
    (read,) = DeploymentConfig.from_file(write(rule("*->RUNNING", **{key: '"*"'}))).watching.rules

    assert (read.provider, read.container_id) == (provider, "*")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"provider": '"connect"', "application_id": '"a"'}, 'application_id is of no use with provider = "connect"'),
        ({"provider": '"connect"', "journeys": '["a"]'}, "expected campaigns."),
        ({"instance_id": '"i"', "journeys": '["a"]'}, "alerts.rules[0].journeys is of no use with instance_id"),
        ({"application_id": '"a"', "campaigns": '["a"]'}, "alerts.rules[0].campaigns is of no use with application_id"),
    ],
)
def test_filters_of_two_providers_that_nothing_matches_are_refused(
    refused: Callable[[str], str], filters: dict[str, str], expected: str
) -> None:
    assert expected in refused(rule("*->PAUSED", **filters))


def test_a_rule_for_journeys_and_campaigns_is_read(write: Write) -> None:
    config = DeploymentConfig.from_file(write(rule("*->PAUSED", journeys='["a"]', campaigns='["b"]')))

    assert config.watching.rules[0].journeys == ("a", "b")


def test_entries_of_one_lane_may_share_an_application(write: Write) -> None:
    config = DeploymentConfig.from_file(write(watch(journeys='["a"]') + watch(journeys='["b"]')))

    assert config.watch == (WatchTarget("pinpoint", "app1", ("a",)), WatchTarget("pinpoint", "app1", ("b",)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"prod\.toml cannot be read: No such file"):
        DeploymentConfig.from_file(tmp_path / "prod.toml")


def test_a_reader_from_the_command_line_gets_alerts_and_ops_mail() -> None:
    config = DeploymentConfig(ops_email=("oncall@example.com",)).with_recipient("you@example.com")

    assert config.default.email == (EmailRecipient("you@example.com"),)
    assert config.ops_email == ("oncall@example.com", "you@example.com")


def test_a_reader_who_is_there_already_keeps_the_severity_of_the_file() -> None:
    config = DeploymentConfig(default=Recipient(email=(EmailRecipient("you@example.com", Severity.INFO),)))

    assert config.with_recipient("you@example.com").default == config.default


@pytest.mark.parametrize(
    "wrong", ["", "you", "$EMAIL", True, "\x1b[2J@example.com", "\udcff@example.com", "you@\u202eexample.com"]
)
def test_a_reader_from_the_command_line_is_checked_too(wrong: object) -> None:
    with pytest.raises(ConfigurationError, match=r"EMAIL.*expected an e-mail address"):
        DeploymentConfig().with_recipient(wrong)


@pytest.fixture(scope="module")
def damaged_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "mine.toml"


@given(content=damaged(tomllib.loads(EXAMPLE), TOML_VALUES).map(tomlkit.dumps))
def test_with_anything_wrong_in_it_the_example_is_read_or_refused_with_file_and_key(
    damaged_file: Path, content: str
) -> None:
    damaged_file.write_text(content, encoding="utf-8")
    if message := refusal(lambda: DeploymentConfig.from_file(damaged_file)):
        assert re.match(rf"{re.escape(str(damaged_file))}: [a-z_]+[\]\[.\w]* \w", message)
        assert message.isprintable()
    else:
        sent = DeploymentConfig.from_file(damaged_file).for_poller()
        assert WatchConfig.from_json(sent.to_json()) == sent


@given(content=cut_or_changed(EXAMPLE.encode()))
def test_whatever_bytes_a_file_has_it_is_read_or_refused_by_its_name(damaged_file: Path, content: bytes) -> None:
    damaged_file.write_bytes(content)
    message = refusal(lambda: DeploymentConfig.from_file(damaged_file))
    assert not message or message.startswith(str(damaged_file))
