"""The toy's entry of the registry: with its folder, all that a new provider costs."""

from collections.abc import Collection, Sequence
from typing import Final

import boto3

from journey_watch.aws.access import Access
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import WatchTarget
from journey_watch.providers.entry import ProviderEntry
from tests.providers.toy.newsletter_service import NewsletterService
from tests.providers.toy.newsletters import NEWSLETTER, STATUSES, Newsletters

SERVICE: Final = NewsletterService(publishers={"daily": {"news": "News"}}, issues={"news": {"1": "mailing"}})
"""The one there is."""


def make_source(_: boto3.Session) -> Newsletters:
    return Newsletters(SERVICE)


def access(targets: Sequence[WatchTarget]) -> list[Access]:
    region = targets[0].region or "${AWS::Region}"
    return [Access(("newsletters:ListIssues",), (f"arn:${{AWS::Partition}}:newsletters:{region}:*:*",))]


def uses(_targets: Sequence[WatchTarget], _journeys: Collection[JourneyKey]) -> list[Access]:
    return []


NEWSLETTER_ENTRY: Final = ProviderEntry(
    words=NEWSLETTER,
    make_source=make_source,
    statuses=STATUSES,
    sdk_operations={"newsletters": ("ListIssues",)},
    container_key="publisher_id",
    journeys_key="newsletters",
    regions=frozenset({"eu-west-1"}),
    access=access,
    uses=uses,
)
