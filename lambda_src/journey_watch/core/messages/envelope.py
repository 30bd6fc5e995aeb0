"""The alert envelope about a change, version 1: docs/alert-envelope.schema.json describes it to its readers."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.messages.about_change import summary_of_change
from journey_watch.core.messages.envelope_parts import (
    LONGEST_TEXT,
    SCHEMA_VERSION,
    arn_of,
    console_url_of,
    framed,
    identity,
    iso,
    parts_of,
    stable_id,
)
from journey_watch.core.messages.untrusted_text import valid_text
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyInfo, JourneyKey, Lane
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import Transition

LONGEST_COUNTER: Final = 60
"""Of a counter's name, and of its value."""


def status_change(
    transition: Transition,
    *,
    lane: Lane,
    journey: JourneyKey,
    provider: Provider,
    info: JourneyInfo,
    severity: Severity,
    observed_at: datetime,
    muted_by: str | None = None,
    counters: Mapping[str, str] = MappingProxyType({}),
) -> Alert:
    """Build the alert about one run's change of status; the same change always gets the same id.

    `muted_by` is the mute that keeps it from being sent; it is recorded all the same. `counters` are what the provider
    counted of the run, as far as it said so in time.
    """
    run_id = transition.run.run_id
    detail_type = f"{provider.subject} Status Change"
    before, after = transition.previous_status, transition.run.status
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": provider.name,
        **identity(journey, run_id, provider, info),
        **_change(transition, provider, observed_at),
        "severity": severity.value,
        **({"muted_by": muted_by} if muted_by else {}),
        **({"counters": _counters(counters)} if counters else {}),
        "sequence": transition.sequence,
        "console_url": console_url_of(lane, journey, provider),
    }
    detail["summary"] = summary_of_change(detail, region=lane.region)
    # The empty part is for what is wrong with a run, in alerts that are not about its status.
    alert_id = stable_id([str(lane), *parts_of(journey), run_id, detail_type, "", before, after, transition.sequence])
    envelope = framed(alert_id, detail_type, detail, lane=lane, resources=[arn_of(lane, journey, provider)])
    return Alert.from_envelope(envelope, journey=journey, thread=stable_id([str(lane), *parts_of(journey), run_id]))


def _counters(counters: Mapping[str, str]) -> dict[str, str]:
    return {valid_text(name, LONGEST_COUNTER): valid_text(value, LONGEST_COUNTER) for name, value in counters.items()}


def _change(transition: Transition, provider: Provider, observed_at: datetime) -> dict[str, Any]:
    run, previous = transition.run, transition.previous
    # Where the provider leaves it open whether something ran, nothing is claimed.
    skipped = transition.skipped if provider.passes_through_running else ()
    delay = None if run.last_update_time is None else (observed_at - run.last_update_time).total_seconds()
    return {
        "previous_status": None if previous is None else previous.status.value,
        "previous_status_since": None if previous is None else iso(previous.last_update_time or previous.recorded_at),
        "status": run.status.value,
        "raw_status": valid_text(run.raw_status, LONGEST_TEXT),
        "skipped_statuses": [status.value for status in skipped],
        "creation_time": iso(run.creation_time),
        "last_update_time": iso(run.last_update_time),
        "observed_time": iso(observed_at),
        # The provider's clock may run ahead of the poller's.
        "detection_delay_seconds": None if delay is None else round(max(0.0, delay), 1),
    }
