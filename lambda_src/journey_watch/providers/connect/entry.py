"""Connect's entry of the registry."""

from typing import Final

import boto3

from journey_watch.aws.rate_limit import RateLimit
from journey_watch.ports import RunSource
from journey_watch.providers.connect import access
from journey_watch.providers.connect.client import CONNECT_READS, campaigns_client, users_client
from journey_watch.providers.connect.source import STATUSES, ConnectCampaigns
from journey_watch.providers.connect.users import ConnectUsers
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.entry import ProviderEntry, UserNames


def make_source(session: boto3.Session) -> RunSource:
    """The source of one lane, with a rate limit of its own."""
    limit = RateLimit(CONNECT_READS)
    return ConnectCampaigns(campaigns_client(session, limit), limit)


def make_user_names(session: boto3.Session) -> UserNames:
    """What tells the names of the users of the instances of one lane."""
    return ConnectUsers(lambda: users_client(session)).name


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
    make_user_names=make_user_names,
    naming_operations={"connect": ("DescribeUser",)},
    naming_access=access.naming_access,
    naming_uses=access.naming_uses,
)
