"""Much at once, for long, or once more: nothing starves, what is remembered stays small, everything is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journey_watch.core.runs import JourneyKey, Status
from journey_watch.store import items
from tests.core.builders import LANE
from tests.polling.scripted import WELCOME, PollHarness


def told(harness: PollHarness) -> list[tuple[str, str, str]]:
    """Journey, run and status of everything that was told."""
    return [(detail["journey_id"], detail["run_id"], detail["status"]) for detail in harness.channel.told]


@pytest.mark.played
def test_ten_thousand_journeys_are_watched_and_a_change_in_any_is_told() -> None:
    harness = PollHarness()
    journeys = [JourneyKey("app-1", f"j{n:05}") for n in range(10_000)]
    for journey in journeys:
        harness.source.set(journey, "r", Status.RUNNING)
    harness.poll()
    harness.store.writes.clear()
    assert harness.poll_a_minute_later().observed == 10_000
    assert harness.store.writes == []
    for journey in journeys[::1_000]:
        harness.source.set(journey, "r", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert sorted(told(harness)) == [(journey.journey_id, "r", "CANCELLED") for journey in journeys[::1_000]]


def test_five_thousand_ended_runs_are_one_small_state_and_a_new_one_is_told() -> None:
    harness = PollHarness()
    for n in range(5_000):
        harness.source.set(
            WELCOME, f"old-{n}", Status.COMPLETED, updated=harness.clock.time - timedelta(days=3 + n % 90)
        )
    harness.poll()
    state = harness.store.load(LANE).journeys[WELCOME]
    assert len(items.runs_document(state.runs)) < 1_000
    harness.store.writes.clear()
    harness.source.set(WELCOME, "new", Status.RUNNING)
    harness.poll_a_minute_later()
    assert told(harness) == [("welcome", "new", "RUNNING")]


def test_fifteen_hundred_live_runs_end_at_once_and_each_is_told() -> None:
    harness = PollHarness()
    for n in range(1_500):
        harness.source.set(WELCOME, f"r{n}", Status.RUNNING)
    harness.poll()
    harness.clock.advance(minutes=1)
    for n in range(1_500):
        harness.source.set(WELCOME, f"r{n}", Status.CANCELLED)
    for _ in range(6):
        harness.poll_a_minute_later()
    assert sorted(told(harness)) == sorted(("welcome", f"r{n}", "CANCELLED") for n in range(1_500))


@pytest.mark.parametrize("digest_over", [3, 1_000])
def test_hour_without_a_channel_is_told_afterwards_in_order_and_once(digest_over: int) -> None:
    harness = PollHarness()
    harness.config = replace(harness.config, digest_over=digest_over)
    harness.source.set(WELCOME, "r", Status.RUNNING)
    harness.poll()
    harness.channel.refuse = lambda _: True
    for n in range(60):
        harness.clock.advance(minutes=1)
        harness.source.set(WELCOME, "r", (Status.PAUSED, Status.RUNNING)[n % 2])
        harness.poll()
    assert told(harness) == []
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    details = sorted(harness.channel.told, key=lambda detail: detail["sequence"])
    assert [detail["status"] for detail in details] == ["PAUSED", "RUNNING"] * 30
    assert len({detail["id"] for detail in details}) == 60


def test_table_restored_from_an_hour_ago_tells_again_what_happened_in_that_hour_and_nothing_older() -> None:
    harness = PollHarness()
    for n in range(4):
        harness.source.set(WELCOME, f"r{n}", Status.RUNNING)
    harness.poll()
    harness.source.set(WELCOME, "r0", Status.CANCELLED)
    harness.poll_a_minute_later()
    restore = harness.store.backed_up()
    for run_id in ("r1", "r2"):
        harness.clock.advance(minutes=20)
        harness.source.set(WELCOME, run_id, Status.CANCELLED)
        harness.poll()
    restore()
    before = len(harness.channel.told)
    harness.clock.advance(minutes=20)
    for _ in range(3):
        harness.poll_a_minute_later()
    again = harness.channel.told[before:]
    assert [(detail["run_id"], detail["status"]) for detail in again] == [("r1", "CANCELLED"), ("r2", "CANCELLED")]
