"""Listings that are read again every few minutes only, and still served when they cannot be."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, Self, TypeVar

from journey_watch.aws.errors import BROKEN_ANSWER
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import lists_each_once
from journey_watch.providers.token_paging import Listing

REMEMBER_SECONDS: Final = 300.0
THREADS: Final = 8
"""Containers are listed side by side: one that hangs must not hold up the others."""


class _HasId(Protocol):
    @property
    def id(self) -> str: ...


Thing = TypeVar("Thing", bound=_HasId)


@dataclass(frozen=True, slots=True)
class RememberedListing(Generic[Thing]):
    """A listing as it was last read, and what stood in it before if it could not be read to its end."""

    things: Mapping[str, Thing] = field(default_factory=dict)
    read_at: float = float("-inf")
    complete: bool = False
    problem: SourceError | None = None
    """What the last reading failed with."""

    def is_due(self, now: float, *, needed: bool) -> bool:
        """True if it is time to read again. What is needed and was not had is asked for at every poll."""
        return now >= self.read_at + REMEMBER_SECONDS or (needed and not self.complete)

    def renewed(self, listing: Listing[Thing], *, at: float) -> Self:
        listed = {thing.id: thing for thing in listing.items}
        complete = listing.complete and lists_each_once(thing.id for thing in listing.items)
        problem = listing.problem
        if problem is None and listing.malformed:
            problem = SourceError(f"{listing.malformed} entries of the listing have no id.", code=BROKEN_ANSWER)
        return type(self)(listed if complete else {**self.things, **listed}, at, complete, problem)


class RememberedListings(Generic[Thing]):
    """One remembered listing for each container. Not safe for threads."""

    def __init__(self, read: Callable[[str], Listing[Thing]], *, clock: Callable[[], float]) -> None:
        self._read = read
        """Lists one container, called from several threads; never raises."""
        self._clock = clock
        self._listings: dict[str, RememberedListing[Thing]] = {}

    def __getitem__(self, container_id: str) -> RememberedListing[Thing]:
        return self._listings[container_id]

    def renew(self, containers: Collection[str], *, needed: Collection[str]) -> Mapping[str, Listing[Thing]]:
        """Read again what is due, and forget all other containers; returns what was read.

        `needed` are those whose listing decides what is polled: of the others it only brings names.
        """
        now = self._clock()
        self._listings = {id_: self._listings.get(id_, RememberedListing()) for id_ in containers}
        due = [id_ for id_ in sorted(containers) if self._listings[id_].is_due(now, needed=id_ in needed)]
        if not due:
            return {}
        with ThreadPoolExecutor(min(THREADS, len(due))) as pool:
            read = dict(zip(due, pool.map(self._read, due), strict=True))
        for id_, listing in read.items():
            self._listings[id_] = self._listings[id_].renewed(listing, at=now)
        return read
