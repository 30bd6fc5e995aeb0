"""The outbox: send what earlier invocations left behind, then what this one committed.

An alert is owed from the commit that saved its change until a channel has accepted it. While its lease lasts, only
the invocation that committed or claimed it sends it; afterwards anyone may claim it. So a crash repeats at most what
was accepted and not yet acknowledged, and loses nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import PendingDelivery, channel_of
from journey_watch.core.errors import StoreUnavailableError
from journey_watch.core.runs import DeliveryLease, JourneyState, Scope
from journey_watch.messages.digest import digests
from journey_watch.polling.poll_context import PollContext

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two invocations may differ before one takes the other for dead."""
KEYS_PER_UPDATE = 50

logger = Logger(child=True)


@dataclass(slots=True)
class DeliveryReport:
    """What one invocation sent, and what it could not."""

    delivered: int = 0
    redelivered: int = 0
    """Among them: left behind by an earlier invocation."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why, by PendingDelivery.key; they are still owed."""
    oldest_undelivered: datetime | None = None
    """When the oldest alert that is still owed was committed."""


@dataclass(frozen=True, slots=True)
class DigestPolicy:
    """When people are told many things in one message."""

    digest_over: int
    """More alerts than this for one channel in one poll become a digest."""
    catch_up_after: timedelta
    """Changes that were older than this when they were seen are told together."""

    def sorted_out(
        self, pending: Sequence[PendingDelivery], *, max_single: int
    ) -> tuple[Sequence[PendingDelivery], Sequence[PendingDelivery]]:
        """What is told together, and what one by one. `max_single` is the most that the channel sends one by one."""
        if len(pending) > min(self.digest_over, max_single):
            return pending, []
        old = [one for one in pending if (one.alert.detection_delay or timedelta(0)) > self.catch_up_after]
        return (old, [one for one in pending if one not in old]) if len(old) > 1 else ([], pending)


class Delivery:
    """One invocation's sending. Not thread-safe: sending happens after everything was committed."""

    def __init__(self, context: PollContext, digest_policy: DigestPolicy) -> None:
        self._context = context
        self._time_budget = context.time_budget
        self._digest_policy = digest_policy
        self._claimed: set[str] = set()
        self._blocked: set[tuple[str, str]] = set()
        """Channel and thread of what was not accepted: nothing later may overtake it."""
        self.report = DeliveryReport()

    def claim_abandoned(self, states: Mapping[Scope, JourneyState]) -> list[PendingDelivery]:
        """Take over what no living invocation can be sending any more, of whatever is watched or not."""
        claimed: list[PendingDelivery] = []
        for journey, state in states.items():
            abandoned = self._abandoned(state.undelivered)
            try:
                for keys in _same_lease(abandoned):
                    claimed += self._claim(journey, state, keys)
            except StoreUnavailableError as error:
                logger.warning("leftovers could not be claimed", journey=str(journey), reason=str(error))
                self._still_owed(abandoned.values())
        self._claimed = {pending.key for pending in claimed}
        return claimed

    def _abandoned(self, undelivered: Mapping[str, DeliveryLease]) -> dict[str, DeliveryLease]:
        expired = self._context.now() - CLOCK_SKEW
        self._still_owed(lease for lease in undelivered.values() if lease.lease_until >= expired)
        return {key: lease for key, lease in undelivered.items() if lease.lease_until < expired}

    def _claim(self, journey: Scope, state: JourneyState, keys: Sequence[str]) -> list[PendingDelivery]:
        lane, store, channels = self._context.lane, self._context.store, self._context.channels
        leases = {key: state.undelivered[key] for key in keys}
        if not self._time_budget.may_send:
            self._still_owed(leases.values())
            return []
        seen = leases[keys[0]].lease_until
        if not store.claim(lane, journey, keys, seen=seen, until=self._time_budget.deadline):
            return []
        sort_keys = sorted({lease.sort_key for lease in leases.values()})
        alerts = {alert.sort_key: alert for alert in store.alerts(lane, journey, sort_keys)}
        lost = [key for key in keys if leases[key].sort_key not in alerts or channel_of(key) not in channels]
        if lost:
            logger.error("owed to a channel that is gone, or expired from the table", journey=str(journey), keys=lost)
            store.acknowledge(lane, journey, lost)
        return [PendingDelivery(alerts[leases[key].sort_key], channel_of(key)) for key in keys if key not in lost]

    def send(self, pending: Sequence[PendingDelivery]) -> None:
        """Send what is this invocation's own, and acknowledge what was accepted.

        A channel gets it journey by journey, so that each journey is acknowledged once and soon. What would be a storm
        it gets as a digest, and so what happened long ago.
        """
        in_order = sorted(pending, key=lambda one: (one.channel, str(one.alert.journey), one.alert.sequence))
        for channel, its_own in groupby(in_order, key=lambda one: one.channel):
            max_single = self._context.channels[channel].max_single
            together, singly = self._digest_policy.sorted_out(list(its_own), max_single=max_single)
            self._send_digests(channel, together)
            self._send_singly(channel, singly)

    def _send_digests(self, channel: str, pending: Sequence[PendingDelivery]) -> None:
        by_id = {one.alert.id: one for one in pending}
        alerts = [one.alert for one in pending]
        for digest, its_alerts in digests(alerts, lane=self._context.lane, provider=self._context.provider):
            members = [by_id[alert.id] for alert in its_alerts]
            refused = self._publish(channel, [PendingDelivery(digest, channel)])
            if refused:
                self._keep(members, dict.fromkeys((one.key for one in members), *refused.values()))
            else:
                self._acknowledge(members)

    def _send_singly(self, channel: str, pending: Sequence[PendingDelivery]) -> None:
        waiting: list[PendingDelivery] = []
        at_once = self._context.channels[channel].at_once
        for at in range(0, len(pending), at_once):
            sending = pending[at : at + at_once]
            refused = self._publish(channel, sending)
            self._keep(sending, refused)
            waiting += [one for one in sending if one.key not in refused]
            rest = pending[at + at_once :]
            done = [one for one in waiting if not rest or one.alert.journey != rest[0].alert.journey]
            waiting = waiting[len(done) :]
            self._acknowledge(done)

    def _publish(self, channel: str, pending: Sequence[PendingDelivery]) -> dict[str, str]:
        """Why what was not accepted was not, by PendingDelivery.key."""
        if not self._time_budget.may_send:
            return dict.fromkeys((one.key for one in pending), "no time was left in this invocation")
        sendable = [one for one in pending if (channel, one.alert.thread) not in self._blocked]
        refused = {one.key: "an earlier alert of this run is still owed" for one in pending if one not in sendable}
        reasons = self._context.channels[channel].notifier.publish([one.alert for one in sendable])
        return refused | {one.key: reasons[one.alert.id] for one in sendable if one.alert.id in reasons}

    def _keep(self, pending: Sequence[PendingDelivery], refused: Mapping[str, str]) -> None:
        """What was not accepted stays owed, and nothing later of its thread may overtake it."""
        for one in pending:
            if one.key in refused:
                self._blocked.add((one.channel, one.alert.thread))
                self._still_owed([DeliveryLease(one.alert.sort_key, self._time_budget.deadline)])
                logger.warning("alert not accepted; kept", key=one.key, channel=one.channel, reason=refused[one.key])
        self.report.refused.update(refused)

    def _acknowledge(self, accepted: Sequence[PendingDelivery]) -> None:
        lane, store = self._context.lane, self._context.store
        self.report.delivered += len(accepted)
        self.report.redelivered += sum(one.key in self._claimed for one in accepted)
        in_order = sorted(accepted, key=lambda one: str(one.alert.journey))
        for journey, of_journey in groupby(in_order, key=lambda one: one.alert.journey):
            keys = [one.key for one in of_journey]
            try:
                for at in range(0, len(keys), KEYS_PER_UPDATE):
                    store.acknowledge(lane, journey, keys[at : at + KEYS_PER_UPDATE])
            except StoreUnavailableError as error:
                # They were accepted: all that follows is that they are sent once more, with the same ids.
                logger.warning("delivery could not be noted", journey=str(journey), keys=keys, reason=str(error))

    def _still_owed(self, leases: Iterable[DeliveryLease]) -> None:
        times = [committed_at(lease) for lease in leases]
        oldest = [self.report.oldest_undelivered] if self.report.oldest_undelivered else []
        self.report.oldest_undelivered = min(oldest + times, default=None)


def committed_at(lease: DeliveryLease) -> datetime:
    """When an owed alert was committed: its sort key says so."""
    return datetime.fromisoformat(lease.sort_key.split("#")[1])


def _same_lease(leases: Mapping[str, DeliveryLease]) -> Iterable[list[str]]:
    """Keys that can be claimed in one conditional update."""
    by_lease = sorted(leases, key=lambda key: leases[key].lease_until)
    for _, keys in groupby(by_lease, key=lambda key: leases[key].lease_until):
        same = list(keys)
        yield from (same[at : at + KEYS_PER_UPDATE] for at in range(0, len(same), KEYS_PER_UPDATE))
