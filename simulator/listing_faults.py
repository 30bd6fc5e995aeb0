"""Faults about what a page of a listing shows, and in which order the pages come."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

from simulator.faults import Fault
from simulator.paging import Token


class Identified(Protocol):
    """Anything that can be listed."""

    @property
    def id(self) -> str: ...


Item = TypeVar("Item", bound=Identified)
Entry = tuple[str, dict[str, Any] | None]
"""The id of a listed thing and what the answer shows of it."""


@dataclass(frozen=True, kw_only=True)
class ListingFault(Fault):
    """Each hook leaves its part of the page as it is, unless a fault overrides it."""

    def arrange(self, items: Sequence[Item], asked: Token) -> Sequence[Item]:
        """The order in which the page `asked` finds the whole listing."""
        del asked
        return items

    def start(self, offset: int) -> int:
        """The index of the page's first item, where `offset` is the right one."""
        return offset

    def touch(self, entries: list[Entry], previous: Entry | None) -> list[Entry]:
        """What the page shows; `previous` is the last entry of the page before."""
        del previous
        return entries

    def following(self, asked: Token, planned: Token | None, size: int) -> Token | None:
        """The token of the next page; `planned` is the right one."""
        del asked, size
        return planned


@dataclass(frozen=True, kw_only=True)
class Shuffled(ListingFault, kind="shuffle"):
    """Every listing comes in another order, the same on all of its pages."""

    def arrange(self, items: Sequence[Item], asked: Token) -> Sequence[Item]:
        return random.Random(asked.listing).sample(items, len(items))  # noqa: S311 - reproducible, not secret


@dataclass(frozen=True, kw_only=True)
class Shifted(ListingFault, kind="shift"):
    """Between two pages `by` items come in before what was read, so that the last ones are read again.

    A negative `by` takes items away there, so that as many unread ones are never seen.
    """

    by: int = 1

    def start(self, offset: int) -> int:
        return max(0, offset - self.by) if offset else 0


@dataclass(frozen=True, kw_only=True)
class Moved(ListingFault, kind="move"):
    """After the first page an unread item (the last, unless `item` names one) jumps to the front.

    It is never seen, and the last item of the page before is seen twice.
    """

    item: str = ""

    def arrange(self, items: Sequence[Item], asked: Token) -> Sequence[Item]:
        if not asked.offset or not items:
            return items
        moved = self.item or items[-1].id
        return sorted(items, key=lambda item: item.id != moved)


@dataclass(frozen=True, kw_only=True)
class Emptied(ListingFault, kind="empty"):
    """The listing is suddenly empty."""

    def arrange(self, items: Sequence[Item], asked: Token) -> Sequence[Item]:
        del asked
        return items[:0]


@dataclass(frozen=True, kw_only=True)
class Duplicated(ListingFault, kind="duplicate"):
    """Every page after the first begins with the last item of the one before, with these fields `set`."""

    set: Mapping[str, Any] = field(default_factory=dict)

    def touch(self, entries: list[Entry], previous: Entry | None) -> list[Entry]:
        if previous is None or previous[1] is None:
            return entries
        return [(previous[0], {**previous[1], **self.set}), *entries]


@dataclass(frozen=True, kw_only=True)
class Altered(ListingFault, kind="fields"):
    """Items (all, or the one named by `item`) with some fields set, null or removed.

    The names are those of the wire: ``set = { Status = "EXPLODED" }``, ``remove = ["RunId"]``.
    """

    item: str = "*"
    set: Mapping[str, Any] = field(default_factory=dict)
    null: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()

    def touch(self, entries: list[Entry], previous: Entry | None) -> list[Entry]:
        del previous
        return [(id_, self._alter(shown) if self.item in ("*", id_) else shown) for id_, shown in entries]

    def _alter(self, shown: dict[str, Any] | None) -> dict[str, Any] | None:
        if shown is None:
            return None
        changed = {**shown, **self.set, **dict.fromkeys(self.null)}
        return {key: value for key, value in changed.items() if key not in self.remove}


@dataclass(frozen=True, kw_only=True)
class Nulled(ListingFault, kind="null_item"):
    """``null`` where an item should be: all of them, or the one named by `item`."""

    item: str = "*"

    def touch(self, entries: list[Entry], previous: Entry | None) -> list[Entry]:
        del previous
        return [(id_, None if self.item in ("*", id_) else shown) for id_, shown in entries]


@dataclass(frozen=True, kw_only=True)
class TokenRepeated(ListingFault, kind="repeat_token"):
    """From the second page on, the next token is the one that was just used: a reader goes round for ever."""

    def following(self, asked: Token, planned: Token | None, size: int) -> Token | None:
        del size
        return asked if asked.offset else planned


@dataclass(frozen=True, kw_only=True)
class TokensEndless(ListingFault, kind="endless_tokens"):
    """There is always a next token, always a new one; the pages after the last item are empty."""

    def following(self, asked: Token, planned: Token | None, size: int) -> Token | None:
        return planned or replace(asked, offset=asked.offset + size)
