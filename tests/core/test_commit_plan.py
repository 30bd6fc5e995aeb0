"""A plan cuts events into writes that DynamoDB accepts, and stops where nothing more fits."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.commit_plan import Commit, CommitLimits, Event, PreparedAlert, Reported, plan_commits
from journey_watch.core.condition_rules import ConditionEvent, Phase
from journey_watch.core.conditions import Condition, ConditionKind
from journey_watch.core.runs import JourneyState, Status
from journey_watch.core.searches import CallWindow, Search
from journey_watch.core.severity import Severity
from tests.core.builders import JOURNEY, NOON, known, minutes, recorded

STATE = known({"r1": recorded(Status.RUNNING)})
CALLS = CallWindow(("StopCampaign",), "", NOON, NOON)


def event(name: str, *, size: int = 0, silent: bool = False) -> PreparedAlert:
    """Prepare an alert of so many bytes."""

    def build(version: int) -> Alert | None:
        envelope = {"id": name, "text": "x" * size, "detail": {"severity": "critical"}}
        alert = Alert(name, JOURNEY, name, Severity.CRITICAL, version, "2026-11-23T12:00:00.000Z", envelope)
        return None if silent else alert

    return PreparedAlert(build=build)


@dataclass(frozen=True, slots=True)
class Policy:
    """Owes every alert to so many channels; each begins a search."""

    channels: int = 1
    limits: CommitLimits = field(default_factory=CommitLimits)
    item_entries: int = 10_000
    """The outbox entries that an item can hold."""
    lease_until: datetime = NOON + minutes(1)

    def report(self, event: Event, version: int, searching: int) -> Reported:
        if isinstance(event, ConditionEvent):
            opened = replace(event.condition, opened_by=f"alert-{version}")
            return Reported(event=event, opened=opened if event.phase is Phase.OPENED else None)
        assert isinstance(event, PreparedAlert)
        alert = event.build(version)
        owed = [] if alert is None else [PendingDelivery(alert, f"c{n}") for n in range(self.channels)]
        search = Search(f"TRANSITION#{searching}", NOON, CALLS)
        return Reported(event=event, alert=alert, owed=tuple(owed), search=search)

    def fits(self, commit: Commit) -> bool:
        return len(commit.state_after(self.lease_until).undelivered) <= self.item_entries


def ids(commits: Sequence[Commit]) -> list[list[str]]:
    return [[alert.id for alert in commit.alerts] for commit in commits]


@given(
    count=st.integers(1, 90),
    channels=st.integers(0, 12),
    size=st.integers(0, 300),
    max_events=st.integers(1, 40),
    max_entries=st.integers(1, 240),
    alert_bytes=st.integers(1, 5_000),
)
def test_every_event_is_in_one_commit_in_order_and_no_commit_exceeds_a_limit(  # noqa: PLR0917 - one for each limit
    count: int, channels: int, size: int, max_events: int, max_entries: int, alert_bytes: int
) -> None:
    limits = CommitLimits(max_events=max_events, max_entries=max_entries, alert_bytes=alert_bytes)
    events = [event(f"a{n}", size=size) for n in range(count)]
    commits = plan_commits(JOURNEY, STATE, events, STATE, Policy(channels, limits))

    assert [id_ for commit in ids(commits) for id_ in commit] == [f"a{n}" for n in range(count)]
    for number, commit in enumerate(commits):
        assert commit.change.seen_version == STATE.version + number
        assert commit.change.state.version == STATE.version + number + 1
        assert {alert.sequence for alert in commit.alerts} == {commit.change.state.version}
        assert commit.is_last == (number == len(commits) - 1)
        if len(commit.alerts) > 1:
            assert len(commit.alerts) <= max_events
            assert len(commit.owed) <= max_entries
            assert sum(len(json.dumps(alert.envelope)) for alert in commit.alerts) <= alert_bytes
        before = commits[:number]
        assert set(commit.change.state.undelivered) == {one.key for each in before for one in each.owed}
    assert len(commits[-1].change.state.searches) == count


def test_a_plan_is_cut_where_the_item_is_full_and_the_next_poll_does_the_rest() -> None:
    events = [event(f"a{n}") for n in range(40)]
    commits = plan_commits(JOURNEY, STATE, events, STATE, Policy(channels=2, item_entries=25))
    assert [len(commit.alerts) for commit in commits] == [10, 1, 1]
    assert not commits[-1].is_last


def test_what_fits_into_no_item_is_left_for_the_store_to_refuse() -> None:
    (commit, *_) = plan_commits(JOURNEY, STATE, [event("a"), event("b")], STATE, Policy(item_entries=0))
    assert ids([commit]) == [["a"]]


def test_nothing_is_committed_if_nothing_changes() -> None:
    assert plan_commits(JOURNEY, STATE, [], STATE, Policy()) == ()
    assert plan_commits(JOURNEY, STATE, [], replace(STATE), Policy()) == ()


def test_what_is_silent_goes_into_the_last_commit() -> None:
    final = replace(STATE, durations=(5,), settled_before=NOON)
    policy = Policy(limits=CommitLimits(max_events=1))
    first, last = plan_commits(JOURNEY, STATE, [event("a"), event("b")], final, policy)
    assert (first.change.state.durations, first.change.state.settled_before) == ((), None)
    assert (last.change.state.durations, last.change.state.settled_before) == ((5,), NOON)


def test_pruning_is_a_commit_of_its_own_before_everything_else() -> None:
    pruned = replace(STATE, version=STATE.version + 1, runs={})
    (alone,) = plan_commits(JOURNEY, STATE, [], pruned, Policy(), pruned=pruned)
    assert (alone.change.state, alone.is_last) == (pruned, True)
    first, last = plan_commits(JOURNEY, STATE, [event("a")], pruned, Policy(), pruned=pruned)
    assert (first.alerts, first.is_last, last.change.seen_version) == ([], False, pruned.version)


def test_a_condition_keeps_the_thread_that_an_earlier_commit_of_the_chain_has_given_it() -> None:
    conditions = [Condition(ConditionKind.STUCK, f"r{n}", NOON, opened_at=NOON) for n in range(3)]
    final = replace(STATE, conditions={one.key: one for one in conditions})
    events = [ConditionEvent(Phase.OPENED, one) for one in conditions]
    commits = plan_commits(JOURNEY, STATE, events, final, Policy(limits=CommitLimits(max_events=1)))
    assert [one.opened_by for one in commits[-1].change.state.conditions.values()] == ["alert-8", "alert-9", "alert-10"]
    assert [len(commit.change.state.conditions) for commit in commits] == [1, 2, 3]


def test_other_searches_go_on_when_one_ends() -> None:
    searches = tuple(Search(f"TRANSITION#{n}", NOON, CALLS) for n in range(3))
    state = replace(STATE, searches=searches)
    ended = replace(event("a", silent=True), ended_search=searches[1])
    further = replace(searches[2], read_to=NOON)
    final = replace(state, searches=(searches[0], further))
    policy = Policy(limits=CommitLimits(max_events=1))
    first, last = plan_commits(JOURNEY, state, [ended, event("b")], final, policy)
    assert (first.alerts, first.owed) == ([], [])
    assert first.change.state.searches[:2] == (searches[0], searches[2])
    assert last.change.state.searches[:2] == (searches[0], further)
    assert len(last.change.state.searches) == 4


def test_a_first_commit_makes_the_item() -> None:
    seen = JourneyState(version=1, journey_name=None)
    (commit,) = plan_commits(JOURNEY, JourneyState(), [], seen, Policy())
    assert (commit.change.seen_version, commit.change.state) == (0, seen)
