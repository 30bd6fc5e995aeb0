"""How Connect speaks of its things, and how this project speaks of Connect."""

from typing import Final

from journey_watch.core.provider import Provider
from journey_watch.providers.connect.calls import CAMPAIGN_CALLS

CONNECT: Final = Provider(
    name="connect",
    title="Amazon Connect outbound campaigns",
    subject="Campaign",
    journey_noun="campaign",
    container_noun="instance",
    container_field="instance_id",
    journey_field="campaign_id",
    run_field=None,
    # Not every campaign that completes has run: it may expire without ever being started.
    passes_through_running=False,
    arn_format="arn:{partition}:connect-campaigns:{region}:{account}:campaign/{journey}",
    refusal_hint="Check that outbound campaigns are enabled for the instance, and that the role that reads them may "
    "call connect-campaigns:ListCampaigns and connect-campaigns:GetCampaignStateBatch.",
    late_hint="A campaign that is still Initialized then was most likely never published.",
    # The campaigns themselves are shown on the instance's own site, whose name no answer tells; it is linked there.
    console_url_format="https://{console}/connect/v2/app/instances/{container}?region={region}",
    calls=CAMPAIGN_CALLS,
)
