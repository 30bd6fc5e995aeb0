"""The account of what a mute held back, told when it has ended."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.severity import Severity
from journey_watch.messages.content import Content, Entity
from journey_watch.messages.digest import counts_of, in_words, pieces
from journey_watch.messages.envelope import SCHEMA_VERSION, AlertContext, framed, iso, stable_id
from journey_watch.messages.wording import readable_time

MAX_HELD_BACK_SHOWN: Final = 50


def mute_ended_alert(
    mute_id: str,
    held_back: Sequence[Mapping[str, Any]],
    context: AlertContext,
    *,
    since: datetime,
    sequence: int,
) -> Alert:
    """Say what was not told while a mute lasted. `held_back` are the details of the alerts, oldest first."""
    worst_first = sorted(held_back, key=lambda detail: -Severity(detail["severity"]).loudness)
    counts, lane = counts_of(held_back), context.lane
    held = f"it held back {len(held_back)} alerts: {in_words(counts)}"
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": context.provider.name,
        "lane": str(lane),
        "mute": mute_id,
        "since": iso(since),
        "held_back": len(held_back),
        "counts": counts,
        "changes": next(pieces(worst_first, lambda one: one))[:MAX_HELD_BACK_SHOWN],
        "severity": worst_first[0]["severity"],
        "sequence": sequence,
        "observed_time": iso(context.observed_at),
        "summary": f"The mute {mute_id} ended in {lane.region}; {held}.",
    }
    alert_id = stable_id([str(lane), "mute", mute_id, iso(since), sequence])
    envelope = framed(alert_id, "Journey Watch Mute Ended", detail, lane=lane)
    return Alert.from_envelope(envelope, journey=context.journey, thread=alert_id)


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """What nobody was told while the mute lasted."""
    return Content(
        about=lane,
        headline=f"mute ended, {detail['held_back']} alerts held back: {in_words(detail['counts'])}",
        facts=[("Muted since", readable_time(detail["since"])), ("Seen", readable_time(detail["observed_time"]))],
        next_step="Look through them: they are not sent again.",
        members=detail["changes"],
    )
