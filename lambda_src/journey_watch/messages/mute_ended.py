"""The account of what a mute held back, told when it has ended."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.mutes import Mute
from journey_watch.core.severity import Severity
from journey_watch.messages.content import MAX_NAME, Content, Entity, clock_of
from journey_watch.messages.digest import count_kinds, in_order, in_words, pieces
from journey_watch.messages.envelope import MAX_TEXT, SCHEMA_VERSION, AlertContext, framed, iso, stable_id
from journey_watch.messages.untrusted_text import one_line, valid_text

MAX_HELD_BACK_SHOWN: Final = 50


def tallied(tally: MuteTally, alerts: Sequence[Alert], position: str) -> MuteTally:
    """Add alerts that a mute suppressed, later than those before, and note where the history is read on."""
    counts, loudness = Counter(tally.counts), dict(tally.loudness)
    details = [alert.detail for alert in alerts]
    count_kinds(details, counts, loudness)
    # Who made a change is counted and not listed: some recipients of the summary may not know it.
    listed = [detail for detail in details if "explains" not in detail]
    worst_first = sorted([*tally.members, *listed], key=lambda detail: -Severity(detail["severity"]).loudness)
    recipients = dict.fromkeys([*tally.recipients, *(one for alert in alerts for one in alert.recipients)])
    return replace(
        tally,
        position=position,
        suppressed=tally.suppressed + len(alerts),
        counts=dict(counts),
        loudness=loudness,
        recipients=tuple(recipients),
        members=tuple(next(pieces(worst_first, lambda one: one), [])[:MAX_HELD_BACK_SHOWN]),
    )


def mute_ended_alert(
    mute_id: str,
    tally: MuteTally,
    context: AlertContext,
    *,
    since: datetime,
    sequence: int,
    mute: Mute | None = None,
) -> Alert:
    """Say what was not sent while a mute lasted, to everyone who would have received any of it.

    The tally is complete and not empty. `mute` is the mute as it was set, if that is still known: who set it and why.
    """
    counts, lane = in_order(tally.counts, tally.loudness), context.lane
    set_by, reason = (mute.set_by, mute.reason) if mute else ("", "")
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": context.provider.name,
        "lane": str(lane),
        "mute": mute_id,
        **({"set_by": valid_text(set_by, MAX_TEXT)} if set_by else {}),
        **({"reason": valid_text(reason, MAX_TEXT)} if reason else {}),
        "since": iso(since),
        "held_back": tally.suppressed,
        "counts": counts,
        "changes": list(tally.members),
        "severity": tally.members[0]["severity"] if tally.members else Severity.INFO.value,
        "sequence": sequence,
        "observed_time": iso(context.observed_at),
    }
    detail["summary"] = f"{_named(detail)} has ended. It held back {_alerts(detail)}: {in_words(counts)}."
    alert_id = stable_id([str(lane), "mute", mute_id, iso(since), sequence])
    envelope = framed(
        alert_id, "Journey Watch Mute Ended", detail, thread=alert_id, lane=lane, deployment=context.deployment
    )
    alert = Alert.from_envelope(envelope, journey=context.journey, thread=alert_id)
    return alert.routed_to(tally.recipients)


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """What nobody was told while the mute lasted."""
    time = clock_of(detail)
    return Content(
        about=lane,
        headline=f"mute ended, {_alerts(detail)} held back: {in_words(detail['counts'])}",
        facts=[("Muted since", time(detail["since"])), ("Seen", time(detail["observed_time"]))],
        next_step="Look through them: they are not sent again. What is still stuck, late or missing is told by itself.",
        members=detail["changes"],
    )


def _named(detail: Mapping[str, Any]) -> str:
    """`The mute "release" (set by ada: deploying)`, its words made harmless."""
    set_by, reason = (one_line(detail.get(key, ""), MAX_NAME) for key in ("set_by", "reason"))
    about = ": ".join(filter(None, (f"set by {set_by}" if set_by else "", reason)))
    return f'The mute "{one_line(detail["mute"], MAX_NAME)}"' + (f" ({about})" if about else "")


def _alerts(detail: Mapping[str, Any]) -> str:
    count = detail["held_back"]
    return "1 alert" if count == 1 else f"{count} alerts"
