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

from journey_watch.core.alerts import PendingDelivery, channel_of
from journey_watch.core.errors import StoreUnavailableError
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, JourneyState, Lane, DeliveryLease
from journey_watch.polling.time_budget import Invocation
from journey_watch.messages.digest import digests
from journey_watch.ports import Channel, RunStore

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two invocations may differ before one takes the other for dead."""
KEYS_PER_UPDATE = 50

logger = Logger(child=True)


@dataclass(slots=True)
class DeliveryReport:
    delivered: int = 0
    redelivered: int = 0
    """Among them: left behind by an earlier invocation."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why, by PendingDelivery.key; they are still owed."""
    oldest_undelivered: datetime | None = None
    """When the oldest alert that is still owed was committed."""


@dataclass(frozen=True, slots=True)
class DigestPolicy:
    """When readers are told many things in one message."""

    digest_over: int
    """More alerts than this for one channel in one poll become a digest."""
    catch_up_after: timedelta
    """Changes that were older than this when they were seen are told together."""


class Delivery:
    """One invocation's sending. Not thread-safe: sending happens after everything was committed."""

    def __init__(
        self,
        lane: Lane,
        *,
        provider: Provider,
        store: RunStore,
        channels: Mapping[str, Channel],
        invocation: Invocation,
        digest_policy: DigestPolicy,
    ) -> None:
        self._lane = lane
        self._provider = provider
        self._manners = digest_policy
        self._leftovers: set[str] = set()
        self._store = store
        self._channels = channels
        self._invocation = invocation
        self._blocked: set[tuple[str, str]] = set()
        self.report = DeliveryReport()

    def claim_leftovers(self, states: Mapping[JourneyKey, JourneyState]) -> list[PendingDelivery]:
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
        self._leftovers = {owed.key for owed in claimed}
        return claimed

    def _abandoned(self, undelivered: Mapping[str, DeliveryLease]) -> dict[str, DeliveryLease]:
        expired = self._invocation.now() - CLOCK_SKEW
        self._still_owed(owed for owed in undelivered.values() if owed.lease_until >= expired)
        return {key: owed for key, owed in undelivered.items() if owed.lease_until < expired}

    def _claim(self, journey: JourneyKey, state: JourneyState, keys: Sequence[str]) -> list[PendingDelivery]:
        pending = {key: state.undelivered[key] for key in keys}
        if not self._invocation.may_send:
            self._still_owed(pending.values())
            return []
        seen = pending[keys[0]].lease_until
        if not self._store.claim(self._lane, journey, keys, seen=seen, until=self._invocation.deadline):
            return []
        sort_keys = sorted({one.sort_key for one in pending.values()})
        alerts = {alert.sort_key: alert for alert in self._store.alerts(self._lane, journey, sort_keys)}
        lost = [key for key in keys if pending[key].sort_key not in alerts or channel_of(key) not in self._channels]
        if lost:
            logger.error("owed to a channel that is gone, or expired from the table", journey=str(journey), keys=lost)
            self._store.acknowledge(self._lane, journey, lost)
        return [PendingDelivery(alerts[pending[key].sort_key], channel_of(key)) for key in keys if key not in lost]

    def send(self, owed: Sequence[PendingDelivery]) -> None:
        """Send what is this invocation's own, and acknowledge what was accepted.

        A channel gets it journey by journey, so that each journey is acknowledged once and soon. What would be a storm
        it gets as a digest, and so what happened long ago.
        """
        in_order = sorted(owed, key=lambda one: (one.channel, str(one.alert.journey), one.alert.sequence))
        for channel, its_own in groupby(in_order, key=lambda one: one.channel):
            together, singly = self._sorted_out(channel, list(its_own))
            self._send_digests(channel, together)
            self._send_singly(channel, singly)

    def _sorted_out(self, channel: str, owed: list[PendingDelivery]) -> tuple[list[PendingDelivery], list[PendingDelivery]]:
        if len(owed) > min(self._manners.digest_over, self._channels[channel].most_singly):
            return owed, []
        old = [one for one in owed if (one.alert.detection_delay or timedelta(0)) > self._manners.catch_up_after]
        return (old, [one for one in owed if one not in old]) if len(old) > 1 else ([], owed)

    def _send_digests(self, channel: str, owed: Sequence[PendingDelivery]) -> None:
        by_id = {one.alert.id: one for one in owed}
        for digest, its_alerts in digests([one.alert for one in owed], lane=self._lane, provider=self._provider):
            members = [by_id[alert.id] for alert in its_alerts]
            refused = self._publish(channel, [PendingDelivery(digest, channel)])
            if refused:
                self._keep(members, dict.fromkeys((one.key for one in members), *refused.values()))
            else:
                self._acknowledge(members)

    def _send_singly(self, channel: str, owed: Sequence[PendingDelivery]) -> None:
        waiting: list[PendingDelivery] = []
        at_once = self._channels[channel].at_once
        for at in range(0, len(owed), at_once):
            sending = owed[at : at + at_once]
            refused = self._publish(channel, sending)
            self._keep(sending, refused)
            waiting += [one for one in sending if one.key not in refused]
            rest = owed[at + at_once :]
            done = [one for one in waiting if not rest or one.alert.journey != rest[0].alert.journey]
            waiting = waiting[len(done) :]
            self._acknowledge(done)

    def _publish(self, channel: str, owed: Sequence[PendingDelivery]) -> dict[str, str]:
        """Why what was not accepted was not, by PendingDelivery.key."""
        if not self._invocation.may_send:
            return dict.fromkeys((one.key for one in owed), "no time was left in this invocation")
        sendable = [one for one in owed if (channel, one.alert.thread) not in self._blocked]
        refused = {one.key: "an earlier alert of this run is still owed" for one in owed if one not in sendable}
        reasons = self._channels[channel].notifier.publish([one.alert for one in sendable])
        return refused | {one.key: reasons[one.alert.id] for one in sendable if one.alert.id in reasons}

    def _keep(self, owed: Sequence[PendingDelivery], refused: Mapping[str, str]) -> None:
        """What was not accepted stays owed, and nothing later of its thread may overtake it."""
        for one in owed:
            if one.key in refused:
                self._blocked.add((one.channel, one.alert.thread))
                self._still_owed([DeliveryLease(one.alert.sort_key, self._invocation.deadline)])
                logger.warning("alert not accepted; kept", key=one.key, channel=one.channel, reason=refused[one.key])
        self.report.refused.update(refused)

    def _acknowledge(self, accepted: Sequence[PendingDelivery]) -> None:
        self.report.delivered += len(accepted)
        self.report.redelivered += sum(one.key in self._leftovers for one in accepted)
        in_order = sorted(accepted, key=lambda one: str(one.alert.journey))
        for journey, of_journey in groupby(in_order, key=lambda one: one.alert.journey):
            keys = [one.key for one in of_journey]
            try:
                for at in range(0, len(keys), KEYS_PER_UPDATE):
                    self._store.acknowledge(self._lane, journey, keys[at : at + KEYS_PER_UPDATE])
            except StoreUnavailableError as error:
                # They were accepted: all that follows is that they are sent once more, with the same ids.
                logger.warning("delivery could not be noted", journey=str(journey), keys=keys, reason=str(error))

    def _still_owed(self, owed: Iterable[DeliveryLease]) -> None:
        times = [committed_at(pending) for pending in owed]
        oldest = [self.report.oldest_undelivered] if self.report.oldest_undelivered else []
        self.report.oldest_undelivered = min(oldest + times, default=None)


def committed_at(pending: DeliveryLease) -> datetime:
    """When an owed alert was committed: its sort key says so."""
    return datetime.fromisoformat(pending.sort_key.split("#")[1])


def _same_lease(owed: Mapping[str, DeliveryLease]) -> Iterable[list[str]]:
    """Keys that can be claimed in one conditional update."""
    by_lease = sorted(owed, key=lambda key: owed[key].lease_until)
    for _, keys in groupby(by_lease, key=lambda key: owed[key].lease_until):
        same = list(keys)
        yield from (same[at : at + KEYS_PER_UPDATE] for at in range(0, len(same), KEYS_PER_UPDATE))
