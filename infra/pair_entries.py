"""The `[[pair]]` entries: an old journey and the campaign that takes its place."""

import re
from collections.abc import Sequence
from typing import Final

from journey_watch.core.pairs import Pair
from journey_watch.core.watch_list import WatchTarget
from strict_toml.tables import Place, Table, matching

MEMBERS: Final = {"journey": "pinpoint", "campaign": "connect"}
"""The provider of each member, by its key."""
PAIR_KEYS: Final = (*MEMBERS, "name")
_id: Final = matching(re.compile(r"[A-Za-z0-9_-]{1,64}"), "an id (letters, digits, - and _)")
_name: Final = matching(re.compile(r"\S(.{0,98}\S)?"), "a name of up to 100 characters on one line")


def read_pair(value: object, place: Place) -> Pair:
    entry = Table(value, place, keys=PAIR_KEYS)
    members = tuple((provider, entry.get(key, _id)) for key, provider in MEMBERS.items())
    return Pair(name=entry.get("name", _name), members=members)


def check_pairs(pairs: Sequence[Pair], targets: Sequence[WatchTarget], place: Place) -> None:
    """Raises ConfigurationError if two pairs share a name or a member, or if no entry watches a member."""
    names: dict[str, Place] = {}
    places: dict[tuple[str, str], Place] = {}
    for index, pair in enumerate(pairs):
        here = place.item(index)
        if pair.name in names:
            raise here.key("name").error(f"is that of {names[pair.name].path}; expected a name of its own.")
        names[pair.name] = here
        for key, member in zip(MEMBERS, pair.members, strict=True):
            if member in places:
                raise here.key(key).error(f"is in {places[member].path} already; expected each of them once.")
            if not any(_may_watch(target, *member) for target in targets):
                raise here.key(key).error(f'is "{member[1]}", which no [[watch]] entry names; expected one that does.')
            places[member] = here


def _may_watch(target: WatchTarget, provider: str, journey_id: str) -> bool:
    return target.provider == provider and (target.lists_journeys or journey_id in target.journey_ids)
