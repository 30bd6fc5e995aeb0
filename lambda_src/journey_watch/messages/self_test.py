"""The alert that only proves that alerts arrive. It says so in every form."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import LANE_ITSELF, Lane
from journey_watch.core.severity import Severity
from journey_watch.messages.content import Content, Entity, clock_of
from journey_watch.messages.envelope import SCHEMA_VERSION, SOURCE, UNNAMED, Deployment, framed, iso, stable_id

DETAIL_TYPE: Final = "Journey Watch Test"


def self_test_alert(
    *, service: str, account: str, region: str, sent_at: datetime, deployment: Deployment = UNNAMED
) -> Alert:
    """Build it: critical, so that every recipient gets it. `service` is the stack's name.

    Each has an id of its own, from the time at which it is sent.
    """
    observed_time = iso(sent_at)
    detail = {
        "schema_version": SCHEMA_VERSION,
        # The one who speaks: no provider has said anything.
        "provider": SOURCE,
        "test": True,
        "severity": Severity.CRITICAL.value,
        "sequence": 1,
        "observed_time": observed_time,
        "summary": f"This is a TEST of {service}: nothing happened to any journey.",
    }
    alert_id = stable_id([service, account, region, DETAIL_TYPE, observed_time])
    lane = Lane(SOURCE, account, region)
    envelope = framed(alert_id, DETAIL_TYPE, detail, thread=alert_id, lane=lane, deployment=deployment)
    return Alert.from_envelope(envelope, journey=LANE_ITSELF, thread=alert_id)


def content(detail: Mapping[str, Any]) -> Content:
    """That nothing happened, and what it proves."""
    return Content(
        about=Entity("alert", "", "TEST of Journey Watch"),
        headline="nothing happened",
        facts=[("Sent", clock_of(detail)(detail["observed_time"]))],
        next_step="Nothing: that you read this is the proof that alerts reach you here.",
    )
