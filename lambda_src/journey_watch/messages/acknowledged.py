"""The alert that somebody looks after what an earlier one told."""

from collections.abc import Mapping
from typing import Any

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert
from journey_watch.messages.content import MAX_NAME, Content, Entity, clock_of, entities_of
from journey_watch.messages.envelope import MAX_TEXT, SCHEMA_VERSION, AlertContext, framed, iso, stable_id
from journey_watch.messages.untrusted_text import for_chat, one_line, valid_text


def acknowledged_alert(given: Acknowledgement, context: AlertContext, *, sequence: int) -> Alert:
    """Build it, in the thread of what it is about, for whoever was told of that and as loud."""
    detail: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        "provider": context.provider.name,
        "lane": str(context.lane),
        **context.identity(None),
        "acknowledged": given.alert_id,
        "acknowledged_by": valid_text(given.set_by, MAX_TEXT),
        **({"identity": valid_text(given.identity, MAX_TEXT)} if given.identity else {}),
        **({"note": valid_text(given.note, MAX_TEXT)} if given.note else {}),
        "until": iso(given.until),
        "about": valid_text(given.what, MAX_TEXT),
        **({"for_operators": True} if given.for_operators else {}),
        "severity": given.severity.value,
        "sequence": sequence,
        "observed_time": iso(context.observed_at),
        "console_url": context.console_url(),
    }
    detail["summary"] = f"{_who(detail)} looks after this: {one_line(given.what, MAX_TEXT)}"
    detail_type = f"{context.provider.subject} Acknowledged"
    alert_id = stable_id([*context.ids, given.alert_id, detail_type, iso(given.until)])
    envelope = framed(
        alert_id,
        detail_type,
        detail,
        thread=given.thread,
        lane=context.lane,
        deployment=context.deployment,
        resources=context.resources(),
    )
    alert = Alert.from_envelope(envelope, journey=context.journey, thread=given.thread)
    return alert.routed_to(given.recipients)


def content(detail: Mapping[str, Any], *, lane: Entity) -> Content:
    """Who looks after it, and until when nobody is reminded."""
    entities, time = entities_of(detail), clock_of(detail)
    note = detail.get("note")
    return Content(
        about=entities[min(1, len(entities) - 1)] if entities else lane,
        headline=f"acknowledged by {_who(detail)}",
        entities=entities,
        facts=[
            ("About", for_chat(detail["about"], MAX_TEXT)),
            ("Reminders stop until", time(detail["until"])),
            *([("Note", for_chat(note, MAX_TEXT))] if note else []),
        ],
        next_step="Nothing, unless you know more than they do.",
    )


def _who(detail: Mapping[str, Any]) -> str:
    return for_chat(detail["acknowledged_by"], MAX_NAME) or "Somebody"
