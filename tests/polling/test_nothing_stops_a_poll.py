"""What accompanies a poll may fail: it is counted, and everything else is read, saved and sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import NoReturn

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.errors import PollFailedError, SourceError, StoreUnavailableError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyKey, JourneyState, Observation, Scope, Status
from journey_watch.core.watch_list import WatchTarget
from journey_watch.ports import Channel, LaneState
from tests.core.builders import LANE
from tests.polling.scripted import PollHarness, ScriptedChannel

WELCOME = JourneyKey("app-1", "welcome")
WINBACK = JourneyKey("app-1", "winback")


@pytest.fixture
def harness() -> PollHarness:
    """Two journeys with a running run each, after their first look."""
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.poll()
    harness.clock.advance(minutes=1)
    return harness


def told(channel: ScriptedChannel) -> list[tuple[str, str]]:
    """The runs that were told of, each with its new status."""
    return [(detail["run_id"], detail["status"]) for detail in channel.told]


def unavailable(*_: object, **__: object) -> NoReturn:
    raise StoreUnavailableError("the table does not answer")


def broken(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("nobody thought of this")


@pytest.mark.parametrize("failure", [unavailable, broken])
def test_mutes_that_cannot_be_read_stop_nothing_and_are_not_taken_for_ended(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., NoReturn]
) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=1), journeys=("welcome",)))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "mutes", failure)
        harness.source.set(WINBACK, "r2", Status.CANCELLED)
        report = harness.poll_a_minute_later()
    assert report.measurements()["SideTasksFailed"] == 1
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r2", "CANCELLED")]


def test_one_mute_that_cannot_be_read_is_not_taken_for_ended_and_the_others_hold(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    until = harness.clock.time + timedelta(hours=1)
    harness.store.set_mutes(Mute(id="one", until=until, journeys=("welcome",)), Mute(id="two", until=until))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    held = harness.store.mutes()
    monkeypatch.setattr(harness.store, "mutes", lambda: {**held, "one": None})
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    for _ in range(3):
        harness.poll_a_minute_later()
    assert told(harness.channel) == []


def test_account_of_a_mute_that_cannot_be_had_waits_and_stops_nothing(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=1), journeys=("welcome",)))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "history", unavailable)
        for _ in range(5):
            harness.poll_a_minute_later()
        harness.source.set(WINBACK, "r2", Status.CANCELLED)
        harness.poll_a_minute_later()
    assert told(harness.channel) == [("r2", "CANCELLED")]
    harness.poll_a_minute_later()
    harness.poll_a_minute_later()
    assert [alert.envelope["detail"].get("held_back") for alert in harness.channel.accepted] == [None, 1]


def test_journey_that_cannot_be_forgotten_stops_nothing(harness: PollHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.configure(WatchTarget("pinpoint", "app-1", ("winback",)))
    monkeypatch.setattr(harness.store, "forget_baseline", unavailable)
    monkeypatch.setattr(harness.store, "unmark_listed", broken)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    report = harness.poll()
    assert told(harness.channel) == [("r2", "CANCELLED")]
    assert report.measurements()["SideTasksFailed"] == 2


def test_stored_alert_that_cannot_be_read_stays_owed_and_holds_up_nothing(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    readable = harness.store.alerts

    def alerts(_: object, journey: JourneyKey, keys: Sequence[str]) -> Mapping[str, Alert | None]:
        return dict.fromkeys(keys) if journey == WELCOME else readable(LANE, journey, keys)

    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "alerts", alerts)
        harness.source.set(WELCOME, "r3", Status.RUNNING)
        report = harness.poll_a_minute_later()
    assert sorted(told(harness.channel)) == [("r2", "CANCELLED"), ("r3", "RUNNING")]
    assert report.measurements()["OldestUndeliveredAge"] == 60
    harness.poll_a_minute_later()
    assert told(harness.channel)[-1] == ("r1", "CANCELLED")


def test_reading_that_breaks_is_one_journeys_failure_and_in_time_told(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = harness.source.observe

    def breaks(journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        return broken() if WELCOME in journeys else observe(journeys)

    monkeypatch.setattr(harness.source, "observe", breaks)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    report = harness.poll()
    assert (report.observed, report.failed) == (1, 1)
    assert told(harness.channel) == [("r2", "CANCELLED")]
    for _ in range(20):
        harness.poll_a_minute_later()
    (alert,) = harness.operators.accepted
    assert "nobody thought of this" in alert.envelope["detail"]["summary"]


def test_poll_of_one_journey_that_breaks_is_no_others_failure(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.source, "counters", broken)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r3", Status.RUNNING)
    report = harness.poll()
    assert told(harness.channel) == [("r3", "RUNNING")]
    assert report.failed == 1


def test_channel_that_breaks_keeps_what_it_is_owed_and_stops_no_other(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ScriptedChannel()
    harness.channels["zzz"] = Channel(other)
    with monkeypatch.context() as patch:
        patch.setattr(harness.channel, "publish", broken)
        harness.source.set(WELCOME, "r1", Status.CANCELLED)
        harness.poll()
    assert (told(harness.channel), told(other)) == ([], [("r1", "CANCELLED")])
    harness.poll_a_minute_later()
    assert (told(harness.channel), told(other)) == ([("r1", "CANCELLED")], [("r1", "CANCELLED")])


def test_state_that_cannot_be_read_is_left_alone_and_counted(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = harness.store.load

    def newer(_: object) -> LaneState:
        loaded = load(LANE)
        journeys: dict[JourneyKey, JourneyState] = {WINBACK: loaded.journeys[WINBACK]}
        return replace(loaded, journeys=journeys, unreadable={WELCOME: "a newer version wrote it"})

    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "load", newer)
        harness.source.set(WELCOME, "r1", Status.CANCELLED)
        harness.source.set(WINBACK, "r2", Status.CANCELLED)
        harness.source.observed.clear()
        report = harness.poll()
        assert harness.source.observed == [WINBACK]
        assert (report.failed, told(harness.channel)) == (1, [("r2", "CANCELLED")])
        assert "newer version" in str(report.failures[0])
    harness.poll_a_minute_later()
    assert told(harness.channel)[-1] == ("r1", "CANCELLED")


def test_lane_of_which_nothing_stored_can_be_read_fails_and_says_so(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = harness.store.load(LANE)
    unreadable: dict[Scope, str] = dict.fromkeys((WELCOME, WINBACK), "a newer version wrote it")
    monkeypatch.setattr(harness.store, "load", lambda _: replace(loaded, journeys={}, unreadable=unreadable))
    with pytest.raises(PollFailedError, match="newer version"):
        harness.poll()
