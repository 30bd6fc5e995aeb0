"""What the simulated accounts hold, as values: an event makes a new World and leaves the old one as it was.

So an answer being written cannot change under its reader, and an older snapshot costs only a reference to it.
All times are in UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

RunStatus = Literal["SCHEDULED", "RUNNING", "COMPLETED", "CANCELLED"]
JourneyState = Literal["DRAFT", "ACTIVE", "COMPLETED", "CANCELLED", "CLOSED", "PAUSED"]
CampaignState = Literal["Initialized", "Running", "Paused", "Stopped", "Failed", "Completed"]
CampaignType = Literal["MANAGED", "JOURNEY"]
ProviderName = Literal["pinpoint", "connect"]
Refusal = Literal[403, 404, 410]
EndOfSupport = Literal["empty", 403, 404, 410]


class NotInWorldError(LookupError):
    """An event or a call names something that is not there (any more)."""


class Site(NamedTuple):
    """One account in one Region: what a signed request is about, and what AWS counts a quota for."""

    account: str
    region: str


@dataclass(frozen=True)
class Run:
    """One run of a journey. `created` may be the time of scheduling, as in Pinpoint."""

    id: str
    status: RunStatus
    created: datetime
    updated: datetime
    metrics: Mapping[str, str] = field(default_factory=dict)
    listed: bool = True
    """False while the run has vanished from the API's answers; it can reappear as it was."""


@dataclass(frozen=True)
class Journey:
    """A journey and its runs, oldest first."""

    id: str
    name: str
    state: JourneyState
    created: datetime
    modified: datetime
    refresh_frequency: str | None = None
    runs: Mapping[str, Run] = field(default_factory=dict)

    def run(self, run_id: str) -> Run:
        """The run, listed or not; NotInWorldError when the journey never had it."""
        if run_id not in self.runs:
            raise NotInWorldError(f'run "{run_id}" is not in journey "{self.id}"')
        return self.runs[run_id]

    def with_run(self, run: Run) -> "Journey":
        """The journey with this run added at its end, or changed in its place."""
        return replace(self, runs={**self.runs, run.id: run})


@dataclass(frozen=True)
class Application:
    """A Pinpoint application (a project, in the console's words) and its journeys."""

    id: str
    name: str
    site: Site
    created: datetime
    journeys: Mapping[str, Journey] = field(default_factory=dict)
    refusal: Refusal | None = None
    """The HTTP status every call about this application is refused with, while it is gone."""

    def journey(self, journey_id: str) -> Journey:
        """The journey; NotInWorldError when the application does not have it."""
        if journey_id not in self.journeys:
            raise NotInWorldError(f'journey "{journey_id}" is not in application "{self.id}"')
        return self.journeys[journey_id]

    def with_journey(self, journey: Journey) -> "Application":
        """The application with this journey added or changed."""
        return replace(self, journeys={**self.journeys, journey.id: journey})


@dataclass(frozen=True)
class Campaign:
    """An Amazon Connect outbound campaign. `modified` is None for campaigns older than that field."""

    id: str
    name: str
    instance_id: str
    site: Site
    state: CampaignState
    type: CampaignType
    starts: datetime
    ends: datetime
    modified: datetime | None


@dataclass(frozen=True)
class User:
    """Somebody who may sign in to an Amazon Connect instance."""

    name: str
    first_name: str
    last_name: str


@dataclass(frozen=True)
class RecordedCall:
    """A call as CloudTrail has recorded it."""

    id: str
    site: Site
    time: datetime
    record: Mapping[str, Any]
    """What an answer shows as JSON in a string."""


@dataclass(frozen=True)
class Role:
    """An IAM role that AssumeRole may be asked for."""

    arn: str
    external_id: str | None
    """What the trust policy demands; None demands nothing."""
    assumable: bool


@dataclass(frozen=True)
class World:
    """Everything at one moment. Ids are unique over all sites, as those that AWS gives are."""

    home: Site
    """Where things are that name no account or Region, and what a caller sees whose own site holds nothing."""
    applications: Mapping[str, Application]
    instances: Mapping[str, Site]
    """Where each Amazon Connect instance is."""
    campaigns: Mapping[str, Campaign]
    roles: Mapping[str, Role]
    ended: Mapping[ProviderName, EndOfSupport] = field(default_factory=dict)
    """How a provider answers since its support ended; absent while it serves."""
    lists_applications: bool = False
    """True: Pinpoint has ended, and GetApps and GetApp answer as before."""
    users: Mapping[tuple[str, str], User] = field(default_factory=dict)
    """Of Amazon Connect, by instance and user id."""
    calls: tuple[RecordedCall, ...] = ()
    """What CloudTrail has recorded, the oldest first."""
    record_delay: timedelta = timedelta()
    """How long after a call CloudTrail shows it."""

    def site_of(self, caller: Site) -> Site:
        """The site that this caller sees."""
        held = {application.site for application in self.applications.values()} | set(self.instances.values())
        return caller if caller in held else self.home

    def application(self, application_id: str) -> Application:
        """The application, refused or not; NotInWorldError when there is none."""
        if application_id not in self.applications:
            raise NotInWorldError(f'application "{application_id}" does not exist')
        return self.applications[application_id]

    def with_application(self, application: Application) -> "World":
        """The world with this application added or changed."""
        return replace(self, applications={**self.applications, application.id: application})

    def campaign(self, campaign_id: str) -> Campaign:
        """The campaign; NotInWorldError when there is none."""
        if campaign_id not in self.campaigns:
            raise NotInWorldError(f'campaign "{campaign_id}" does not exist')
        return self.campaigns[campaign_id]

    def with_campaign(self, campaign: Campaign) -> "World":
        """The world with this campaign added or changed."""
        return replace(self, campaigns={**self.campaigns, campaign.id: campaign})

    def with_call(self, call: RecordedCall) -> "World":
        """The world in which this call was made as well."""
        return replace(self, calls=(*self.calls, call))

    def role(self, arn: str) -> Role:
        """The role; NotInWorldError when there is none."""
        if arn not in self.roles:
            raise NotInWorldError(f'role "{arn}" does not exist')
        return self.roles[arn]

    def with_role(self, role: Role) -> "World":
        """The world with this role added or changed."""
        return replace(self, roles={**self.roles, role.arn: role})
