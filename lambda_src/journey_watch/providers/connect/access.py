"""Where Connect has outbound campaigns, and the permissions that reading them takes."""

from collections.abc import Collection, Sequence
from typing import Final

from journey_watch.aws.access import Access
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL, WatchTarget

ANY_USER: Final = "78ad3b4c-0000-4000-8000-000000000000"
"""Stands for whoever is looked up: their ids are known only when they have done something."""

# As in botocore's endpoint data; a test compares them.
REGIONS: Final = frozenset({
    "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-west-2", "us-east-1", "us-west-2",
})  # fmt: skip


def access(targets: Sequence[WatchTarget]) -> list[Access]:
    """Service Authorization Reference, the same page for Amazon Connect Outbound Campaigns."""
    return [
        # It takes no resource, and instances are none of its: one account and Region can only be listed as a whole.
        Access(("connect-campaigns:ListCampaigns",), ("*",)),
        # The request has no id in its path, so it may be judged by `campaign/*`: single campaigns are not enough.
        Access(("connect-campaigns:GetCampaignStateBatch",), (f"{_root(targets)}/*",)),
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
    """Return the permissions in use. The batch names campaigns in its body, and AWS does not document its resource.

    So `campaign/*` counts, and each campaign too.
    """
    root = _root(targets)
    campaigns = sorted(campaign.journey_id for campaign in journeys)
    return [
        Access(("connect-campaigns:ListCampaigns",), ("*",)),
        Access(
            ("connect-campaigns:GetCampaignStateBatch",),
            (f"{root}/*", *(f"{root}/{campaign}" for campaign in campaigns)),
        ),
    ]


def _root(targets: Sequence[WatchTarget]) -> str:
    region = targets[0].region or "${AWS::Region}"
    return f"arn:${{AWS::Partition}}:connect-campaigns:{region}:${{AWS::AccountId}}:campaign"
