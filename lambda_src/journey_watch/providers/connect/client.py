"""The client of Connect's outbound campaigns, and how often it may call."""

from typing import TYPE_CHECKING, Final

import boto3

from journey_watch.aws.clients import IMPATIENT_CONFIG, SOURCE_CONFIG, prepare_source, share_tls_context
from journey_watch.aws.plain_json import read_as_json
from journey_watch.aws.rate_limit import Quota, RateLimit

if TYPE_CHECKING:
    from mypy_boto3_connect import ConnectClient
    from mypy_boto3_connectcampaignsv2 import ConnectCampaignServiceV2Client

CONNECT_READS: Final = Quota(per_second=5, burst=10)
"""ListCampaigns and GetCampaignStateBatch have it each; here they share one limit:
https://docs.aws.amazon.com/connect/latest/adminguide/amazon-connect-service-limits.html"""


def campaigns_client(session: boto3.Session, rate_limit: RateLimit) -> "ConnectCampaignServiceV2Client":
    """A client for Amazon Connect outbound campaigns; its calls wait for the rate limit."""
    client = session.client("connectcampaignsv2", config=SOURCE_CONFIG)
    prepare_source(client, rate_limit)
    read_as_json(client)
    return client


def users_client(session: boto3.Session) -> "ConnectClient":
    """A client for the users of an instance. Whoever asks does without a name rather than wait for it."""
    client = session.client("connect", config=IMPATIENT_CONFIG)
    share_tls_context(client)
    read_as_json(client)
    return client
