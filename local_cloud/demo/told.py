"""What readers were told, held against what they must be told."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from local_cloud.inbox import Delivery

JSON_READER = "sqs"
"""The protocol of the reader that gets the envelope; every alert must reach it."""
LOUDNESS = ("info", "warning", "critical")


@dataclass(frozen=True, slots=True)
class Change:
    """What an alert is about, as far as the demo foresees it."""

    run: str
    before: str | None
    after: str
    skipped: tuple[str, ...]
    severity: str

    def __str__(self) -> str:
        skipped = f" (past {', '.join(self.skipped)})" if self.skipped else ""
        return f"{self.before or 'new'} → {self.after}{skipped}"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who gets alerts."""

    protocol: str
    endpoint: str
    """Ends so: the rest of an endpoint may differ from deployment to deployment."""
    min_severity: str

    def expects(self, change: Change) -> bool:
        return LOUDNESS.index(change.severity) >= LOUDNESS.index(self.min_severity)

    def is_of(self, delivery: Delivery) -> bool:
        return delivery.protocol == self.protocol and delivery.endpoint.endswith(self.endpoint)

    def __str__(self) -> str:
        return f"{self.protocol} {self.endpoint}"


@dataclass(frozen=True, slots=True)
class Told:
    """One alert, in every form in which it was delivered."""

    id: str
    change: Change
    envelope: Mapping[str, Any]
    deliveries: Sequence[Delivery] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """From the change, by the provider's clock, until the first reader had it."""
        changed = datetime.fromisoformat(self.envelope["detail"]["last_update_time"]).timestamp()
        return min(delivery.time for delivery in self.deliveries) - changed

    @classmethod
    def from_envelope(cls, delivery: Delivery, everything: Iterable[Delivery]) -> Self:
        envelope = json.loads(delivery.body)
        detail = envelope["detail"]
        change = Change(
            run=detail["run_id"],
            before=detail["previous_status"],
            after=detail["status"],
            skipped=tuple(detail["skipped_statuses"]),
            severity=detail["severity"],
        )
        return cls(envelope["id"], change, envelope, [one for one in everything if envelope["id"] in one.body])


def read(deliveries: Sequence[Delivery]) -> list[Told]:
    """Every alert that the JSON reader got, oldest first."""
    return [Told.from_envelope(one, deliveries) for one in deliveries if one.protocol == JSON_READER]


def expected_changes(file: Path) -> list[Change]:
    """What expected.toml asks for."""
    return [
        Change(
            run=alert["run"],
            before=alert.get("before"),
            after=alert["after"],
            skipped=tuple(alert.get("skipped", ())),
            severity=alert["severity"],
        )
        for alert in tomllib.loads(file.read_text(encoding="utf-8"))["alert"]
    ]


def complaints(told: Sequence[Told], expected: Sequence[Change], readers: Sequence[Reader]) -> Iterator[str]:
    """Everything that is not as it must be: missing, repeated, unforeseen, or not in every reader's hands."""
    got = Counter(one.change for one in told)
    wanted = Counter(expected)
    for change, count in (wanted - got).items():
        yield f"never told: {change.run} {change}" + (f" ({count} times)" if count > 1 else "")
    for change in got - wanted:
        yield f"told and not expected, or told again: {change.run} {change}"
    for one in told:
        for reader in readers:
            count = sum(reader.is_of(delivery) for delivery in one.deliveries)
            if count != int(reader.expects(one.change)):
                yield f"{reader} got {one.change.run} {one.change} {count} times"
