"""The monitor tests itself: an alert through every channel, on demand. Operators type `journey-watch test-alert`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journey_watch import contract
from journey_watch.core.alerts import Alert
from journey_watch.core.routing import DEFAULT
from journey_watch.messages.envelope import UNNAMED, Deployment
from journey_watch.messages.self_test import self_test_alert
from journey_watch.ports import Channel


@dataclass(frozen=True, slots=True)
class SelfTestReport:
    """What became of a test alert."""

    alert: Alert
    refused: Mapping[str, str | None]
    """By channel, why it was not accepted; None if it was."""

    def to_json(self) -> dict[str, Any]:
        """What the invocation answers; `operator_cli` reads it."""
        return {"id": self.alert.id, "refused": dict(self.refused)}


def asks_for_self_test(event: object) -> bool:
    """True for the event `{"test_alert": true}`."""
    return isinstance(event, Mapping) and event.get(contract.EVENT_TEST_ALERT) is True


def run_self_test(
    channels: Mapping[str, Channel],
    *,
    service: str,
    account: str,
    region: str,
    now: datetime,
    deployment: Deployment = UNNAMED,
    recipients: tuple[str, ...] = (),
) -> SelfTestReport:
    """Send one alert to all channels and `recipients`; it is not recorded, and not tried again.

    What a channel passes on by itself, as SNS does to e-mail and queues, is not known here: accepted is not yet read.
    """
    alert = self_test_alert(service=service, account=account, region=region, sent_at=now, deployment=deployment)
    alert = alert.routed_to((DEFAULT, *recipients))
    return SelfTestReport(
        alert, {name: channel.notifier.publish([alert]).get(alert.id) for name, channel in channels.items()}
    )
