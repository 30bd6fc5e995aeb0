"""The `[[alerts.rules]]` entries: how loud a change is. One that could never decide is refused."""

from fnmatch import fnmatchcase

from infra.journey_filters import filter_keys, read_filters
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity
from journey_watch.core.severity_rules import ANY, NEW, AlertRule
from journey_watch.core.watch_list import is_pattern
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, Table, list_of, nearest, one_of, text


def rule_keys() -> tuple[str, ...]:
    """Every key of an entry."""
    return "when", *filter_keys(), "provider", "severity"


def read_rules(value: object, place: Place) -> tuple[AlertRule, ...]:
    """All entries. Raises ConfigurationError if one never decides, for an earlier one matches all that it does."""
    rules = list_of(_read_rule)(value, place)
    for index, rule in enumerate(rules):
        for at, earlier in enumerate(rules[:index]):
            if _covers(earlier, rule):
                first = place.item(at).path
                raise place.item(index).error(
                    f"never decides, for {first} comes first and matches all that it does; expected the narrower one "
                    "first, or one of them alone."
                )
    return rules


def _covers(earlier: AlertRule, later: AlertRule) -> bool:
    """False if in doubt: of two patterns only equal ones are known to match the same."""
    return (
        earlier.before in (ANY, later.before)
        and earlier.after in (ANY, later.after)
        and earlier.provider in (ANY, later.provider)
        and _covers_ids(earlier.container_id, later.container_id)
        and all(any(_covers_ids(wide, narrow) for wide in earlier.journeys) for narrow in later.journeys)
    )


def _covers_ids(wide: str, narrow: str) -> bool:
    return wide in (ANY, narrow) or (not is_pattern(narrow) and fnmatchcase(narrow, wide))


def _read_rule(value: object, place: Place) -> AlertRule:
    rule = Table(value, place, keys=rule_keys())
    before, after = rule.get("when", _change)
    provider, container_id, journeys = read_filters(rule, place)
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
            raise place.error(f'has "{side}"{nearest(meant, allowed)}. Expected one of: {", ".join(allowed)}.')
    before, after = sides
    if before == after != ANY:
        raise place.error(f'is "{before}->{after}", which is no change; expected two statuses that differ.')
    return before, after
