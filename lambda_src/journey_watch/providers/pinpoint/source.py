"""RunSource for the runs of Amazon Pinpoint journeys."""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyKey, Observation
from journey_watch.core.watch_list import WatchTarget
from journey_watch.ports import Discovery
from journey_watch.providers.pinpoint.answers import PinpointListings
from journey_watch.providers.pinpoint.counters import PinpointCounters
from journey_watch.providers.pinpoint.discovery import PinpointDiscovery
from journey_watch.providers.pinpoint.words import PINPOINT

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient


logger = Logger(child=True)


class PinpointJourneyRuns:
    """Reads GetJourneyRuns, and for discovery ListJourneys, GetApps and GetApp. Safe for threads.

    The client must be attached to the rate limit (`aws_clients.pinpoint_client` does that).
    """

    provider = PINPOINT
    batch_size = 1
    """The API has no call for the runs of several journeys."""

    def __init__(
        self,
        client: "PinpointClient",
        rate_limit: RateLimit,
        counters: PinpointCounters | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._rate_limit = rate_limit
        self._counters = counters
        self._listings = PinpointListings(client, clock=clock, now=now)
        self._discovery = PinpointDiscovery(self._listings, clock=clock, now=now)

    def counters(self, journey: JourneyKey, run_id: str) -> Mapping[str, str]:
        """What GetJourneyRunExecutionMetrics counts; empty if they cannot be had at once."""
        return self._counters.read(journey, run_id) if self._counters else {}

    @property
    def throttles(self) -> int:
        """How many answers asked for fewer calls, those included that botocore then retried."""
        return self._rate_limit.throttles

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        """List what the targets name; what was listed in the last minutes is remembered."""
        return self._discovery.discover(targets)

    def observe(self, journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        """Read the runs of each journey; never raises."""
        return {journey: self._observe(journey) for journey in journeys}

    def _observe(self, journey: JourneyKey) -> Observation | SourceError:
        listing = self._listings.runs(journey)
        problem = None if listing.problem is None else str(listing.problem)
        if listing.malformed:
            unread = f"{listing.malformed} entries could not be read."
            problem = f"{problem} {unread}" if problem else unread
        if problem:
            logger.warning(
                "Runs could not be read completely",
                journey=str(journey),
                code=listing.problem.code if listing.problem else None,
                reason=problem,
                pages=listing.pages,
                runs=len(listing.items),
                malformed=listing.malformed,
            )
        if listing.problem and not listing.pages:
            return listing.problem
        return Observation(
            journey=journey,
            runs=tuple(listing.items),
            complete=listing.complete,
            malformed=listing.malformed,
            pages=listing.pages,
            problem=problem,
        )
