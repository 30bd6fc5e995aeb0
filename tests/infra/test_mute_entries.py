"""Mutes of the configuration: what could mute nothing, or something else than it says, is refused."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from infra import mute_entries
from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mutes import Mute
from tests.infra.conftest import ROOT

ONCE = 'name = "release"\nuntil = 2099-01-01T00:00:00Z\n'


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
