"""Reads TOML so that every mistake gets one message a person can act on: file, key, and what was expected."""

import difflib
import re
import sys
import tomllib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar, cast

from journey_watch.core.errors import ConfigurationError

T = TypeVar("T")
C = TypeVar("C", bound=str | int)

_LARGEST: Final = 2**63
"""TOML promises no larger whole numbers; of one that is much larger Python makes no text."""
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_SHOWN: Final = 200
"""So much of a text stands in a message."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: the file as the user named it, and the path of keys in it, like `watch[0].region`."""

    file: str
    path: str = ""

    def key(self, name: str) -> "Place":
        shown = name if _BARE_KEY.fullmatch(name) else quoted(name)
        return Place(self.file, f"{self.path}.{shown}" if self.path else shown)

    def item(self, index: int) -> "Place":
        return Place(self.file, f"{self.path}[{index}]")

    def error(self, problem: str) -> ConfigurationError:
        """The error to raise about this place; `problem` continues a sentence that begins with the key path."""
        return ConfigurationError(f"{self.file}: {self.path} {problem}" if self.path else f"{self.file} {problem}")

    def unexpected(self, value: object, expected: str, *, hint: str = "") -> ConfigurationError:
        """The error to raise if the value is not what it should be; `expected` is a noun phrase, `hint` a `nearest`."""
        return self.error(f"is {_as_toml(value)}{hint}; expected {expected}.")


Parser = Callable[[object, Place], T]
"""Turns a raw value into a checked one; raises what `Place.unexpected` gives."""


class _Required:
    pass


REQUIRED: Final = _Required()


class Table:
    """One table, of which every key must be known: a misspelt key is an error and never a silent default."""

    def __init__(self, value: object, place: Place, *, keys: Collection[str]) -> None:
        if not isinstance(value, dict):
            raise place.unexpected(value, "a table")
        self._values = cast("dict[str, object]", value)
        self._place = place
        self._keys = keys
        for key in self._values:
            if key not in keys:
                raise place.key(key).error(f"is not a known key{nearest(key, keys)}. Keys here: {', '.join(keys)}.")

    def get(self, key: str, read: Parser[T], default: T | _Required = REQUIRED) -> T:
        """The checked value of a key, or the default if the file does not have the key."""
        if key not in self._keys:
            raise KeyError(key)
        if key in self._values:
            return read(self._values[key], self._place.key(key))
        if isinstance(default, _Required):
            raise self._place.key(key).error("is missing.")
        return default

    def error(self, problem: str) -> ConfigurationError:
        """Return the error to raise about the table as a whole."""
        return self._place.error(problem)

    def table(self, key: str, *, keys: Collection[str]) -> "Table":
        """The table under a key; an empty one if the file does not have it."""
        return self.get(key, partial(Table, keys=keys), Table({}, self._place.key(key), keys=keys))


def load(path: Path) -> tuple[object, Place]:
    """The raw contents of a file, and its root. Raises ConfigurationError if there is none or it is not TOML."""
    place = Place(str(path))
    try:
        # Some editors of Windows begin a file with a byte order mark.
        return parse(path.read_text(encoding="utf-8-sig"), place), place
    except OSError as error:
        raise place.error(f"cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise place.error(f"is not TOML: {error}.") from error


def parse(written: str, place: Place) -> object:
    """The raw contents of a text in TOML. Raises ConfigurationError if it is none."""
    try:
        return tomllib.loads(written)
    except (ValueError, RecursionError) as error:  # tomllib has no error of its own for what is too long or too deep
        raise place.error(f"is not TOML: {error}.") from error


def nearest(word: str, candidates: Iterable[str], *, at_most: int = 1) -> str:
    """A hint to append to a message: the candidates most like the word; empty if none is like it."""
    by_folded = {candidate.casefold(): candidate for candidate in candidates}
    found = difflib.get_close_matches(word.casefold(), by_folded, n=at_most, cutoff=0.5)
    *others, last = [quoted(by_folded[each]) for each in found] or [""]
    return f" (did you mean {', '.join(others)}{' or ' if others else ''}{last}?)" if last else ""


def quoted(text: str) -> str:
    """A text for a message of one line: what cannot be seen, or would move the cursor, is escaped."""
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text[:_SHOWN])
    return f'"{shown}{"…" if len(text) > _SHOWN else ""}"'


def boolean(value: object, place: Place) -> bool:
    if isinstance(value, bool):
        return value
    raise place.unexpected(value, "true or false")


def text(value: object, place: Place) -> str:
    if isinstance(value, str):
        return value
    raise place.unexpected(value, "a text in quotes")


def matching(pattern: re.Pattern[str], expected: str) -> Parser[str]:
    """A text that matches the pattern from end to end."""

    def read(value: object, place: Place) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise place.unexpected(value, expected)

    return read


def integer(value: object, place: Place) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST:
        return value
    raise place.unexpected(value, "a whole number")


def number(value: object, place: Place) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) <= sys.float_info.max:
        return float(value)
    raise place.unexpected(value, "a number")


def whole_number(low: int, high: int) -> Parser[int]:
    def read(value: object, place: Place) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise place.unexpected(value, f"a whole number from {low} to {high}")

    return read


def one_of(choices: Collection[C]) -> Parser[C]:
    """One of some words or numbers."""

    def read(value: object, place: Place) -> C:
        for choice in choices:
            if choice == value and not isinstance(value, bool):
                return choice
        words = [str(choice) for choice in choices]
        hint = nearest(value, words) if isinstance(value, str) else ""
        raise place.error(f"is {_as_toml(value)}{hint}. Expected one of: {', '.join(words)}.")

    return read


def list_of(read_item: Parser[T], *, at_least: int = 0, repeats: bool = False) -> Parser[tuple[T, ...]]:
    """A list; one with repetitions only if that is said."""

    def read(value: object, place: Place) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise place.unexpected(
                value, f"a list; write [[{place.path}]]" if isinstance(value, dict) else "a list: […]"
            )
        if len(value) < at_least:
            raise place.error("is empty; leave the key out, or name at least one.")
        items: list[T] = []
        for index, raw in enumerate(value):
            item = read_item(raw, place.item(index))
            if item in items and not repeats:
                raise place.item(index).error(f"is the same as {place.item(items.index(item)).path}.")
            items.append(item)
        return tuple(items)

    return read


def _as_toml(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case str():
            return quoted(value)
        case dict():
            return "a table"
        case list():
            return "a list"
        case int() if abs(value) > _LARGEST:
            return "a number with more digits than TOML has"
        case _:
            return str(value)
