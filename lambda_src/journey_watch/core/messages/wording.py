"""Words that every message uses: names of things, times, durations."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from journey_watch.core.messages.untrusted_text import one_line

LONGEST_NAME: Final = 120
"""In characters; what a person reads before giving up, and more than Pinpoint's console shows."""
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


@dataclass(frozen=True, slots=True)
class Thing:
    """A container, journey or run as the envelope names it."""

    noun: str
    id: str
    name: str | None

    @property
    def label(self) -> str:
        """How a sentence calls it: `journey "Welcome series"`, or by its id if it has no name to be seen."""
        name = one_line(self.name or "", LONGEST_NAME)
        return f'{self.noun} "{name}"' if name else f"{self.noun} {one_line(self.id, LONGEST_NAME)}"

    @property
    def name_and_id(self) -> str:
        """`Welcome series (id 0123)`, or the id alone."""
        name, thing_id = one_line(self.name or "", LONGEST_NAME), one_line(self.id, LONGEST_NAME)
        return f"{name} (id {thing_id})" if name else thing_id


def things_of(detail: Mapping[str, Any]) -> list[Thing]:
    """What an alert is about, the largest first: container, journey and run, as far as it names them."""
    nouns = [key.removesuffix("_id") for key in detail if key.endswith("_id")]
    return [Thing(noun, detail[f"{noun}_id"], detail.get(f"{noun}_name")) for noun in nouns]


def named(things: list[Thing]) -> str:
    """The things of an alert as the beginning of a sentence, the smallest first."""
    match things:
        case [container, journey, run]:
            what = f"{run.label} of {journey.label} ({container.label})"
        case [container, journey]:
            what = f"{journey.label} ({container.label})"
        case _:
            what = ", ".join(thing.label for thing in things)
    return what[:1].upper() + what[1:]


def readable_time(iso: str) -> str:
    """`2026-11-23T08:00:00.000Z` as `2026-11-23 08:00:00 UTC`."""
    return f"{iso[:10]} {iso[11:19]} UTC"


def duration(seconds: float) -> str:
    """The two largest units, which is all that a person compares."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
