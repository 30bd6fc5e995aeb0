"""Send what is owed: what earlier invocations left behind, then what this one committed.

An alert is owed from the commit that saved its change until a channel has accepted it. While its lease lasts, only
the invocation that committed or claimed it sends it; afterwards anyone may claim it. So a crash repeats at most what
was accepted and not yet acknowledged, and loses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import Alert
from journey_watch.core.errors import StoreUnavailableError
from journey_watch.core.policy import Severity
from journey_watch.core.runs import JourneyKey, JourneyState, Lane, PendingAlert
from journey_watch.invocation import Invocation
from journey_watch.ports import Notifier, RunStore

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two invocations may differ before one takes the other for dead."""
IDS_PER_UPDATE = 50
ALERTS_PER_PUBLISH = 10

logger = Logger(child=True)


@dataclass(slots=True)
class DeliveryReport:
    delivered: int = 0
    redelivered: int = 0
    """Among them: left behind by an earlier invocation."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why, by alert id; they are still owed."""
    oldest_undelivered: datetime | None = None
    """When the oldest alert that is still owed was committed."""


class Delivery:
    """One invocation's sending. Not thread-safe: sending happens after everything was committed."""

    def __init__(self, lane: Lane, *, store: RunStore, notifier: Notifier, invocation: Invocation) -> None:
        self._lane = lane
        self._store = store
        self._notifier = notifier
        self._invocation = invocation
        self._blocked_threads: set[str] = set()
        self.report = DeliveryReport()

    def send_leftovers(self, journeys: Mapping[JourneyKey, JourneyState]) -> None:
        """Claim and send what no living invocation can be sending any more, watched or not."""
        for journey, state in journeys.items():
            abandoned = self._abandoned(state.undelivered)
            if not abandoned:
                continue
            try:
                claimed = [alert for ids in _same_lease(abandoned) for alert in self._claim(journey, state, ids)]
            except StoreUnavailableError as error:
                logger.warning("leftovers could not be claimed", journey=str(journey), reason=str(error))
                self._still_owed(abandoned.values())
                continue
            self.report.redelivered += self.send(sorted(claimed, key=lambda alert: alert.sequence))

    def _abandoned(self, undelivered: Mapping[str, PendingAlert]) -> dict[str, PendingAlert]:
        expired = self._invocation.now() - CLOCK_SKEW
        self._still_owed(owed for owed in undelivered.values() if owed.lease_until >= expired)
        return {alert_id: owed for alert_id, owed in undelivered.items() if owed.lease_until < expired}

    def _claim(self, journey: JourneyKey, state: JourneyState, alert_ids: Sequence[str]) -> Sequence[Alert]:
        owed = [state.undelivered[alert_id] for alert_id in alert_ids]
        if not self._invocation.may_send:
            self._still_owed(owed)
            return []
        if not self._store.claim(
            self._lane, journey, alert_ids, seen=owed[0].lease_until, until=self._invocation.deadline
        ):
            return []
        alerts = self._store.alerts(self._lane, journey, [pending.sort_key for pending in owed])
        gone = set(alert_ids) - {alert.id for alert in alerts}
        if gone:
            logger.error("owed alerts are no longer in the table", journey=str(journey), alert_ids=sorted(gone))
            self._store.acknowledge(self._lane, journey, sorted(gone))
        return alerts

    def send(self, alerts: Sequence[Alert]) -> int:
        """Send alerts that are this invocation's own, and acknowledge what was accepted. Returns how many were.

        They are sent journey by journey, so that each journey is acknowledged once and soon.
        """
        owed = sorted(
            (alert for alert in alerts if alert.severity is not Severity.NONE),
            key=lambda alert: (str(alert.journey), alert.sequence),
        )
        accepted: list[Alert] = []
        waiting: list[Alert] = []
        for at in range(0, len(owed), ALERTS_PER_PUBLISH):
            waiting += self._publish(owed[at : at + ALERTS_PER_PUBLISH])
            sending_next = owed[at + ALERTS_PER_PUBLISH].journey if at + ALERTS_PER_PUBLISH < len(owed) else None
            done = [alert for alert in waiting if alert.journey != sending_next]
            waiting = [alert for alert in waiting if alert.journey == sending_next]
            self._acknowledge(done)
            accepted += done
        self.report.delivered += len(accepted)
        return len(accepted)

    def _publish(self, alerts: Sequence[Alert]) -> list[Alert]:
        sendable = [alert for alert in alerts if alert.thread not in self._blocked_threads]
        held_back = {
            alert.id: "an earlier alert of this run is still owed" for alert in alerts if alert not in sendable
        }
        if self._invocation.may_send:
            refused = {**self._notifier.publish(sendable), **held_back}
        else:
            refused = {alert.id: "no time was left in this invocation" for alert in alerts}
        for alert in alerts:
            if alert.id in refused:
                self._blocked_threads.add(alert.thread)
                self._still_owed([PendingAlert(alert.sort_key, self._invocation.deadline)])
                logger.warning("alert not accepted; kept", alert_id=alert.id, reason=refused[alert.id])
        self.report.refused.update(refused)
        return [alert for alert in alerts if alert.id not in refused]

    def _acknowledge(self, accepted: Sequence[Alert]) -> None:
        for journey, alerts in groupby(accepted, key=lambda alert: alert.journey):
            ids = [alert.id for alert in alerts]
            try:
                for at in range(0, len(ids), IDS_PER_UPDATE):
                    self._store.acknowledge(self._lane, journey, ids[at : at + IDS_PER_UPDATE])
            except StoreUnavailableError as error:
                # They were accepted: all that follows is that they are sent once more, with the same ids.
                logger.warning("delivery could not be noted", journey=str(journey), alert_ids=ids, reason=str(error))

    def _still_owed(self, owed: Iterable[PendingAlert]) -> None:
        times = [committed_at(pending) for pending in owed]
        oldest = [self.report.oldest_undelivered] if self.report.oldest_undelivered else []
        self.report.oldest_undelivered = min(oldest + times, default=None)


def committed_at(pending: PendingAlert) -> datetime:
    """When an owed alert was committed: its sort key says so."""
    return datetime.fromisoformat(pending.sort_key.split("#")[1])


def _same_lease(owed: Mapping[str, PendingAlert]) -> Iterable[list[str]]:
    """Ids that can be claimed in one conditional update."""
    by_lease = sorted(owed, key=lambda alert_id: owed[alert_id].lease_until)
    for _, ids in groupby(by_lease, key=lambda alert_id: owed[alert_id].lease_until):
        same = list(ids)
        yield from (same[at : at + IDS_PER_UPDATE] for at in range(0, len(same), IDS_PER_UPDATE))
