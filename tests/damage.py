"""Documents as nobody would write them: sound ones with something left out, repeated, misnamed or replaced."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Final

from hypothesis import strategies as st

from journey_watch.core.errors import ConfigurationError

Path = tuple[str | int, ...]
"""Where a value stands in a document."""


def paths(document: object, here: Path = ()) -> Iterator[Path]:
    """Every place in a document but the document itself."""
    for key, value in _inside(document).items():
        yield (*here, key)
        yield from paths(value, (*here, key))


def damaged(document: object, instead: Sequence[object]) -> st.SearchStrategy[Any]:
    """The document with one to three places in it damaged; `instead` are values that may stand there."""
    ways = st.sampled_from(("left out", "repeated", "misnamed")) | st.sampled_from(range(len(instead)))
    damages = st.tuples(st.sampled_from(list(paths(document))), ways)

    def apply(chosen: Sequence[tuple[Path, str | int]]) -> object:
        whole = copy.deepcopy(document)
        for path, way in chosen:
            _damage(whole, path, copy.deepcopy(instead[way]) if isinstance(way, int) else None, way)
        return whole

    return st.lists(damages, min_size=1, max_size=3).map(apply)


def _damage(document: Any, path: Path, instead: object, way: str | int) -> None:  # noqa: ANN401 - JSON or TOML
    around = document
    for key in path[:-1]:
        around = _inside(around).get(key)
    if path[-1] not in _inside(around):
        return  # what it stood in has been damaged before
    held = around[path[-1]]
    if isinstance(way, int):
        around[path[-1]] = instead
    elif way == "repeated" and isinstance(around, list):
        around.append(copy.deepcopy(held))
    else:
        del around[path[-1]]
        if way == "misnamed" and isinstance(around, dict):
            around[f"{path[-1]}s"] = held


def _inside(document: object) -> Mapping[str | int, Any]:
    if isinstance(document, dict):
        return document
    return dict(enumerate(document)) if isinstance(document, list) else {}


def refusal(read: Callable[[], object]) -> str:
    """The message with which something is refused as a wrong configuration; empty if it is not."""
    try:
        read()
    except ConfigurationError as refused:
        return str(refused)
    return ""


def cut_or_changed(sound: bytes) -> st.SearchStrategy[bytes]:
    """The bytes up to some place, or with some of them changed; or any others."""
    at = st.integers(0, max(0, len(sound) - 1))
    changed = st.tuples(at, st.binary(max_size=4)).map(
        lambda change: sound[: change[0]] + change[1] + sound[change[0] + 1 :]
    )
    return at.map(lambda end: sound[:end]) | changed | st.binary(max_size=60)


TOML_VALUES: Final[tuple[Any, ...]] = (
    True,
    0,
    -1,
    2**70,
    0.5,
    float("nan"),
    float("inf"),
    "",
    " ",
    "*",
    "0s",
    "99999d",
    "\x00\x1b[2J\u202e\n",
    "x" * 10_000,
    datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    datetime.max.replace(tzinfo=UTC),
    datetime.min,  # noqa: DTZ901 - TOML has times without a zone
    date.max,
    time.min,
    [],
    [[]],
    [7, "x"],
    {},
    {"a": {"b": []}},
)
"""What may stand in a TOML file where something else belongs."""

TYPED: Final[st.SearchStrategy[str]] = st.one_of(
    st.sampled_from(
        ["", " ", "*", "-", "--", "None", "[", "\u202e\x1b[2J", "x" * 2000, "a@example.com", "[red]x[/]", "\udcff"]
    ),
    # A command line has no NUL; a byte in it that is no UTF-8 is a surrogate here.
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
)
"""What somebody may type as an argument of a command."""
