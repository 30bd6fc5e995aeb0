"""The `[[alerts.rules]]` entries: how loud a change is. One that could never decide is refused."""

from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase
from functools import partial
from itertools import product

from infra.journey_filters import filter_keys, read_filters
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from journey_watch.core.severity_rules import ANY, NEW, AlertRule
from journey_watch.core.watch_list import is_pattern
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, Table, list_of, nearest, one_of, quoted, text

_Change = tuple[str, str, str]
"""A provider, and the statuses before (or `new`) and after."""


def rule_keys() -> tuple[str, ...]:
    """Every key of an entry."""
    return "when", *filter_keys(), "provider", "severity"


def read_rules(value: object, place: Place, *, watched: Collection[str]) -> tuple[AlertRule, ...]:
    """All entries; `watched` are the providers of the `[[watch]]` entries.

    Raises ConfigurationError if one never decides: what it speaks of never happens, or earlier ones match all of it.
    """
    rules = list_of(partial(_read_rule, watched=watched))(value, place)
    for index, rule in enumerate(rules):
        instead = [place.item(at).path for at in _deciding_instead(rule, rules[:index])]
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
    return rules


def _deciding_instead(rule: AlertRule, earlier: Sequence[AlertRule]) -> list[int]:
    """Which of the earlier rules match all that a rule does: one if it does alone; none if something is left to it."""
    everything = _matched(rule, rule)
    matched = [_matched(each, rule) for each in earlier]
    if everything in matched:
        return [matched.index(everything)]
    deciding, left = [], everything
    for index, some in enumerate(matched):
        if some & left:
            deciding.append(index)
            left = left - some
    return [] if left else deciding


def _matched(earlier: AlertRule, later: AlertRule) -> set[tuple[_Change, str]]:
    """What both match: changes, each with an id or a pattern of the later one's journeys.

    Not in doubt: of two patterns only equal ones are known to match the same.
    """
    if not _covers_ids(earlier.container_id, later.container_id):
        return set()
    journeys = [each for each in later.journeys if any(_covers_ids(wide, each) for wide in earlier.journeys)]
    return set(product(_changes(earlier) & _changes(later), journeys)) if journeys else set()


def _changes(rule: AlertRule) -> set[_Change]:
    """What a rule matches of all that can happen."""
    return {
        (provider, before, after)
        for provider in (REGISTRY if rule.provider == ANY else (rule.provider,))
        for before in (*_statuses(provider), NEW)
        for after in _statuses(provider)
        if before != after and rule.before in (ANY, before) and rule.after in (ANY, after)
    }


def _statuses(provider: str) -> list[str]:
    """Those that a provider's runs may have: UNKNOWN stands for a word that nobody knew."""
    return [each for each in Status if each is Status.UNKNOWN or each in REGISTRY[provider].statuses.values()]


def _covers_ids(wide: str, narrow: str) -> bool:
    return wide in (ANY, narrow) or (not is_pattern(narrow) and fnmatchcase(narrow, wide))


def _read_rule(value: object, place: Place, *, watched: Collection[str]) -> AlertRule:
    rule = Table(value, place, keys=rule_keys())
    before, after = rule.get("when", _change)
    provider, container_id, journeys = read_filters(rule, place)
    _check_statuses(before, after, provider, watched, place.key("when"))
    return AlertRule(
        before=before,
        after=after,
        severity=Severity(rule.get("severity", one_of(tuple(Severity)))),
        journeys=journeys,
        container_id=container_id,
        provider=provider,
    )


def _status_of(word: str) -> Status | None:
    """What a provider's own word for a status is here, as its console and API have it, in any case."""
    words = {theirs.casefold(): status for entry in REGISTRY.values() for theirs, status in entry.statuses.items()}
    return words.get(word.casefold())


def _change(value: object, place: Place) -> tuple[str, str]:
    sides = [side.strip() for side in text(value, place).split("->")]
    if len(sides) != 2:  # noqa: PLR2004 - before and after
        raise place.unexpected(value, 'two statuses like "RUNNING->CANCELLED"')
    for side, allowed in zip(sides, ((*Status, NEW, ANY), (*Status, ANY)), strict=True):
        if side not in allowed:
            meant = _status_of(side) or side
            raise place.error(f"has {quoted(side)}{nearest(meant, allowed)}. Expected one of: {', '.join(allowed)}.")
    before, after = sides
    if before == after != ANY:
        raise place.error(f'is "{before}->{after}", which is no change; expected two statuses that differ.')
    return before, after


def _check_statuses(before: str, after: str, provider: str, watched: Collection[str], place: Place) -> None:
    """A provider that is named may be watched some other day; where none is, the rule is about those that are."""
    meant = [each for each in REGISTRY if each == provider or (provider == ANY and each in (watched or REGISTRY))]
    for status, others in ((before, (NEW, ANY)), (after, (ANY,))):
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
