"""Mutes of the configuration: what could mute nothing, or something else than it says, is refused."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from zoneinfo import available_timezones

import pytest

from infra import mute_entries
from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mutes import Mute
from tests.infra.conftest import ROOT

SHIPPED = set((files("tzdata") / "zones").read_text(encoding="utf-8").split())
ONCE = 'name = "release"\nuntil = 2099-01-01T00:00:00Z\n'
WINDOW = 'name = "nights"\ndays = ["mon"]\n'


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., tuple[Mute, ...]]:
    """The mutes of a file that has these entries."""

    def read_entries(*entries: str) -> tuple[Mute, ...]:
        path = tmp_path / "mine.toml"
        path.write_text("".join(f"[[alerts.mute]]\n{entry}\n" for entry in entries), encoding="utf-8")
        return DeploymentConfig.from_file(path).watching.mutes

    return read_entries


def test_the_example_has_a_window_and_an_end() -> None:
    nights, migration = DeploymentConfig.from_file(ROOT / "config/example.toml").watching.mutes

    assert (nights.days, nights.begins, nights.ends) == ((0, 1, 2, 3, 4), time(22), time(6))
    assert (nights.journeys, nights.container_id, nights.time_zone) == (("0a1b*",), "*", "Europe/Berlin")
    assert (migration.set_by, migration.provider, migration.days) == ("the operations team", "pinpoint", ())
    assert migration.container_id == "5f1b2c3d4e5f60718293a4b5c6d7e8f9"


def test_a_mute_of_everything_needs_no_filter_and_an_end_without_an_offset_is_utc(
    read: Callable[..., tuple[Mute, ...]],
) -> None:
    (mute,) = read('name = "release"\nuntil = "2099-01-01T12:00"')

    assert mute == Mute(id="release", until=datetime(2099, 1, 1, 12, tzinfo=UTC), set_by="the configuration")


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (
            ['name = "release"\nuntil = 2001-01-01T00:00:00Z'],
            "alerts.mute[0].until is 2001-01-01 00:00:00+00:00; expected a time that is still to come",
        ),
        (
            [ONCE, 'name = "other"\nuntil = 2099-01-01T00:00:00Z', f'{ONCE}provider = "connect"'],
            'alerts.mute[2].name is "release", as alerts.mute[0].name is; expected a name of its own',
        ),
        (
            [f'{ONCE}application_id = "a"\ninstance_id = "b"'],
            "alerts.mute[0] has application_id and instance_id; expected one of them, for nothing is in both",
        ),
        ([f'{ONCE}journeys = [" "]'], 'alerts.mute[0].journeys[0] is " "; expected an id or a name'),
        ([f"{ONCE}journeys = []"], "alerts.mute[0].journeys is empty"),
        (
            ['name = "release"\nuntil = 2099-01-01T00:00:00\ntime_zone = "Europe/Berlin"'],
            "alerts.mute[0].time_zone is of no use with until; expected the offset in until itself",
        ),
        (
            [f'{ONCE}provider = "connect"\napplication_id = "a"'],
            'alerts.mute[0].application_id is of no use with provider = "connect"; expected instance_id.',
        ),
        (
            [f'{WINDOW}from = "24:00"\nto = "06:00"'],
            'alerts.mute[0].from is "24:00" (the day begins at "00:00"); expected',
        ),
        (
            [f'{WINDOW}from = "22:00"\nto = "24:01"'],
            'alerts.mute[0].to is "24:01"; expected a time of day like "22:00"',
        ),
        ([f'{WINDOW}from = "22:00"\nto = "06:00"\ntime_zone = "right/UTC"'], '(did you mean "UTC"?)'),
        (['name = "release"\nuntil = 9999-12-31T23:59:59-05:00'], "which is beyond the calendar"),
        (['name = "release"'], 'expected "until", a time, or a weekly window'),
        ([f'{ONCE}days = ["mon"]'], 'has both "until" and a weekly window'),
    ],
)
def test_what_would_not_mute_as_it_says_is_refused(
    read: Callable[..., tuple[Mute, ...]], entries: list[str], expected: str
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read(*entries)
    assert expected in str(refused.value)


@pytest.mark.parametrize("until", ['"tomorrow"', '"24.12.2099"', "2099-01-01", "18:00:00", "5", "2001-01-01T00:00:00Z"])
def test_a_refused_end_shows_how_to_write_one_that_would_do(read: Callable[..., tuple[Mute, ...]], until: str) -> None:
    with pytest.raises(ConfigurationError, match=r"alerts\.mute\[0\]\.until is .*; expected a time .*like") as refused:
        read(f'name = "release"\nuntil = {until}')

    shown = re.search(r"like (\S+Z)\b", str(refused.value))
    assert shown
    (mute,) = read(f'name = "release"\nuntil = {shown[1]}')
    assert mute.until == datetime.fromisoformat(shown[1])


def test_an_entry_has_the_keys_of_every_provider() -> None:
    assert {"journeys", "application_id", "campaigns", "instance_id"} <= set(mute_entries.mute_keys())


@pytest.mark.parametrize("name", [*sorted(available_timezones() - SHIPPED), "right/Europe/Berlin", "Factory"])
def test_a_time_zone_that_only_the_building_machine_knows_is_refused(
    read: Callable[..., tuple[Mute, ...]], name: str
) -> None:
    with pytest.raises(ConfigurationError, match=r"time_zone is .*expected the name of a time zone"):
        read(f'{WINDOW}from = "22:00"\nto = "06:00"\ntime_zone = "{name}"')


def test_every_other_time_zone_that_ships_is_accepted(read: Callable[..., tuple[Mute, ...]]) -> None:
    entry = 'days = ["mon"]\nfrom = "22:00"\nto = "06:00"\n'
    names = sorted(SHIPPED - {"Factory"})
    mutes = read(*(f'name = "m{at}"\n{entry}time_zone = "{name}"' for at, name in enumerate(names)))
    assert [mute.time_zone for mute in mutes] == names


def test_the_zones_that_are_checked_are_of_the_package_that_ships() -> None:
    pinned = re.search(
        r"^tzdata==(\S+)", (ROOT / "lambda_src/requirements.txt").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert pinned
    assert version("tzdata") == pinned[1]


def test_a_window_may_end_with_the_day(read: Callable[..., tuple[Mute, ...]]) -> None:
    (evenings,) = read(f'{WINDOW}from = "22:00"\nto = "24:00"')
    monday, later = datetime(2026, 11, 23, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    assert (evenings.is_in_force(monday), evenings.is_in_force(later)) == (True, False)


def test_a_time_without_a_zone_is_by_the_clock_of_the_deployment(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    head = 'time_zone = "Europe/Berlin"\n'

    def mutes(*entries: str) -> tuple[Mute, ...]:
        text = head + "".join(f"[[alerts.mute]]\n{entry}\n" for entry in entries)
        path.write_text(text, encoding="utf-8")
        return DeploymentConfig.from_file(path).watching.mutes

    once, night, tokyo = mutes(
        'name = "a"\nuntil = 2099-07-01T12:00:00',
        f'{WINDOW}from = "22:00"\nto = "06:00"',
        'name = "b"\ndays = ["mon"]\nfrom = "22:00"\nto = "06:00"\ntime_zone = "Asia/Tokyo"',
    )

    assert once.until == datetime(2099, 7, 1, 10, tzinfo=UTC)
    assert (night.time_zone, tokyo.time_zone) == ("Europe/Berlin", "Asia/Tokyo")
    with pytest.raises(ConfigurationError, match="clocks in Europe/Berlin skip"):
        mutes('name = "a"\nuntil = 2027-03-28T02:30:00')
    with pytest.raises(
        ConfigurationError, match=r"show twice; expected it with its offset: 2027-10-31T02:30\+02:00 or"
    ):
        mutes('name = "a"\nuntil = 2027-10-31T02:30:00')
