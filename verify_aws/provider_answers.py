"""What Pinpoint and Connect answer here, asked with the operator's own credentials by this project's own code."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from journey_watch.aws.errors import BROKEN_ANSWER
from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL
from journey_watch.providers.connect.answers import ConnectAnswers
from journey_watch.providers.connect.client import CONNECT_READS, campaigns_client
from journey_watch.providers.pinpoint.answers import PinpointListings
from journey_watch.providers.pinpoint.client import PINPOINT_READS, pinpoint_client
from journey_watch.providers.token_paging import Listing
from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.verification import Verification

ABOUT = "answers"


def find(verification: Verification) -> Iterator[Finding]:
    """One line for each operation: what it listed, or with what it was refused.

    A refusal is no failure, for a service may not be in use here. An answer that it cannot read is one.
    """
    providers = {lane.provider for lane in verification.lanes}
    if "pinpoint" in providers:
        yield from _pinpoint(verification)
    if "connect" in providers:
        yield from _connect(verification)
    for provider in sorted({target.provider for target in verification.config.watch} - providers):
        yield not_checked(ABOUT, f"{provider} does not exist in this Region, and so nothing of it is deployed.")


def _pinpoint(verification: Verification) -> Iterator[Finding]:
    client = pinpoint_client(verification.surroundings.session, RateLimit(PINPOINT_READS))
    listings = PinpointListings(client, clock=time.monotonic, now=lambda: datetime.now(UTC))
    applications = listings.applications()
    yield _told("GetApps", applications, "application")
    if not applications.items:
        yield not_checked(ABOUT, "ListJourneys and GetJourneyRuns: there is no application to ask about.")
        return
    # The first that has journeys, among a few: this is a look at the answers, not at the applications.
    for application in applications.items[:5]:
        journeys = listings.journeys(application.id)
        if journeys.items or journeys.problem:
            break
    yield _told("ListJourneys", journeys, "journey in one application")
    if not journeys.items:
        yield not_checked(ABOUT, "GetJourneyRuns: there is no journey to ask about.")
        return
    yield _told("GetJourneyRuns", listings.runs(JourneyKey(application.id, journeys.items[0].id)), "run of a journey")


def _connect(verification: Verification) -> Iterator[Finding]:
    client = campaigns_client(verification.surroundings.session, RateLimit(CONNECT_READS))
    answers = ConnectAnswers(client, clock=time.monotonic)
    campaigns = answers.campaigns(ALL)
    yield _told("ListCampaigns", campaigns, "campaign")
    if not campaigns.items:
        yield not_checked(ABOUT, "GetCampaignStateBatch: there is no campaign to ask about.")
        return
    first = campaigns.items[0].id
    state = answers.states([first])[first]
    if isinstance(state, SourceError):
        yield refused("GetCampaignStateBatch", state)
    else:
        yield ok(ABOUT, f"GetCampaignStateBatch answers HTTP 200: one campaign asked about, in state {state}.")


def _told(operation: str, listing: Listing[Any], thing: str) -> Finding:
    if listing.problem:
        return refused(operation, listing.problem)
    if listing.malformed:
        return failed(ABOUT, f"{operation} has {listing.malformed} entries that cannot be read.")
    count = len(listing.items)
    noun, _, rest = thing.partition(" ")
    counted = " ".join(filter(None, (str(count), noun if count == 1 else f"{noun}s", rest)))
    return ok(ABOUT, f"{operation} answers HTTP 200 with {counted}.", count=count, http_status=200)


def refused(operation: str, problem: SourceError) -> Finding:
    """What a refusal says of the account, or of an answer that cannot be read."""
    evidence = {"code": problem.code, "answer": str(problem)}
    if problem.code == BROKEN_ANSWER:
        return failed(ABOUT, f"{operation} answers what Journey Watch cannot read: {problem}", **evidence)
    if problem.absent:
        return ok(ABOUT, f"{operation}: by this answer the service is not in use here. {problem}", **evidence)
    if problem.denied:
        return not_checked(ABOUT, f"{operation}: your own credentials may not call it. {problem}", **evidence)
    return not_checked(ABOUT, f"{operation} gave no answer that says anything: {problem}", **evidence)
