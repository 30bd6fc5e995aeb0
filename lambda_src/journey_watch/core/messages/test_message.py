"""The alert that only proves that alerts arrive. It says so in every form."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.messages.envelope_parts import SCHEMA_VERSION, SOURCE, framed, iso, stable_id
from journey_watch.core.messages.story import Story
from journey_watch.core.messages.wording import Thing, readable_time
from journey_watch.core.runs import LANE_ITSELF, Lane
from journey_watch.core.severity import Severity

DETAIL_TYPE: Final = "Journey Watch Test"


def test_message(*, service: str, account: str, region: str, sent_at: datetime) -> Alert:
    """Build it: critical, so that every reader gets it, whatever their least severity. `service` is the stack's name.

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
        "summary": f"This is a TEST of {service} in {region}: nothing happened to any journey.",
    }
    alert_id = stable_id([service, account, region, DETAIL_TYPE, observed_time])
    lane = Lane(SOURCE, account, region)
    envelope = framed(alert_id, DETAIL_TYPE, detail, lane=lane, resources=[])
    return Alert.from_envelope(envelope, journey=LANE_ITSELF, thread=alert_id)


def story_of_test(detail: Mapping[str, Any]) -> Story:
    return Story(
        about=Thing("alert", "", "TEST of Journey Watch"),
        move="nothing happened",
        facts=[("Sent", readable_time(detail["observed_time"]))],
        next_step="Nothing: that you read this is the proof that alerts reach you here.",
    )
