"""Where Pinpoint is, and the permissions that reading it takes."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from journey_watch.aws.access import Access
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL, WatchTarget

MAX_ARNS_PER_APPLICATION: Final = 20
MAX_JOURNEY_ARNS: Final = 200
"""A role's policies hold about 60 KB in all: beyond these numbers, whole applications are granted."""

# As in botocore's endpoint data. Pinpoint has ended, so none will be added.
REGIONS: Final = frozenset({
    "ap-northeast-1", "ap-northeast-2", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
    "eu-central-1", "eu-west-1", "eu-west-2", "us-east-1", "us-east-2", "us-gov-west-1", "us-west-2",
})  # fmt: skip


def access(targets: Sequence[WatchTarget]) -> list[Access]:
    """Service Authorization Reference, "Actions, resources, and condition keys for Amazon Pinpoint"."""
    root = _root(targets)
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


def uses(targets: Sequence[WatchTarget], journeys: Collection[JourneyKey]) -> list[Access]:
    """Both resources where AWS's own pages disagree: whichever is asked for must be allowed."""
    root = _root(targets)
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


def _root(targets: Sequence[WatchTarget]) -> str:
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
