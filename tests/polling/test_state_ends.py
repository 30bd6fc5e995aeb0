"""The state of a journey that complete listings have lacked for 30 days ends, unless there is something to report."""

from dataclasses import replace

import pytest

from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyKey, JourneyState, Status
from journey_watch.core.watch_list import WatchTarget
from journey_watch.polling.poll_lane import MARKS_OF_A_POLL
from tests.core.builders import LANE
from tests.polling.scripted import EVERYTHING, WELCOME, WINBACK, PollHarness, told

REFUSED = SourceError("Denied.", code="AccessDeniedException")


@pytest.fixture
def ended(harness: PollHarness) -> PollHarness:
    """Welcome runs; Winback has ended, was deleted, and is listed no more."""
    harness.source.set(WINBACK, "r2", Status.COMPLETED)
    harness.poll()
    harness.clock.advance(minutes=1)
    harness.channel.accepted.clear()
    harness.store.writes.clear()
    del harness.source.runs[WINBACK]
    return harness


def winback(harness: PollHarness) -> JourneyState | None:
    return harness.store.load(LANE).journeys.get(WINBACK)


def poll_in(harness: PollHarness, days: float) -> None:
    harness.clock.advance(days=days)
    harness.poll()


def test_state_ends_with_two_writes_and_quiet_polls_write_nothing(ended: PollHarness) -> None:
    for _ in range(3):
        ended.poll_a_minute_later()
    assert ended.store.writes == ["end"]
    poll_in(ended, 29.9)
    assert ended.store.writes == ["end"]
    for _ in range(3):
        poll_in(ended, 0.2)
    assert ended.store.writes == ["end", "end"]
    poll_in(ended, 1)
    ended.store.expire(ended.clock.time)
    assert winback(ended) is None
    assert WELCOME in ended.store.load(LANE).journeys


def test_failed_listing_does_not_poll_what_complete_listings_have_lacked(ended: PollHarness) -> None:
    ended.poll()
    ended.source.observed.clear()
    ended.source.unlisted = {"*": REFUSED}
    ended.poll_a_minute_later()
    assert ended.source.observed == [WELCOME]


def test_incomplete_listings_let_nothing_end(ended: PollHarness) -> None:
    ended.poll()
    ended.source.unlisted = {"app-1": REFUSED}
    poll_in(ended, 40)
    state = winback(ended)
    assert state is not None
    assert state.expires_at is None


def test_journey_that_is_listed_again_in_time_keeps_its_state(ended: PollHarness) -> None:
    ended.poll()
    poll_in(ended, 31)
    before = winback(ended)
    assert before is not None
    assert before.expires_at is not None
    ended.source.runs[WINBACK] = {}
    ended.poll_a_minute_later()
    assert winback(ended) == replace(before, lacking_since=None, expires_at=None)
    writes = len(ended.store.writes)
    ended.poll_a_minute_later()
    assert len(ended.store.writes) == writes


def test_commit_about_a_journey_that_is_listed_again_needs_no_second_write(ended: PollHarness) -> None:
    ended.poll()
    ended.store.writes.clear()
    ended.source.set(WINBACK, "r9", Status.RUNNING)
    ended.poll_a_minute_later()
    assert "commit" in ended.store.writes
    assert "end" not in ended.store.writes


def test_journey_that_comes_back_after_its_state_begins_as_a_new_one_without_its_old_runs(ended: PollHarness) -> None:
    ended.source.set(WINBACK, "r2", Status.COMPLETED)
    old_runs = ended.source.runs.pop(WINBACK)
    ended.poll()
    poll_in(ended, 30)
    ended.clock.advance(days=1)
    ended.store.expire(ended.clock.time)
    ended.channel.accepted.clear()
    ended.source.runs[WINBACK] = old_runs
    ended.source.set(WINBACK, "r3", Status.RUNNING)
    ended.poll_a_minute_later()
    assert told(ended.channel) == [("r3", "RUNNING")]


def test_poll_that_commits_between_the_loading_and_the_mark_keeps_the_state(ended: PollHarness) -> None:
    ended.poll()

    def another_poll(write: str) -> None:
        if write == "end":
            ended.store.before = lambda _: None
            ended.source.set(WINBACK, "r9", Status.RUNNING)
            ended.poll()

    ended.clock.advance(days=30)
    ended.store.before = another_poll
    ended.poll()
    state = winback(ended)
    assert state is not None
    assert state.has_live_run
    assert (state.lacking_since, state.expires_at) == (None, None)


def test_poll_that_commits_after_the_mark_keeps_the_state(ended: PollHarness) -> None:
    """It has loaded the state before another poll marks it."""
    ended.poll()
    ended.clock.advance(days=30)

    def another_poll() -> None:
        ended.source.before_reading = lambda: None
        listed = ended.source.runs.pop(WINBACK)
        ended.poll()
        ended.source.runs[WINBACK] = listed

    ended.source.set(WINBACK, "r9", Status.RUNNING)
    ended.source.batch_size = 2
    ended.source.before_reading = another_poll
    ended.poll()
    state = winback(ended)
    assert state is not None
    assert state.has_live_run
    assert state.expires_at is None


def test_poll_that_lost_its_state_meanwhile_writes_nothing_and_the_next_one_alerts(ended: PollHarness) -> None:
    ended.poll()
    poll_in(ended, 30)
    ended.clock.advance(days=1)
    ended.channel.accepted.clear()
    ended.source.batch_size = 2
    ended.source.before_reading = lambda: ended.store.expire(ended.clock.time)
    ended.source.set(WINBACK, "r9", Status.RUNNING)
    ended.source.set(WELCOME, "r1", Status.PAUSED)
    ended.poll()
    ended.poll_a_minute_later()
    assert sorted(told(ended.channel)) == [("r1", "PAUSED"), ("r9", "RUNNING")]


def test_journey_that_is_named_by_its_id_does_not_end(ended: PollHarness) -> None:
    ended.configure(EVERYTHING, WatchTarget("pinpoint", "app-1", ("winback",)))
    ended.poll()
    poll_in(ended, 40)
    state = winback(ended)
    assert state is not None
    assert state.lacking_since is None


def test_one_poll_marks_only_so_many(harness: PollHarness) -> None:
    gone = [JourneyKey("app-1", f"old-{n}") for n in range(MARKS_OF_A_POLL + 7)]
    for journey in gone:
        harness.source.set(journey, "r", Status.COMPLETED)
    harness.poll()
    for journey in gone:
        del harness.source.runs[journey]
    harness.clock.advance(minutes=1)
    harness.store.writes.clear()
    harness.poll()
    assert harness.store.writes.count("end") == MARKS_OF_A_POLL
    harness.poll_a_minute_later()
    assert harness.store.writes.count("end") == len(gone)
    harness.poll_a_minute_later()
    assert harness.store.writes.count("end") == len(gone)
