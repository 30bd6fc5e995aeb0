"""What SNS handed out, the way the local cloud's inbox keeps it."""

import json
from dataclasses import asdict
from typing import Any

from journey_watch.core.alerts import Alert
from journey_watch.messages.forms.amazon_q import chat_card
from journey_watch.messages.forms.email import email_subject, email_text
from local_cloud.inbox import Delivery


def delivery(
    protocol: str, body: str, *, subject: str = "", at: float = 1_700_000_000.0, to: str = "reader"
) -> Delivery:
    return Delivery(at, "arn:aws:sns:eu-west-1:1:alerts", "message", protocol, to, subject, body, {})


def delivered(alert: Alert, *, at: float = 1_700_000_000.0) -> list[Delivery]:
    """One alert, to two e-mail recipients, a chat channel and a queue."""
    email = [
        delivery("email", email_text(alert), subject=email_subject(alert), at=at, to=to) for to in ("a@b.c", "d@e.f")
    ]
    return [
        *email,
        delivery("https", json.dumps(chat_card(alert)), at=at + 0.2, to="https://chat"),
        delivery("sqs", json.dumps(alert.envelope), at=at + 0.1, to="arn:aws:sqs:eu-west-1:1:queue"),
    ]


def as_line(one: Delivery) -> str:
    fields: dict[str, Any] = asdict(one)
    return json.dumps(fields) + "\n"
