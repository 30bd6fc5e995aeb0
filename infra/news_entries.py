"""What rules and routes are about (`when`), and which of them never come to decide anything."""

from collections.abc import Callable, Collection, Sequence
from itertools import product
from typing import Final

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.filters import ANY, NEW, Filter, What
from journey_watch.core.patterns import has_wildcards, matches
from journey_watch.core.runs import Status
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, nearest, quoted, text

CONDITIONS: Final = tuple(kind for kind in ConditionKind if kind is not ConditionKind.UNREACHABLE)
"""Those that are about journeys: that the monitor is blind is the operators' affair, and always critical."""

_Piece = tuple[str, str, str]
"""A provider, and the statuses before (or `new`) and after; or nothing and a condition."""


def read_what(value: object, place: Place) -> What:
    """`RUNNING->CANCELLED` or `STUCK`. Raises ConfigurationError if it is neither, or no change."""
    written = text(value, place)
    if written in CONDITIONS:
        return What(condition=written)
    sides = [side.strip() for side in written.split("->")]
    if len(sides) != 2:  # noqa: PLR2004 - before and after
        hint = nearest(written, CONDITIONS)
        expected = f'two statuses like "RUNNING->CANCELLED", or one of: {", ".join(CONDITIONS)}'
        if written.casefold() == ConditionKind.UNREACHABLE.casefold():
            raise place.error(
                'is "UNREACHABLE", which is always critical, and told to operators: [ops] says who they are.'
            )
        raise place.unexpected(value, expected, hint=hint)
    for side, allowed in zip(sides, ((*Status, NEW, ANY), (*Status, ANY)), strict=True):
        if side not in allowed:
            meant = _status_of(side) or side
            raise place.error(f"has {quoted(side)}{nearest(meant, allowed)}. Expected one of: {', '.join(allowed)}.")
    before, after = sides
    if before == after != ANY:
        raise place.error(f'is "{before}->{after}", which is no change; expected two statuses that differ.')
    return What(before, after)


def check_statuses(what: What, provider: str, watched: Collection[str], place: Place) -> None:
    """A provider that is named may be watched some other day; where none is, the entry is about those that are.

    Raises ConfigurationError if none of them ever has the statuses.
    """
    meant = [each for each in REGISTRY if each == provider or (provider == ANY and each in (watched or REGISTRY))]
    for status, others in ((what.before, (NEW, ANY)), (what.after, (ANY,))):
        able = [each for each in meant if status in (*_statuses(each), *others)]
        if not able:
            titles = " or ".join(REGISTRY[each].words.title for each in meant)
            expected = [each for each in Status if any(each in _statuses(one) for one in meant)]
            raise place.error(
                f'has "{status}", which is no status of {titles}'
                f"{', and nothing else is watched' if provider == ANY else ''}. "
                f"Expected one of: {', '.join((*expected, *others))}."
            )
        meant = able


def refuse_what_never_decides(
    entries: Sequence[tuple[Filter, What | None]],
    place: Place,
    *,
    may_decide_before: Callable[[int, int], bool] = lambda _earlier, _later: True,
) -> None:
    """Raises ConfigurationError for an entry of which earlier ones match all: one alone, or several together.

    `may_decide_before` says of two of them, by their positions, whether the earlier can keep anything from the later.
    """
    for index, (later, what) in enumerate(entries):
        positions = [at for at in range(index) if may_decide_before(at, index)]
        everything = _matched(later, what, later, what)
        deciding = _deciding_instead(everything, [_matched(*entries[at], later, what) for at in positions])
        instead = [place.item(positions[at]).path for at in deciding]
        if len(instead) == 1:
            raise place.item(index).error(
                f"never decides, for {instead[0]} comes first and matches all that it does; expected the narrower one "
                "first, or one of them alone."
            )
        if instead:
            raise place.item(index).error(
                f"never decides, for {', '.join(instead[:-1])} and {instead[-1]} come first and together match all "
                "that it does; expected it before one of them, or left out."
            )


_Matched = set[tuple[_Piece, str]]
"""Pieces of news, each with an id or a pattern of the later one's journeys."""


def _deciding_instead(everything: _Matched, matched: Sequence[_Matched]) -> list[int]:
    """Which of the earlier ones match everything: one if it does alone; none if something is left."""
    if everything in matched:
        return [matched.index(everything)]
    deciding, left = [], everything
    for index, some in enumerate(matched):
        if some & left:
            deciding.append(index)
            left = left - some
    return [] if left else deciding


def _matched(earlier: Filter, earlier_what: What | None, later: Filter, later_what: What | None) -> _Matched:
    """What both match. Not in doubt: of two patterns only equal ones are known to match the same."""
    covered = (
        _covers_ids(earlier.container_id, later.container_id)
        and earlier.account in (ANY, later.account)
        and earlier.region in (ANY, later.region)
        and (not earlier.journey_types or set() < set(later.journey_types) <= set(earlier.journey_types))
    )
    if not covered:
        return set()
    journeys = [each for each in later.journeys if any(_covers_ids(wide, each) for wide in earlier.journeys)]
    return set(product(_pieces(earlier, earlier_what) & _pieces(later, later_what), journeys))


def _pieces(filter_: Filter, what: What | None) -> set[_Piece]:
    """What it matches of all that can happen."""
    providers = REGISTRY if filter_.provider == ANY else (filter_.provider,)
    changes = what or What()
    pieces: set[_Piece] = {
        (provider, before, after)
        for provider in providers
        for before in (*_statuses(provider), NEW)
        for after in _statuses(provider)
        if before != after and changes.before in (ANY, before) and changes.after in (ANY, after)
    }
    conditions: set[_Piece] = {
        (provider, "", kind) for provider in providers for kind in CONDITIONS if what is None or kind == what.condition
    }
    if what is None:
        return pieces | conditions
    return conditions if what.condition else pieces


def _statuses(provider: str) -> list[str]:
    """Those that a provider's things may have: UNKNOWN stands for a word that nobody knew."""
    return [each for each in Status if each is Status.UNKNOWN or each in REGISTRY[provider].statuses.values()]


def _covers_ids(wide: str, narrow: str) -> bool:
    return wide in (ANY, narrow) or (not has_wildcards(narrow) and matches(narrow, wide))


def _status_of(word: str) -> Status | None:
    """What a provider's own word for a status is here, as its console and API have it, in any case."""
    words = {theirs.casefold(): status for entry in REGISTRY.values() for theirs, status in entry.statuses.items()}
    return words.get(word.casefold())
