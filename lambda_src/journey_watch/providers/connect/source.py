"""RunSource for Amazon Connect outbound campaigns.

A campaign has a state and nothing beside it: no runs, no time of a change. So each is read as one run that has the
campaign's own id and no times, and `provider.run_field` keeps that run out of what people are told.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from aws_lambda_powertools import Logger

from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyInfo, JourneyKey, Observation, ObservedRun, Status
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.ports import Discovery
from journey_watch.providers.connect.answers import MAX_BATCH, ConnectAnswers, ListedCampaign
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.remembered_listing import RememberedListings
from journey_watch.providers.token_paging import Listing

if TYPE_CHECKING:
    from mypy_boto3_connectcampaignsv2 import ConnectCampaignServiceV2Client

STATUSES: Final = {
    # Even with a start in the past: the change to Running is Connect's to report, not the clock's.
    "Initialized": Status.SCHEDULED,
    "Running": Status.RUNNING,
    "Paused": Status.PAUSED,
    "Stopped": Status.CANCELLED,
    "Failed": Status.FAILED,
    "Completed": Status.COMPLETED,
}
"""All that the API documents; any other word is UNKNOWN."""

logger = Logger(child=True)


class ConnectCampaigns:
    """Reads GetCampaignStateBatch, and for discovery ListCampaigns. Safe for threads.

    The client must be attached to the rate limit (`aws_clients.campaigns_client` does that).
    """

    provider = CONNECT
    batch_size = MAX_BATCH

    def __init__(
        self,
        client: "ConnectCampaignServiceV2Client",
        rate_limit: RateLimit,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate_limit = rate_limit
        self._answers = ConnectAnswers(client, clock=clock)
        self._listings = RememberedListings(self._answers.campaigns, clock=clock)
        """By instance; under `*` one listing of all instances, which needs no list of them."""
        self._lock = threading.Lock()

    @property
    def throttles(self) -> int:
        """How many answers asked for fewer calls, those included that botocore then retried."""
        return self._rate_limit.throttles

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        """List what the targets name; what was listed in the last minutes is remembered."""
        with self._lock:
            # If every campaign is named by id, a listing only brings their names.
            needed = {target.container_id for target in targets if target.lists_journeys or target.container_id == ALL}
            read = self._listings.renew({target.container_id for target in targets}, needed=needed)
            failures = {id_: problem for id_ in sorted(needed) if (problem := self._listings[id_].problem)}
            for instance_id in failures.keys() & read.keys():
                _log_failure(instance_id, failures[instance_id], read[instance_id])
            journeys = {key: info for target in targets for key, info in self._campaigns_of(target)}
            return Discovery(
                journeys=journeys,
                excluded=frozenset(self._covered(targets) - journeys.keys()),
                incomplete=frozenset(id_ for id_ in needed if not self._listings[id_].complete),
                failures=failures,
            )

    def _campaigns_of(self, target: WatchTarget) -> Iterable[tuple[JourneyKey, JourneyInfo]]:
        listed = {_key(it): it for it in self._listings[target.container_id].things.values()}
        found = {
            key: JourneyInfo(
                name=it.name,
                journey_type=it.type,
                starts_at=it.starts_at,
                ends_at=it.ends_at,
                repeats_every=it.repeats_every,
            )
            for key, it in listed.items()
            if target.selects(key, name=it.name, journey_type=it.type)
        }
        if target.container_id != ALL and not target.lists_journeys:
            named = (JourneyKey(target.container_id, id_) for id_ in target.journey_ids)
            found = {key: JourneyInfo() for key in named} | found
        return [(key, found[key]) for key in sorted(found)]

    def _covered(self, targets: Sequence[WatchTarget]) -> set[JourneyKey]:
        """All that is listed and that a target may mean, by its key alone."""
        return {
            key
            for target in targets
            for key in map(_key, self._listings[target.container_id].things.values())
            if target.covers(key)
        }

    def counters(self, journey: JourneyKey, run_id: str) -> Mapping[str, str]:  # noqa: ARG002 - it counts nothing
        return {}

    def observe(self, journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        """Read the states of at most 25 campaigns in one call; never raises."""
        states = self._answers.states(list(dict.fromkeys(journey.journey_id for journey in journeys)))
        failures = {id_: state for id_, state in states.items() if isinstance(state, SourceError)}
        if failures:
            logger.warning(
                "States could not be read",
                campaigns={id_: failure.code for id_, failure in failures.items()},
                reason="; ".join(sorted({str(failure) for failure in failures.values()})[:3]),
            )
        return {journey: _reading(journey, states[journey.journey_id]) for journey in journeys}


def _key(campaign: ListedCampaign) -> JourneyKey:
    return JourneyKey(campaign.instance_id, campaign.id)


def _reading(campaign: JourneyKey, state: str | SourceError) -> Observation | SourceError:
    if isinstance(state, SourceError):
        return state
    run = ObservedRun(campaign.journey_id, STATUSES.get(state, Status.UNKNOWN), raw_status=state)
    return Observation(campaign, (run,), complete=True)


def _log_failure(instance_id: str, problem: SourceError, listing: Listing[ListedCampaign]) -> None:
    # A provider that an account does not have answers like this every minute; the poll says what it means.
    log = logger.info if problem.absent else logger.warning
    log(
        "Campaigns could not be listed",
        instance_id=instance_id,
        code=problem.code,
        reason=str(problem),
        pages=listing.pages,
        malformed=listing.malformed,
    )
