"""Clients of Pinpoint, and how often they may call."""

from typing import TYPE_CHECKING, Final

import boto3

from journey_watch.aws.clients import IMPATIENT_CONFIG, SOURCE_CONFIG, prepare_source
from journey_watch.aws.plain_json import read_as_json
from journey_watch.aws.rate_limit import Quota, RateLimit

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient

PINPOINT_READS: Final = Quota(per_second=300, burst=300)
"""Each journey operation has it: https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html"""


def pinpoint_client(session: boto3.Session, rate_limit: RateLimit) -> "PinpointClient":
    """A client for PinpointJourneyRuns; its calls wait for the rate limit."""
    client = session.client("pinpoint", config=SOURCE_CONFIG)
    prepare_source(client, rate_limit)
    read_as_json(client)
    return client


def impatient_pinpoint_client(session: boto3.Session, rate_limit: RateLimit) -> "PinpointClient":
    """A client for what is good to have and must keep nothing waiting: one attempt, a second or two."""
    client = session.client("pinpoint", config=IMPATIENT_CONFIG)
    prepare_source(client, rate_limit)
    read_as_json(client)
    return client
