"""How one provider speaks of its things, so that nothing else in the core or the store knows a provider's name."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from journey_watch.core.attribution import ManagementCalls
from journey_watch.core.runs import Status


@dataclass(frozen=True, slots=True)
class Provider:
    """Words, field names and links of one provider. Each adapter of a source defines its own."""

    name: str
    """Its name in the configuration and in a lane: `pinpoint`."""
    title: str
    """The name that people know it by: `Amazon Pinpoint`."""
    subject: str
    """What an alert's detail-type begins with: `Journey Run`, or `Campaign`."""
    journey_noun: str
    """`journey`, or `campaign`."""
    container_noun: str
    """`application`, or `instance`."""
    container_field: str
    """The envelope's and the SNS attribute's name for the container: `application_id`."""
    journey_field: str
    """The envelope's name for the journey's id: `journey_id`; its name stands under `journey_noun` + `_name`."""
    run_field: str | None
    """The envelope's name for the run's id; None if the provider has no runs beside the journey itself."""
    passes_through_running: bool
    """True if nothing is completed or paused that was not running before; False if it may also end without a start."""
    arn_format: str
    """The ARN of a journey, with {partition}, {region}, {account}, {container} and {journey}."""
    refusal_hint: str
    """What an operator should know when the provider refuses or cannot be reached; one sentence, or empty."""
    console_url_format: str | None
    """Where a journey is shown, with {console} (the partition's console host), {region}, {container} and {journey}.

    None if there is no such place.
    """
    late_hint: str = ""
    """The likely cause when something has not started by its planned start; one sentence, or empty."""
    journey_statuses: Mapping[Status, str] = field(default_factory=dict)
    """Its words for statuses of a journey itself, where they are others than ours; empty if only its runs have any."""
    calls: ManagementCalls | None = None
    """The calls that change its journeys, as CloudTrail records them; None if nobody looks for who made them."""
