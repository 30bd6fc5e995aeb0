"""What can happen to Amazon Connect outbound campaigns."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from simulator.call_events import recorded
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
    """A Connect campaign changes state; `by` somebody, whose call CloudTrail records.

    Its lastModifiedTime stays: a state is not a modification.
    """

    campaign: str
    state: CampaignState
    by: str = ""

    def apply(self, world: World, now: datetime) -> World:
        campaign = world.campaign(self.campaign)
        changed = world.with_campaign(replace(campaign, state=self.state))
        name = "ResumeCampaign" if campaign.state == "Paused" and self.state == "Running" else _CALLS.get(self.state)
        return _called(changed, now, campaign, name, by=self.by)


@dataclass(frozen=True, kw_only=True)
class CampaignIsRemoved(Event, kind="campaign_removed"):
    """A Connect campaign is gone: not listed, ResourceNotFound when asked for. `by` is who has deleted it."""

    campaign: str
    by: str = ""

    def apply(self, world: World, now: datetime) -> World:
        campaign = world.campaign(self.campaign)
        rest = {id_: it for id_, it in world.campaigns.items() if id_ != self.campaign}
        return _called(replace(world, campaigns=rest), now, campaign, "DeleteCampaign", by=self.by)


_CALLS: Final[Mapping[CampaignState, str]] = {
    "Running": "StartCampaign",
    "Paused": "PauseCampaign",
    "Stopped": "StopCampaign",
}


def _called(world: World, now: datetime, campaign: Campaign, name: str | None, *, by: str) -> World:
    """The world in which CloudTrail has recorded who did it, if anybody did."""
    if not by:
        return world
    if name is None:
        raise NotInWorldError("no call leads to this state: it is nobody's doing")
    source, request = "connect-campaigns.amazonaws.com", {"id": campaign.id}
    return recorded(world, now, campaign.site, by=by, name=name, source=source, request=request)
