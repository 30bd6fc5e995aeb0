"""What a provider's folder offers: its entry of the registry."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final

import boto3

from journey_watch.aws.access import Access
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.core.watch_list import Thresholds, WatchTarget
from journey_watch.ports import RunSource

UserNames = Callable[[str, str], str | None]
"""By a container's id and a user's: what the user is called, if that is known. Raises SourceError."""
THRESHOLD_KEYS: Final = tuple(field.name for field in fields(Thresholds))
"""Keys of a `[[watch]]` entry that every provider has: durations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEntry:
    """All that the rest of the project asks of a provider."""

    words: Provider
    """Its name, and how it speaks of its things."""
    make_source: Callable[[boto3.Session], RunSource]
    """Makes what reads it, with its clients and its rate limit, for one lane."""
    statuses: Mapping[str, Status]
    """By the provider's own word for a status, of a run or of a journey itself: which it is here."""
    sdk_operations: Mapping[str, tuple[str, ...]]
    """By service of the AWS SDK, the operations it calls: the bundle has the models of no others."""
    container_key: str
    """Names the container in a `[[watch]]` entry."""
    journeys_key: str
    """Names the journeys in a `[[watch]]` entry."""
    journey_types: tuple[str, ...] = ()
    """What `types` in a `[[watch]]` entry may choose from; a provider without any has no such key."""
    site_key: str | None = None
    """Names the site where people look at a container's journeys in a `[[watch]]` entry; None if AWS's console does."""
    patterns: bool = False
    """True if a `[[watch]]` entry may name journeys by wildcards: the source must then report what they leave out."""
    regions: frozenset[str]
    """Where it exists."""
    access: Callable[[Sequence[WatchTarget]], list[Access]]
    """What reading these targets, all of one lane, needs in the account of the role that reads."""
    uses: Callable[[Sequence[WatchTarget], Collection[JourneyKey]], list[Access]]
    """What reading these journeys of the targets calls: what `access` is for, without wildcards."""

    make_user_names: Callable[[boto3.Session], UserNames] | None = None
    """Makes what tells the names of users of its own site; None if it has no such site."""
    naming_operations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What that calls, as `sdk_operations`."""
    naming_access: Callable[[Sequence[WatchTarget]], list[Access]] = lambda _: []
    """What those names need, as `access`."""
    naming_uses: Callable[[Sequence[WatchTarget], Collection[JourneyKey]], list[Access]] = lambda _, __: []
    """What asking for them calls, as `uses`."""

    @property
    def watch_keys(self) -> tuple[str, ...]:
        """Every key of a `[[watch]]` entry."""
        chosen = [self.container_key, self.journeys_key, *(["types"] if self.journey_types else [])]
        chosen += [self.site_key] if self.site_key else []
        return "provider", *chosen, "region", "role_arn", "external_id", *THRESHOLD_KEYS
