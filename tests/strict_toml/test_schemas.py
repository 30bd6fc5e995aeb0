"""A dataclass is its own schema: what it does not declare is refused, at the place where it stands."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Literal

import pytest

from journey_watch.core.errors import ConfigurationError
from strict_toml.schemas import WrongValueError, read_dataclass
from strict_toml.tables import Place, parse


@dataclass(frozen=True, kw_only=True)
class Animal:
    kinds: ClassVar[dict[str, type["Animal"]]] = {}
    legs: int = 4

    def __init_subclass__(cls, *, kind: str) -> None:
        Animal.kinds[kind] = cls

    def __post_init__(self) -> None:
        if self.legs < 0:
            raise WrongValueError("legs", f"is {self.legs}; expected 0 or more.")


@dataclass(frozen=True, kw_only=True)
class Bird(Animal, kind="bird"):
    sings: bool = True


@dataclass(frozen=True, kw_only=True)
class Zoo:
    name: str
    opens: datetime | None = None
    feeding: timedelta = timedelta(hours=1)
    price: float = 0
    day: Literal["monday", 7] = 7
    animal: tuple[Animal, ...] = ()
    keepers: dict[str, int] = field(default_factory=dict)


def zoo(written: str) -> Zoo:
    place = Place("zoo.toml")
    return read_dataclass(Zoo, parse(written, place), place)


def test_what_is_written_is_read_and_the_rest_is_as_declared() -> None:
    assert zoo("name = 'City'") == Zoo(name="City")
    assert zoo(
        """
        name = "City"
        opens = 2026-11-01T09:00:00+01:00
        feeding = "90m"
        price = 5
        day = "monday"
        keepers = { ann = 3 }
        animal = [{ kind = "bird", legs = 2 }, { kind = "bird", legs = 2 }]
        """
    ) == Zoo(
        name="City",
        opens=datetime(2026, 11, 1, 8, tzinfo=UTC),
        feeding=timedelta(minutes=90),
        price=5.0,
        day="monday",
        animal=(Bird(legs=2), Bird(legs=2)),
        keepers={"ann": 3},
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "zoo.toml: name is missing."),
        ("nam = 'x'", 'zoo.toml: nam is not a known key (did you mean "name"?).'),
        ("name = 1", "zoo.toml: name is 1; expected a text"),
        ("name = 'x'\nprice = true", "zoo.toml: price is true; expected a number."),
        ("name = 'x'\nday = true", "zoo.toml: day is true. Expected one of: monday, 7."),
        ("name = 'x'\nprice = inf", "zoo.toml: price is inf; expected a number."),
        ("name = 'x'\nopens = 0001-01-01T00:00:00+14:00", "zoo.toml: opens is 0001-01-01 00:00:00+14:00; expected a"),
        ("name = 'x'\nopens = 2026-11-01", "zoo.toml: opens is 2026-11-01; expected a time with its zone"),
        ("name = 'x'\nkeepers = { ann = 'x' }", 'zoo.toml: keepers.ann is "x"; expected a whole number.'),
        ("name = 'x'\nkeepers = []", "zoo.toml: keepers is a list; expected a table."),
        ("name = 'x'\nanimal = [{}]", "zoo.toml: animal[0].kind is missing."),
        ("name = 'x'\nanimal = [3]", "zoo.toml: animal[0] is 3; expected a table."),
        ("name = 'x'\nanimal = [{ kind = 'brid' }]", 'zoo.toml: animal[0].kind is "brid" (did you mean "bird"?).'),
        ("name = 'x'\nanimal = [{ kind = 'bird', fur = 1 }]", "zoo.toml: animal[0].fur is not a known key"),
        ("name = 'x'\nanimal = [{ kind = 'bird', legs = -1 }]", "zoo.toml: animal[0].legs is -1; expected 0 or more."),
        ("name = ", "zoo.toml is not TOML: "),
    ],
)
def test_a_mistake_is_one_message_that_names_file_key_and_what_was_expected(written: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        zoo(written)

    assert str(refused.value).startswith(message)
