"""Which calls change a campaign, as CloudTrail records them.

Names: the API reference of Amazon Connect outbound campaigns, whose two versions share them; eventSource: EventBridge's
reference of its events. `{id}` stands in the path of each call, which CloudTrail shows under that name.
"""

from typing import Final

from journey_watch.core.attribution import ManagementCalls
from journey_watch.core.runs import Status

CAMPAIGN_CALLS: Final = ManagementCalls(
    event_source="connect-campaigns.amazonaws.com",
    id_parameters=("id",),
    leading_to={
        Status.RUNNING: ("StartCampaign",),
        Status.PAUSED: ("PauseCampaign",),
        Status.CANCELLED: ("StopCampaign",),
    },
    resuming=("ResumeCampaign",),
    deleting=("DeleteCampaign",),
    # Connect's own site calls with the service-linked role of this service; the session's name is the id of the user.
    site_service="connect.amazonaws.com",
    site_user="Connect user",
)
