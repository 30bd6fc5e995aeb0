"""RunStore in memory, with the same rules: for the tests of the poll, and to try a configuration without a table."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from threading import Lock

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.expiry import Mark
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import DeliveryLease, JourneyKey, JourneyState, Lane, Scope
from journey_watch.core.transitions import StateChange
from journey_watch.ports import CommitResult, HistoryPage, LaneState, SetByOperators
from journey_watch.store import items


class MemoryRunStore:
    """Passes the contract suite of the DynamoDB store."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._lanes: dict[Lane, LaneState] = {}
        """What is remembered of each lane but the states."""
        self._states: defaultdict[Lane, dict[Scope, JourneyState]] = defaultdict(dict)
        self._set_by_operators = SetByOperators()
        self._alerts: dict[tuple[Lane, Scope, str], Alert] = {}
        self.alerts_of_a_page = 200

    def load(self, lane: Lane) -> LaneState:
        with self._lock:
            states = self._states[lane].items()
            return replace(
                self._lane(lane),
                journeys={scope: state for scope, state in states if isinstance(scope, JourneyKey)},
                scopes={scope: state for scope, state in states if not isinstance(scope, JourneyKey)},
            )

    def _lane(self, lane: Lane) -> LaneState:
        return self._lanes.get(lane, LaneState(journeys={}))

    def _state(self, lane: Lane, journey: Scope) -> JourneyState:
        return self._states[lane].get(journey, JourneyState())

    def _put(self, lane: Lane, journey: Scope, state: JourneyState) -> None:
        self._states[lane][journey] = state

    def set_mutes(self, *mutes: Mute) -> None:
        """Replace the mutes that operators have set."""
        self._set_by_operators = replace(self._set_by_operators, mutes={mute.id: mute for mute in mutes})

    def set_acknowledgements(self, *given: Acknowledgement) -> None:
        """Replace the acknowledgements that operators have set."""
        self._set_by_operators = replace(self._set_by_operators, acknowledgements=given)

    def set_by_operators(self) -> SetByOperators:
        return self._set_by_operators

    def history(self, lane: Lane, since: datetime, position: str = "") -> HistoryPage:
        with self._lock:
            recorded = [alert for (of_lane, _, _), alert in self._alerts.items() if of_lane == lane]
        found = sorted(
            (
                (items.history_position(alert), alert)
                for alert in recorded
                if datetime.fromisoformat(alert.observed_time) >= since and items.history_position(alert) > position
            ),
            key=lambda entry: entry[0],
        )
        page = found[: self.alerts_of_a_page]
        return HistoryPage([alert for _, alert in page], page[-1][0] if len(page) < len(found) else None)

    def commit(
        self,
        lane: Lane,
        change: StateChange,
        alerts: Sequence[Alert],
        owed: Sequence[PendingDelivery],
        lease_until: datetime,
    ) -> CommitResult:
        with self._lock:
            held = self._state(lane, change.journey)
            if held.version != change.seen_version:
                return CommitResult.LOST_RACE
            pending = {one.key: DeliveryLease(one.alert.sort_key, lease_until) for one in owed}
            undelivered = {**held.undelivered, **pending}
            stored = replace(change.state, undelivered=undelivered, given_up=held.given_up)
            self._put(lane, change.journey, replace(stored, lacking_since=None, expires_at=None))
            self._alerts.update({(lane, change.journey, alert.sort_key): alert for alert in alerts})
            return CommitResult.DONE

    def fits(self, change: StateChange, owed: Sequence[PendingDelivery]) -> bool:  # noqa: ARG002 - memory has no limit
        return True

    def claim(self, lane: Lane, journey: Scope, keys: Sequence[str], seen: datetime, until: datetime) -> bool:
        with self._lock:
            state = self._state(lane, journey)
            owed = [state.undelivered.get(key) for key in keys]
            if any(pending is None or pending.lease_until != seen for pending in owed):
                return False
            moved = {key: replace(state.undelivered[key], lease_until=until) for key in keys}
            self._put(lane, journey, replace(state, undelivered={**state.undelivered, **moved}))
            return True

    def alerts(self, lane: Lane, journey: Scope, sort_keys: Sequence[str]) -> Mapping[str, Alert | None]:
        with self._lock:
            return {key: self._alerts[lane, journey, key] for key in sort_keys if (lane, journey, key) in self._alerts}

    def acknowledge(self, lane: Lane, journey: Scope, keys: Sequence[str]) -> None:
        with self._lock:
            state = self._state(lane, journey)
            left = {key: owed for key, owed in state.undelivered.items() if key not in keys}
            self._put(lane, journey, replace(state, undelivered=left))

    def give_up(self, lane: Lane, journey: Scope, keys: Sequence[str], channel: str) -> None:
        self.acknowledge(lane, journey, keys)
        with self._lock:
            state = self._state(lane, journey)
            count = state.given_up.get(channel, 0) + len(keys)
            self._put(lane, journey, replace(state, given_up={**state.given_up, channel: count}))

    def forget_baseline(self, lane: Lane, journey: JourneyKey, seen_version: int) -> CommitResult:
        with self._lock:
            held = self._state(lane, journey)
            if held.version != seen_version:
                return CommitResult.LOST_RACE
            forgotten = JourneyState(
                version=seen_version + 1,
                undelivered=held.undelivered,
                journey_name=held.journey_name,
                given_up=held.given_up,
                acknowledged=held.acknowledged,
            )
            self._put(lane, journey, forgotten)
            return CommitResult.DONE

    def mark_end(self, lane: Lane, journey: JourneyKey, seen_version: int, mark: Mark) -> CommitResult:
        with self._lock:
            held = self._state(lane, journey)
            if held.version != seen_version or held.undelivered:
                return CommitResult.LOST_RACE
            self._put(lane, journey, replace(held, lacking_since=mark.lacking_since, expires_at=mark.expires_at))
            return CommitResult.DONE

    def mark_listed(self, lane: Lane, marker: str, at: datetime, unlisted: AbstractSet[str] = frozenset()) -> None:
        with self._lock:
            held = self._lane(lane)
            if marker not in held.listed:
                waiting = {**held.unlisted, marker: frozenset(unlisted)} if unlisted else held.unlisted
                self._lanes[lane] = replace(held, listed={**held.listed, marker: at}, unlisted=waiting)

    def listed_at_last(self, lane: Lane, marker: str, containers: AbstractSet[str]) -> None:
        with self._lock:
            held = self._lane(lane)
            left = {**held.unlisted, marker: held.unlisted.get(marker, frozenset()) - containers}
            self._lanes[lane] = replace(held, unlisted={name: waiting for name, waiting in left.items() if waiting})

    def unmark_listed(self, lane: Lane, markers: Sequence[str]) -> None:
        with self._lock:
            held = self._lane(lane)
            left: Mapping[str, datetime] = {name: at for name, at in held.listed.items() if name not in markers}
            waiting = {name: containers for name, containers in held.unlisted.items() if name in left}
            self._lanes[lane] = replace(held, listed=left, unlisted=waiting)

    def resume_at(self, lane: Lane, journey: JourneyKey) -> None:
        with self._lock:
            self._lanes[lane] = replace(self._lane(lane), resume_at=str(journey))
