"""What a deployment needs to know of each provider: its words in the configuration, its Regions, its permissions.

Another provider is one entry more in PROVIDERS. No CDK here: permissions are data; `source_access` makes them IAM.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL, Thresholds, WatchTarget

MAX_ARNS_PER_APPLICATION: Final = 20
MAX_JOURNEY_ARNS: Final = 200
"""A role's policies hold about 60 KB in all: beyond these numbers, whole applications are granted."""


THRESHOLD_KEYS: Final = tuple(field.name for field in fields(Thresholds))
"""Keys of a `[[watch]]` entry that every provider has: durations."""


@dataclass(frozen=True, slots=True)
class Access:
    """Read permissions in the account of the role that gets them. ARNs hold CloudFormation's `${AWS::…}` names."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSetup:
    """One provider's entry."""

    container_key: str
    """Names the container in a `[[watch]]` entry."""
    journeys_key: str
    """Names the journeys in a `[[watch]]` entry."""
    journey_types: tuple[str, ...] = ()
    """What `types` in a `[[watch]]` entry may choose from; a provider without any has no such key."""
    patterns: bool = False
    """True if a `[[watch]]` entry may name journeys by wildcards: the source must then report what they leave out."""
    regions: frozenset[str]
    """Where it exists."""
    access: Callable[[Sequence[WatchTarget]], list[Access]]
    """What reading these targets, all of one lane, needs."""
    uses: Callable[[Sequence[WatchTarget], Collection[JourneyKey]], list[Access]]
    """What reading these journeys of the targets calls: what `access` is for, without wildcards."""

    @property
    def watch_keys(self) -> tuple[str, ...]:
        """Every key of a `[[watch]]` entry."""
        chosen = (self.container_key, self.journeys_key, *(("types",) if self.journey_types else ()))
        return "provider", *chosen, "region", "role_arn", "external_id", *THRESHOLD_KEYS


# As in botocore's endpoint data. Pinpoint has ended, so none will be added.
_PINPOINT_REGIONS: Final = frozenset({
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "us-gov-west-1", "us-west-2",
})  # fmt: skip


def _pinpoint_access(targets: Sequence[WatchTarget]) -> list[Access]:
    """Service Authorization Reference, "Actions, resources, and condition keys for Amazon Pinpoint"."""
    root = _pinpoint_root(targets)
    applications = _journeys_by_application(targets)
    named = tuple(f"{root}/{application}" for application in applications)
    # The reference and the older developer guide disagree about the resources of GetApps (`apps/*`, `apps`) and
    # ListJourneys (`apps/APP`, `apps/APP/journeys`): both are granted.
    listing = Access(("mobiletargeting:GetApps",), (root, f"{root}/*"))
    # Its listing has said what an application is called, where there is one.
    naming = Access(("mobiletargeting:GetApp",), named)
    return [
        listing if ALL in applications else naming,
        # The star covers what is below an application too.
        Access(
            ("mobiletargeting:ListJourneys",),
            named if ALL in applications else (*named, *(f"{application}/journeys" for application in named)),
        ),
        Access(
            ("mobiletargeting:GetJourneyRuns", "mobiletargeting:GetJourneyRunExecutionMetrics"),
            tuple(f"{root}/{journeys}" for journeys in _journey_paths(applications)),
        ),
    ]


def _pinpoint_uses(targets: Sequence[WatchTarget], journeys: Collection[JourneyKey]) -> list[Access]:
    """Both resources where AWS's own pages disagree: whichever is asked for must be allowed."""
    root = _pinpoint_root(targets)
    everywhere = any(target.container_id == ALL for target in targets)
    named = sorted({target.container_id for target in targets} - {ALL})
    applications = [f"{root}/{id_}" for id_ in sorted({*named, *(journey.container_id for journey in journeys)})]
    return [
        Access(("mobiletargeting:GetApps",), (root, f"{root}/*"))
        if everywhere
        else Access(("mobiletargeting:GetApp",), tuple(f"{root}/{id_}" for id_ in named)),
        Access(("mobiletargeting:ListJourneys",), (*applications, *(f"{each}/journeys" for each in applications))),
        Access(
            ("mobiletargeting:GetJourneyRuns", "mobiletargeting:GetJourneyRunExecutionMetrics"),
            tuple(f"{root}/{journey.container_id}/journeys/{journey.journey_id}" for journey in journeys),
        ),
    ]


def _pinpoint_root(targets: Sequence[WatchTarget]) -> str:
    region = targets[0].region or "${AWS::Region}"
    return f"arn:${{AWS::Partition}}:mobiletargeting:{region}:${{AWS::AccountId}}:apps"


def _journeys_by_application(targets: Iterable[WatchTarget]) -> dict[str, set[str]]:
    applications: dict[str, set[str]] = {}
    for target in targets:
        applications.setdefault(target.container_id, set()).update(target.journey_ids)
    return {ALL: {ALL}} if ALL in applications else applications


def _journey_paths(applications: Mapping[str, set[str]]) -> Iterator[str]:
    too_many = sum(map(len, applications.values())) > MAX_JOURNEY_ARNS
    for application, journeys in applications.items():
        if ALL in journeys or too_many or len(journeys) > MAX_ARNS_PER_APPLICATION:
            yield f"{application}/journeys/*"
        else:
            # The star covers the journey and what is below it; ids have one length, so none begins another.
            yield from (f"{application}/journeys/{journey}*" for journey in sorted(journeys))


# As in botocore's endpoint data; a test compares them.
_CONNECT_REGIONS: Final = frozenset({
    "af-south-1", "ap-northeast-1", "ap-northeast-2", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-west-2", "us-east-1", "us-west-2",
})  # fmt: skip


def _connect_access(targets: Sequence[WatchTarget]) -> list[Access]:
    """Service Authorization Reference, the same page for Amazon Connect Outbound Campaigns."""
    root = _connect_root(targets)
    campaigns = {campaign for target in targets for campaign in target.journey_ids}
    # A name says nothing about an ARN: whoever is named by a pattern may be any.
    everything = any(target.lists_journeys for target in targets) or len(campaigns) > MAX_JOURNEY_ARNS
    return [
        # It takes no resource, and instances are none of its: one account and Region can only be listed as a whole.
        Access(("connect-campaigns:ListCampaigns",), ("*",)),
        Access(
            ("connect-campaigns:GetCampaignStateBatch",),
            tuple(f"{root}/{campaign}" for campaign in (ALL if everything else sorted(campaigns))),
        ),
    ]


def _connect_uses(targets: Sequence[WatchTarget], journeys: Collection[JourneyKey]) -> list[Access]:
    """The batch names campaigns in its body: AWS does not say which ARN it is judged by, so each of them counts."""
    root = _connect_root(targets)
    return [
        Access(("connect-campaigns:ListCampaigns",), ("*",)),
        Access(
            ("connect-campaigns:GetCampaignStateBatch",),
            tuple(f"{root}/{campaign.journey_id}" for campaign in journeys),
        ),
    ]


def _connect_root(targets: Sequence[WatchTarget]) -> str:
    region = targets[0].region or "${AWS::Region}"
    return f"arn:${{AWS::Partition}}:connect-campaigns:{region}:${{AWS::AccountId}}:campaign"


PROVIDERS: Final[Mapping[str, ProviderSetup]] = {
    "pinpoint": ProviderSetup(
        container_key="application_id",
        journeys_key="journeys",
        regions=_PINPOINT_REGIONS,
        access=_pinpoint_access,
        uses=_pinpoint_uses,
    ),
    "connect": ProviderSetup(
        container_key="instance_id",
        journeys_key="campaigns",
        # As in botocore's model; a test compares them.
        journey_types=("MANAGED", "JOURNEY"),
        patterns=True,
        regions=_CONNECT_REGIONS,
        access=_connect_access,
        uses=_connect_uses,
    ),
}
