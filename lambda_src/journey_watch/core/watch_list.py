"""The watch list: which journeys of which lane are watched. Configuration is its only source."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from journey_watch.core.patterns import matches
from journey_watch.core.runs import JourneyKey, Lane, Scope

ALL = "*"
AUTO: Final = "auto"
JOURNEY: Final = "{id}"
"""Stands for a journey's id in a link."""
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How much patience a target's journeys deserve, in seconds. None switches a condition off."""

    stuck_after: int | Literal["auto"] | None = None
    """AUTO: an hour after the planned end, and once it lasts much longer than the journey's runs usually do."""
    late_after: int | None = None
    paused_after: int | None = None
    expect_run_every: int | None = None
    unreachable_after: int = 15 * 60
    remind_every: int = 24 * 3600
    catch_up_after: int = 24 * 3600
    """Changes that are older than this when they are seen are told together."""


@dataclass(frozen=True, slots=True)
class WatchTarget:
    """One `[[watch]]` entry."""

    provider: str
    container_id: str
    """A Pinpoint application id or Connect instance id, or `*` for every one the lane has."""
    journey_ids: tuple[str, ...] = (ALL,)
    """Ids of journeys or campaigns (`is_id`), or names and patterns of both: `("*",)` is every one listed."""
    region: str | None = None
    """None means the stack's Region."""
    role_arn: str | None = None
    """A role to assume, for another account; None means the poller's own credentials."""
    external_id: str | None = None
    """Sent with the role assumption, if the role's trust policy asks for it."""

    site_url: str | None = None
    """Where people look at its journeys, if that is not AWS's console; JOURNEY in it stands for the id of one."""
    thresholds: Thresholds = Thresholds()
    journey_types: tuple[str, ...] = ()
    """Only listed ones of these types, in the provider's words; empty for all."""

    @property
    def lists_journeys(self) -> bool:
        """True if the journeys must be discovered."""
        return not all(is_id(journey_id) for journey_id in self.journey_ids)

    @property
    def marker(self) -> str:
        """Names this target in the lane's memory of targets that were once listed completely.

        Another pattern or type is another target: what it adds to the watch is no news.
        """
        chosen = ",".join(sorted(self.journey_ids)) if self.lists_journeys else ALL
        types = ":" + ",".join(sorted(self.journey_types)) if self.journey_types else ""
        return f"{self.container_id}/{chosen}{types}"

    def covers(self, journey: Scope) -> bool:
        """True if the target may mean the journey: patterns and types need the listing (`selects`) to tell."""
        return self.container_id in (ALL, journey.container_id) and (
            self.lists_journeys or journey.journey_id in self.journey_ids
        )

    def selects(self, journey: JourneyKey, *, name: str | None, journey_type: str | None) -> bool:
        """True if the target means a journey that is listed like this.

        What the listing does not say (None) is not held against it: better one too many than one unseen.
        """
        typed = not self.journey_types or journey_type is None or journey_type in self.journey_types
        return self.covers(journey) and typed and any(_matches(one, journey, name) for one in self.journey_ids)

    def lane(self, *, own_account: str, own_region: str) -> Lane:
        """The lane this target belongs to, given the account and Region of the stack."""
        return Lane(
            provider=self.provider,
            account=account_of_role(self.role_arn) if self.role_arn else own_account,
            region=self.region or own_region,
        )


def is_id(text: str) -> bool:
    """Return True if a text has the form of an id; else it is a name or a pattern, and needs the listing."""
    return _ID.fullmatch(text) is not None


def _matches(wanted: str, journey: JourneyKey, name: str | None) -> bool:
    if is_id(wanted):
        return wanted == journey.journey_id
    return name is None or matches(name, wanted) or matches(journey.journey_id, wanted)


def account_of_role(role_arn: str) -> str:
    """The account in `arn:PARTITION:iam::ACCOUNT:role/NAME`."""
    return role_arn.split(":")[4]


def lanes_of(targets: Iterable[WatchTarget], *, own_account: str, own_region: str) -> dict[Lane, list[WatchTarget]]:
    """Targets by lane, in the order of the configuration."""
    lanes: dict[Lane, list[WatchTarget]] = {}
    for target in targets:
        lanes.setdefault(target.lane(own_account=own_account, own_region=own_region), []).append(target)
    return lanes
