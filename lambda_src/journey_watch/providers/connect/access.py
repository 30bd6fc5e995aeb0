"""Where Connect has outbound campaigns, and the permissions that reading them takes."""

from collections.abc import Collection, Sequence
from typing import Final

from journey_watch.aws.access import Access
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL, WatchTarget

MAX_CAMPAIGN_ARNS: Final = 200
"""A role's policies hold about 60 KB in all: beyond this number, all campaigns are granted."""
ANY_USER: Final = "78ad3b4c-0000-4000-8000-000000000000"
"""Stands for whoever is looked up: their ids are known only when they have done something."""

# As in botocore's endpoint data; a test compares them.
REGIONS: Final = frozenset({
    "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-west-2", "us-east-1", "us-west-2",
})  # fmt: skip


def access(targets: Sequence[WatchTarget]) -> list[Access]:
    """Service Authorization Reference, the same page for Amazon Connect Outbound Campaigns."""
    root = _root(targets)
    campaigns = {campaign for target in targets for campaign in target.journey_ids}
    # A name says nothing about an ARN: whoever is named by a pattern may be any.
    everything = any(target.lists_journeys for target in targets) or len(campaigns) > MAX_CAMPAIGN_ARNS
    return [
        # It takes no resource, and instances are none of its: one account and Region can only be listed as a whole.
        Access(("connect-campaigns:ListCampaigns",), ("*",)),
        Access(
            ("connect-campaigns:GetCampaignStateBatch",),
            tuple(f"{root}/{campaign}" for campaign in (ALL if everything else sorted(campaigns))),
        ),
    ]


def naming_access(targets: Sequence[WatchTarget]) -> list[Access]:
    """What it takes to learn what a user of the instances is called."""
    return [Access(("connect:DescribeUser",), tuple(sorted({f"{_instance(target)}/agent/*" for target in targets})))]


def naming_uses(targets: Sequence[WatchTarget], journeys: Collection[JourneyKey]) -> list[Access]:
    """The same for a user of each instance."""
    instances = {_instance(target) for target in targets if target.container_id != ALL}
    if any(target.container_id == ALL for target in targets):
        instances |= {_instance(targets[0], journey.container_id) for journey in journeys}
    return [Access(("connect:DescribeUser",), tuple(sorted(f"{each}/agent/{ANY_USER}" for each in instances)))]


def _instance(target: WatchTarget, instance_id: str | None = None) -> str:
    region = target.region or "${AWS::Region}"
    named = instance_id or target.container_id
    return f"arn:${{AWS::Partition}}:connect:{region}:${{AWS::AccountId}}:instance/{named}"


def uses(targets: Sequence[WatchTarget], journeys: Collection[JourneyKey]) -> list[Access]:
    """The batch names campaigns in its body: AWS does not say which ARN it is judged by, so each of them counts."""
    root = _root(targets)
    return [
        Access(("connect-campaigns:ListCampaigns",), ("*",)),
        Access(
            ("connect-campaigns:GetCampaignStateBatch",),
            tuple(f"{root}/{campaign.journey_id}" for campaign in journeys),
        ),
    ]


def _root(targets: Sequence[WatchTarget]) -> str:
    region = targets[0].region or "${AWS::Region}"
    return f"arn:${{AWS::Partition}}:connect-campaigns:{region}:${{AWS::AccountId}}:campaign"
