"""Which calls change a journey, as CloudTrail records them.

Pinpoint Developer Guide, "Logging Amazon Pinpoint API calls with AWS CloudTrail". Request parameters
are the labels of the path, with hyphens, and the members of the body.
"""

from typing import Final

from journey_watch.core.attribution import ManagementCalls
from journey_watch.core.runs import Status

JOURNEY_CALLS: Final = ManagementCalls(
    # Not mobiletargeting, by which its permissions go.
    event_source="pinpoint.amazonaws.com",
    id_parameters=("journey-id",),
    container_parameter="application-id",
    leading_to={
        Status.RUNNING: ("UpdateJourneyState", "UpdateJourney", "CreateJourney"),
        Status.PAUSED: ("UpdateJourneyState",),
        Status.CANCELLED: ("UpdateJourneyState",),
    },
    resuming=("UpdateJourneyState",),
    deleting=("DeleteJourney",),
    creating=frozenset({"CreateJourney"}),
    argument="State",
    arguments={Status.RUNNING: "ACTIVE", Status.PAUSED: "PAUSED", Status.CANCELLED: "CANCELLED"},
    schedule_starts_runs=True,
)
