"""The alert about a condition: opened, reminded of, resolved."""

from datetime import datetime
from typing import Any

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.messages.about_condition import summary_of_condition
from journey_watch.core.messages.envelope_parts import (
    LONGEST_TEXT,
    SCHEMA_VERSION,
    arn_of,
    console_url_of,
    container_identity,
    framed,
    identity,
    iso,
    parts_of,
    stable_id,
)
from journey_watch.core.messages.untrusted_text import valid_text
from journey_watch.core.provider import Provider
from journey_watch.core.refusals import DENIAL_HINT, is_denial
from journey_watch.core.runs import LANE_ITSELF, JourneyInfo, JourneyKey, Lane
from journey_watch.core.watch_list import ALL


def condition_alert(
    event: ConditionEvent,
    *,
    lane: Lane,
    journey: JourneyKey,
    provider: Provider,
    info: JourneyInfo,
    sequence: int,
    observed_at: datetime,
) -> Alert:
    """Build the alert. A journey id of `*` stands for the listing of a container, both for the whole lane.

    The opening begins a thread of its own; reminders and the resolution stand in it, as loud as the opening was.
    """
    condition = event.condition
    detail_type = f"{provider.subject} Condition {event.phase}"
    since = iso(condition.since)
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": provider.name,
        "lane": str(lane),
        **_identity(journey, condition.run_id, provider, info),
        "condition": condition.kind.value,
        "phase": event.phase.value,
        "since": since,
        "lasted_seconds": round(max(0.0, (observed_at - condition.since).total_seconds()), 1),
        "reason": valid_text(condition.reason, LONGEST_TEXT),
        "hint": _hint(condition, provider),
        "reminder": condition.reminders,
        "severity": condition.severity.value,
        "sequence": sequence,
        "observed_time": iso(observed_at),
        "console_url": console_url_of(lane, journey, provider) if ALL not in parts_of(journey) else None,
    }
    detail["summary"] = summary_of_condition(detail, region=lane.region)
    what = [condition.kind.value, since, condition.reminders]
    alert_id = stable_id([str(lane), *parts_of(journey), condition.run_id, detail_type, *what, sequence])
    resources = [arn_of(lane, journey, provider)] if ALL not in parts_of(journey) else []
    envelope = framed(alert_id, detail_type, detail, lane=lane, resources=resources)
    thread = alert_id if event.phase is Phase.OPENED else condition.opened_by or alert_id
    return Alert.from_envelope(envelope, journey=journey, thread=thread)


def _hint(condition: Condition, provider: Provider) -> str:
    if condition.kind is not ConditionKind.UNREACHABLE:
        return ""
    return DENIAL_HINT if is_denial(condition.reason) else provider.refusal_hint


def _identity(journey: JourneyKey, run_id: str | None, provider: Provider, info: JourneyInfo) -> dict[str, str | None]:
    if journey == LANE_ITSELF:
        return {}
    if journey.journey_id == ALL:
        return container_identity(journey, provider, info)
    return identity(journey, run_id, provider, info)
