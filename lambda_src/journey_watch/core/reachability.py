"""Whether a lane can be read, judged over what was due to be read.

Dormant journeys that are not due, and deleted ones, say nothing. One journey never makes a lane blind: it has a
condition of its own.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from journey_watch.core.errors import SourceError
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyKey, Scope
from journey_watch.core.watch_list import ALL

_SEVERAL = 2
"""The number of failed journeys from which on the lane may be the cause."""


@dataclass(frozen=True, slots=True)
class PollReadings:
    """The readings of one poll of a lane."""

    unlisted: Mapping[str, SourceError]
    """Containers whose listing failed, and why; `*` is the listing of containers, or of everything."""
    listings: Collection[str]
    """All containers that the targets name or the provider lists."""
    failed: Mapping[JourneyKey, SourceError]
    """Journeys that were due and could not be read at all, and why."""
    readable: bool
    """True if at least one journey that exists was read, completely or in part."""
    journeys: Collection[JourneyKey]
    """All journeys that are watched, due or not."""

    def why_blind(self, unreachable: Collection[Scope]) -> SourceError | None:
        """Return why the whole lane cannot be read; None if it can, or if nothing proves that it cannot.

        `unreachable` are the scopes with a stored UNREACHABLE condition, suspected or open. A lane that has one keeps
        it until something is read. A journey or a container that has its own is a known failure: it does not count
        against the lane, so the alert does not move to and fro between the two.
        """
        failures = [*self.unlisted.values(), *self.failed.values()]
        if self.readable or not failures:
            return None
        if LANE_ITSELF in unreachable or self._no_listing(unreachable) or self._no_journey(unreachable):
            # Name the reason that operators can remove themselves, if there is one.
            return next((failure for failure in failures if failure.denied), failures[0])
        return None

    def _no_listing(self, unreachable: Collection[Scope]) -> bool:
        """Return True if every listing failed, not only those that are known to fail."""
        if ALL in self.unlisted:
            return True
        every = bool(self.unlisted) and set(self.listings) <= self.unlisted.keys()
        return every and any(ContainerScope(id_) not in unreachable for id_ in self.unlisted)

    def _no_journey(self, unreachable: Collection[Scope]) -> bool:
        """Return True if several journeys failed that are not known to fail."""
        # A journey that does not exist says nothing about the others, unless none of them exists.
        everything = set(self.journeys) <= self.failed.keys()
        counted = {journey for journey, failure in self.failed.items() if everything or not failure.absent}
        return len(counted - set(unreachable)) >= _SEVERAL
