"""What a scenario declares to be there from the beginning. Each class is one table, its fields are the keys.

Times are given as ages (``created_ago = "2h"``), counted back from the moment the scenario is loaded, or from
its ``starts_at``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from journey_watch.core.errors import ConfigurationError
from simulator.world import (
    Application,
    Campaign,
    CampaignState,
    CampaignType,
    Journey,
    JourneyState,
    Role,
    Run,
    RunStatus,
    Site,
    User,
)
from strict_toml.schemas import WrongValueError

T = TypeVar("T")

_AT_ONCE = timedelta()
_METRICS = {"ENDPOINT_PRODUCED": "100", "ENDPOINT_ENTERED": "100", "ENDPOINT_LEFT": "0"}
"""Some of the names that Pinpoint documents, for runs that declare no metrics."""


@dataclass(frozen=True, kw_only=True)
class RunDeclaration:
    """``[[application.journey.run]]``: a run that is there from the beginning."""

    id: str
    status: RunStatus
    created_ago: timedelta = _AT_ONCE
    updated_ago: timedelta | None = None
    metrics: dict[str, str] = field(default_factory=lambda: dict(_METRICS))

    def build(self, now: datetime) -> Run:
        """The run as it is at `now`; last updated when it was created, unless declared."""
        updated_ago = self.created_ago if self.updated_ago is None else self.updated_ago
        return Run(self.id, self.status, now - self.created_ago, now - updated_ago, self.metrics)


@dataclass(frozen=True, kw_only=True)
class HistoryDeclaration:
    """``[[application.journey.history]]``: many runs at once, one created `every` so long, the newest `newest_ago`.

    `id` holds a ``{n}``, which counts from 1, the oldest. Each run was last updated `lasted` after its creation.
    """

    runs: int
    status: RunStatus = "COMPLETED"
    every: timedelta = timedelta(hours=1)
    newest_ago: timedelta = timedelta(hours=1)
    lasted: timedelta = timedelta(minutes=10)
    id: str = "history-{n}"

    def __post_init__(self) -> None:
        if self.runs < 0:
            raise WrongValueError("runs", f"is {self.runs}; expected 0 or more.")
        if "{n}" not in self.id:
            raise WrongValueError(
                "id", f'is "{self.id}"; expected a "{{n}}" that numbers the runs, as in "history-{{n}}".'
            )

    def build(self, now: datetime) -> Iterator[Run]:
        """The runs, oldest first."""
        for age in reversed(range(self.runs)):
            created = now - self.newest_ago - self.every * age
            id_ = self.id.replace("{n}", str(self.runs - age))
            yield Run(id_, self.status, created, created + self.lasted, dict(_METRICS))


@dataclass(frozen=True, kw_only=True)
class JourneyDeclaration:
    """``[[application.journey]]``: a journey with its runs."""

    id: str
    name: str = ""
    state: JourneyState = "ACTIVE"
    created_ago: timedelta = timedelta(days=30)
    modified_ago: timedelta | None = None
    refresh_frequency: str | None = None
    run: tuple[RunDeclaration, ...] = ()
    history: tuple[HistoryDeclaration, ...] = ()

    def build(self, now: datetime) -> Journey:
        """The journey with its runs, in the order of their creation."""
        runs = [run.build(now) for run in self.run]
        runs += [run for history in self.history for run in history.build(now)]
        runs.sort(key=lambda run: run.created)
        return Journey(
            self.id,
            self.name or self.id,
            self.state,
            created=now - self.created_ago,
            modified=now - (self.created_ago if self.modified_ago is None else self.modified_ago),
            refresh_frequency=self.refresh_frequency,
            runs=unique(((run.id, run) for run in runs), f'run of journey "{self.id}"'),
        )


@dataclass(frozen=True, kw_only=True)
class ApplicationDeclaration:
    """``[[application]]``; without `account` and `region` it is in the scenario's own."""

    id: str
    name: str = ""
    account: str | None = None
    region: str | None = None
    created_ago: timedelta = timedelta(days=90)
    journey: tuple[JourneyDeclaration, ...] = ()

    def build(self, now: datetime, home: Site) -> Application:
        """The application with its journeys."""
        journeys = ((journey.id, journey.build(now)) for journey in self.journey)
        return Application(
            self.id,
            self.name or self.id,
            Site(self.account or home.account, self.region or home.region),
            created=now - self.created_ago,
            journeys=unique(journeys, f'journey of application "{self.id}"'),
        )


@dataclass(frozen=True, kw_only=True)
class CampaignDeclaration:
    """``[[instance.campaign]]``; it starts at the time of its creation, unless `starts_in` says later."""

    id: str
    name: str = ""
    state: CampaignState = "Running"
    type: CampaignType = "MANAGED"
    created_ago: timedelta = timedelta(days=1)
    starts_in: timedelta | None = None
    lasts: timedelta = timedelta(days=7)
    has_modified_time: bool = True
    """False for campaigns made before that field existed: their lastModifiedTime is absent."""

    def build(self, now: datetime, instance_id: str, site: Site) -> Campaign:
        """The campaign as it is at `now`."""
        created = now - self.created_ago
        starts = created if self.starts_in is None else now + self.starts_in
        return Campaign(
            self.id,
            self.name or self.id,
            instance_id,
            site,
            self.state,
            self.type,
            starts,
            starts + self.lasts,
            created if self.has_modified_time else None,
        )


@dataclass(frozen=True, kw_only=True)
class UserDeclaration:
    """``[[instance.user]]``: somebody who may sign in to the instance."""

    id: str
    name: str
    first_name: str = ""
    last_name: str = ""

    def build(self) -> User:
        """The user."""
        return User(self.name, self.first_name, self.last_name)


@dataclass(frozen=True, kw_only=True)
class InstanceDeclaration:
    """``[[instance]]``: an Amazon Connect instance; without `account` and `region` it is in the scenario's own."""

    id: str
    account: str | None = None
    region: str | None = None
    campaign: tuple[CampaignDeclaration, ...] = ()
    user: tuple[UserDeclaration, ...] = ()

    def site(self, home: Site) -> Site:
        """Where the instance is."""
        return Site(self.account or home.account, self.region or home.region)

    def build(self, now: datetime, home: Site) -> Iterator[Campaign]:
        """The instance's campaigns."""
        return (campaign.build(now, self.id, self.site(home)) for campaign in self.campaign)


@dataclass(frozen=True, kw_only=True)
class RoleDeclaration:
    """``[[role]]``: an IAM role that AssumeRole knows, and the external id its trust demands."""

    arn: str
    external_id: str | None = None
    assumable: bool = True

    def __post_init__(self) -> None:
        if len(self.arn.split(":", 5)) != 6:  # noqa: PLR2004 - arn, partition, service, region, account, resource
            raise WrongValueError("arn", f'is "{self.arn}"; expected "arn:aws:iam::ACCOUNT:role/NAME".')

    def build(self) -> Role:
        """The role."""
        return Role(self.arn, self.external_id, self.assumable)


def unique(named: Iterable[tuple[str, T]], what: str) -> dict[str, T]:
    """The things by their id. Raises ConfigurationError when two have the same."""
    found: dict[str, T] = {}
    for id_, thing in named:
        if id_ in found:
            raise ConfigurationError(f'{what} "{id_}" is declared twice; give each its own id')
        found[id_] = thing
    return found
