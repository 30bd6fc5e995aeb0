"""How Pinpoint speaks of its things, and how this project speaks of Pinpoint."""

from typing import Final

from journey_watch.core.provider import Provider
from journey_watch.core.runs import Status
from journey_watch.providers.pinpoint.calls import JOURNEY_CALLS

PINPOINT: Final = Provider(
    name="pinpoint",
    title="Amazon Pinpoint",
    subject="Journey Run",
    journey_noun="journey",
    container_noun="application",
    container_field="application_id",
    journey_field="journey_id",
    run_field="run_id",
    passes_through_running=True,
    arn_format="arn:{partition}:mobiletargeting:{region}:{account}:apps/{container}/journeys/{journey}",
    refusal_hint="Amazon ended support for Pinpoint on 2026-10-30: if it is gone for you, watch what replaces it with "
    'provider = "connect", and take this entry out of the configuration.',
    # Its console ended with its support, on 2026-10-30.
    console_url_format=None,
    journey_statuses={Status.SCHEDULED: "DRAFT", Status.RUNNING: "ACTIVE"},
    calls=JOURNEY_CALLS,
)
