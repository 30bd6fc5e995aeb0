"""What a mute holds: unless it is for the future, names and patterns become ids here, by what is remembered."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from journey_watch.core.filters import Subject
from journey_watch.core.mutes import Mute, evaluable
from journey_watch.core.patterns import matches
from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.messages.content import readable_time
from journey_watch.messages.untrusted_text import one_line
from journey_watch.ports import LaneState
from journey_watch.providers.registry import REGISTRY
from journey_watch.store.items import iso
from operator_cli.words import counted
from strict_toml.tables import nearest, quoted

IN_CONFIGURATION: Final = "the configuration"
DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
NO_ID: Final = "is neither an id (letters, digits, - and _) nor a pattern of one, with * and ?"
_NAMED: Final = 5
"""So many journeys are named one by one."""
_MAX_NAME: Final = 80


class Standing(StrEnum):
    """Where a mute stands at a moment."""

    IN_FORCE = "in force"
    ENDED = "ended"
    NOT_NOW = "not now"
    """A weekly window that is not open, or one that has yet to begin."""


@dataclass(frozen=True, slots=True)
class KnownMute:
    """A mute that an operator has set, or one of the configuration that is deployed."""

    id: str
    mute: Mute | None
    """None for one that this version cannot read."""
    configured: bool
    standing: Standing | None
    """None for one that this version cannot read."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """A journey or campaign that the monitor has seen."""

    lane: Lane
    key: JourneyKey
    name: str | None

    @property
    def label(self) -> str:
        return one_line(self.name or self.key.journey_id, _MAX_NAME)

    def is_called(self, text: str) -> bool:
        """True if a text is its id or its name, or a pattern of either."""
        called = [word for word in (self.key.journey_id, self.name) if word is not None]
        return any(matches(word, text) for word in called)


def known_mutes(of_operators: Mapping[str, Mute | None], configured: Iterable[Mute], now: datetime) -> list[KnownMute]:
    """All of them, by id; those of the configuration last."""
    mutes = [(mute_id, mute, False) for mute_id, mute in evaluable(of_operators, now).items()]
    mutes += [(mute_id, mute, True) for mute_id, mute in evaluable({one.id: one for one in configured}, now).items()]
    return [
        KnownMute(mute_id, mute, of_config, _standing(mute, now) if mute else None)
        for mute_id, mute, of_config in mutes
    ]


def _standing(mute: Mute, now: datetime) -> Standing:
    if mute.is_in_force(now):
        return Standing.IN_FORCE
    return Standing.ENDED if mute.until is not None and mute.until <= now else Standing.NOT_NOW


def remembered(states: Mapping[Lane, LaneState]) -> list[Remembered]:
    """Every journey and campaign of the lanes, in the order of their names."""
    found = (
        Remembered(lane, key, of_it.journey_name)
        for lane, state in states.items()
        for key, of_it in state.journeys.items()
    )
    return sorted(found, key=lambda one: (one.label.casefold(), one.key))


def within(journeys: Iterable[Remembered], *, provider: str, container: str) -> list[Remembered]:
    """Those of a provider and a container, each of which may be a pattern."""
    everything = Mute(id="", provider=provider, container_id=container)
    return held_by(everything, journeys)


def held_by(mute: Mute, journeys: Iterable[Remembered]) -> list[Remembered]:
    """Those that the poller keeps quiet about while the mute is in force."""
    return [one for one in journeys if mute.covers(Subject(one.lane, one.key, one.name))]


def ids_of(wanted: Iterable[str], journeys: Sequence[Remembered], *, future: bool) -> tuple[str, ...]:
    """The ids of the journeys that are meant by ids, names and patterns of either.

    With `future` the texts stay as they are, for what is not known yet. Raises LookupError for a text that means none,
    unless it is for the future.
    """
    if future:
        return tuple(dict.fromkeys(wanted))
    ids: dict[str, None] = {}
    for text in wanted:
        meant = [one.key.journey_id for one in journeys if one.is_called(text)]
        if not meant:
            words = [word for one in journeys for word in (one.name, one.key.journey_id) if word]
            raise LookupError(
                f"nothing that is watched there has the id or the name {quoted(text)}{nearest(text, words)}."
            )
        ids |= dict.fromkeys(meant)
    return tuple(ids)


def may_be_id(text: str) -> bool:
    """True if a text is like an id, or a pattern of one."""
    return re.fullmatch(r"[A-Za-z0-9_*?-]+", text) is not None


def named(journeys: Sequence[Remembered]) -> str:
    """How many they are, and what the first of them are called: `2 journeys: Basket, Welcome`."""
    if not journeys:
        return "no journey that is known yet"
    nouns = Counter(REGISTRY[one.lane.provider].words.journey_noun for one in journeys)
    counts = " and ".join(counted(count, noun) for noun, count in nouns.items())
    rest = len(journeys) - _NAMED
    names = ", ".join(one.label for one in journeys[:_NAMED])
    return f"{counts}: {names}{f' and {rest} more' if rest > 0 else ''}"


def when(mute: Mute, time_zone: str | None) -> str:
    """Until when it holds, by the clock of the deployment and in UTC, or in which window of the week."""
    if mute.until is not None:
        return at(mute.until, time_zone)
    days = ", ".join(DAYS[day] for day in mute.days)
    return f"{days} {mute.begins:%H:%M} to {mute.ends:%H:%M} {mute.time_zone}"


def at(moment: datetime, time_zone: str | None) -> str:
    """A time by the clock of the deployment, with its offset, and in UTC."""
    return readable_time(iso(moment), time_zone or "UTC")


def scope(mute: Mute) -> str:
    """What it names, as the poller matches it."""
    return "/".join((mute.provider, mute.container_id, ",".join(mute.journeys)))


def who(known: KnownMute) -> str:
    """Who set it: what they call themselves, and the identity that STS reported to their command."""
    if known.mute is None:
        return ""
    if known.configured:
        return ", in ".join(filter(None, dict.fromkeys((known.mute.set_by, IN_CONFIGURATION))))
    return " as ".join(filter(None, (known.mute.set_by, known.mute.identity)))
