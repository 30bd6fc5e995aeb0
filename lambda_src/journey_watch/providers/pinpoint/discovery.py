"""Which journeys there are in Pinpoint, what they are called, and which of them ended long ago."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from aws_lambda_powertools import Logger

from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyInfo, JourneyKey
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.ports import Discovery
from journey_watch.providers.pinpoint.answers import (
    TOLERATED_SKEW,
    ListedApplication,
    ListedJourney,
    PinpointListings,
)
from journey_watch.providers.remembered_listing import RememberedListing, RememberedListings, Thing
from journey_watch.providers.token_paging import Listing

DORMANT_AFTER: Final = timedelta(hours=24)

logger = Logger(child=True)


class PinpointDiscovery:
    """Remembers what Pinpoint lists for some minutes; what cannot be renewed is still served. Safe for threads."""

    def __init__(self, listings: PinpointListings, *, clock: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._listings = listings
        self._clock = clock
        self._now = now
        self._applications: RememberedListing[ListedApplication] = RememberedListing()
        self._journeys = RememberedListings(self._list_journeys, clock=clock)
        self._names: dict[str, str | None] = {}
        self._lock = threading.Lock()

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        """List what the targets name, as RunSource.discover asks."""
        with self._lock:
            everywhere = any(target.container_id == ALL for target in targets)
            if everywhere and self._applications.is_due(self._clock(), needed=True):
                self._renew_applications()
            used = {application_id for target in targets for application_id in self._applications_of(target)}
            needed = {id_ for target in targets if _needs_listing(target) for id_ in self._applications_of(target)}
            self._renew_journeys(used, needed)
            failures = {id_: problem for id_ in sorted(needed) if (problem := self._journeys[id_].problem)}
            if everywhere and self._applications.problem:
                failures[ALL] = self._applications.problem
            return Discovery(
                journeys={key: info for target in targets for key, info in self._journeys_of(target)},
                incomplete=frozenset(self._incomplete(needed, everywhere=everywhere)),
                containers=frozenset(used),
                failures=failures,
            )

    def _applications_of(self, target: WatchTarget) -> Iterable[str]:
        return self._applications.things if target.container_id == ALL else (target.container_id,)

    def _journeys_of(self, target: WatchTarget) -> Iterable[tuple[JourneyKey, JourneyInfo]]:
        for application_id in self._applications_of(target):
            listed = self._journeys[application_id].things
            keys = {JourneyKey(application_id, journey_id) for journey_id in listed}
            if target.container_id != ALL:
                keys |= {JourneyKey(application_id, id_) for id_ in target.journey_ids if id_ != ALL}
            for key in sorted(keys):
                if target.covers(key):
                    yield key, self._info(key, listed.get(key.journey_id))

    def _info(self, key: JourneyKey, listed: ListedJourney | None) -> JourneyInfo:
        application = self._applications.things.get(key.container_id)
        container_name = application.name if application else self._names.get(key.container_id)
        if listed is None:
            return JourneyInfo(container_name=container_name)
        itself, now = listed.itself, self._now()
        quiet = listed.modified is not None and now - listed.modified > DORMANT_AFTER
        if itself and itself.last_update_time and itself.last_update_time > now + TOLERATED_SKEW:
            itself = None  # it would make all later news of it look old
        return JourneyInfo(
            name=listed.name,
            container_name=container_name,
            dormant=itself is not None and itself.status.is_terminal and quiet,
            itself=itself,
            starts_at=listed.starts_at,
            ends_at=listed.ends_at,
            repeats_every=listed.repeats_every,
        )

    def _incomplete(self, needed: Iterable[str], *, everywhere: bool) -> Iterator[str]:
        if everywhere and not self._applications.complete:
            yield ALL
        yield from (application_id for application_id in needed if not self._journeys[application_id].complete)

    def _renew_applications(self) -> None:
        listing = self._listings.applications()
        self._applications = self._applications.renewed(listing, at=self._clock())
        _log_failure("Applications could not be listed", self._applications.problem, listing)

    def _renew_journeys(self, used: set[str], needed: set[str]) -> None:
        self._names = {id_: name for id_, name in self._names.items() if id_ in used}
        for application_id, listing in self._journeys.renew(used, needed=needed).items():
            if application_id in needed:  # otherwise only names are missing
                problem = self._journeys[application_id].problem
                _log_failure("Journeys could not be listed", problem, listing, application_id)

    def _list_journeys(self, application_id: str) -> Listing[ListedJourney]:
        if application_id not in self._applications.things:
            name = self._listings.application_name(application_id)
            self._names[application_id] = name or self._names.get(application_id)
        return self._listings.journeys(application_id)


def _needs_listing(target: WatchTarget) -> bool:
    """False if every journey is named by id in a named application: then a listing only brings their names."""
    return target.lists_journeys or target.container_id == ALL


def _log_failure(what: str, problem: SourceError | None, listing: Listing[Thing], application_id: str = ALL) -> None:
    if problem:
        # A provider that an account does not have answers like this every minute; the poll says what it means.
        log = logger.info if problem.absent else logger.warning
        log(
            what,
            application_id=application_id,
            code=problem.code,
            reason=str(problem),
            pages=listing.pages,
            malformed=listing.malformed,
        )
