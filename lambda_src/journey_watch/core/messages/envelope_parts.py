"""What all envelopes are made of: the frame, ids, names, times and links."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from journey_watch.core.messages.untrusted_text import valid_text
from journey_watch.core.partitions import partition_of
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyInfo, JourneyKey, Lane

SOURCE: Final = "journey-watch"
SCHEMA_VERSION: Final = "1"
LONGEST_TEXT: Final = 512
"""In characters. No name or status of a provider comes near it."""
_ID_DIGITS: Final = 32


def framed(
    alert_id: str, detail_type: str, detail: Mapping[str, Any], *, lane: Lane, resources: Sequence[str]
) -> dict[str, Any]:
    """The EventBridge shape around a detail that says when it was observed."""
    return {
        "version": "0",
        "id": alert_id,
        "detail-type": detail_type,
        "source": SOURCE,
        "account": lane.account,
        "region": lane.region,
        "time": detail["observed_time"],
        "resources": list(resources),
        "detail": dict(detail),
    }


def identity(journey: JourneyKey, run_id: str | None, provider: Provider, info: JourneyInfo) -> dict[str, str | None]:
    """Container, journey and run, in this order: each an id, and a name that may be unknown."""
    return {
        **container_identity(journey, provider, info),
        provider.journey_field: journey.journey_id,
        f"{provider.journey_noun}_name": name_of(info.name),
        **({provider.run_field: run_id} if provider.run_field and run_id is not None else {}),
    }


def container_identity(journey: JourneyKey, provider: Provider, info: JourneyInfo) -> dict[str, str | None]:
    """The container alone."""
    return {
        provider.container_field: journey.container_id,
        f"{provider.container_noun}_name": name_of(info.container_name),
    }


def name_of(name: str | None) -> str | None:
    return None if name is None or not name.strip() else valid_text(name, LONGEST_TEXT)


def parts_of(journey: JourneyKey) -> tuple[str, str]:
    return journey.container_id, journey.journey_id


def stable_id(parts: Sequence[str | int | None]) -> str:
    """32 hexadecimal digits of what the parts are; a JSON list keeps them apart whatever they contain."""
    text = json.dumps(parts, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()[:_ID_DIGITS]


def iso(time: datetime | None) -> str | None:
    return None if time is None else time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def arn_of(lane: Lane, journey: JourneyKey, provider: Provider) -> str:
    return provider.arn_format.format(
        partition=partition_of(lane.region).name,
        region=lane.region,
        account=lane.account,
        container=journey.container_id,
        journey=journey.journey_id,
    )


def console_url_of(lane: Lane, journey: JourneyKey, provider: Provider) -> str:
    container, journey_id = (quote(part, safe="", errors="replace") for part in parts_of(journey))
    return provider.console_url_format.format(
        console=partition_of(lane.region).console_host,
        region=quote(lane.region, safe=""),
        container=container,
        journey=journey_id,
    )
