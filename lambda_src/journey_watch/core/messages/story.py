"""What an alert tells a person, whatever its form: made from the envelope alone, shown by the e-mail and the card."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from journey_watch.core.messages.wording import Thing


@dataclass(frozen=True, slots=True)
class Story:
    """Names in it are not yet harmless: each form makes them so in its own way."""

    about: Thing
    """What a reader looks for first: the journey, the application, the lane."""
    move: str
    """What happened to it, in a few words of this project's own."""
    things: list[Thing] = field(default_factory=list)
    """All that it is about, the largest first."""
    facts: list[tuple[str, str]] = field(default_factory=list)
    """In this project's own words."""
    next_step: str = ""
    members: list[Mapping[str, Any]] = field(default_factory=list)
    """The details of the changes that one message tells together, the worst first."""
