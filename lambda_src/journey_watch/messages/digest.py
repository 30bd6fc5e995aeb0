"""One message for many alerts that are about to be sent."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.provider import Provider
from journey_watch.core.runs import LANE_ITSELF, Lane
from journey_watch.messages.content import Content, Entity
from journey_watch.messages.envelope import SCHEMA_VERSION, framed, stable_id
from journey_watch.messages.wording import readable_time

MAX_DIGEST_BYTES: Final = 100_000
"""The members of a digest have so many, as JSON. A queue gets them as a text in SNS's own JSON, which may double it."""

T = TypeVar("T")


def fits_in_a_digest(alert: Alert) -> bool:
    """True if it is one change or one condition: what accounts for many things already is told by itself."""
    return alert.kind in (AlertKind.STATUS_CHANGE, AlertKind.CONDITION)


def digest_pieces(alerts: Sequence[Alert]) -> Iterator[Sequence[Alert]]:
    """Cut what is told together so that each piece fits in a digest, in the given order; none is empty."""
    return pieces(alerts, _member)


def digest_of(members: Sequence[Alert], *, lane: Lane, provider: Provider) -> Alert:
    """The digest that stands for its members, the worst of them first.

    A digest is not recorded, its members are: sent again, it may have other members, and so another id.
    """
    worst_first = sorted(members, key=lambda alert: (-alert.severity.loudness, alert.observed_time, alert.sequence))
    details = [_member(alert) for alert in worst_first]
    detail = {
        "schema_version": SCHEMA_VERSION,
        "provider": provider.name,
        "lane": str(lane),
        "changes": details,
        "counts": counts_of(details),
        "severity": worst_first[0].severity.value,
        "sequence": max(alert.sequence for alert in members),
        "observed_time": max(alert.observed_time for alert in members),
    }
    detail["summary"] = f"{len(details)} changes in {lane.region}: {in_words(counts_of(details))}."
    digest_id = stable_id(sorted(alert.id for alert in members))
    envelope = framed(digest_id, f"{provider.subject} Digest", detail, lane=lane)
    return Alert.from_envelope(envelope, journey=LANE_ITSELF, thread=digest_id)


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """How many changes there are to each status, and each of them."""
    return Content(
        about=lane,
        headline=f"{len(detail['changes'])} changes: {in_words(detail['counts'])}",
        facts=[("Seen", readable_time(detail["observed_time"]))],
        next_step="Look for what they have in common: an application, a segment, somebody who stopped several at once.",
        members=detail["changes"],
    )


def pieces(items: Iterable[T], details: Callable[[T], Mapping[str, Any]]) -> Iterator[list[T]]:
    """Cut so that each piece fits in a message; none is empty."""
    piece: list[T] = []
    size = 0
    for item in items:
        alone = len(json.dumps(details(item)))
        if piece and size + alone > MAX_DIGEST_BYTES:
            yield piece
            piece, size = [], 0
        piece.append(item)
        size += alone
    if piece:
        yield piece


def counts_of(details: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many changes to each status, or conditions of each kind, the most frequent first."""
    counts: dict[str, int] = {}
    for detail in details:
        name = detail.get("condition") or detail["status"]
        counts[name] = counts.get(name, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def in_words(counts: Mapping[str, int]) -> str:
    """`3 CANCELLED, 1 STUCK`."""
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def _member(alert: Alert) -> dict[str, Any]:
    return {"id": alert.id, **alert.envelope["detail"]}
