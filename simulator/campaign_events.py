"""What can happen to Amazon Connect outbound campaigns."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from simulator.events import Event
from simulator.world import Campaign, CampaignState, CampaignType, NotInWorldError, World


@dataclass(frozen=True, kw_only=True)
class CampaignAppears(Event, kind="campaign_created"):
    """A campaign appears; it starts at once, unless `starts_in` says later."""

    instance: str
    campaign: str
    name: str = ""
    state: CampaignState = "Initialized"
    type: CampaignType = "MANAGED"
    starts_in: timedelta = timedelta()
    lasts: timedelta = timedelta(days=7)

    def apply(self, world: World, now: datetime) -> World:
        if self.instance not in world.instances:
            raise NotInWorldError(f'instance "{self.instance}" does not exist')
        if self.campaign in world.campaigns:
            raise NotInWorldError(f'campaign "{self.campaign}" is there already; use campaign_state to change it')
        starts = now + self.starts_in
        campaign = Campaign(
            self.campaign,
            self.name or self.campaign,
            self.instance,
            world.instances[self.instance],
            self.state,
            self.type,
            starts,
            starts + self.lasts,
            modified=now,
        )
        return world.with_campaign(campaign)


@dataclass(frozen=True, kw_only=True)
class CampaignStateChanges(Event, kind="campaign_state"):
    """A Connect campaign changes state. Its lastModifiedTime stays: a state is not a modification."""

    campaign: str
    state: CampaignState

    def apply(self, world: World, now: datetime) -> World:
        del now
        return world.with_campaign(replace(world.campaign(self.campaign), state=self.state))


@dataclass(frozen=True, kw_only=True)
class CampaignIsRemoved(Event, kind="campaign_removed"):
    """A Connect campaign is gone: not listed, ResourceNotFound when asked for."""

    campaign: str

    def apply(self, world: World, now: datetime) -> World:
        del now
        world.campaign(self.campaign)
        return replace(world, campaigns={id_: it for id_, it in world.campaigns.items() if id_ != self.campaign})
