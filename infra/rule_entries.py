"""The `[[alerts.rules]]` entries: how loud a change or a condition is. One that could never decide is refused."""

from collections.abc import Collection
from functools import partial

from infra.filter_entries import filter_keys, read_filter
from infra.news_entries import check_statuses, read_what, refuse_what_never_decides
from journey_watch.core.routing import AlertRule
from journey_watch.core.severity import Severity
from strict_toml.tables import Place, Table, list_of, one_of


def rule_keys() -> tuple[str, ...]:
    """Every key of an entry."""
    return "when", *filter_keys(), "severity"


def read_rules(value: object, place: Place, *, watched: Collection[str]) -> tuple[AlertRule, ...]:
    """All entries; `watched` are the providers of the `[[watch]]` entries.

    Raises ConfigurationError if one never decides: what it speaks of never happens, or earlier ones match all of it.
    """
    rules = list_of(partial(_read_rule, watched=watched))(value, place)
    refuse_what_never_decides([(rule, rule.what) for rule in rules], place)
    return rules


def _read_rule(value: object, place: Place, *, watched: Collection[str]) -> AlertRule:
    rule = Table(value, place, keys=rule_keys())
    what = rule.get("when", read_what)
    chosen = read_filter(rule, place)
    check_statuses(what, chosen["provider"], watched, place.key("when"))
    return AlertRule(what=what, severity=Severity(rule.get("severity", one_of(tuple(Severity)))), **chosen)
