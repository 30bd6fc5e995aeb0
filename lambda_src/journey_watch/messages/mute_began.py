"""The operators' notice that a mute of everything or a long mute began."""

from collections.abc import Mapping
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.filters import ANY
from journey_watch.core.mutes import Mute
from journey_watch.core.severity import Severity
from journey_watch.messages.content import MAX_NAME, Content, Entity, clock_of, readable_time
from journey_watch.messages.envelope import MAX_TEXT, SCHEMA_VERSION, AlertContext, framed, iso, stable_id
from journey_watch.messages.untrusted_text import for_chat, one_line, valid_text

_MAX_SHOWN: Final = 5
"""How many journeys a notice names."""


def mute_began_alert(
    mute: Mute, context: AlertContext, *, everything: bool, configured: bool, notice_key: str, sequence: int
) -> Alert:
    """Build the notice. `everything` says that the mute covers every journey of the deployment.

    `notice_key` is `core.mutes.notice_key` of the mute: a changed mute gets a notice of its own.
    """
    lane = context.lane
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": context.provider.name,
        "lane": str(lane),
        "mute": valid_text(mute.id, MAX_TEXT),
        **({"set_by": valid_text(mute.set_by, MAX_TEXT)} if mute.set_by else {}),
        **({"identity": valid_text(mute.identity, MAX_TEXT)} if mute.identity else {}),
        **({"reason": valid_text(mute.reason, MAX_TEXT)} if mute.reason else {}),
        **({"until": iso(mute.until)} if mute.until else {}),
        "everything": everything,
        "covers": "everything" if everything else valid_text(_covered(mute), MAX_TEXT),
        "configured": configured,
        "for_operators": True,
        "severity": Severity.WARNING.value,
        "sequence": sequence,
        "observed_time": iso(context.observed_at),
    }
    detail["summary"] = _summary(detail, context.deployment.time_zone)
    alert_id = stable_id([str(lane), "mute began", mute.id, notice_key, sequence])
    envelope = framed(
        alert_id, "Journey Watch Mute Began", detail, thread=alert_id, lane=lane, deployment=context.deployment
    )
    return Alert.from_envelope(envelope, journey=context.journey, thread=alert_id)


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """Return who set the mute and why, what it covers, its end, and how to remove it."""
    time = clock_of(detail)
    return Content(
        about=lane,
        headline="mute of everything began" if detail["everything"] else "long mute began",
        facts=[
            ("Mute", for_chat(detail["mute"], MAX_NAME)),
            ("It covers", for_chat(detail["covers"], MAX_TEXT)),
            ("Until", time(detail["until"]) if "until" in detail else "the end of its weekly windows"),
            *_facts_of_who(detail),
            ("Reason", for_chat(detail.get("reason", ""), MAX_TEXT) or "none given"),
            ("Seen", time(detail["observed_time"])),
        ],
        next_step=(
            "Check that your team meant it. Until it ends, alerts that it covers are recorded and not sent. "
            f"To end it now, {_removal(detail)}. This notice comes once for all lanes, from the first that it covers."
        ),
    )


def _facts_of_who(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    set_by, identity = (for_chat(detail.get(key, ""), MAX_TEXT) for key in ("set_by", "identity"))
    if detail["configured"]:
        return [("Set by", set_by or "the configuration")]
    who = ", ".join(filter(None, (set_by, identity))) or "unknown"
    return [("Set by", f"{who} (as recorded with the mute; only CloudTrail can prove it)")]


def _removal(detail: Mapping[str, Any]) -> str:
    if detail["configured"]:
        return "remove it from the configuration and deploy"
    return "run journey-watch unmute with the name of the mute"


def _summary(detail: Mapping[str, Any], time_zone: str) -> str:
    until = f" until {readable_time(detail['until'], time_zone)}" if "until" in detail else " in weekly windows"
    set_by, reason = (one_line(detail.get(key, ""), MAX_NAME) for key in ("set_by", "reason"))
    about = ": ".join(filter(None, (f"set by {set_by}" if set_by else "", reason)))
    covers = one_line(detail["covers"], MAX_NAME)
    return f'The mute "{one_line(detail["mute"], MAX_NAME)}" ({about or "no reason given"}) mutes {covers}{until}.'


def _covered(mute: Mute) -> str:
    """Return what a filter covers: `journeys welcome, winback in container app-1, region eu-west-1`."""
    left_out = len(mute.journeys) - _MAX_SHOWN
    names = ", ".join(mute.journeys[:_MAX_SHOWN]) + (f" and {left_out} more" if left_out > 0 else "")
    journeys = "all journeys" if ANY in mute.journeys else f"journeys {names}"
    types = f" of the types {', '.join(mute.journey_types)}" if mute.journey_types else ""
    places = {
        "container": mute.container_id,
        "provider": mute.provider,
        "account": mute.account,
        "region": mute.region,
    }
    where = ", ".join(f"{noun} {value}" for noun, value in places.items() if value != ANY)
    return journeys + types + (f" in {where}" if where else "")
