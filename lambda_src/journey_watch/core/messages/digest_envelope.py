"""One message for many changes: a digest of what is about to be sent, or the account of what a mute held back."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

from journey_watch.core.alerts import Alert
from journey_watch.core.messages.about_many import counts_of, summary_of_digest, summary_of_ended_mute
from journey_watch.core.messages.envelope_parts import SCHEMA_VERSION, framed, iso, stable_id
from journey_watch.core.provider import Provider
from journey_watch.core.runs import LANE_ITSELF, Lane
from journey_watch.core.severity import Severity

LARGEST_DIGEST_BYTES: Final = 100_000
"""Of members, as JSON. A queue gets them as a text within SNS's own JSON, which may double it, and 256 KiB in all."""
MOST_HELD_BACK_SHOWN: Final = 50

T = TypeVar("T")


def digests(alerts: Sequence[Alert], *, lane: Lane, provider: Provider) -> Iterator[tuple[Alert, Sequence[Alert]]]:
    """Each digest, and the alerts it stands for, the worst first.

    More digests where one would be too large: what is acknowledged with a digest must be in it.
    A digest is not recorded, its members are: sent again, it may have other members, and so another id.
    """
    worst_first = sorted(alerts, key=lambda alert: (-alert.severity.loudness, alert.observed_time, alert.sequence))
    for members in _pieces(worst_first, _member):
        details = [_member(alert) for alert in members]
        detail = {
            "schema_version": SCHEMA_VERSION,
            "provider": provider.name,
            "lane": str(lane),
            "changes": details,
            "counts": counts_of(details),
            "severity": members[0].severity.value,
            "sequence": max(alert.sequence for alert in members),
            "observed_time": max(alert.observed_time for alert in members),
        }
        detail["summary"] = summary_of_digest(detail, region=lane.region)
        digest_id = stable_id(sorted(alert.id for alert in members))
        envelope = framed(digest_id, f"{provider.subject} Digest", detail, lane=lane, resources=[])
        yield Alert.from_envelope(envelope, journey=LANE_ITSELF, thread=digest_id), members


def _pieces(items: Iterable[T], details: Callable[[T], Mapping[str, Any]]) -> Iterator[list[T]]:
    """Cut so that each piece fits in a message; none is empty."""
    piece: list[T] = []
    size = 0
    for item in items:
        alone = len(json.dumps(details(item)))
        if piece and size + alone > LARGEST_DIGEST_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += alone
    if piece:
        yield piece


def _member(alert: Alert) -> dict[str, Any]:
    return {"id": alert.id, **alert.envelope["detail"]}


def mute_ended_alert(
    mute_id: str,
    held_back: Sequence[Mapping[str, Any]],
    *,
    since: datetime,
    lane: Lane,
    provider: Provider,
    sequence: int,
    observed_at: datetime,
) -> Alert:
    """Say what was not told while a mute lasted. `held_back` are the details of the alerts, oldest first."""
    worst_first = sorted(held_back, key=lambda detail: -Severity(detail["severity"]).loudness)
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": provider.name,
        "lane": str(lane),
        "mute": mute_id,
        "since": iso(since),
        "held_back": len(held_back),
        "counts": counts_of(held_back),
        "changes": next(_pieces(worst_first, lambda one: one))[:MOST_HELD_BACK_SHOWN],
        "severity": worst_first[0]["severity"],
        "sequence": sequence,
        "observed_time": iso(observed_at),
    }
    detail["summary"] = summary_of_ended_mute(detail, region=lane.region)
    alert_id = stable_id([str(lane), "mute", mute_id, iso(since), sequence])
    envelope = framed(alert_id, "Journey Watch Mute Ended", detail, lane=lane, resources=[])
    return Alert.from_envelope(envelope, journey=LANE_ITSELF, thread=alert_id)
