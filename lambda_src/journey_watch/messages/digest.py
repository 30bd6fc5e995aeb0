"""One message for many alerts that are about to be sent."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, TypeVar

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.condition_rules import Phase
from journey_watch.core.provider import Provider
from journey_watch.core.runs import LANE_ITSELF, Lane
from journey_watch.core.severity import Severity
from journey_watch.messages.content import NOTHING, RESOLVED, Content, Entity, clock_of, entities_of, word_of
from journey_watch.messages.envelope import SCHEMA_VERSION, UNNAMED, Deployment, framed, stable_id

MAX_DIGEST_BYTES: Final = 100_000
"""The members of a digest have so many, as JSON. A queue gets them as a text in SNS's own JSON, which may double it."""

_COMMON_CAUSE: Final = "Look for what they have in common: an application, a segment, somebody who stopped several."

T = TypeVar("T")


def fits_in_a_digest(alert: Alert) -> bool:
    """True if it is one change or condition, or who did it; what accounts for many things already is told by itself."""
    return alert.kind.is_change or alert.kind in (AlertKind.CONDITION, AlertKind.ATTRIBUTED)


def digest_pieces(alerts: Sequence[Alert]) -> Iterator[Sequence[Alert]]:
    """Cut what is told together so that each piece fits in a digest, in the given order; none is empty."""
    return pieces(alerts, _member)


def digest_of(members: Sequence[Alert], *, lane: Lane, provider: Provider, deployment: Deployment = UNNAMED) -> Alert:
    """The digest that stands for its members, the worst of them first, and what is over last.

    A digest is not recorded, its members are: sent again, it may have other members, and so another id.
    """
    worst_first = sorted(members, key=_worst_first)
    details = [_member(alert) for alert in worst_first]
    detail = {
        "schema_version": SCHEMA_VERSION,
        "provider": provider.name,
        "lane": str(lane),
        "changes": details,
        "counts": counts_of(details),
        "severity": max((alert.severity for alert in members), key=lambda one: one.loudness).value,
        "sequence": max(alert.sequence for alert in members),
        "observed_time": max(alert.observed_time for alert in members),
    }
    where = where_mostly(details)
    detail["summary"] = f"{len(details)} changes: {in_words(counts_of(details))}{f'; {where}' if where else ''}."
    digest_id = stable_id(sorted(alert.id for alert in members))
    detail_type = f"{provider.subject} Digest"
    envelope = framed(digest_id, detail_type, detail, thread=digest_id, lane=lane, deployment=deployment)
    return Alert.from_envelope(envelope, journey=LANE_ITSELF, thread=digest_id)


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """How many changes there are of each kind, and each of them."""
    over = word_of(detail) == RESOLVED
    return Content(
        about=lane,
        headline=f"{len(detail['changes'])} changes: {in_words(detail['counts'])}",
        facts=[("Seen", clock_of(detail)(detail["observed_time"]))],
        next_step=NOTHING if over else _COMMON_CAUSE,
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


def counts_of(details: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many there are of each kind of news, the loudest first, and of those equally loud the most frequent.

    A kind is a status, or a condition and where it stands: `CANCELLED`, `STUCK`, `STUCK still`, `STUCK resolved`,
    `CANCELLED explained`.
    """
    counts: Counter[str] = Counter()
    loudest: dict[str, int] = {}
    count_kinds(details, counts, loudest)
    return in_order(counts, loudest)


def count_kinds(details: Iterable[Mapping[str, Any]], counts: Counter[str], loudest: dict[str, int]) -> None:
    """Add to the counts how many details there are of each kind, and to `loudest` how loud the loudest of each is."""
    for detail in details:
        kind = _kind_of(detail)
        counts[kind] += 1
        loudness = -1 if word_of(detail) == RESOLVED else Severity(word_of(detail).lower()).loudness
        loudest[kind] = max(loudness, loudest.get(kind, loudness))


def in_order(counts: Mapping[str, int], loudest: Mapping[str, int]) -> dict[str, int]:
    """Return the counts with the loudest kind first, and of those equally loud the most frequent."""
    return dict(sorted(counts.items(), key=lambda item: (-loudest[item[0]], -item[1], item[0])))


def in_words(counts: Mapping[str, int]) -> str:
    """`3 CANCELLED, 1 STUCK`."""
    return ", ".join(f"{count} {kind}" for kind, count in counts.items())


def where_mostly(details: Sequence[Mapping[str, Any]]) -> str:
    """Of the loudest kind of news, where most of it is: `3 of 4 CANCELLED are of journey "Welcome series"`.

    Empty if there is only one of the kind, or each is of another journey.
    """
    kind = next(iter(counts_of(details)))
    subjects = Counter(_subject_of(detail) for detail in details if _kind_of(detail) == kind)
    (subject, most), of_kind = subjects.most_common(1)[0], subjects.total()
    if most == 1:
        return ""
    return f"{'all' if most == of_kind else f'{most} of'} {of_kind} {kind} are of {subject}"


def _kind_of(detail: Mapping[str, Any]) -> str:
    """As `counts_of` names it."""
    if "explains" in detail:
        return f"{detail.get('status') or detail.get('condition')} explained"
    if "condition" not in detail:
        return str(detail["status"])
    standing = {Phase.REMINDER: " still", Phase.RESOLVED: " resolved"}
    return f"{detail['condition']}{standing.get(Phase(detail['phase']), '')}"


def _subject_of(detail: Mapping[str, Any]) -> str:
    """The journey or campaign it is about, or what larger thing it is about."""
    entities = entities_of(detail)
    return entities[min(1, len(entities) - 1)].label if entities else f"lane {detail['lane']}"


def _worst_first(alert: Alert) -> tuple[bool, int, str, int]:
    over = word_of(alert.detail) == RESOLVED
    return over, -alert.severity.loudness, alert.observed_time, alert.sequence


def _member(alert: Alert) -> dict[str, Any]:
    return {"id": alert.id, **alert.envelope["detail"]}
