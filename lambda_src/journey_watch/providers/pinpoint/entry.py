"""Pinpoint's entry of the registry."""

from typing import Final

import boto3

from journey_watch.aws.rate_limit import RateLimit
from journey_watch.ports import RunSource
from journey_watch.providers.entry import ProviderEntry
from journey_watch.providers.pinpoint import access
from journey_watch.providers.pinpoint.answers import JOURNEY_STATUSES, STATUSES
from journey_watch.providers.pinpoint.client import PINPOINT_READS, impatient_pinpoint_client, pinpoint_client
from journey_watch.providers.pinpoint.counters import PinpointCounters
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns
from journey_watch.providers.pinpoint.words import PINPOINT


def make_source(session: boto3.Session) -> RunSource:
    """The source of one lane, with a rate limit of its own."""
    limit = RateLimit(PINPOINT_READS)
    counters = PinpointCounters(lambda: impatient_pinpoint_client(session, limit))
    return PinpointJourneyRuns(pinpoint_client(session, limit), limit, counters)


PINPOINT_ENTRY: Final = ProviderEntry(
    words=PINPOINT,
    make_source=make_source,
    statuses={**JOURNEY_STATUSES, **STATUSES},
    sdk_operations={
        "pinpoint": ("GetApp", "GetApps", "GetJourneyRunExecutionMetrics", "GetJourneyRuns", "ListJourneys")
    },
    container_key="application_id",
    journeys_key="journeys",
    regions=access.REGIONS,
    access=access.access,
    uses=access.uses,
)
