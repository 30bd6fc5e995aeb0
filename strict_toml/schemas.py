"""Reads a table into a dataclass that is its own schema.

A field's name is the key, its annotation the type; a field without a default is required. A class whose subclasses
register themselves in `kinds` is chosen by the table's own `kind`.
"""

import types
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from journey_watch.core.durations import parse_duration
from journey_watch.core.errors import ConfigurationError
from strict_toml.tables import REQUIRED, Parser, Place, Table, boolean, integer, list_of, number, one_of, text

T = TypeVar("T")

_ABSENT: Final = object()


class WrongValueError(ValueError):
    """What a dataclass's own check finds wrong. It knows its keys, but not where the table stands."""

    def __init__(self, key: str, problem: str) -> None:
        """`problem` continues a sentence that begins with the key, as for `Place.error`."""
        super().__init__(f"{key} {problem}")
        self.key, self.problem = key, problem


def read_dataclass(schema: type[T], value: object, place: Place) -> T:
    """The table as a `schema`. Raises ConfigurationError for whatever that does not declare."""
    kinds: Mapping[str, type[T]] = getattr(schema, "kinds", {})
    if kinds:
        # Which keys there may be depends on the kind, which is therefore read first.
        others = value if isinstance(value, dict) else {}
        schema = kinds[Table(value, place, keys=("kind", *others)).get("kind", one_of(tuple(kinds)))]
    declared = fields(schema)  # type: ignore[arg-type]  # it is a dataclass
    table = Table(value, place, keys=[*(("kind",) if kinds else ()), *(field.name for field in declared)])
    hints = get_type_hints(schema)
    given = {}
    for field in declared:
        required = field.default is MISSING and field.default_factory is MISSING
        found = table.get(field.name, _parser(hints[field.name]), REQUIRED if required else _ABSENT)
        if found is not _ABSENT:
            given[field.name] = found
    try:
        return schema(**given)
    except WrongValueError as wrong:
        raise place.key(wrong.key).error(wrong.problem) from None


def duration(value: object, place: Place) -> timedelta:
    """A number and its unit."""
    try:
        return parse_duration(value if isinstance(value, str) else "")
    except ValueError:
        raise place.unexpected(value, 'a duration such as "500ms", "5s", "10m", "2h" or "1d"') from None


def moment(value: object, place: Place) -> datetime:
    """A time with its zone, in UTC."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        with suppress(OverflowError):  # it is of another year in UTC than there are
            return value.astimezone(UTC)
    raise place.unexpected(value, "a time with its zone, such as 2026-11-01T08:00:00Z")


_PARSERS: Final[Mapping[type, Parser[Any]]] = {
    str: text,
    int: integer,
    float: number,
    bool: boolean,
    timedelta: duration,
    datetime: moment,
}


def _parser(hint: Any) -> Parser[Any]:  # noqa: ANN401 - an annotation
    """What reads a value of this annotation."""
    if hint is Any:
        return lambda value, _place: value
    origin, parameters = get_origin(hint), get_args(hint)
    if origin is Literal:
        return one_of(parameters)
    if origin in (Union, types.UnionType):
        return _first_of([_parser(each) for each in parameters if each is not type(None)])
    if origin is tuple:
        return list_of(_parser(parameters[0]), repeats=True)
    if origin in (dict, Mapping):
        return partial(_mapping, _parser(parameters[1]))
    return partial(read_dataclass, hint) if isinstance(hint, type) and is_dataclass(hint) else _PARSERS[hint]


def _first_of(parsers: list[Parser[Any]]) -> Parser[Any]:
    def read(value: object, place: Place) -> Any:  # noqa: ANN401 - what any of them reads
        for parser in parsers[:-1]:
            try:
                return parser(value, place)
            except ConfigurationError:
                continue
        return parsers[-1](value, place)

    return read


def _mapping(read_item: Parser[T], value: object, place: Place) -> dict[str, T]:
    if not isinstance(value, dict):
        raise place.unexpected(value, "a table")
    return {str(key): read_item(item, place.key(str(key))) for key, item in value.items()}
