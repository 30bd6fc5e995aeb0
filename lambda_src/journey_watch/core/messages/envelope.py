"""The alert envelope, version 1: docs/alert-envelope.schema.json describes it to its readers."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from journey_watch.core.alerts import Alert
from journey_watch.core.messages.untrusted_text import valid_text
from journey_watch.core.messages.wording import summary_of
from journey_watch.core.partitions import partition_of
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyInfo, JourneyKey, Lane
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import Transition

SOURCE: Final = "journey-watch"
SCHEMA_VERSION: Final = "1"
LONGEST_TEXT: Final = 512
"""In characters. No name or status of a provider comes near it."""
_ID_DIGITS: Final = 32


def status_change(
    transition: Transition,
    *,
    lane: Lane,
    journey: JourneyKey,
    provider: Provider,
    info: JourneyInfo,
    severity: Severity,
    observed_at: datetime,
) -> Alert:
    """Build the alert about one run's change of status; the same change always gets the same id."""
    run_id = transition.run.run_id
    detail_type = f"{provider.subject} Status Change"
    before, after = transition.previous_status, transition.run.status
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": provider.name,
        **_identity(transition, journey, provider, info),
        **_change(transition, observed_at),
        "severity": severity.value,
        "sequence": transition.sequence,
        "console_url": _console_url(lane, journey, provider),
    }
    envelope = {
        "version": "0",
        # The empty part is for what is wrong with a run, in alerts that are not about its status.
        "id": _hash([str(lane), *_parts(journey), run_id, detail_type, "", before, after, transition.sequence]),
        "detail-type": detail_type,
        "source": SOURCE,
        "account": lane.account,
        "region": lane.region,
        "time": detail["observed_time"],
        "resources": [_arn(lane, journey, provider)],
        "detail": {**detail, "summary": summary_of(detail, region=lane.region)},
    }
    return Alert.from_envelope(envelope, journey=journey, thread=_hash([str(lane), *_parts(journey), run_id]))


def _identity(
    transition: Transition, journey: JourneyKey, provider: Provider, info: JourneyInfo
) -> dict[str, str | None]:
    """Container, journey and run, in this order: each an id, and a name that may be unknown."""
    return {
        provider.container_field: journey.container_id,
        f"{provider.container_noun}_name": _name(info.container_name),
        provider.journey_field: journey.journey_id,
        f"{provider.journey_noun}_name": _name(info.name),
        **({provider.run_field: transition.run.run_id} if provider.run_field else {}),
    }


def _change(transition: Transition, observed_at: datetime) -> dict[str, Any]:
    run, previous = transition.run, transition.previous
    delay = None if run.last_update_time is None else (observed_at - run.last_update_time).total_seconds()
    return {
        "previous_status": None if previous is None else previous.status.value,
        "previous_status_since": None if previous is None else _iso(previous.last_update_time or previous.recorded_at),
        "status": run.status.value,
        "raw_status": valid_text(run.raw_status, LONGEST_TEXT),
        "skipped_statuses": [status.value for status in transition.skipped],
        "creation_time": _iso(run.creation_time),
        "last_update_time": _iso(run.last_update_time),
        "observed_time": _iso(observed_at),
        # The provider's clock may run ahead of the poller's.
        "detection_delay_seconds": None if delay is None else round(max(0.0, delay), 1),
    }


def _name(name: str | None) -> str | None:
    return None if name is None or not name.strip() else valid_text(name, LONGEST_TEXT)


def _parts(journey: JourneyKey) -> tuple[str, str]:
    return journey.container_id, journey.journey_id


def _hash(parts: Sequence[str | int | None]) -> str:
    """32 hexadecimal digits of what the parts are; a JSON list keeps them apart whatever they contain."""
    text = json.dumps(parts, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()[:_ID_DIGITS]


def _iso(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _arn(lane: Lane, journey: JourneyKey, provider: Provider) -> str:
    return provider.arn_format.format(
        partition=partition_of(lane.region).name,
        region=lane.region,
        account=lane.account,
        container=journey.container_id,
        journey=journey.journey_id,
    )


def _console_url(lane: Lane, journey: JourneyKey, provider: Provider) -> str:
    container, journey_id = (quote(part, safe="", errors="replace") for part in _parts(journey))
    return provider.console_url_format.format(
        console=partition_of(lane.region).console_host,
        region=quote(lane.region, safe=""),
        container=container,
        journey=journey_id,
    )
