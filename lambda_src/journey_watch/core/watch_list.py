"""The watch list: which journeys of which lane are watched. Configuration is its only source."""

from collections.abc import Iterable
from dataclasses import dataclass

from journey_watch.core.runs import JourneyKey, Lane

ALL = "*"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How much patience a target's journeys deserve, in seconds. None switches a condition off."""

    stuck_after: int | None = None
    late_after: int | None = None
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
    """Journey or campaign ids, or `("*",)` for every one the provider lists."""
    region: str | None = None
    """None means the stack's Region."""
    role_arn: str | None = None
    """A role to assume, for another account; None means the poller's own credentials."""
    external_id: str | None = None
    """Sent with the role assumption, if the role's trust policy asks for it."""

    thresholds: Thresholds = Thresholds()

    @property
    def lists_journeys(self) -> bool:
        """True if the journeys must be discovered."""
        return ALL in self.journey_ids

    @property
    def marker(self) -> str:
        """Names this target in the lane's memory of targets that were once listed completely."""
        return f"{self.container_id}/{ALL}"

    def covers(self, journey: JourneyKey) -> bool:
        return self.container_id in (ALL, journey.container_id) and (
            self.lists_journeys or journey.journey_id in self.journey_ids
        )

    def lane(self, *, own_account: str, own_region: str) -> Lane:
        """The lane this target belongs to, given the account and Region of the stack."""
        return Lane(
            provider=self.provider,
            account=account_of_role(self.role_arn) if self.role_arn else own_account,
            region=self.region or own_region,
        )


def account_of_role(role_arn: str) -> str:
    """The account in `arn:PARTITION:iam::ACCOUNT:role/NAME`."""
    return role_arn.split(":")[4]


def lanes_of(targets: Iterable[WatchTarget], *, own_account: str, own_region: str) -> dict[Lane, list[WatchTarget]]:
    """Targets by lane, in the order of the configuration."""
    lanes: dict[Lane, list[WatchTarget]] = {}
    for target in targets:
        lanes.setdefault(target.lane(own_account=own_account, own_region=own_region), []).append(target)
    return lanes
