"""What recipients were told, held against what they must be told."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from journey_watch.core.alerts import AlertKind
from journey_watch.core.severity import Severity
from journey_watch.messages.attributed import who
from journey_watch.messages.content import MAX_NAME
from local_cloud.inbox import Delivery

JSON_RECIPIENT = "sqs"
"""The protocol of the recipient that gets the envelope; every alert must reach it."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an alert tells, as far as the demo foresees it."""

    about: str
    """The id of a run, or of what there is instead of one: a campaign, a mute, a lane's provider."""
    what: str
    severity: str
    to: str = "everybody"
    """Or `operators`: those who look after the monitor."""
    again: str | None = field(default=None, compare=False)
    """The protocol whose readers get it twice: the function is killed once they have it, before that is noted."""
    specimen: str | None = field(default=None, compare=False)
    """The protocol in whose form the demo shows it whole."""

    @classmethod
    def of(cls, envelope: Mapping[str, Any]) -> Self:
        """What an envelope tells."""
        detail = envelope["detail"]
        about = detail.get("run_id") or detail.get("campaign_id") or detail.get("mute") or detail["provider"]
        to = "operators" if detail.get("condition") == "UNREACHABLE" else "everybody"
        return cls(about, _what(AlertKind.of(envelope), detail), detail["severity"], to)


def _what(kind: AlertKind, detail: Mapping[str, Any]) -> str:
    if kind is AlertKind.CONDITION:
        return f"{detail['condition']} {detail['phase']}"
    if kind is AlertKind.ATTRIBUTED:
        return f"{detail['status']} by {who(detail, MAX_NAME)}"
    if kind is AlertKind.MUTE_ENDED:
        return f"mute ended, {detail['held_back']} held back"
    if not kind.is_change and kind is not AlertKind.DIGEST:
        return str(kind)
    if kind is AlertKind.DIGEST:
        counts = ", ".join(f"{count} {status}" for status, count in detail["counts"].items())
        return f"{len(detail['changes'])} changes: {counts}"
    past = "".join(f", past {status}" for status in detail["skipped_statuses"])
    return f"{detail['previous_status'] or 'new'} → {detail['status']}{past}"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets alerts."""

    protocol: str
    endpoint: str
    """Ends so: the rest of an endpoint may differ from deployment to deployment."""
    min_severity: str
    hears: tuple[str, ...] = ("everybody",)

    def expects(self, change: Expected) -> bool:
        return change.to in self.hears and Severity(change.severity).reaches(Severity(self.min_severity))

    def is_of(self, delivery: Delivery) -> bool:
        return delivery.protocol == self.protocol and delivery.endpoint.endswith(self.endpoint)

    def __str__(self) -> str:
        return f"{self.protocol} {self.endpoint}"


@dataclass(frozen=True, slots=True)
class Received:
    """One alert, in every form in which it was delivered."""

    id: str
    change: Expected
    envelope: Mapping[str, Any]
    deliveries: Sequence[Delivery] = field(default_factory=list)

    @property
    def protocols(self) -> set[str]:
        """By which it was delivered to somebody."""
        return {delivery.protocol for delivery in self.deliveries}

    @property
    def copies(self) -> int:
        """How often it came to whoever got it most often."""
        return max(Counter((delivery.protocol, delivery.endpoint) for delivery in self.deliveries).values())

    @property
    def seconds(self) -> float | None:
        """From the change, by the provider's clock, until the first recipient had it; None if nothing says."""
        changed = self.envelope["detail"].get("last_update_time")
        if changed is None:
            return None
        return min(delivery.time for delivery in self.deliveries) - datetime.fromisoformat(changed).timestamp()

    @classmethod
    def from_envelope(cls, delivery: Delivery, everything: Iterable[Delivery]) -> Self:
        """The alert in this delivery to the JSON recipient, and all others that are about the same."""
        envelope = json.loads(delivery.body)
        forms = [one for one in everything if envelope["id"] in one.body and _is_about(envelope["id"], one)]
        return cls(envelope["id"], Expected.of(envelope), envelope, forms)


def _is_about(alert_id: str, delivery: Delivery) -> bool:
    """Not merely naming it, as a digest names its members."""
    if delivery.protocol == "email":
        return f"Alert id {alert_id}" in delivery.body
    return bool(json.loads(delivery.body)["id"] == alert_id)


def read(deliveries: Sequence[Delivery]) -> list[Received]:
    """Every alert that the JSON recipient got, oldest first."""
    return [Received.from_envelope(one, deliveries) for one in deliveries if one.protocol == JSON_RECIPIENT]


def mismatches(
    received: Sequence[Received], expected: Sequence[Expected], recipients: Sequence[Recipient]
) -> Iterator[str]:
    """Everything that is not as it must be: missing, repeated, unforeseen, or not in every recipient's hands."""
    got = Counter(one.change for one in received)
    wanted = Counter(expected)
    again = {change: change.again for change in expected}
    for change, count in (wanted - got).items():
        yield f"never told: {change.about} {change.what}" + (f" ({count} times)" if count > 1 else "")
    for change in got - wanted:
        yield f"told and not expected, or told again: {change.about} {change.what}"
    for one in received:
        for recipient in recipients:
            count = sum(recipient.is_of(delivery) for delivery in one.deliveries)
            times = 2 if again.get(one.change) == recipient.protocol else 1
            if count != (times if recipient.expects(one.change) else 0):
                yield f"{recipient} got {one.change.about} {one.change.what} {count} times"
