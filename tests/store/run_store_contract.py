"""What every RunStore does. A test module subclasses it and provides the fixture `store`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.expiry import Mark
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.runs import LANE_ITSELF, JourneyKey, JourneyState, RecordedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange
from journey_watch.ports import CommitResult, RunStore
from journey_watch.store.items import history_position
from tests.core.builders import JOURNEY, LANE, NOON, minutes, recorded

OTHER_LANE = replace(LANE, region="us-east-1")
OTHER_JOURNEY = JourneyKey("app-1", "journey-2")
LEASE = NOON + minutes(1)


def alert(
    name: str, *, severity: Severity = Severity.CRITICAL, sequence: int = 1, journey: JourneyKey = JOURNEY
) -> Alert:
    """An alert whose id is readable; its envelope holds what a store must give back."""
    detail = {
        "severity": severity,
        "sequence": sequence,
        "observed_time": "2026-11-23T12:00:00.000Z",
        "name": "Ünï <&>",
    }
    envelope = {"id": name, "detail-type": "Journey Run Status Change", "detail": detail}
    return Alert.from_envelope(envelope, journey=journey, thread=f"run-of-{name}")


def change(
    *,
    seen: int = 0,
    journey: JourneyKey = JOURNEY,
    runs: dict[str, RecordedRun] | None = None,
) -> StateChange:
    state = JourneyState(
        version=seen + 1,
        baselined_at=NOON,
        runs=runs if runs is not None else {"r1": recorded(Status.RUNNING)},
        settled_before=NOON - timedelta(days=3),
        settled_update=NOON - timedelta(days=2, microseconds=1),
        journey_name="Wëlcome",
        durations=(3600, 0),
        itself=recorded(Status.PAUSED, created=None),
        acknowledged={"thread": NOON + minutes(1)},
    )
    return StateChange(journey, seen_version=seen, state=state)


def state_of(store: RunStore, journey: JourneyKey = JOURNEY) -> JourneyState:
    return store.load(LANE).journeys[journey]


def try_commit(store: RunStore, what: StateChange, *alerts: Alert) -> CommitResult:
    """Commit alerts that are owed to one channel."""
    return store.commit(LANE, what, alerts, [PendingDelivery(alert, "alerts") for alert in alerts], LEASE)


def commit(store: RunStore, what: StateChange, alerts: Sequence[Alert] = ()) -> None:
    assert try_commit(store, what, *alerts) is CommitResult.DONE


class RunStoreContract:
    @pytest.fixture
    def store(self) -> RunStore:
        raise NotImplementedError

    def test_lane_never_written_is_empty(self, store: RunStore) -> None:
        loaded = store.load(LANE)
        assert (loaded.journeys, loaded.listed, loaded.resume_at) == ({}, {}, None)

    def test_state_comes_back_as_it_was_committed(self, store: RunStore) -> None:
        what = change(runs={"r1": recorded(Status.RUNNING), "r2": recorded(Status.UNKNOWN, updated=None, created=None)})
        commit(store, what)
        assert state_of(store) == what.state

    def test_lanes_do_not_see_each_other(self, store: RunStore) -> None:
        commit(store, change())
        store.mark_listed(LANE, "app-1/*", NOON)
        assert store.load(OTHER_LANE).journeys == {}
        assert store.load(OTHER_LANE).listed == {}

    def test_commit_on_an_older_version_is_a_lost_race_and_writes_nothing(self, store: RunStore) -> None:
        commit(store, change(runs={"r1": recorded(Status.RUNNING)}))
        late = change(runs={"r1": recorded(Status.CANCELLED)})
        assert try_commit(store, late, alert("a1")) is CommitResult.LOST_RACE
        assert state_of(store).runs["r1"].status is Status.RUNNING
        assert store.alerts(LANE, JOURNEY, [alert("a1").sort_key]) == {}

    def test_committed_alerts_are_owed_under_the_lease(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1"), alert("a2")])
        owed = state_of(store).undelivered
        assert {key: pending.lease_until for key, pending in owed.items()} == {"a1@alerts": LEASE, "a2@alerts": LEASE}
        assert owed["a1@alerts"].sort_key == alert("a1").sort_key

    def test_alert_is_owed_to_each_channel_by_itself(self, store: RunStore) -> None:
        one = alert("a1")
        owed = [PendingDelivery(one, "alerts"), PendingDelivery(one, "mail")]
        assert store.commit(LANE, change(), [one], owed, LEASE) is CommitResult.DONE
        assert set(state_of(store).undelivered) == {"a1@alerts", "a1@mail"}
        store.acknowledge(LANE, JOURNEY, ["a1@mail"])
        assert set(state_of(store).undelivered) == {"a1@alerts"}

    def test_alert_that_is_owed_to_nobody_is_recorded(self, store: RunStore) -> None:
        silent = alert("a1", severity=Severity.NONE)
        assert store.commit(LANE, change(), [silent], [], LEASE) is CommitResult.DONE
        assert state_of(store).undelivered == {}
        assert store.alerts(LANE, JOURNEY, [silent.sort_key]) == {silent.sort_key: silent}

    def test_commit_keeps_what_was_owed_before(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1")])
        commit(store, change(seen=1), [alert("a2")])
        assert set(state_of(store).undelivered) == {"a1@alerts", "a2@alerts"}

    def test_commit_never_brings_back_what_was_acknowledged_meanwhile(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1")])
        loaded_before_the_acknowledgement = state_of(store)
        store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
        stale = replace(loaded_before_the_acknowledgement, version=2)
        commit(store, StateChange(JOURNEY, seen_version=1, state=stale))
        assert state_of(store).undelivered == {}

    def test_acknowledgement_leaves_the_version_and_the_other_ids(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1"), alert("a2")])
        store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
        state = state_of(store)
        assert (state.version, set(state.undelivered)) == (1, {"a2@alerts"})

    def test_acknowledging_twice_is_harmless(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1")])
        store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
        store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
        assert state_of(store).undelivered == {}

    def test_what_is_given_up_is_no_longer_owed_and_counted_for_its_channel(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1"), alert("a2"), alert("a3")])
        store.give_up(LANE, JOURNEY, ["a1@alerts", "a2@alerts"], "alerts")
        commit(store, change(seen=1))
        store.give_up(LANE, JOURNEY, ["a3@alerts"], "alerts")
        state = state_of(store)
        assert (dict(state.given_up), dict(state.undelivered)) == ({"alerts": 3}, {})

    def test_alerts_come_back_by_sort_key_without_those_that_are_gone(self, store: RunStore) -> None:
        one, other = alert("a1"), alert("b1")
        commit(store, change(), [one, other])
        missing = alert("never committed").sort_key
        found = store.alerts(LANE, JOURNEY, [one.sort_key, missing, other.sort_key])
        assert found == {one.sort_key: one, other.sort_key: other}

    def test_more_alerts_than_one_request_may_ask_for_come_back(self, store: RunStore) -> None:
        keys = []
        for seen in range(3):
            batch = [alert(f"a{seen}-{n}", sequence=seen) for n in range(50)]
            keys += [one.sort_key for one in batch]
            commit(store, change(seen=seen), batch)
        assert len(store.alerts(LANE, JOURNEY, keys)) == 150

    def test_claim_moves_the_lease(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1"), alert("a2")])
        later = LEASE + minutes(1)
        assert store.claim(LANE, JOURNEY, ["a1@alerts"], seen=LEASE, until=later)
        owed = state_of(store).undelivered
        assert (owed["a1@alerts"].lease_until, owed["a2@alerts"].lease_until) == (later, LEASE)

    def test_only_one_of_two_claims_succeeds(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1"), alert("a2")])
        assert store.claim(LANE, JOURNEY, ["a1@alerts"], seen=LEASE, until=LEASE + minutes(1))
        assert not store.claim(LANE, JOURNEY, ["a1@alerts", "a2@alerts"], seen=LEASE, until=LEASE + minutes(2))
        assert state_of(store).undelivered["a2@alerts"].lease_until == LEASE

    def test_what_was_acknowledged_can_not_be_claimed(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1")])
        store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
        assert not store.claim(LANE, JOURNEY, ["a1@alerts"], seen=LEASE, until=LEASE + minutes(1))

    def test_forgetting_keeps_the_version_going_and_what_is_owed(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1")])
        assert store.forget_baseline(LANE, JOURNEY, seen_version=1) is CommitResult.DONE
        state = state_of(store)
        assert (state.version, state.baselined_at, dict(state.runs)) == (2, None, {})
        assert (state.settled_before, state.settled_update) == (None, None)
        assert (state.durations, state.itself) == ((), None)
        assert state.acknowledged == {"thread": NOON + minutes(1)}
        assert set(state.undelivered) == {"a1@alerts"}

    def test_forgetting_an_older_version_is_a_lost_race(self, store: RunStore) -> None:
        commit(store, change())
        commit(store, change(seen=1))
        assert store.forget_baseline(LANE, JOURNEY, seen_version=1) is CommitResult.LOST_RACE
        assert state_of(store).baselined_at == NOON

    def test_marks_about_the_end_of_a_state_come_back_and_leave_the_rest(self, store: RunStore) -> None:
        commit(store, change())
        before = state_of(store)
        assert store.mark_end(LANE, JOURNEY, 1, Mark(NOON)) is CommitResult.DONE
        assert state_of(store) == replace(before, lacking_since=NOON)
        assert store.mark_end(LANE, JOURNEY, 1, Mark(NOON, NOON + minutes(1))) is CommitResult.DONE
        assert state_of(store) == replace(before, lacking_since=NOON, expires_at=NOON + minutes(1))
        assert store.mark_end(LANE, JOURNEY, 1, Mark()) is CommitResult.DONE
        assert state_of(store) == before

    def test_marks_are_not_set_on_what_was_committed_since_or_is_undelivered_or_is_not_there(
        self, store: RunStore
    ) -> None:
        mark = Mark(NOON, NOON + minutes(1))
        commit(store, change(), [alert("a1")])
        assert store.mark_end(LANE, JOURNEY, 1, mark) is CommitResult.LOST_RACE
        store.acknowledge(LANE, JOURNEY, ["a1@alerts"])
        commit(store, change(seen=1))
        assert store.mark_end(LANE, JOURNEY, 1, mark) is CommitResult.LOST_RACE
        assert store.mark_end(LANE, OTHER_JOURNEY, 1, mark) is CommitResult.LOST_RACE
        assert store.mark_end(LANE, OTHER_JOURNEY, 1, Mark()) is CommitResult.LOST_RACE
        assert state_of(store).expires_at is None
        assert OTHER_JOURNEY not in store.load(LANE).journeys

    def test_every_commit_on_the_version_that_was_marked_removes_the_marks(self, store: RunStore) -> None:
        commit(store, change())
        store.mark_end(LANE, JOURNEY, 1, Mark(NOON, NOON + minutes(1)))
        marked = state_of(store)
        commit(store, StateChange(JOURNEY, 1, replace(marked, version=2)), [alert("a1")])
        assert (state_of(store).lacking_since, state_of(store).expires_at) == (None, None)

    def test_forgetting_removes_the_marks(self, store: RunStore) -> None:
        commit(store, change())
        store.mark_end(LANE, JOURNEY, 1, Mark(NOON, NOON + minutes(1)))
        assert store.forget_baseline(LANE, JOURNEY, seen_version=1) is CommitResult.DONE
        assert (state_of(store).lacking_since, state_of(store).expires_at) == (None, None)

    def test_marker_keeps_its_first_time(self, store: RunStore) -> None:
        store.mark_listed(LANE, "app-1/*", NOON)
        store.mark_listed(LANE, "app-1/*", NOON + minutes(9))
        store.mark_listed(LANE, "*/*", NOON + minutes(1))
        assert store.load(LANE).listed == {"app-1/*": NOON, "*/*": NOON + minutes(1)}

    def test_marker_does_not_count_for_containers_that_could_not_be_listed_until_they_are(
        self, store: RunStore
    ) -> None:
        store.mark_listed(LANE, "*/*", NOON, {"app-1", "app-2"})
        store.mark_listed(LANE, "*/*", NOON + minutes(1), {"app-3"})
        assert store.load(LANE).listed == {"*/*": NOON}
        assert store.load(LANE).unlisted == {"*/*": {"app-1", "app-2"}}
        store.listed_at_last(LANE, "*/*", {"app-1", "never there"})
        assert store.load(LANE).unlisted == {"*/*": {"app-2"}}
        store.listed_at_last(LANE, "*/*", {"app-2"})
        assert store.load(LANE).unlisted == {}

    def test_unmarking_drops_what_a_marker_does_not_count_for_too(self, store: RunStore) -> None:
        store.mark_listed(LANE, "*/*", NOON, {"app-1"})
        store.unmark_listed(LANE, ["*/*"])
        loaded = store.load(LANE)
        assert (loaded.listed, loaded.unlisted) == ({}, {})

    def test_unmarking_drops_only_what_is_named(self, store: RunStore) -> None:
        store.mark_listed(LANE, "app-1/*", NOON)
        store.mark_listed(LANE, "*/*", NOON)
        store.unmark_listed(LANE, ["app-1/*", "never/marked"])
        assert store.load(LANE).listed == {"*/*": NOON}

    def test_place_to_resume_is_the_last_one_noted(self, store: RunStore) -> None:
        store.resume_at(LANE, JOURNEY)
        store.resume_at(LANE, OTHER_JOURNEY)
        assert store.load(LANE).resume_at == str(OTHER_JOURNEY)

    def test_journeys_of_a_lane_are_loaded_together(self, store: RunStore) -> None:
        commit(store, change())
        commit(store, change(journey=OTHER_JOURNEY))
        store.resume_at(LANE, JOURNEY)
        assert set(store.load(LANE).journeys) == {JOURNEY, OTHER_JOURNEY}

    def test_history_is_everything_since_then_oldest_first(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1"), alert("b1")])
        commit(store, change(journey=OTHER_JOURNEY), [alert("a2", journey=OTHER_JOURNEY)])
        recorded = store.history(LANE, NOON).alerts
        assert [(one.id, one.journey) for one in recorded] == [
            ("a1", JOURNEY),
            ("a2", OTHER_JOURNEY),
            ("b1", JOURNEY),
        ]
        assert store.history(LANE, NOON + minutes(1)).alerts == []
        assert store.history(OTHER_LANE, NOON).alerts == []

    def test_history_goes_on_at_a_position(self, store: RunStore) -> None:
        commit(store, change(), [alert("a1"), alert("b1")])
        (first, second) = store.history(LANE, NOON).alerts
        page = store.history(LANE, NOON, history_position(first))
        assert (page.alerts, page.following) == ([second], None)
        assert store.history(LANE, NOON, history_position(second)).alerts == []

    def test_what_is_counted_of_a_mute_is_kept_until_the_rest_is_read(self, store: RunStore) -> None:
        tally = MuteTally(
            position="2026-11-23T12:00:00.000Z#a1",
            suppressed=2,
            counts={"CANCELLED": 2},
            loudness={"CANCELLED": 3},
            recipients=("team", "default"),
            ended_at="2026-11-23T12:00:00+00:00",
            members=({"severity": "critical", "name": "Ünï"},),
        )
        state = JourneyState(1, mutes={"release": NOON}, mute_tallies={"release": tally})
        commit(store, StateChange(LANE_ITSELF, 0, state))
        assert store.load(LANE).scopes[LANE_ITSELF].mute_tallies == {"release": tally}
