"""An alert as one message of an SNS topic: a body for each protocol, and attributes for filter policies."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from journey_watch import contract
from journey_watch.core.alerts import Alert
from journey_watch.core.messages.chat_card import chat_card
from journey_watch.core.messages.email_text import email_subject, email_text
from journey_watch.core.messages.wording import things_of


@dataclass(frozen=True, slots=True)
class TopicMessage:
    subject: str
    bodies: Mapping[str, str]
    """By SNS protocol. `default` is always there, and goes to every protocol without a body of its own."""
    attributes: Mapping[str, str | tuple[str, ...]]
    """A text is sent as String, several as String.Array."""


def alert_topic_message(alert: Alert) -> TopicMessage:
    """For programs the envelope, for people the e-mail."""
    return TopicMessage(
        subject=email_subject(alert),
        bodies={"default": _json(dict(alert.envelope)), "email": email_text(alert)},
        attributes=_attributes(alert),
    )


def chat_topic_message(alert: Alert) -> TopicMessage:
    """For Amazon Q Developer, which shows nothing but cards and so needs a topic of its own."""
    return TopicMessage(
        subject=email_subject(alert),
        bodies={"default": _json(chat_card(alert))},
        attributes=_attributes(alert),
    )


def _attributes(alert: Alert) -> dict[str, str | tuple[str, ...]]:
    """What filter policies can choose by; SNS takes ten at most. Of a digest only what is true of all its members."""
    detail = alert.envelope["detail"]
    lists = {name: detail[name] for name in ("status", "previous_status") if detail.get(name)}
    lists |= {f"{thing.noun}_id": thing.id for thing in things_of(detail) if thing.noun != "run"}
    return {
        contract.ATTRIBUTE_SEVERITY: alert.severity.value,
        "provider": detail["provider"],
        "detail_type": alert.envelope["detail-type"],
        "region": alert.envelope["region"],
        **{name: (value,) for name, value in lists.items()},
    }


def _json(body: dict[str, Any]) -> str:
    """In ASCII: queues refuse some characters that are valid in JSON."""
    return json.dumps(body, separators=(",", ":"))
