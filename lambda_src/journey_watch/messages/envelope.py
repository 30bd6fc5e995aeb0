"""What all envelopes are made of: the frame, ids, names, times and links."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final
from urllib.parse import quote

from journey_watch.core.aws_partitions import partition_of
from journey_watch.core.provider import Provider
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyInfo, JourneyKey, Lane, LaneScope, Scope
from journey_watch.core.searches import CallWindow
from journey_watch.core.watch_list import JOURNEY
from journey_watch.messages.untrusted_text import valid_text

SOURCE: Final = "journey-watch"
SCHEMA_VERSION: Final = "1"
MAX_TEXT: Final = 512
"""A text is cut at so many characters. No name or status of a provider comes near it."""
_ID_DIGITS: Final = 32
_EVENT_ID: Final = re.compile(r"[0-9A-Za-z-]{1,100}")
_NOTHING_KNOWN: Final = JourneyInfo()


@dataclass(frozen=True, slots=True)
class Deployment:
    """What every alert says of the deployment that sends it."""

    label: str = ""
    """Tells it from others, such as `prod`; empty if the configuration gives none."""
    time_zone: str = "UTC"
    """By whose clock people read times; an IANA name."""

    @property
    def detail(self) -> dict[str, str]:
        """What of it an alert's detail says."""
        label = {"label": self.label} if self.label else {}
        return label if self.time_zone == "UTC" else {**label, "time_zone": self.time_zone}


UNNAMED: Final = Deployment()


@dataclass(frozen=True, slots=True)
class AlertContext:
    """What every alert is built from, beside its own news: where it was seen, of what, and when."""

    lane: Lane
    provider: Provider
    observed_at: datetime
    """When the poll saw it."""
    journey: Scope = LANE_ITSELF
    """What it is of: a journey, or the listing of a container, or the whole lane."""
    info: JourneyInfo = _NOTHING_KNOWN
    deployment: Deployment = UNNAMED
    site_url: str | None = None
    """Where people look at it, if that is not AWS's console: `WatchTarget.site_url`."""

    @property
    def ids(self) -> tuple[str, str, str]:
        """What sets an alert's id apart from those of other lanes and journeys."""
        return str(self.lane), self.journey.container_id, self.journey.journey_id

    def identity(self, run_id: str | None) -> dict[str, str | None]:
        """Container, journey and run, as far as there are: each an id, and a name that may be unknown."""
        provider = self.provider
        if isinstance(self.journey, LaneScope):
            return {}
        container = {
            provider.container_field: self.journey.container_id,
            f"{provider.container_noun}_name": name_of(self.info.container_name),
        }
        if isinstance(self.journey, ContainerScope):
            return container
        return {
            **container,
            provider.journey_field: self.journey.journey_id,
            f"{provider.journey_noun}_name": name_of(self.info.name),
            **({provider.run_field: run_id} if provider.run_field and run_id is not None else {}),
        }

    def resources(self) -> list[str]:
        """The ARN of the journey, if it is one."""
        if not isinstance(self.journey, JourneyKey):
            return []
        arn = self.provider.arn_format.format(
            partition=partition_of(self.lane.region).name,
            region=self.lane.region,
            account=self.lane.account,
            container=self.journey.container_id,
            journey=self.journey.journey_id,
        )
        return [arn]

    def console_url(self) -> str | None:
        """Where the journey is to be seen; None for a listing or a lane, or without a console."""
        if not isinstance(self.journey, JourneyKey):
            return None
        if self.site_url is not None:
            return self.site_url.replace(JOURNEY, quote(self.journey.journey_id, safe="", errors="replace"))
        return console_url_of(self.lane, self.journey, self.provider)

    def traces(self, window: CallWindow | None, looked_for_until: datetime | None) -> dict[str, str | None]:
        """Where CloudTrail shows the calls that may have done it, and until when it is looked for whose they are."""
        if window is None:
            return {}
        until = {"attribution_until": iso(looked_for_until)} if looked_for_until else {}
        return {"cloudtrail_url": calls_url_of(self.lane, window), **until}


def framed(
    alert_id: str,
    detail_type: str,
    detail: Mapping[str, Any],
    *,
    thread: str,
    lane: Lane,
    deployment: Deployment,
    resources: Sequence[str] = (),
) -> dict[str, Any]:
    """The EventBridge shape around a detail that says when it was observed.

    `thread` is the same for all alerts of one run, and for all of one condition from its opening to its end.
    """
    return {
        "version": "0",
        "id": alert_id,
        "detail-type": detail_type,
        "source": SOURCE,
        "account": lane.account,
        "region": lane.region,
        "time": detail["observed_time"],
        "resources": list(resources),
        "detail": {**detail, "dedup_key": thread, **deployment.detail},
    }


def name_of(name: str | None) -> str | None:
    """A name that can be stored; None if there is nothing to be seen of it."""
    return None if name is None or not name.strip() else valid_text(name, MAX_TEXT)


def stable_id(parts: Sequence[str | int | None]) -> str:
    """32 hexadecimal digits of what the parts are; a JSON list keeps them apart whatever they contain."""
    text = json.dumps(parts, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()[:_ID_DIGITS]


def iso(time: datetime | None) -> str | None:
    """A time in UTC to the millisecond, as envelopes have it: `2026-11-23T08:00:00.000Z`."""
    return None if time is None else time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def console_url_of(lane: Lane, journey: JourneyKey, provider: Provider) -> str | None:
    """Where a journey is to be seen in the console of its partition; None if its provider has no console."""
    if provider.console_url_format is None:
        return None
    container, journey_id = (
        quote(part, safe="", errors="replace") for part in (journey.container_id, journey.journey_id)
    )
    return provider.console_url_format.format(
        console=partition_of(lane.region).console_host,
        region=quote(lane.region, safe=""),
        container=container,
        journey=journey_id,
    )


def calls_url_of(lane: Lane, window: CallWindow) -> str:
    """Where CloudTrail's console lists the calls of a window by the first of their names: it filters by one.

    AWS does not document the form of such links; it is the one that its own console shows.
    """
    times = {"StartTime": iso(window.earliest), "EndTime": iso(window.latest)}
    query = "&".join(f"{key}={quote(value or '', safe='')}" for key, value in times.items())
    return f"{_event_history_of(lane)}?EventName={quote(window.names[0], safe='')}&{query}"


def event_url_of(lane: Lane, event_id: str) -> str | None:
    """Where CloudTrail's console shows one event; None if no event can have that id."""
    return f"{_event_history_of(lane)}/{event_id}" if _EVENT_ID.fullmatch(event_id) else None


def _event_history_of(lane: Lane) -> str:
    region = quote(lane.region, safe="")
    return f"https://{region}.{partition_of(lane.region).console_host}/cloudtrailv2/home?region={region}#/events"
