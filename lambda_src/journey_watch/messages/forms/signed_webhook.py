"""An alert as the body of a webhook by the Standard Webhooks convention.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from journey_watch.core.alerts import AlertKind
from journey_watch.core.condition_rules import Phase

_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,64}")
"""It stands in a header and in what is signed, where a dot ends it."""


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    id: str
    """The alert's: the same however often it is sent."""
    body: str
    """JSON in ASCII."""


def webhook_message(envelope: Mapping[str, Any]) -> WebhookMessage:
    """The envelope as `data`, with the type of its news and the time when it was seen.

    Raises KeyError, TypeError or ValueError if the envelope was not made by this version.
    """
    alert_id = envelope["id"]
    if not _ID.fullmatch(alert_id):
        raise ValueError(f"{alert_id!r} is no id of an alert")
    body = {"type": event_type(envelope), "timestamp": envelope["time"], "data": dict(envelope)}
    return WebhookMessage(alert_id, json.dumps(body, separators=(",", ":")))


def event_type(envelope: Mapping[str, Any]) -> str:
    """`journey_watch.status_change`, `journey_watch.condition.opened` and so on."""
    kind = AlertKind.of(envelope)
    words = [kind, Phase(envelope["detail"]["phase"])] if kind is AlertKind.CONDITION else [kind]
    return ".".join(["journey_watch", *(word.lower().replace(" ", "_") for word in words)])
