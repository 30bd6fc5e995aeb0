"""Reads plain tables (TOML or JSON) into dataclasses, and refuses what it does not know.

The dataclasses are the schema: a field's name is the key, its annotation the type, a field without a default is
required. A scenario with a misspelt key must not quietly test something else than its author meant.
"""

import difflib
import types
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from journey_watch.core.durations import parse_duration

T = TypeVar("T")

_PLAIN: dict[type, str] = {str: "text", int: "a whole number", bool: "true or false"}


class ScenarioError(ValueError):
    """What is wrong in a scenario, an event or a fault: the key, what was found, what to write instead."""


def read_table(cls: type[T], table: object, where: str) -> T:
    """`table` as a `cls`; `where` says to the author which table it is, as in ``event#3`` for the third.

    A class whose subclasses register themselves in ``kinds`` is chosen by the table's own ``kind``.
    Raises ScenarioError for anything that `cls` does not declare.
    """
    if not isinstance(table, Mapping):
        raise ScenarioError(f"{where}: expected a table, got {table!r}")
    values = dict(table)
    kinds: Mapping[str, type[T]] = getattr(cls, "kinds", {})
    if kinds:
        cls = kinds[_one_of(kinds, values.pop("kind", None), _below(where, "kind"))]
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise ScenarioError(f"{_below(where, key)}: unknown key; {suggest(str(key), known)}")
    for name, field in known.items():
        if field.default is MISSING and field.default_factory is MISSING and name not in values:
            raise ScenarioError(f"{_below(where, name)}: is missing; add it to this table")
    hints = get_type_hints(cls)
    read = {key: read_value(hints[key], value, _below(where, key)) for key, value in values.items()}
    try:
        return cls(**read)
    except ScenarioError as error:  # a dataclass's own check knows its keys, but not where the table stands
        raise ScenarioError(_below(where, str(error))) from None


def read_value(hint: Any, value: object, where: str) -> Any:  # noqa: ANN401 - as dynamic as the annotation it follows
    """`value` checked against the annotation `hint`, durations and times converted."""
    if hint is Any:
        return value
    if get_origin(hint) is not None:
        return _read_generic(hint, value, where)
    if hint is timedelta:
        return read_duration(value, where)
    if hint is datetime:
        return _read_time(value, where)
    return (
        read_table(hint, value, where)
        if isinstance(hint, type) and is_dataclass(hint)
        else _read_plain(hint, value, where)
    )


def read_duration(value: object, where: str) -> timedelta:
    """A number and its unit (``ms``, ``s``, ``m``, ``h``, ``d``) as a timedelta."""
    try:
        return parse_duration(value if isinstance(value, str) else "")
    except ValueError:
        problem = f'{where}: expected a duration such as "500ms", "5s", "10m", "2h" or "1d", got {value!r}'
        raise ScenarioError(problem) from None


def unique(named: Iterable[tuple[str, T]], what: str) -> dict[str, T]:
    """The things by their id; ScenarioError when two have the same."""
    found: dict[str, T] = {}
    for id_, thing in named:
        if id_ in found:
            raise ScenarioError(f'{what} "{id_}" is declared twice; give each its own id')
        found[id_] = thing
    return found


def _read_generic(hint: Any, value: object, where: str) -> object:  # noqa: ANN401 - an annotation
    origin, parameters = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _one_of(parameters, value, where)
    if origin in (Union, types.UnionType):
        return _read_union(parameters, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise ScenarioError(f"{where}: expected a list, got {value!r}")
        return tuple(read_value(parameters[0], item, f"{where}#{number}") for number, item in enumerate(value, 1))
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{where}: expected a table, got {value!r}")
    return {str(key): read_value(parameters[1], item, _below(where, str(key))) for key, item in value.items()}


def _read_union(hints: Iterable[Any], value: object, where: str) -> object:
    candidates = [hint for hint in hints if hint is not type(None)]
    for hint in candidates[:-1]:
        try:
            return read_value(hint, value, where)
        except ScenarioError:
            continue
    return read_value(candidates[-1], value, where)


def _read_time(value: object, where: str) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ScenarioError(f"{where}: expected a time with its zone, such as 2026-11-01T08:00:00Z, got {value!r}")
    return value.astimezone(UTC)


def _read_plain(hint: Any, value: object, where: str) -> object:  # noqa: ANN401 - one of str, int, bool, float
    if hint is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ScenarioError(f"{where}: expected a number, got {value!r}")
        return float(value)
    if type(value) is not hint:  # not isinstance: True must not pass for 1
        raise ScenarioError(f"{where}: expected {_PLAIN[hint]}, got {value!r}")
    return value


def _one_of(choices: Iterable[Any], value: object, where: str) -> Any:  # noqa: ANN401 - the choice as it was declared
    known = list(choices)
    for choice in known:
        if type(choice) is type(value) and choice == value:
            return choice
    found = "is missing" if value is None else f"{value!r} is not known"
    raise ScenarioError(f"{where}: {found}; {suggest(str(value), map(str, known))}")


def suggest(word: str, known: Iterable[str]) -> str:
    """What to write instead of `word`: the nearest of the known names, and all of them."""
    names = list(known)
    near = difflib.get_close_matches(word, names, n=1)
    return (f'did you mean "{near[0]}"? ' if near else "") + f"Possible: {', '.join(names)}"


def _below(where: str, key: object) -> str:
    return f"{where}.{key}" if where else str(key)
