"""The filters of an entry for some journeys alone: each provider has its own keys for journeys and containers."""

import re
from typing import Final

from journey_watch.core.severity_rules import ANY
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, Table, list_of, matching

# The wildcards of `fnmatch`, as rules and mutes use them.
_id_pattern: Final = matching(
    re.compile(r"[A-Za-z0-9_*?\[\]!-]+"), "an id (letters, digits, - and _), with * and ? as wildcards"
)


def filter_keys() -> tuple[str, ...]:
    """The keys of every provider."""
    return tuple(key for entry in REGISTRY.values() for key in (entry.journeys_key, entry.container_key))


def read_filters(entry: Table, place: Place) -> tuple[tuple[str, ...], str]:
    """The journeys and the container of an entry, each ANY if it names none.

    Raises ConfigurationError if it names containers of two providers.
    """
    journeys: tuple[str, ...] = ()
    containers: dict[str, str] = {}
    for provider in REGISTRY.values():
        some: tuple[str, ...] = entry.get(provider.journeys_key, list_of(_id_pattern, at_least=1), ())
        journeys += some
        if container_id := entry.get(provider.container_key, _id_pattern, ""):
            containers[provider.container_key] = container_id
    if len(containers) > 1:
        raise place.error(f"has {' and '.join(containers)}; expected one of them, for nothing is in both.")
    return journeys or (ANY,), next(iter(containers.values()), ANY)
