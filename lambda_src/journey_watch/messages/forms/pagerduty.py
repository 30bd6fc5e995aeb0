"""An alert as events of PagerDuty's Events API v2.

https://developer.pagerduty.com/docs/events-api-v2-overview. What a resolution resolves is the incident of its thread.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from journey_watch.core.alerts import AlertKind
from journey_watch.core.condition_rules import Phase
from journey_watch.core.severity import Severity
from journey_watch.messages.content import Content, line_of, place_of
from journey_watch.messages.kinds import content_of
from journey_watch.messages.untrusted_text import for_chat, is_linkable

CLIENT: Final = "Journey Watch"
TRIGGER: Final = "trigger"
ACKNOWLEDGE: Final = "acknowledge"
RESOLVE: Final = "resolve"
MAX_SUMMARY: Final = 1024
MAX_KEY: Final = 255
_MAX_TEXT: Final = 250
_MAX_LINES: Final = 10
"""So many of the changes that one alert accounts for are shown."""
_MAX_FACTS: Final = 10
_KEY: Final = re.compile(rf"[!-~]{{1,{MAX_KEY}}}")
_SEVERITIES: Final = {Severity.CRITICAL: "critical", Severity.WARNING: "warning"}

Event = dict[str, Any]
"""Still without the routing key, which is a secret."""


def pagerduty_events(envelope: Mapping[str, Any]) -> list[Event]:
    """What to send about any alert but a digest, for none comes; in this order.

    A condition that opens or lasts triggers, one that is over resolves, and what somebody looks after is acknowledged.
    A change of status triggers and is never resolved by a later one: it has happened, and whether that was meant is for
    people to say. A test triggers and resolves. Who did it is no event: it would open again what somebody resolved.

    Raises KeyError, TypeError or ValueError if the envelope was not made by this version.
    """
    detail = envelope["detail"]
    key = detail["dedup_key"]
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no dedup_key of this version")
    resolve = {"event_action": RESOLVE, "dedup_key": key}
    kind = AlertKind.of(envelope)
    if detail.get("phase") == Phase.RESOLVED:
        return [resolve]
    if kind is AlertKind.ATTRIBUTED:
        return []
    if kind is AlertKind.ACKNOWLEDGED:
        return [{"event_action": ACKNOWLEDGE, "dedup_key": key}]
    trigger = {
        "event_action": TRIGGER,
        "dedup_key": key,
        "client": CLIENT,
        "payload": _payload(envelope),
        "links": _links(detail.get("console_url")),
    }
    return [trigger, resolve] if kind is AlertKind.TEST else [trigger]


def _payload(envelope: Mapping[str, Any]) -> dict[str, Any]:
    detail, content = envelope["detail"], content_of(envelope)
    container = content.entities[0] if content.entities else None
    return {
        "summary": for_chat(f"{_label(detail)}{detail['summary']}", MAX_SUMMARY),
        "source": for_chat(f"{detail['provider']}/{envelope['account']}/{envelope['region']}", _MAX_TEXT),
        "severity": _SEVERITIES.get(Severity(detail["severity"]), "info"),
        "timestamp": detail["observed_time"],
        "component": for_chat(content.about.label, _MAX_TEXT),
        **({"group": for_chat(container.label, _MAX_TEXT)} if container else {}),
        "class": for_chat(str(detail.get("condition") or detail.get("status") or AlertKind.of(envelope)), _MAX_TEXT),
        "custom_details": _details(envelope, content),
    }


def _label(detail: Mapping[str, Any]) -> str:
    return f"({detail['label']}) " if detail.get("label") else ""


def _details(envelope: Mapping[str, Any], content: Content) -> dict[str, Any]:
    shown = [for_chat(line_of(member), _MAX_TEXT) for member in content.members[:_MAX_LINES]]
    left_out = len(content.members) - len(shown)
    texts = {
        **{entity.noun.capitalize(): entity.name_and_id for entity in content.entities},
        "Status": content.headline.replace("->", "→"),
        **dict(content.facts[:_MAX_FACTS]),
        "What to do": content.next_step,
        "Where": place_of(envelope),
        "Alert id": envelope["id"],
    }
    return {
        **{name: for_chat(text, _MAX_TEXT) for name, text in texts.items() if text},
        **({"Changes": [*shown, *([f"… and {left_out} more"] if left_out else [])]} if shown else {}),
    }


def _links(url: str | None) -> list[dict[str, str]]:
    return [{"href": url, "text": "Open in the console"}] if url and is_linkable(url) else []
