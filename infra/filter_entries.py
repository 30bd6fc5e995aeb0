"""The filters of rules, routes and mutes: each provider has its own keys for journeys and containers."""

import re
from typing import Any, Final

from journey_watch.core.filters import ANY
from journey_watch.core.patterns import MAX_NAME
from journey_watch.providers.entry import ProviderEntry
from journey_watch.providers.registry import REGISTRY
from strict_toml.tables import Place, Table, list_of, matching, one_of

_id_pattern: Final = matching(
    re.compile(r"[A-Za-z0-9_*?-]+"), "an id (letters, digits, - and _), with * and ? as wildcards"
)
_id_or_name: Final = matching(
    re.compile(rf"(?=.*\S)[^\x00-\x1f\x7f-\x9f]{{1,{MAX_NAME}}}"), "an id or a name, with * and ? as wildcards"
)
_account: Final = matching(re.compile(r"\d{12}", re.ASCII), "an AWS account: 12 digits")


def filter_keys() -> tuple[str, ...]:
    """The keys of every provider, and those that all have."""
    own = (key for entry in REGISTRY.values() for key in (entry.journeys_key, entry.container_key))
    return *own, "provider", "account", "region", "types"


def read_filter(entry: Table, place: Place) -> dict[str, Any]:
    """What an entry's keys make of a `core.filters.Filter`: its fields.

    A container, even any (`*`), is one of its provider's, and so is a type.

    Raises ConfigurationError if it names what nothing has together, such as containers of two providers.
    """
    provider: str = entry.get("provider", one_of((*REGISTRY, ANY)), ANY)
    journeys: dict[str, tuple[str, ...]] = {}
    containers: dict[str, str] = {}
    for each in REGISTRY.values():
        some: tuple[str, ...] = entry.get(each.journeys_key, list_of(_id_or_name, at_least=1), ())
        if some:
            journeys[each.journeys_key] = some
        if container_id := entry.get(each.container_key, _id_pattern, ""):
            containers[each.container_key] = container_id
    if len(containers) > 1:
        raise place.error(f"has {' and '.join(containers)}; expected one of them, for nothing is in both.")
    own = REGISTRY.get(provider) or next((each for each in REGISTRY.values() if each.container_key in containers), None)
    if own is not None:
        _check_one_provider(own, provider, {*journeys, *containers}, place)
    regions = sorted(own.regions if own else {region for each in REGISTRY.values() for region in each.regions})
    return {
        "provider": own.words.name if own else ANY,
        "container_id": next(iter(containers.values()), ANY),
        "journeys": tuple(named for those in journeys.values() for named in those) or (ANY,),
        "account": entry.get("account", _account, ANY),
        "region": entry.get("region", one_of(regions), ANY),
        "journey_types": _types(entry, own, place),
    }


def _types(entry: Table, own: ProviderEntry | None, place: Place) -> tuple[str, ...]:
    typed = [own] if own else list(REGISTRY.values())
    known = tuple(dict.fromkeys(each for provider in typed for each in provider.journey_types))
    if known:
        return entry.get("types", list_of(one_of(known), at_least=1), ())
    if entry.get("types", lambda _value, _place: True, False):
        raise place.key("types").error(
            f"is of no use for {own.words.title if own else 'any provider'}: none has a type."
        )
    return ()


def _check_one_provider(own: ProviderEntry, named: str, keys: set[str], place: Place) -> None:
    """Where a provider or its container is named, nothing matches the filters of another."""
    reason = own.container_key if named == ANY else f'provider = "{named}"'
    for other in REGISTRY.values():
        for wrong, right in ((other.container_key, own.container_key), (other.journeys_key, own.journeys_key)):
            if wrong in keys and wrong != right:
                raise place.key(wrong).error(f"is of no use with {reason}; expected {right}.")
