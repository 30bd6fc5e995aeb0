"""The commands as they are typed: what they do, say and end with."""

import json
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, UnauthorizedSSOTokenError
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from journey_watch.core.mutes import Mute
from journey_watch.store.items import mute_item
from operator_cli import __main__ as commands
from operator_cli.__main__ import main
from operator_cli.deployment import Deployment
from tests.damage import TYPED
from tests.operator_cli.account import LANE, REGION, Account

NO_REGION = "No AWS Region is chosen: set AWS_REGION (--region), or name a profile that has one (--profile)."
LATER = datetime.now(UTC) + timedelta(days=29)


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner(env={"COLUMNS": "400"}).invoke(main, ["--region", REGION, *arguments], input=typed)


def mute(*arguments: str, typed: str = "") -> Result:
    return run("mute", "release", "--reason", "a release", *arguments, typed=typed)


def said(result: Result) -> str:
    return " ".join(result.output.split())


def listed() -> list[dict[str, Any]]:
    result = run("--json", "mutes")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


@pytest.fixture
def shop(account: Account) -> Account:
    """With three journeys: Welcome, and two of the black week."""
    account.remember("j1", "Black Friday")
    account.remember("j2", "Black Monday")
    return account


# What a mute holds


@pytest.mark.parametrize(
    ("wanted", "ids", "held"),
    [
        (["welcome"], ["welcome"], "1 journey: Welcome"),
        (["Welcome"], ["welcome"], "1 journey: Welcome"),
        (["Black*"], ["j1", "j2"], "2 journeys: Black Friday, Black Monday"),
        (["j?", "Welcome"], ["j1", "j2", "welcome"], "3 journeys: Black Friday, Black Monday, Welcome"),
    ],
)
def test_ids_names_and_patterns_become_the_ids_that_are_known_and_are_shown(
    shop: Account, wanted: list[str], ids: list[str], held: str
) -> None:
    options = [option for text in wanted for option in ("--journey", text)]

    result = mute("--for", "1h30m", "--yes", *options)

    assert result.exit_code == 0, result.output
    assert said(result).endswith(f"for 1 h 30 min, holds {held}.")
    (found,) = listed()
    assert found["journeys"] == ids
    assert [one["journey_id"] for one in found["holds"]] == ids
    assert shop.store.set_by_operators().mutes["release"] is not None


def test_many_journeys_are_counted_and_the_first_named(account: Account) -> None:
    for number in range(7):
        account.remember(f"j{number}", f"Journey {number}")

    assert said(mute("--for", "1h", "--journey", "Journey*")).endswith(
        "holds 7 journeys: Journey 0, Journey 1, Journey 2, Journey 3, Journey 4 and 2 more."
    )


def test_what_nothing_is_called_is_refused_with_the_nearest_name(shop: Account) -> None:
    result = mute("--for", "1h", "--journey", "Black Fryday")

    assert result.exit_code == 2
    assert 'has the id or the name "Black Fryday" (did you mean "Black Friday"?)' in said(result)
    assert shop.store.set_by_operators().mutes == {}


@pytest.mark.parametrize("option", [("--container", "shop-2"), ("--provider", "connect")])
def test_a_place_where_nothing_is_watched_is_refused(shop: Account, option: tuple[str, str]) -> None:
    result = mute("--for", "1h", *option)

    assert result.exit_code == 2
    assert option[0] in result.output
    assert shop.store.set_by_operators().mutes == {}


def test_for_the_future_names_and_patterns_stay_what_they_are(shop: Account) -> None:
    assert mute("--for", "1h", "--journey", "Black*", "--journey", "j9*", "--future").exit_code == 0

    found = shop.store.set_by_operators().mutes["release"]
    assert found is not None
    assert found.journeys == ("Black*", "j9*")
    assert {one["journey_id"] for one in json.loads(said(run("--json", "mutes")))[0]["holds"]} == {"j1", "j2"}


def test_nothing_that_is_known_may_be_muted_for_the_future(shop: Account) -> None:
    assert "holds no journey that is known yet." in said(mute("--for", "1h", "--journey", "new-*", "--future"))
    assert list(shop.store.set_by_operators().mutes) == ["release"]


# Everything


def test_before_everything_is_muted_it_asks(shop: Account) -> None:
    refused = mute("--for", "1h", typed="n\n")

    assert refused.exit_code == 1
    assert "This mutes everything until" in refused.stderr
    assert "3 journeys: Black Friday, Black Monday, Welcome" in refused.stderr
    assert shop.store.set_by_operators().mutes == {}
    assert mute("--for", "1h", typed="y\n").exit_code == 0
    assert list(shop.store.set_by_operators().mutes) == ["release"]


def test_with_nobody_to_ask_nothing_is_muted_unless_that_is_said(shop: Account) -> None:
    assert mute("--for", "1h").exit_code == 1
    assert shop.store.set_by_operators().mutes == {}
    assert mute("--for", "1h", "--yes").exit_code == 0


def test_what_comes_to_everything_is_asked_about_whatever_it_is_called(shop: Account) -> None:
    assert mute("--for", "1h", "--journey", "*").exit_code == 1
    assert mute("--for", "1h", "--container", "sh*").exit_code == 1
    assert shop.store.set_by_operators().mutes == {}


def test_the_question_keeps_out_of_what_programs_read(account: Account) -> None:
    result = run("--json", "mute", "release", "--reason", "r", "--for", "1h", typed="y\n")

    assert account.store.set_by_operators().mutes.keys() == {"release"}
    assert json.loads(result.stdout)["id"] == "release"


# How long


@pytest.mark.parametrize(
    ("end", "utc"),
    [
        (f"{LATER:%Y-%m-%d}T18:00Z", f"{LATER:%Y-%m-%d} 18:00"),
        (f"{LATER:%Y-%m-%d} 18:00", f"{LATER:%Y-%m-%d} 18:00"),
        (f"{LATER:%Y-%m-%d}T18:00+01:00", f"{LATER:%Y-%m-%d} 17:00"),
    ],
)
def test_an_end_without_an_offset_is_in_the_deployments_time_zone(account: Account, end: str, utc: str) -> None:
    assert f"until {utc}:00 UTC" in said(mute("--until", end, "--yes"))
    assert account.store.set_by_operators().mutes.keys() == {"release"}


def test_an_end_is_read_and_shown_by_the_clock_of_the_deployment(account: Account) -> None:
    account.time_zone = "Asia/Tokyo"
    day = f"{LATER:%Y-%m-%d}"
    result = mute("--until", f"{day}T18:00", "--yes")
    assert f"until {day} 18:00:00 +09:00 (09:00:00 UTC)" in said(result)
    assert f"{day} 18:00:00 +09:00" in said(run("mutes"))
    found = account.store.set_by_operators().mutes["release"]
    assert found is not None
    assert found.until == datetime(LATER.year, LATER.month, LATER.day, 9, tzinfo=UTC)


def test_a_deployment_that_does_not_say_its_time_zone_is_said(account: Account) -> None:
    account.time_zone = None
    assert "--until is read in UTC" in mute("--until", f"{LATER:%Y-%m-%d}T18:00", "--yes").stderr
    assert "read in UTC" not in mute("--until", f"{LATER:%Y-%m-%d}T18:00Z", "--yes").stderr


@pytest.mark.parametrize(
    ("end", "why"),
    [("2098-03-30T02:30", "skip; expected another time"), ("2098-10-26T02:30", "show twice; expected it")],
)
def test_an_end_that_clocks_show_never_or_twice_is_refused(account: Account, end: str, why: str) -> None:
    account.time_zone = "Europe/Berlin"
    result = mute("--until", end, "--yes")
    assert (result.exit_code, why in said(result)) == (2, True)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ((), "either --for or --until"),
        (("--for", "1h", "--until", "2099-01-01"), "either --for or --until"),
        (("--until", "2001-01-01T00:00Z"), "that is past"),
        (("--until", "tomorrow"), "expected a time like"),
        (("--until", "9999-12-31T23:59:59-14:00"), "expected a time like"),
        (("--for", "32d"), "a mute may last 31 days"),
        (("--until", "2098-01-01"), "a mute may last 31 days"),
        (("--for", "30s"), "expected at least a minute"),
        (("--for", "soon"), "expected at least a minute"),
    ],
)
def test_any_other_length_is_refused(account: Account, options: tuple[str, ...], why: str) -> None:
    result = mute("--yes", *options)

    assert result.exit_code == 2
    assert why in said(result)
    assert account.store.set_by_operators().mutes == {}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--stack", "", "doctor"), "Invalid value for '--stack': expected the name of a stack"),
        (("--stack", "my stack", "mutes"), "Invalid value for '--stack': expected the name of a stack"),
        (("mute", "two words", "--reason", "r", "--for", "1h"), "Invalid value for ID: expected up to 64 letters"),
        (
            ("mute", "x", "--reason", "r", "--for", "1h", "--provider", "pinpiont"),
            "'--provider': 'pinpiont' is not",
        ),
        (
            ("mute", "x", "--reason", "r", "--for", "1h", "--container", "", "--future"),
            'Invalid value for --container: "" is neither an id',
        ),
    ],
)
def test_what_nothing_can_be_called_is_refused_with_the_parameter(
    shop: Account, arguments: tuple[str, ...], why: str
) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert why in said(result)
    assert shop.store.set_by_operators().mutes == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    options=st.fixed_dictionaries(
        {"--reason": TYPED},
        optional={
            "--for": st.just("1h") | TYPED,
            "--until": TYPED,
            "--journey": st.just("Black*") | TYPED,
            "--container": TYPED,
            "--provider": st.just("pinpoint") | TYPED,
        },
    ),
    mute_id=st.just("release") | TYPED,
    future=st.booleans(),
)
@example(options={"--reason": "\udcff", "--for": "1h"}, mute_id="release", future=False)
@example(options={"--reason": "r", "--for": "1h", "--journey": "\udcff"}, mute_id="\udcff", future=True)
def test_whatever_is_typed_is_done_or_refused_in_words(
    shop: Account, options: dict[str, str], mute_id: str, future: bool
) -> None:
    words = [word for option in options.items() for word in option]
    results = [
        run("mute", *words, "--yes", *(["--future"] if future else []), "--", mute_id),
        run("unmute", "--", mute_id),
        run("mutes"),
    ]
    assert all(isinstance(each.exception, SystemExit | None) for each in results), [each.exc_info for each in results]
    assert all(each.exit_code in (0, 1, 2, 3) for each in results)
    assert shop.store.set_by_operators().mutes == {}


def test_a_user_without_a_name_may_mute(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that runs under some number."""

    def no_name() -> str:
        raise KeyError("getpwuid(): uid not found: 4711")

    monkeypatch.setattr(commands, "getuser", no_name)

    assert mute("--for", "1h", "--yes").exit_code == 0
    found = account.store.set_by_operators().mutes["release"]
    assert found is not None
    assert found.set_by == ""


# Which there are


def test_mutes_are_listed_in_force_ended_from_the_configuration_and_unreadable(account: Account) -> None:
    now = datetime.now(UTC)
    account.put_mute(mute_item(Mute(id="lasts", until=now + timedelta(hours=1), set_by="ann", identity="arn:x")))
    account.put_mute(mute_item(Mute(id="over", until=now - timedelta(hours=1), journeys=("none",))))
    account.put_mute({**mute_item(Mute(id="odd", until=now)), "mute": {"S": "?"}})
    tomorrow = (now.weekday() + 2) % 7
    account.configured_mutes = [
        Mute(id="night", days=(tomorrow,), begins=time(22), ends=time(23), set_by="the configuration")
    ]

    found = {one["id"]: one for one in listed()}

    assert {mute_id: one.get("state") for mute_id, one in found.items()} == {
        "lasts": "in force",
        "odd": None,
        "over": "ended",
        "night": "not now",
    }
    assert (found["odd"]["readable"], found["lasts"]["readable"]) == (False, True)
    assert {mute_id for mute_id, one in found.items() if one["configured"]} == {"night"}
    assert [one["name"] for one in found["lasts"]["holds"]] == ["Welcome"]
    shown = said(run("mutes"))
    assert "ann as arn:x" in shown
    assert "odd │ cannot be read by this version" in shown
    assert "22:00 to 23:00 UTC" in shown


def test_a_mute_holds_the_identity_that_aws_knows_whoever_set_it_by(account: Account) -> None:
    mute("--for", "1h", "--yes")

    found = account.store.set_by_operators().mutes["release"]
    assert found is not None
    assert found.identity == account.client("sts").get_caller_identity()["Arn"]


def test_a_narrow_window_cuts_no_identity_off(account: Account) -> None:
    account.put_mute(mute_item(Mute(id="release", until=LATER, identity="@" * 60)))

    assert CliRunner(env={"COLUMNS": "90"}).invoke(main, ["--region", REGION, "mutes"]).output.count("@") == 60


def test_a_mute_of_the_configuration_is_neither_replaced_nor_ended(account: Account) -> None:
    account.configured_mutes = [Mute(id="release", until=LATER)]

    assert "would win" in said(mute("--for", "1h", "--yes"))
    ended = run("unmute", "release")
    assert ended.exit_code == 3
    assert "take it out under [[alerts.mute]] and deploy" in said(ended)


def test_a_mute_is_ended_once(account: Account) -> None:
    mute("--for", "1h", "--yes")

    assert account.store.set_by_operators().mutes.keys() == {"release"}
    assert run("unmute", "release").exit_code == 0
    assert run("unmute", "release").exit_code == 1
    assert account.store.set_by_operators().mutes == {}


# What cannot be found out


def test_a_stack_that_is_not_there_is_said_with_what_to_name(account: Account) -> None:
    for command in (["doctor"], ["status"], ["mutes"], ["unmute", "x"]):
        result = run("--stack", "nothing", *command)
        assert result.exit_code == 3
        assert 'There is no stack "nothing" in eu-west-1; name another with --stack' in result.stderr
    assert account.store.set_by_operators().mutes == {}


@pytest.mark.parametrize(
    "command",
    ["doctor", "status", "mutes", "test-alert", "unmute x", "mute x --reason r --for 1h --yes"],
)
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        # Nobody listens on port 1.
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AWS does not answer"),
        ({"AWS_ENDPOINT_URL": "nonsense"}, "AWS cannot be asked (Invalid endpoint: nonsense)"),
        ({"AWS_ACCESS_KEY_ID": ""}, "There are no AWS credentials here."),
        ({"AWS_SECRET_ACCESS_KEY": ""}, "There are no AWS credentials to use here"),
        ({"AWS_PROFILE": "nope"}, 'Your AWS configuration has no profile "nope"'),
        ({"AWS_REGION": "eu_west"}, '"eu_west" is no Region; name one like eu-west-1 with --region.'),
        ({"AWS_REGION": ""}, NO_REGION),
    ],
)
def test_every_command_says_in_one_line_why_aws_cannot_be_asked(
    command: str, environment: dict[str, str], expected: str
) -> None:
    usual = {"AWS_ACCESS_KEY_ID": "made-up", "AWS_SECRET_ACCESS_KEY": "made-up", "AWS_REGION": REGION}
    nowhere = {
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_PROFILE": None,
        "AWS_DEFAULT_REGION": None,
    }
    result = CliRunner(env={**nowhere, **usual, **environment}).invoke(main, command.split())

    assert result.exit_code == 3
    assert result.stderr.startswith(f"error: {expected}")
    assert len(result.stderr.splitlines()) == 1


def test_without_a_region_it_says_what_to_name_and_helps_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)

    result = CliRunner().invoke(main, ["doctor"])

    assert (result.exit_code, result.stderr) == (3, f"error: {NO_REGION}\n")
    assert CliRunner().invoke(main, ["mute", "--help"]).exit_code == 0


def test_a_stack_of_something_else_is_said(account: Account) -> None:
    account.outputs = {}

    result = run("doctor")

    assert result.exit_code == 3
    assert "has no outputs of Journey Watch" in result.stderr


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ConnectTimeoutError(endpoint_url="https://x"), "AWS does not answer (Connect timeout on endpoint URL: "),
        (UnauthorizedSSOTokenError(), "There are no AWS credentials to use here (The SSO session"),
    ],
)
@pytest.mark.parametrize("arguments", ["doctor", "status", "mutes", "mute x --reason r --for 1h --yes"])
def test_what_goes_wrong_on_the_way_is_told_like_what_does_at_once(
    account: Account, monkeypatch: pytest.MonkeyPatch, arguments: str, error: Exception, told: str
) -> None:
    def lost(*_: object) -> None:
        raise error

    monkeypatch.setattr(Deployment, "state", lost)

    result = run(*arguments.split())

    assert result.exit_code == 3
    assert result.stderr.startswith(f"error: {told}")
    assert len(result.stderr.splitlines()) == 1
    assert account.store.set_by_operators().mutes == {}


def test_a_refused_call_names_the_policy(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Deployment) -> None:
        message = "User: U is not authorized to perform: cloudformation:GetTemplate"
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": message}}, "GetTemplate")

    monkeypatch.setattr(Deployment, "configured_mutes", property(refuse))

    result = mute("--for", "1h", "--yes")

    assert result.exit_code == 3
    assert "docs/operator-policy.json" in result.stderr
    assert account.store.set_by_operators().mutes == {}


# The others


def test_doctor_ends_with_1_for_a_problem_and_0_for_notes(account: Account) -> None:
    account.code = "other"
    assert run("doctor").exit_code == 0
    account.status = "CREATE_FAILED"
    assert run("doctor").exit_code == 1


def test_status_shows_a_lane_that_cannot_be_read(account: Account) -> None:
    assert json.loads(run("--json", "status").stdout) == []
    account.make_unreachable("HTTP 503")
    (row,) = json.loads(run("--json", "status").stdout)
    assert (row["lane"], row["conditions"]) == (str(LANE), ["UNREACHABLE"])
