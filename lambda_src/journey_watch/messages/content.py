"""What an alert tells a person, whatever its form: made from the envelope alone, shown by every form in its own way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from typing import Any, Final

from journey_watch.core.condition_rules import Phase
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.severity import Severity
from journey_watch.core.time_zones import zone_named
from journey_watch.messages.untrusted_text import one_line

NOTHING: Final = "Nothing."
"""What to do about what is over."""
MAX_NAME: Final = 120
"""A name is cut at so many characters: what a person reads before giving up, and more than Pinpoint's console shows."""
RESOLVED: Final = "RESOLVED"
ACKNOWLEDGED: Final = "ACKNOWLEDGED"


@dataclass(frozen=True, slots=True)
class Entity:
    """A container, journey or run as the envelope names it, or a lane."""

    noun: str
    id: str
    name: str | None

    @property
    def label(self) -> str:
        """How a sentence calls it: `journey "Welcome series"`, or by its id if it has no name to be seen."""
        name = one_line(self.name or "", MAX_NAME)
        return f'{self.noun} "{name}"' if name else f"{self.noun} {one_line(self.id, MAX_NAME)}"

    @property
    def name_and_id(self) -> str:
        """`Welcome series (id 0123)`, or the id alone."""
        name, entity_id = one_line(self.name or "", MAX_NAME), one_line(self.id, MAX_NAME)
        return f"{name} (id {entity_id})" if name else entity_id


@dataclass(frozen=True, slots=True)
class Content:
    """The parts of an alert. Names in it are not yet harmless: each form makes them so in its own way."""

    about: Entity
    """What a reader looks for first: the journey, the application, the lane."""
    headline: str
    """What happened to it, in a few words of this project's own: `RUNNING -> CANCELLED`."""
    entities: list[Entity] = field(default_factory=list)
    """All that it is about, the largest first."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    """A label and a text each, in this project's own words."""
    next_step: str = ""
    """What to do about it."""
    members: list[Mapping[str, Any]] = field(default_factory=list)
    """The details of the changes that one message tells together, the worst first."""


def entities_of(detail: Mapping[str, Any]) -> list[Entity]:
    """What an alert is about, the largest first: container, journey and run, as far as it names them."""
    nouns = [key.removesuffix("_id") for key in detail if key.endswith("_id")]
    return [Entity(noun, detail[f"{noun}_id"], detail.get(f"{noun}_name")) for noun in nouns]


def named(entities: list[Entity]) -> str:
    """The entities of an alert as the beginning of a sentence, the smallest first."""
    match entities:
        case [container, journey, run]:
            what = f"{run.label} of {journey.label} ({container.label})"
        case [container, journey]:
            what = f"{journey.label} ({container.label})"
        case _:
            what = ", ".join(entity.label for entity in entities)
    return what[:1].upper() + what[1:]


def word_of(detail: Mapping[str, Any]) -> str:
    """How loud an alert is, in one word in capitals; what is over is no louder than `RESOLVED`.

    Its severity decides who hears of it: whoever has heard of the trouble hears that it is over, and who did it, which
    is no louder than `INFO`.
    """
    if "acknowledged" in detail:
        return ACKNOWLEDGED
    members = detail.get("changes", ())
    if detail.get("phase") == Phase.RESOLVED or (members and all(word_of(one) == RESOLVED for one in members)):
        return RESOLVED
    severities = [severity_in_words(one) for one in members if word_of(one) != RESOLVED]
    return max(severities, key=lambda one: one.loudness, default=severity_in_words(detail)).upper()


def severity_in_words(detail: Mapping[str, Any]) -> Severity:
    """How loud one alert is for who reads it: that of an answer decides only whom it reaches."""
    severity = Severity(detail["severity"])
    return min(severity, Severity.INFO, key=lambda one: one.loudness) if "explains" in detail else severity


def place_of(envelope: Mapping[str, Any]) -> str:
    """Where it happened, and which deployment says so if it has a label."""
    detail = envelope["detail"]
    label = [one_line(detail["label"], MAX_NAME)] if detail.get("label") else []
    return ", ".join([*label, f"account {envelope['account']}", envelope["region"], detail["provider"]])


def line_of(member: Mapping[str, Any]) -> str:
    """One change among many in one line: how loud it is, then its own summary."""
    return f"{word_of(member)}: {member['summary']}"


def readable_time(iso: str, time_zone: str = "UTC") -> str:
    """`2026-11-23T08:00:00.000Z` as `2026-11-23 08:00:00 UTC`, or `2026-11-23 09:00:00 +01:00 (08:00:00 UTC)`."""
    if time_zone == "UTC":
        return f"{iso[:10]} {iso[11:19]} UTC"
    local = datetime.fromisoformat(iso).astimezone(_zone(time_zone)).isoformat(sep=" ", timespec="seconds")
    day = "" if local[:10] == iso[:10] else f"{iso[:10]} "
    return f"{local[:19]} {local[19:]} ({day}{iso[11:19]} UTC)"


def clock_of(detail: Mapping[str, Any]) -> Callable[[str], str]:
    """`readable_time` by the clock of the deployment that has made an alert."""
    return partial(readable_time, time_zone=detail.get("time_zone", "UTC"))


def _zone(name: str) -> tzinfo:
    try:
        return zone_named(name)
    except ConfigurationError:  # a newer deployment, with newer data, has made the alert
        return UTC
