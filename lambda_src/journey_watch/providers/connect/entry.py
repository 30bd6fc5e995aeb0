"""Connect's entry of the registry."""

from typing import Final

import boto3

from journey_watch.aws.rate_limit import RateLimit
from journey_watch.ports import RunSource
from journey_watch.providers.connect import access
from journey_watch.providers.connect.client import CONNECT_READS, campaigns_client
from journey_watch.providers.connect.source import STATUSES, ConnectCampaigns
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.entry import ProviderEntry


def make_source(session: boto3.Session) -> RunSource:
    """The source of one lane, with a rate limit of its own."""
    limit = RateLimit(CONNECT_READS)
    return ConnectCampaigns(campaigns_client(session, limit), limit)


CONNECT_ENTRY: Final = ProviderEntry(
    words=CONNECT,
    make_source=make_source,
    statuses=STATUSES,
    sdk_operations={"connectcampaignsv2": ("GetCampaignStateBatch", "ListCampaigns")},
    container_key="instance_id",
    journeys_key="campaigns",
    site_key="instance_url",
    # As in botocore's model; a test compares them.
    journey_types=("MANAGED", "JOURNEY"),
    patterns=True,
    regions=access.REGIONS,
    access=access.access,
    uses=access.uses,
)
