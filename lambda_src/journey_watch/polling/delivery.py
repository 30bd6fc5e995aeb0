"""The outbox: send what earlier invocations left behind, then what this one committed.

An alert is owed from the commit that saved its change until a channel has accepted it. While its lease lasts, only
the invocation that committed or claimed it sends it; afterwards anyone may claim it. So a crash repeats at most what
was accepted and not yet acknowledged, and loses nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import Alert, PendingDelivery, channel_of
from journey_watch.core.runs import DeliveryLease, JourneyState, Scope
from journey_watch.messages.digest import digest_of, digest_pieces, fits_in_a_digest
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.side_by_side import side_by_side
from journey_watch.polling.side_tasks import SideTasks

CLOCK_SKEW = timedelta(seconds=5)
"""How far the clocks of two invocations may differ before one takes the other for dead."""
KEYS_PER_UPDATE = 50
CLAIMING_SHARE: Final = 1 / 3
"""Taking over what was left behind uses up no more of the time: what is new has to be read and sent as well."""
MAX_OWED: Final = 100
"""A channel that takes nothing is owed so many alerts of one journey, the latest: more would fill the journey's item,
and then no other channel would be told anything of it either."""

logger = Logger(child=True)


@dataclass(slots=True)
class DeliveryReport:
    """What one invocation sent, and what it could not."""

    delivered: int = 0
    redelivered: int = 0
    """Among them: left behind by an earlier invocation."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why, by PendingDelivery.key; they are still owed."""
    given_up: int = 0
    """Alerts that are no longer owed to a channel that takes nothing; the history keeps them."""
    oldest_undelivered: datetime | None = None
    """When the oldest alert that is still owed was committed."""


@dataclass(frozen=True, slots=True)
class DigestPolicy:
    """When people are told many things in one message."""

    digest_over: int
    """More alerts than this for one channel in one poll become a digest."""
    catch_up_after: timedelta
    """Changes that were older than this when they were seen are told together."""

    def told_together(self, pending: Sequence[PendingDelivery], *, max_single: int) -> Sequence[PendingDelivery]:
        """What of one audience is told in digests, in the order of `pending`; the rest is told after it, one by one.

        `max_single` is the most that the channel sends one by one. Whatever is told together takes with it what is
        pending and earlier in its thread. A thread with an alert that cannot be in a digest is sent individually, so
        that no digest overtakes that alert.
        """
        individual = {one.alert.thread for one in pending if not fits_in_a_digest(one.alert)}
        digestible = [one for one in pending if one.alert.thread not in individual]
        storm = len(digestible) > min(self.digest_over, max_single)
        together = digestible if storm else self._long_ago(digestible)
        keys = {one.key for one in together} if len(together) > 1 else set()
        return [one for one in pending if one.key in keys]

    def _long_ago(self, pending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
        chosen: list[PendingDelivery] = []
        threads: set[str] = set()
        for one in reversed(pending):
            if one.alert.thread in threads or (one.alert.detection_delay or timedelta(0)) > self.catch_up_after:
                threads.add(one.alert.thread)
                chosen.append(one)
        return chosen


@dataclass(frozen=True, slots=True)
class _Claim:
    """What an invocation has taken over of one journey."""

    pending: Sequence[PendingDelivery] = ()
    given_up: Sequence[str] = ()
    """What can never be sent, and is no longer owed."""
    unreadable: Sequence[str] = ()
    """What this version cannot read: it stays owed, and holds up nothing."""


class Delivery:
    """One invocation's sending. Not thread-safe: sending happens after everything was committed."""

    def __init__(self, context: PollContext, digest_policy: DigestPolicy, side_tasks: SideTasks) -> None:
        self._context = context
        self._time_budget = context.time_budget
        self._digest_policy = digest_policy
        self._side_tasks = side_tasks
        self._claimed: set[str] = set()
        self._unowned: dict[tuple[str, Scope], set[str]] = {}
        """By channel and journey, the sort keys of undelivered alerts that another invocation may be sending."""
        self._blocked: set[tuple[str, str]] = set()
        """Channel and thread of what was not accepted: nothing later may overtake it."""
        self._refused: list[PendingDelivery] = []
        """What this invocation had to send and could not, in the order of trying."""
        self._refusing: set[str] = set()
        """Channels that did not accept something they were given."""
        self._share_ends = context.now()
        """When the channel that is being served has had its share of the time."""
        self.report = DeliveryReport()

    # Claiming

    def claim_abandoned(self, states: Mapping[Scope, JourneyState]) -> list[PendingDelivery]:
        """Take over what no living invocation can be sending any more, of whatever is watched or not.

        What was left behind longest comes first, so that the next poll goes on where this one has to stop.
        """
        expired = self._context.now() - CLOCK_SKEW
        abandoned = {
            journey: {key: lease for key, lease in state.undelivered.items() if lease.lease_until < expired}
            for journey, state in states.items()
        }
        oldest_first = sorted(
            (min(lease.lease_until for lease in leases.values()), str(journey), journey)
            for journey, leases in abandoned.items()
            if leases
        )
        claims = list(self._claim_all([(journey, abandoned[journey]) for _, _, journey in oldest_first]))
        pending = [one for claim in claims for one in claim.pending]
        self._claimed = {one.key for one in pending}
        unreadable = {key for claim in claims for key in claim.unreadable}
        settled = {key for claim in claims for key in claim.given_up}
        for journey, state in states.items():
            for key, lease in state.undelivered.items():
                if key not in self._claimed | unreadable | settled:
                    self._unowned.setdefault((self._channel_of(key), journey), set()).add(lease.sort_key)
                if key not in self._claimed | settled:
                    self._still_owed([lease])
        return pending

    def _claim_all(self, work: Sequence[tuple[Scope, Mapping[str, DeliveryLease]]]) -> Iterator[_Claim]:
        if not work:
            return
        stop_at = self._context.now() + timedelta(seconds=CLAIMING_SHARE * self._time_budget.sending_seconds)
        # What a call that hangs claims later is sent by nobody until its lease has ended.
        yield from side_by_side(
            [partial(self._claim_journey, journey, leases, stop_at) for journey, leases in work],
            patience=max(0.0, (stop_at - self._context.now()).total_seconds()),
            name="claim",
        )

    def _claim_journey(
        self, journey: Scope, leases: Mapping[str, DeliveryLease], stop_at: datetime
    ) -> Sequence[_Claim]:
        claims: list[_Claim] = []
        for keys in _same_lease(leases):
            if self._context.now() < stop_at:
                with self._side_tasks.attempt("leftovers could not be claimed", journey=str(journey)):
                    claims.append(self._claim(journey, {key: leases[key] for key in keys}))
        return claims

    def _claim(self, journey: Scope, leases: Mapping[str, DeliveryLease]) -> _Claim:
        lane, store, channels = self._context.lane, self._context.store, self._context.channels
        keys, seen = list(leases), next(iter(leases.values())).lease_until
        if not store.claim(lane, journey, keys, seen=seen, until=self._time_budget.deadline):
            return _Claim()
        alerts = store.alerts(lane, journey, sorted({lease.sort_key for lease in leases.values()}))
        channel_names = {key: self._channel_of(key) for key in keys}
        given_up = [key for key in keys if leases[key].sort_key not in alerts or channel_names[key] not in channels]
        if given_up:
            reason = "owed to a channel that is gone, or expired from the table"
            logger.error(reason, journey=str(journey), keys=given_up)
            store.acknowledge(lane, journey, given_up)
        found = {key: alerts[leases[key].sort_key] for key in keys if key not in given_up}
        unreadable = [key for key, alert in found.items() if alert is None]
        if unreadable:
            logger.error("alerts that this version cannot read stay owed", journey=str(journey), keys=unreadable)
        pending = [
            PendingDelivery(alert, channel_names[key], channel_of(key))
            for key, alert in found.items()
            if alert is not None
        ]
        return _Claim(pending, given_up, unreadable)

    def _channel_of(self, key: str) -> str:
        """The channel to which a key is owed, by the name that it has now."""
        owed_to = channel_of(key)
        renamed = (name for name, channel in self._context.channels.items() if owed_to in channel.formerly)
        return owed_to if owed_to in self._context.channels else next(renamed, owed_to)

    # Sending

    def send(self, pending: Sequence[PendingDelivery]) -> None:
        """Send what is this invocation's own, and acknowledge what was accepted.

        What would be a storm a channel gets as a digest, and so what happened long ago. Every channel has its share of
        the time, operators first: one that hangs never uses up the time of the others. Whoever needs more comes again.
        """
        waiting = self._without_what_is_held(pending)
        for last_round in (False, True):
            by_channel = _by_channel(waiting)
            waiting = []
            in_turn = sorted(by_channel, key=lambda name: (not self._context.channels[name].for_operators, name))
            for position, channel in enumerate(in_turn):
                share = self._time_budget.sending_seconds / (1 if last_round else len(in_turn) - position)
                self._share_ends = self._context.now() + timedelta(seconds=share)
                waiting += self._send_to(channel, by_channel[channel])
        self._keep(waiting, dict.fromkeys((one.key for one in waiting), "no time was left in this invocation"))
        self._give_up_what_is_too_much()

    def _without_what_is_held(self, pending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
        """Leave out what must wait for an earlier alert of its thread that this invocation does not own.

        An alert never waits for a later one: two invocations that each own a part of a thread would withhold both parts
        for ever. An alert that is no longer stored, or that this version cannot read, holds back nothing.
        """
        concerned = {(one.channel, one.alert.journey) for one in pending} & self._unowned.keys()
        stored = self._read_unowned(concerned)
        first: dict[tuple[str, str], int] = {}
        for channel, journey in concerned:
            for alert in filter(None, stored.get(journey, {}).values()):
                if alert.sort_key in self._unowned[channel, journey]:
                    thread = channel, alert.thread
                    first[thread] = min(alert.sequence, first.get(thread, alert.sequence))
        held = {
            one.key: "an earlier alert could not be taken over"
            for one in pending
            if first.get((one.channel, one.alert.thread), one.alert.sequence) < one.alert.sequence
            or ((one.channel, one.alert.journey) in concerned and one.alert.journey not in stored)
        }
        self._keep_only(pending, held)
        return [one for one in pending if one.key not in held]

    def _read_unowned(self, concerned: AbstractSet[tuple[str, Scope]]) -> dict[Scope, Mapping[str, Alert | None]]:
        """Read the alerts of other invocations, by journey and sort key; a journey whose read failed is missing."""
        sort_keys: dict[Scope, set[str]] = {}
        for channel, journey in concerned:
            sort_keys.setdefault(journey, set()).update(self._unowned[channel, journey])
        if not sort_keys:
            return {}
        return dict(
            side_by_side(
                [partial(self._stored_alerts, journey, keys) for journey, keys in sort_keys.items()],
                patience=max(0.0, CLAIMING_SHARE * self._time_budget.sending_seconds),
                name="unowned",
            )
        )

    def _stored_alerts(
        self, journey: Scope, sort_keys: AbstractSet[str]
    ) -> Sequence[tuple[Scope, Mapping[str, Alert | None]]]:
        with self._side_tasks.attempt("alerts of other invocations could not be read", journey=str(journey)):
            return [(journey, self._context.store.alerts(self._context.lane, journey, sorted(sort_keys)))]
        return []

    @property
    def _may_send(self) -> bool:
        return self._time_budget.may_send and self._context.now() < self._share_ends

    def _send_to(self, channel: str, pending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
        """Send in order; returns what there was no time for."""
        serving = self._context.channels[channel]
        in_order = sorted(pending, key=lambda one: (str(one.alert.journey), one.alert.sequence))
        singly = in_order
        late: list[PendingDelivery] = []
        for audience in [] if serving.one_by_one else self._audiences(in_order):
            together = self._digest_policy.told_together(audience, max_single=serving.max_single)
            keys = {one.key for one in together}
            singly = [one for one in singly if one.key not in keys]
            late += self._send_digests(channel, _in_time_order(together))
        return [*late, *(singly if late else self._send_singly(channel, singly))]

    def _audiences(self, pending: Sequence[PendingDelivery]) -> list[list[PendingDelivery]]:
        """What may be told together, for it has the same readers. A thread that has not is in none of them."""
        readers = {one.key: self._readers(one) for one in pending}
        of_thread: dict[str, set[tuple[str, ...]]] = {}
        for one in pending:
            of_thread.setdefault(one.alert.thread, set()).add(readers[one.key])
        audiences: dict[tuple[str, ...], list[PendingDelivery]] = {}
        for one in pending:
            if len(of_thread[one.alert.thread]) == 1:
                audiences.setdefault(readers[one.key], []).append(one)
        return list(audiences.values())

    def _readers(self, one: PendingDelivery) -> tuple[str, ...]:
        """To whom its channel passes it on, as far as they differ from alert to alert."""
        return one.alert.recipients if self._context.channels[one.channel].recipient is None else ()

    def _send_digests(self, channel: str, pending: Sequence[PendingDelivery]) -> Sequence[PendingDelivery]:
        left = pending
        for alerts in digest_pieces([one.alert for one in pending]):
            if not self._may_send:
                break
            piece, left = left[: len(alerts)], left[len(alerts) :]
            members = self._unblocked(piece)
            if not members:
                continue
            digest = digest_of(
                [one.alert for one in members],
                lane=self._context.lane,
                provider=self._context.provider,
                deployment=self._context.deployment,
            )
            digest = digest.routed_to(members[0].alert.recipients)
            refused = self._publish([PendingDelivery(digest, channel)])
            if refused:
                self._keep(members, dict.fromkeys((one.key for one in members), *refused.values()))
            else:
                self._acknowledge(members)
        return left

    def _send_singly(self, channel: str, pending: Sequence[PendingDelivery]) -> Sequence[PendingDelivery]:
        """A channel gets them journey by journey, so that each journey is acknowledged once and soon."""
        accepted: list[PendingDelivery] = []
        at_once = self._context.channels[channel].at_once
        left = pending
        while left and self._may_send:
            sending, left = self._unblocked(left[:at_once]), left[at_once:]
            refused = self._publish(sending)
            self._keep(sending, refused)
            accepted += [one for one in sending if one.key not in refused]
            done = [one for one in accepted if not left or one.alert.journey != left[0].alert.journey]
            accepted = accepted[len(done) :]
            self._acknowledge(done)
        self._acknowledge(accepted)
        return left

    def _unblocked(self, pending: Sequence[PendingDelivery]) -> list[PendingDelivery]:
        blocked = [one for one in pending if (one.channel, one.alert.thread) in self._blocked]
        self._keep(blocked, dict.fromkeys((one.key for one in blocked), "an earlier alert of this run is still owed"))
        return [one for one in pending if one not in blocked]

    def _publish(self, pending: Sequence[PendingDelivery]) -> dict[str, str]:
        """Why what one channel did not accept was not accepted, by PendingDelivery.key."""
        if not pending:
            return {}
        channel = pending[0].channel
        notifier = self._context.channels[channel].notifier
        try:
            reasons = notifier.publish([one.alert for one in pending])
        except Exception as error:
            logger.exception("a channel broke", channel=channel)
            reasons = {one.alert.id: f"the channel broke: {error!r}" for one in pending}
        if reasons:
            self._refusing.add(channel)
        return {one.key: reasons[one.alert.id] for one in pending if one.alert.id in reasons}

    def _keep(self, pending: Sequence[PendingDelivery], refused: Mapping[str, str]) -> None:
        """What was not accepted stays owed, and nothing later of its thread may overtake it."""
        self._blocked.update((one.channel, one.alert.thread) for one in pending if one.key in refused)
        self._keep_only(pending, refused)

    def _keep_only(self, pending: Sequence[PendingDelivery], refused: Mapping[str, str]) -> None:
        for one in pending:
            if one.key in refused:
                self._refused.append(one)
                self._still_owed([DeliveryLease(one.alert.sort_key, self._time_budget.deadline)])
                logger.warning("alert not accepted; kept", key=one.key, channel=one.channel, reason=refused[one.key])
        self.report.refused.update(refused)

    def _give_up_what_is_too_much(self) -> None:
        """Of each journey, the oldest of what a channel refuses, beyond the most that may be owed to it."""
        refused = [one for one in self._refused if one.channel in self._refusing]
        in_order = sorted(refused, key=lambda one: (one.channel, str(one.alert.journey), one.alert.sequence))
        for (channel, journey), group in groupby(in_order, key=lambda one: (one.channel, one.alert.journey)):
            keys = [one.key for one in group][:-MAX_OWED]
            if not keys:
                continue
            with self._side_tasks.attempt("too much is still owed to a channel", channel=channel, journey=str(journey)):
                for at in range(0, len(keys), KEYS_PER_UPDATE):
                    self._context.store.give_up(self._context.lane, journey, keys[at : at + KEYS_PER_UPDATE], channel)
                self.report.given_up += len(keys)
                reason = "given up: the channel refuses more of this journey than may be owed to it"
                logger.error(reason, channel=channel, journey=str(journey), alerts=len(keys))
        self._refused.clear()  # what is sent after this counts by itself

    def _acknowledge(self, accepted: Sequence[PendingDelivery]) -> None:
        """Note what was accepted. If that fails, it is sent once more, with the same ids."""
        self.report.delivered += len(accepted)
        self.report.redelivered += sum(one.key in self._claimed for one in accepted)
        in_order = sorted(accepted, key=lambda one: str(one.alert.journey))
        journeys = [
            (journey, [one.key for one in of_journey])
            for journey, of_journey in groupby(in_order, key=lambda one: one.alert.journey)
        ]
        if len(journeys) == 1:
            self._acknowledge_journey(*journeys[0])
        else:
            tasks = [partial(self._acknowledge_journey, *of_journey) for of_journey in journeys]
            list(side_by_side(tasks, name="acknowledge"))

    def _acknowledge_journey(self, journey: Scope, keys: Sequence[str]) -> tuple[()]:
        lane, store = self._context.lane, self._context.store
        with self._side_tasks.attempt("delivery could not be noted", journey=str(journey), keys=keys):
            for at in range(0, len(keys), KEYS_PER_UPDATE):
                store.acknowledge(lane, journey, keys[at : at + KEYS_PER_UPDATE])
        return ()

    def _still_owed(self, leases: Iterable[DeliveryLease]) -> None:
        times = [committed_at(lease) for lease in leases]
        oldest = [self.report.oldest_undelivered] if self.report.oldest_undelivered else []
        self.report.oldest_undelivered = min(oldest + times, default=None)


def committed_at(lease: DeliveryLease) -> datetime:
    """When an owed alert was committed: its sort key says so."""
    return datetime.fromisoformat(lease.sort_key.split("#")[1])


def _by_channel(pending: Iterable[PendingDelivery]) -> dict[str, list[PendingDelivery]]:
    channels: dict[str, list[PendingDelivery]] = {}
    for one in pending:
        channels.setdefault(one.channel, []).append(one)
    return channels


def _in_time_order(pending: Iterable[PendingDelivery]) -> list[PendingDelivery]:
    """Oldest first. Of one journey the sequence decides: invocations' clocks differ."""
    reached: dict[Scope, str] = {}
    times: dict[str, str] = {}
    for one in sorted(pending, key=lambda one: one.alert.sequence):
        reached[one.alert.journey] = max(reached.get(one.alert.journey, ""), one.alert.observed_time)
        times[one.key] = reached[one.alert.journey]
    return sorted(pending, key=lambda one: (times[one.key], str(one.alert.journey), one.alert.sequence))


def _same_lease(leases: Mapping[str, DeliveryLease]) -> Iterator[list[str]]:
    """Keys that can be claimed in one conditional update."""
    by_lease = sorted(leases, key=lambda key: leases[key].lease_until)
    for _, keys in groupby(by_lease, key=lambda key: leases[key].lease_until):
        same = list(keys)
        yield from (same[at : at + KEYS_PER_UPDATE] for at in range(0, len(same), KEYS_PER_UPDATE))
