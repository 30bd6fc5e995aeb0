"""The filters of an entry for some journeys alone: each provider has its own keys for journeys and containers."""

import re
from typing import Final

from journey_watch.core.severity_rules import ANY
from journey_watch.providers.entry import ProviderEntry
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, Table, list_of, matching, one_of

# The wildcards of `fnmatch`, as rules and mutes use them.
_id_pattern: Final = matching(
    re.compile(r"[A-Za-z0-9_*?\[\]!-]+"), "an id (letters, digits, - and _), with * and ? as wildcards"
)


def filter_keys() -> tuple[str, ...]:
    """The keys of every provider."""
    return tuple(key for entry in REGISTRY.values() for key in (entry.journeys_key, entry.container_key))


def read_filters(entry: Table, place: Place) -> tuple[str, str, tuple[str, ...]]:
    """The provider, the container and the journeys of an entry, each ANY if it names none.

    A container, even any (`*`), is one of its provider's.

    Raises ConfigurationError if it names what nothing has together, such as containers of two providers.
    """
    provider: str = entry.get("provider", one_of((*REGISTRY, ANY)), ANY)
    journeys: dict[str, tuple[str, ...]] = {}
    containers: dict[str, str] = {}
    for each in REGISTRY.values():
        some: tuple[str, ...] = entry.get(each.journeys_key, list_of(_id_pattern, at_least=1), ())
        if some:
            journeys[each.journeys_key] = some
        if container_id := entry.get(each.container_key, _id_pattern, ""):
            containers[each.container_key] = container_id
    if len(containers) > 1:
        raise place.error(f"has {' and '.join(containers)}; expected one of them, for nothing is in both.")
    own = REGISTRY.get(provider) or next((each for each in REGISTRY.values() if each.container_key in containers), None)
    if own is not None:
        _check_one_provider(own, provider, {*journeys, *containers}, place)
    named = tuple(journey_id for ids in journeys.values() for journey_id in ids)
    return own.words.name if own else ANY, next(iter(containers.values()), ANY), named or (ANY,)


def _check_one_provider(own: ProviderEntry, named: str, keys: set[str], place: Place) -> None:
    """Where a provider or its container is named, nothing matches the filters of another."""
    reason = own.container_key if named == ANY else f'provider = "{named}"'
    for other in REGISTRY.values():
        for wrong, right in ((other.container_key, own.container_key), (other.journeys_key, own.journeys_key)):
            if wrong in keys and wrong != right:
                raise place.key(wrong).error(f"is of no use with {reason}; expected {right}.")
