"""An alert as one message of an SNS topic. Each topic has one form, because SNS lets no subscriber choose one.

SNS can also take a body for each protocol in one message, as JSON. But it documents that it sends message attributes
"only when the message structure is String, not JSON" (Amazon SNS Developer Guide, "Amazon SNS message attributes"), and
filter policies choose by attributes.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from journey_watch import contract
from journey_watch.core.alerts import Alert
from journey_watch.messages.content import entities_of
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text

MAX_EMAIL_BYTES: Final = 200_000
"""An e-mail is cut at so many bytes of UTF-8. SNS takes 256 KiB, and counts the subject and the attributes as well."""
CUT_NOTICE: Final = "\n[cut to the size that a message may have]\n"


@dataclass(frozen=True, slots=True)
class TopicMessage:
    """What SNS is given of one alert."""

    body: str
    attributes: Mapping[str, str | tuple[str, ...]]
    """What filter policies read: a text is sent as String, several as String.Array."""
    subject: str | None = None
    """An e-mail has one; programs have no use for it."""


def email_message(alert: Alert) -> TopicMessage:
    """The alert for people: a subject and plain text, cut if SNS would not take it whole."""
    return TopicMessage(_cut(email_text(alert)), _attributes(alert), email_subject(alert))


def envelope_message(alert: Alert) -> TopicMessage:
    """The alert for programs: its envelope, of which nothing is cut."""
    return TopicMessage(_json(dict(alert.envelope)), _attributes(alert))


def card_message(alert: Alert) -> TopicMessage:
    """The alert for Amazon Q Developer, which shows nothing but cards."""
    return TopicMessage(_json(chat_card(alert)), _attributes(alert))


def _cut(text: str) -> str:
    encoded = text.encode()
    if len(encoded) <= MAX_EMAIL_BYTES:
        return text
    return encoded[: MAX_EMAIL_BYTES - len(CUT_NOTICE)].decode(errors="ignore") + CUT_NOTICE


def _attributes(alert: Alert) -> dict[str, str | tuple[str, ...]]:
    """What filter policies can choose by; SNS takes ten at most. Of a digest only what is true of all its members."""
    detail = alert.envelope["detail"]
    audience = tuple(contract.audience(recipient, alert.severity) for recipient in alert.recipients)
    lists = {name: detail[name] for name in ("status", "previous_status") if detail.get(name)}
    lists |= {f"{entity.noun}_id": entity.id for entity in entities_of(detail) if entity.noun != "run"}
    return {
        contract.ATTRIBUTE_SEVERITY: alert.severity.value,
        # A list that is empty is none that SNS takes.
        **({contract.ATTRIBUTE_RECIPIENT: audience} if audience else {}),
        "provider": detail["provider"],
        "detail_type": alert.envelope["detail-type"],
        "region": alert.envelope["region"],
        **{name: (value,) for name, value in lists.items()},
    }


def _json(body: dict[str, Any]) -> str:
    """JSON in ASCII: queues refuse some characters that are valid in JSON."""
    return json.dumps(body, separators=(",", ":"))
