"""Mute tallies: what a mute suppressed, counted page by page, so that no poll ever holds all of it in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteTally:
    """What one mute suppressed, as far as the history has been read. It is stored until the rest is read as well."""

    position: str = ""
    """Where the history is read on; empty if nothing has been read."""
    suppressed: int = 0
    """The number of alerts."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many there are of each kind."""
    loudness: Mapping[str, int] = field(default_factory=dict)
    """How loud the loudest of each kind is: the order in which kinds are named."""
    recipients: tuple[str, ...] = ()
    """Everyone who would have received any of them."""
    ended_at: str = ""
    """When a poll first found the mute ended or removed, ISO 8601; empty while the mute is in force."""
    notice_of: str = ""
    """Which form of the mute operators were notified of: a digest of its end and filter; empty if of none."""
    members: tuple[Mapping[str, Any], ...] = ()
    """The details of the worst of them, as many as a summary shows."""
