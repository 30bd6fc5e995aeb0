"""The outbox: in which order, in how much time, and what is left for the next poll."""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.errors import PollFailedError, SourceError, StoreUnavailableError
from journey_watch.core.filters import What
from journey_watch.core.mutes import Mute
from journey_watch.core.routing import Route
from journey_watch.core.runs import JourneyKey, Lane, Scope, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import Thresholds
from journey_watch.messages import digest
from journey_watch.polling import delivery, side_by_side
from journey_watch.polling.delivery import MAX_OWED
from journey_watch.ports import Channel, CommitResult
from tests.core.builders import LANE, NOON
from tests.core.planning import MAX_EVENTS
from tests.polling.conftest import Said
from tests.polling.scripted import EVERYTHING, WELCOME, WINBACK, Crash, PollHarness, ScriptedChannel, told


def crash_before_sending(harness: PollHarness) -> None:
    """An invocation that dies when it has committed: what it owes is leased to it until its deadline."""

    def crash(_: Alert) -> bool:
        raise Crash

    refuse, harness.channel.refuse = harness.channel.refuse, crash
    with pytest.raises(Crash):
        harness.poll()
    harness.channel.refuse = refuse


# The order of a thread


def test_new_alert_waits_while_another_invocation_may_still_be_sending_an_earlier_one(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    crash_before_sending(harness)
    harness.clock.advance(seconds=20)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.COMPLETED)
    report = harness.poll()
    assert told(harness.channel) == [("r2", "COMPLETED")]
    assert list(report.delivery.refused.values()) == ["an earlier alert could not be taken over"]

    harness.clock.advance(minutes=2)
    harness.poll()
    assert told(harness.channel)[1:] == [("r1", "PAUSED"), ("r1", "CANCELLED")]


def test_new_alert_waits_while_an_earlier_one_cannot_be_claimed(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    crash_before_sending(harness)
    harness.clock.advance(minutes=2)

    def refuse_claims(name: str) -> None:
        if name == "claim":
            raise StoreUnavailableError("throttled")

    harness.store.before = refuse_claims
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    assert harness.poll().measurements()["SideTasksFailed"] == 1
    assert told(harness.channel) == []
    harness.store.before = lambda _: None
    harness.clock.advance(minutes=1)
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r1", "PAUSED"), ("r1", "CANCELLED")]


def test_alert_of_another_run_does_not_wait(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    crash_before_sending(harness)
    harness.clock.advance(seconds=20)
    harness.source.set(WELCOME, "r9", Status.RUNNING)
    harness.poll()
    assert told(harness.channel) == [("r9", "RUNNING")]


def test_polls_that_come_quicker_than_a_lease_ends_send_what_one_refusal_left_behind(harness: PollHarness) -> None:
    """Each poll claims what the one before it could not: an alert waits for what is earlier, never for a later one."""
    harness.channel.refuse = lambda _: True
    for status in (Status.PAUSED, Status.RUNNING):
        harness.source.set(WELCOME, "r1", status)
        harness.poll()
        harness.clock.advance(seconds=30)
    harness.channel.refuse = lambda _: False
    for _ in range(10):
        harness.poll()
        harness.clock.advance(seconds=30)
    assert told(harness.channel) == [("r1", "PAUSED"), ("r1", "RUNNING")]


def test_earliest_alert_of_a_thread_is_sent_although_one_in_the_middle_belongs_to_another_poll(
    harness: PollHarness,
) -> None:
    """One poll owns the first and the third alert of the thread, the one before it the second."""
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.clock.advance(seconds=50)
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.poll()
    harness.clock.advance(seconds=10)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert told(harness.channel) == [("r1", "PAUSED")]
    harness.clock.advance(minutes=2)
    harness.poll()
    assert told(harness.channel) == [("r1", "PAUSED"), ("r1", "RUNNING"), ("r1", "CANCELLED")]


def test_alert_waits_while_those_of_other_polls_cannot_be_read(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StoreUnavailableError("throttled")

    harness.source.set(WELCOME, "r1", Status.PAUSED)
    crash_before_sending(harness)
    harness.clock.advance(seconds=20)
    harness.source.set(WELCOME, "r9", Status.RUNNING)
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "alerts", fail)
        assert harness.poll().measurements()["SideTasksFailed"] == 1
    assert told(harness.channel) == []
    harness.clock.advance(minutes=2)
    harness.poll()
    assert told(harness.channel) == [("r1", "PAUSED"), ("r9", "RUNNING")]


def test_later_alert_of_a_run_waits_also_where_each_is_sent_by_itself(harness: PollHarness) -> None:
    harness.channels["alerts"] = Channel(harness.channel, at_once=1)
    harness.channel.refuse = lambda _: True
    for status in (Status.PAUSED, Status.RUNNING):
        harness.clock.advance(minutes=1)
        harness.source.set(WELCOME, "r1", status)
        harness.poll()
    harness.channel.refuse = lambda alert: alert.detail["status"] == "PAUSED"
    harness.poll_a_minute_later()
    assert told(harness.channel) == []


def test_other_channel_does_not_wait(harness: PollHarness) -> None:
    other = ScriptedChannel()
    harness.channels["other"] = Channel(other)
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    harness.poll()
    harness.clock.advance(minutes=1)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert told(other) == [("r1", "PAUSED"), ("r1", "CANCELLED")]
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    assert told(harness.channel) == told(other)


@pytest.fixture
def small_digests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MAX_DIGEST_BYTES", 1_000)


def two_steps_of_many_runs(harness: PollHarness) -> None:
    """Each run is paused, which is loud, and goes on, which is not; none of it could be sent yet."""
    harness.config = replace(harness.config, digest_over=2)
    for n in range(4):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    harness.channel.accepted.clear()
    harness.channel.refuse = lambda _: True
    for status in (Status.PAUSED, Status.RUNNING):
        harness.clock.advance(minutes=1)
        for n in range(4):
            harness.source.set(WELCOME, f"s{n}", status)
        harness.poll()
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=1)


@pytest.mark.usefixtures("small_digests")
def test_digests_are_cut_in_the_order_of_time_and_sorted_worst_first_inside(harness: PollHarness) -> None:
    two_steps_of_many_runs(harness)
    harness.poll()
    assert len(harness.channel.accepted) > 1
    for n in range(4):
        assert [status for run_id, status in told(harness.channel) if run_id == f"s{n}"] == ["PAUSED", "RUNNING"]
    for one in harness.channel.accepted:
        loudness = [change["severity"] for change in one.envelope["detail"]["changes"]]
        assert loudness == sorted(loudness, key=["critical", "warning", "info"].index)


def test_channel_that_is_told_one_by_one_gets_each_alert_of_a_storm_in_its_order(harness: PollHarness) -> None:
    one_by_one = ScriptedChannel(refuse=lambda _: True)
    harness.channels["in-order"] = Channel(one_by_one, one_by_one=True)
    two_steps_of_many_runs(harness)
    one_by_one.refuse = lambda _: False
    harness.poll()
    assert all("changes" in digest.detail for digest in harness.channel.accepted)
    assert all("changes" not in alert.detail for alert in one_by_one.accepted)
    for n in range(4):
        assert [status for run_id, status in told(one_by_one) if run_id == f"s{n}"] == ["RUNNING", "PAUSED", "RUNNING"]


def test_channel_for_both_gets_what_is_for_operators_and_what_is_not(harness: PollHarness) -> None:
    both = ScriptedChannel()
    harness.channels["in-order"] = Channel(both, for_operators=None)
    harness.source.failures[WINBACK] = SourceError("it does not answer", code="InternalServerErrorException")
    harness.poll()
    harness.clock.advance(minutes=16)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert {alert.condition or alert.status for alert in both.accepted} == {"UNREACHABLE", "CANCELLED"}


def test_digest_says_which_deployment_it_is_of(harness: PollHarness) -> None:
    harness.config = replace(harness.config, label="prod", digest_over=1)
    for journey in (WELCOME, WINBACK):
        harness.source.set(journey, "s1", Status.CANCELLED)
    harness.poll()
    (one,) = harness.channel.accepted
    assert (len(one.detail["changes"]), one.detail["label"]) == (2, "prod")


@pytest.mark.usefixtures("small_digests")
def test_what_happened_first_is_in_the_first_digest_whichever_journey_it_is_of(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=2)
    harness.channel.refuse = lambda _: True
    for n, journey in enumerate([WINBACK, WELCOME] * 4):
        harness.clock.advance(minutes=1)
        harness.source.set(journey, f"s{n}", Status.RUNNING)
        harness.poll()
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    assert len(harness.channel.accepted) > 1
    told_in_order = [
        sorted(change["run_id"] for change in one.envelope["detail"]["changes"]) for one in harness.channel.accepted
    ]
    assert [run_id for digest in told_in_order for run_id in digest] == [f"s{n}" for n in range(8)]


@pytest.mark.usefixtures("small_digests")
def test_refused_digest_holds_what_comes_later_in_its_threads(harness: PollHarness) -> None:
    two_steps_of_many_runs(harness)
    refused: list[str] = []

    def refuse_the_first(alert: Alert) -> bool:
        if not refused:
            refused.extend(change["run_id"] for change in alert.envelope["detail"]["changes"])
        return {change["run_id"] for change in alert.envelope["detail"]["changes"]} == set(refused)

    harness.channel.refuse = refuse_the_first
    report = harness.poll()
    assert refused
    assert len(report.delivery.refused) == 8 - report.delivery.delivered
    assert not {run_id for run_id, _ in told(harness.channel)} & set(refused)
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    for n in range(4):
        assert [status for run_id, status in told(harness.channel) if run_id == f"s{n}"] == ["PAUSED", "RUNNING"]


@pytest.fixture
def digests_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "MAX_DIGEST_BYTES", 1)


@pytest.mark.usefixtures("digests_of_one")
def test_of_one_journey_the_sequence_decides_whatever_the_clocks_of_invocations_say(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=1)
    harness.channel.refuse = lambda _: True
    for seconds, status in enumerate((Status.PAUSED, Status.RUNNING)):
        harness.source.set(WELCOME, "r1", status, updated=NOON + timedelta(minutes=1, seconds=seconds))
        harness.poll()
        harness.clock.advance(seconds=-4)
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=2)
    harness.poll()
    assert told(harness.channel) == [("r1", "PAUSED"), ("r1", "RUNNING")]


@pytest.mark.usefixtures("digests_of_one")
def test_digest_that_would_hold_nothing_but_what_has_to_wait_keeps_no_later_one_waiting(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=1)
    harness.channel.refuse = lambda _: True
    for journey, run_id, status in (
        (WELCOME, "r1", Status.PAUSED),
        (WELCOME, "r1", Status.RUNNING),
        (WINBACK, "r2", Status.CANCELLED),
    ):
        harness.clock.advance(minutes=1)
        harness.source.set(journey, run_id, status)
        harness.poll()
    harness.channel.refuse = lambda alert: alert.envelope["detail"]["changes"][0]["status"] == "PAUSED"
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r2", "CANCELLED")]
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    assert told(harness.channel)[1:] == [("r1", "PAUSED"), ("r1", "RUNNING")]


@pytest.mark.parametrize("digest_over", [1, 100], ids=["in one digest", "one by one"])
def test_each_journey_is_acknowledged_once_however_its_changes_lie_between_those_of_others(
    harness: PollHarness, digest_over: int
) -> None:
    harness.config = replace(harness.config, digest_over=digest_over)
    harness.channels["alerts"] = Channel(harness.channel, at_once=1)
    harness.channel.refuse = lambda _: True
    for status in (Status.PAUSED, Status.RUNNING):
        for journey, run_id in ((WELCOME, "r1"), (WINBACK, "r2")):
            harness.clock.advance(minutes=1)
            harness.source.set(journey, run_id, status)
            harness.poll()
    harness.channel.refuse = lambda _: False
    harness.store.writes.clear()
    harness.poll_a_minute_later()
    assert len(told(harness.channel)) == 4
    assert harness.store.writes.count("acknowledge") == 2


def test_what_is_told_late_and_together_takes_what_came_earlier_in_its_threads_with_it(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    harness.poll()
    harness.clock.advance(days=3)
    for journey, run_id in ((WELCOME, "r1"), (WINBACK, "r2")):
        harness.source.set(journey, run_id, Status.CANCELLED, updated=harness.clock.time - timedelta(days=2))
    harness.source.set(WINBACK, "new", Status.RUNNING)
    harness.channel.refuse = lambda _: False
    harness.poll()
    assert [alert.envelope["detail-type"] for alert in harness.channel.accepted] == [
        "Journey Run Digest",
        "Journey Run Status Change",
    ]
    (together, _) = harness.channel.accepted
    assert [change["run_id"] for change in together.envelope["detail"]["changes"]].count("r1") == 2


@pytest.mark.usefixtures("small_digests")
def test_digests_that_there_is_no_time_for_are_sent_by_the_next_poll(harness: PollHarness) -> None:
    two_steps_of_many_runs(harness)

    def takes_half_a_minute(_: Alert) -> bool:
        harness.clock.advance(seconds=30)
        return False

    harness.channel.refuse = takes_half_a_minute
    report = harness.poll()
    assert 0 < report.delivery.delivered < 8
    assert len(report.delivery.refused) == 8 - report.delivery.delivered
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    for n in range(4):
        assert [status for run_id, status in told(harness.channel) if run_id == f"s{n}"] == ["PAUSED", "RUNNING"]


def test_account_of_a_mute_is_told_by_itself_beside_a_digest(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=1)
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=1), journeys=("welcome",)))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    harness.clock.advance(minutes=3)
    harness.poll()
    for n in range(3):
        harness.source.set(WINBACK, f"s{n}", Status.RUNNING)
    harness.poll_a_minute_later()
    types = sorted(alert.envelope["detail-type"] for alert in harness.channel.accepted)
    assert types == ["Journey Run Digest", "Journey Watch Mute Ended"]


# Leftovers


def test_leftovers_of_every_journey_are_sent(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    assert sorted(told(harness.channel)) == [("r1", "CANCELLED"), ("r2", "CANCELLED")]


def test_what_is_sent_is_counted_and_what_of_it_had_been_left_behind(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.source.set(JourneyKey("app-1", "new"), "r3", Status.RUNNING)
    report = harness.poll_a_minute_later()
    assert (report.delivery.delivered, report.delivery.redelivered) == (3, 2)


def test_acknowledgement_that_fails_is_named_and_what_it_was_about_comes_again_under_the_same_id(
    harness: PollHarness, said: Said
) -> None:
    def refuse_acknowledgements(name: str) -> None:
        if name == "acknowledge":
            raise StoreUnavailableError("throttled")

    harness.store.before = refuse_acknowledgements
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    assert harness.poll().measurements()["SideTasksFailed"] == 1
    (line,) = said()
    owed = list(harness.store.load(LANE).journeys[WELCOME].undelivered)
    assert (line["level"], line["journey"], line["keys"]) == ("WARNING", str(WELCOME), owed)
    harness.store.before = lambda _: None
    harness.poll_a_minute_later()
    harness.poll_a_minute_later()
    first, again = harness.channel.accepted
    assert first.id == again.id


@pytest.mark.parametrize(("seconds", "sent"), [(55, []), (56, [("r1", "PAUSED")])])
def test_nothing_is_taken_over_until_five_seconds_after_its_lease(
    harness: PollHarness, seconds: int, sent: list[tuple[str, str]]
) -> None:
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    crash_before_sending(harness)
    harness.clock.advance(seconds=seconds)
    harness.poll()
    assert told(harness.channel) == sent


def test_channel_that_is_there_keeps_what_it_is_owed_whoever_was_called_like_it_before(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    other = ScriptedChannel()
    harness.channels["other"] = Channel(other, formerly=("alerts",))
    harness.poll_a_minute_later()
    assert (told(harness.channel), told(other)) == ([("r1", "CANCELLED")], [])


def test_keys_of_one_lease_are_claimed_and_those_of_one_journey_acknowledged_as_many_at_once_as_may_be(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.channel.refuse = lambda _: True
    for lease in "ab":
        for n in range(3):
            harness.source.set(WELCOME, f"{lease}{n}", Status.RUNNING)
        harness.poll()
        harness.clock.advance(seconds=20)
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=2)
    harness.store.writes.clear()
    monkeypatch.setattr(delivery, "KEYS_PER_UPDATE", 2)
    harness.poll()
    assert (harness.store.writes.count("claim"), harness.store.writes.count("acknowledge")) == (4, 3)
    assert len(told(harness.channel)) == 6
    assert not harness.store.load(LANE).journeys[WELCOME].undelivered


def test_many_changes_of_one_journey_are_each_sent_and_acknowledged_once(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=100)
    harness.channels["alerts"] = Channel(harness.channel, at_once=5)
    for n in range(12):
        harness.source.set(WELCOME, f"s{n:02}", Status.RUNNING)
    harness.store.writes.clear()
    report = harness.poll()
    assert [run_id for run_id, _ in told(harness.channel)] == [f"s{n:02}" for n in range(12)]
    assert (harness.channel.calls, harness.store.writes.count("acknowledge")) == (3, 1)
    assert report.delivery.delivered == 12


def test_alert_that_has_expired_is_given_up_and_holds_up_nothing(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    monkeypatch.setattr(harness.store, "alerts", lambda *_: {})
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r1", "CANCELLED")]
    assert not harness.store.load(LANE).journeys[WELCOME].undelivered


def test_age_is_that_of_the_oldest(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    harness.poll()
    harness.clock.advance(minutes=3)
    harness.source.set(WINBACK, "r2", Status.PAUSED)
    harness.poll()
    assert harness.poll_a_minute_later().measurements()["OldestUndeliveredAge"] == 240


# The time it takes


def test_a_thousand_journeys_that_owe_something_do_not_eat_the_poll(harness: PollHarness) -> None:
    many = [JourneyKey("app-1", f"j{n:04}") for n in range(1_100)]
    for journey in many:
        harness.source.set(journey, "r", Status.RUNNING)
    harness.channel.refuse = lambda _: True
    harness.poll()
    harness.clock.advance(minutes=2)

    def takes_a_while(name: str) -> None:
        if name == "claim":
            harness.clock.advance(milliseconds=40)

    harness.channel.refuse = lambda _: False
    harness.store.before = takes_a_while
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    report = harness.poll()
    assert report.observed == 1_102
    assert ("r1", "CANCELLED") in told(harness.channel)
    assert 0 < report.delivery.redelivered < 1_100

    for _ in range(4):
        harness.clock.advance(minutes=1)
        harness.poll()
    assert len(harness.channel.told) == 1_101
    assert not any(state.undelivered for state in harness.store.load(LANE).journeys.values())


def test_taking_over_what_was_left_behind_gets_a_third_of_the_time(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.channel.refuse = lambda _: True
    for n in range(5):
        harness.source.set(JourneyKey("app-1", f"j{n}"), "r", Status.RUNNING)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=2)
    harness.store.before = lambda name: harness.clock.advance(seconds=7) if name == "claim" else None
    monkeypatch.setattr(side_by_side, "WORKERS", 1)
    assert harness.poll().delivery.redelivered == 2  # of 42 seconds in which something may be sent, 14


def test_claim_that_hangs_keeps_no_other_alert_waiting(harness: PollHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    monkeypatch.setattr(delivery, "CLAIMING_SHARE", 2 / 42)  # two seconds
    answers = threading.Event()
    claim = harness.store.claim

    def hangs(lane: Lane, journey: Scope, *more: Any, **named: Any) -> bool:  # noqa: ANN401 - as it is called
        if journey == WELCOME:
            answers.wait(60)
        return claim(lane, journey, *more, **named)

    monkeypatch.setattr(harness.store, "claim", hangs)
    harness.poll_a_minute_later()
    answers.set()
    assert told(harness.channel) == [("r2", "CANCELLED")]


def test_what_a_journey_and_what_the_lane_is_owed_since_the_same_moment_are_both_taken_over(
    harness: PollHarness,
) -> None:
    harness.channel.refuse = harness.operators.refuse = lambda _: True
    harness.source.unlisted = {"app-2": SourceError("refused", code="ForbiddenException")}
    harness.poll()
    harness.clock.advance(minutes=16)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    harness.channel.refuse = harness.operators.refuse = lambda _: False
    report = harness.poll_a_minute_later()
    assert report.delivery.redelivered == 2


def test_what_was_left_behind_longest_is_taken_over_first(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WINBACK, "r2", Status.PAUSED)
    harness.poll()
    harness.clock.advance(seconds=1)
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    crash_before_sending(harness)
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=2)
    harness.store.before = lambda name: harness.clock.advance(seconds=20) if name == "claim" else None
    harness.poll()
    assert told(harness.channel) == [("r2", "PAUSED")]


@dataclass
class HangingChannel:
    """Takes its time for each call, and accepts nothing."""

    pass_time: Callable[[], None]
    calls: int = 0

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        self.pass_time()
        self.calls += 1
        return {alert.id: "no answer" for alert in alerts}


def test_channel_that_hangs_leaves_the_others_their_time(harness: PollHarness) -> None:
    hanging = HangingChannel(lambda: harness.clock.advance(seconds=10))
    harness.channels = {"a": Channel(hanging, at_once=1), **harness.channels}
    for n in range(9):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    assert len(told(harness.channel)) == 9
    assert hanging.calls < 9


def takes_a_second(harness: PollHarness) -> Callable[[Alert], bool]:
    def refuse(_: Alert) -> bool:
        harness.clock.advance(seconds=1)
        return False

    return refuse


def test_channel_that_needs_more_than_its_share_gets_what_the_others_leave(harness: PollHarness) -> None:
    (quick,) = channels_beside(harness, 1)
    harness.config = replace(harness.config, digest_over=1_000)
    harness.channels["alerts"] = Channel(harness.channel, at_once=1)
    harness.channel.refuse = takes_a_second(harness)
    for n in range(40):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    assert (len(told(harness.channel)), len(told(quick))) == (40, 40)


def test_channels_that_all_need_more_time_than_there_is_get_as_much_each(harness: PollHarness) -> None:
    (other,) = channels_beside(harness, 1)
    harness.config = replace(harness.config, digest_over=1_000)
    harness.channels = {"alerts": Channel(harness.channel, at_once=1), "other": Channel(other, at_once=1)}
    harness.channel.refuse = other.refuse = takes_a_second(harness)
    for n in range(60):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    assert (len(told(harness.channel)), len(told(other))) == (21, 21)


def test_operators_are_told_first(harness: PollHarness) -> None:
    order: list[str] = []
    harness.channels = {
        "alerts": Channel(HangingChannel(lambda: order.append("alerts"))),
        "operators": Channel(HangingChannel(lambda: order.append("operators")), for_operators=True),
    }
    harness.source.failures[WINBACK] = SourceError("it does not answer", code="InternalServerErrorException")
    harness.poll()
    harness.clock.advance(minutes=16)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert order == ["operators", "alerts"]


# One write


def channels_beside(harness: PollHarness, count: int) -> list[ScriptedChannel]:
    more = [ScriptedChannel() for _ in range(count)]
    harness.channels |= {f"more-{n}": Channel(channel) for n, channel in enumerate(more)}
    return more


def test_a_hundred_runs_that_are_stuck_at_once_are_all_told_and_stay_told(harness: PollHarness) -> None:
    harness.config = replace(harness.config, watch=(replace(EVERYTHING, thresholds=Thresholds(stuck_after=3600)),))
    for n in range(100):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    harness.channel.accepted.clear()
    harness.clock.advance(hours=2)
    harness.poll()
    opened = {one["run_id"] for one in harness.channel.told if one.get("phase") == "Opened"}
    assert len(opened) == 102

    harness.channel.accepted.clear()
    for n in range(100):
        harness.source.set(WELCOME, f"s{n}", Status.COMPLETED)
    harness.poll_a_minute_later()
    harness.poll_a_minute_later()
    assert len([one for one in harness.channel.told if one.get("phase") == "Resolved"]) == 100
    assert not harness.store.load(LANE).journeys[WELCOME].undelivered


def test_conditions_of_one_poll_begin_each_its_own_thread_whatever_commit_they_are_in(harness: PollHarness) -> None:
    harness.config = replace(
        harness.config, watch=(replace(EVERYTHING, thresholds=Thresholds(stuck_after=3600)),), digest_over=1000
    )
    for n in range(60):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    harness.clock.advance(hours=2)
    harness.poll()
    opened = {alert.id for alert in harness.channel.accepted if alert.detail.get("phase") == "Opened"}
    threads = {condition.opened_by for condition in harness.store.load(LANE).journeys[WELCOME].conditions.values()}
    assert len(threads) == 61
    assert threads < opened


def test_commit_reckons_with_what_those_before_it_owe(harness: PollHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    owed: list[int] = []
    commit = harness.store.commit

    def counted(
        lane: Lane, change: StateChange, alerts: Sequence[Alert], new: Sequence[PendingDelivery], until: datetime
    ) -> CommitResult:
        owed.append(len(change.state.undelivered))
        return commit(lane, change, alerts, new, until)

    monkeypatch.setattr(harness.store, "commit", counted)
    for n in range(MAX_EVENTS + 1):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    assert owed == [0, MAX_EVENTS]


def test_many_changes_with_many_channels_are_committed_and_told_to_each(harness: PollHarness) -> None:
    more = channels_beside(harness, 8)
    for n in range(50):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    assert [len(channel.told) for channel in (harness.channel, *more)] == [50] * 9


# A channel that is dead


def test_dead_channel_never_silences_a_healthy_one(harness: PollHarness) -> None:
    (healthy,) = channels_beside(harness, 1)
    harness.channel.refuse = lambda _: True
    for number in range(30):
        for n in range(60):
            harness.source.set(WELCOME, f"s{number}-{n}", Status.RUNNING)
        report = harness.poll_a_minute_later()
        assert report.failed == 0
    assert len(healthy.told) == 1_800
    state = harness.store.load(LANE).journeys[WELCOME]
    assert len(state.undelivered) == MAX_OWED
    assert state.given_up == {"alerts": 1_800 - MAX_OWED}
    assert report.measurements()["AlertsGivenUp"] == 60

    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    assert [one["run_id"] for one in harness.channel.told][-60:] == [one["run_id"] for one in healthy.told][-60:]
    assert len(harness.channel.told) == MAX_OWED
    harness.store.alerts_of_a_page = 10_000
    recorded = harness.store.history(LANE, harness.clock.time - timedelta(days=1)).alerts
    assert len(recorded) == 1_800


def test_of_each_journey_the_oldest_beyond_the_most_are_given_up_and_counted_in_the_log(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "MAX_OWED", 3)
    monkeypatch.setattr(delivery, "KEYS_PER_UPDATE", 2)
    harness.channel.refuse = lambda _: True
    late = JourneyKey("app-1", "z")
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    for journey, count in ((WINBACK, 5), (late, 6)):
        for n in range(count):
            harness.source.set(journey, f"s{n}", Status.RUNNING)
    report = harness.poll()
    states = harness.store.load(LANE).journeys
    assert [states[one].given_up for one in (WELCOME, WINBACK, late)] == [{}, {"alerts": 2}, {"alerts": 3}]
    assert [len(states[one].undelivered) for one in (WELCOME, WINBACK, late)] == [1, 3, 3]
    assert report.delivery.given_up == 5
    assert harness.store.writes.count("give up") == 3
    lost = [line for line in said() if line["level"] == "ERROR"]
    assert [(line["channel"], line["journey"], line["alerts"]) for line in lost] == [
        ("alerts", str(WINBACK), 2),
        ("alerts", str(late), 3),
    ]


def test_what_cannot_be_given_up_is_named_and_counted(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(name: str) -> None:
        if name == "give up":
            raise StoreUnavailableError("throttled")

    monkeypatch.setattr(delivery, "MAX_OWED", 1)
    harness.store.before = refused
    harness.channel.refuse = lambda _: True
    for n in range(2):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    report = harness.poll()
    assert (report.delivery.given_up, report.side_tasks_failed) == (0, 1)
    line = said()[-1]
    assert (line["channel"], line["journey"], line["reason"]) == ("alerts", str(WELCOME), "throttled")


def test_nothing_is_given_up_for_want_of_time(harness: PollHarness) -> None:
    harness.channels = {
        "alerts": Channel(harness.channel, at_once=1),
        "ops": Channel(harness.operators, for_operators=True),
    }
    harness.config = replace(harness.config, digest_over=10_000)
    for n in range(150):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)

    harness.channel.refuse = takes_a_second(harness)
    for _ in range(10):
        assert harness.poll_a_minute_later().measurements()["AlertsGivenUp"] == 0
    assert len(harness.channel.told) == 150


def test_storm_larger_than_an_item_is_told_in_several_polls(harness: PollHarness) -> None:
    for n in range(1_000):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    channels_beside(harness, 3)
    for _ in range(6):
        harness.poll_a_minute_later()
    assert len({one["run_id"] for one in harness.channel.told}) == 1_000


def route(*journeys: str, to: str) -> Route:
    return Route(to=(to,), journeys=journeys)


def test_alerts_say_to_whom_they_are_routed_and_a_digest_has_readers_in_common(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=1, routes=(route("welcome", to="team"),))
    for run_id in ("a", "b"):
        for journey in (WELCOME, WINBACK):
            harness.source.set(journey, run_id, Status.CANCELLED)
    harness.poll()
    digests = {digest.recipients: digest.detail["changes"] for digest in harness.channel.accepted}
    assert {recipients: {one["journey_id"] for one in changes} for recipients, changes in digests.items()} == {
        ("team",): {"welcome"},
        ("default",): {"winback"},
    }


def test_route_decides_by_what_has_happened(harness: PollHarness) -> None:
    watched = replace(EVERYTHING, thresholds=Thresholds(stuck_after=3600))
    cancelled, stuck = What(after="CANCELLED"), What(condition="STUCK")
    routes = (Route(to=("audit",), what=cancelled), Route(to=("sre",), what=stuck))
    harness.config = replace(harness.config, watch=(watched,), routes=routes)
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r1", Status.RUNNING)
    harness.poll()
    harness.clock.advance(hours=2)
    harness.source.set(WINBACK, "r1", Status.CANCELLED)
    harness.poll()
    told = {str(one.condition or one.status): one.recipients for one in harness.channel.accepted}
    assert told == {"RUNNING": ("default",), "STUCK": ("sre",), "CANCELLED": ("audit",)}


def test_thread_whose_alerts_have_different_readers_keeps_its_order_and_is_in_no_digest(harness: PollHarness) -> None:
    loud = Route(to=("pager",), min_severity=Severity.CRITICAL)
    harness.config = replace(harness.config, digest_over=1, routes=(loud,))
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "n1", Status.RUNNING)
    harness.source.set(WELCOME, "n2", Status.RUNNING)
    harness.source.set(WELCOME, "n3", Status.RUNNING)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=1)
    harness.source.set(WELCOME, "n1", Status.CANCELLED)
    harness.poll()
    singles = [alert for alert in harness.channel.accepted if alert.status]
    assert [(one.detail["status"], one.recipients) for one in singles] == [
        ("RUNNING", ("default",)),
        ("CANCELLED", ("pager",)),
    ]
    (digest_,) = [alert for alert in harness.channel.accepted if not alert.status]
    assert {one["run_id"] for one in digest_.detail["changes"]} == {"n2", "n3"}


def test_digests_of_every_audience_that_there_is_no_time_for_stay_owed(harness: PollHarness) -> None:
    harness.config = replace(harness.config, digest_over=1, routes=(route("welcome", to="team"),))
    for journey in (WELCOME, WINBACK):
        for run_id in ("r1", "r2"):
            harness.source.set(journey, run_id, Status.CANCELLED)
    hanging = HangingChannel(lambda: harness.clock.advance(minutes=1))
    harness.channels = {"a": Channel(hanging), "alerts": Channel(harness.channel)}
    report = harness.poll()
    assert harness.channel.accepted == []
    assert len([key for key in report.delivery.refused if key.endswith("@alerts")]) == 4


def test_channel_of_one_recipient_gets_what_is_routed_to_it_alone_in_one_digest(harness: PollHarness) -> None:
    team = ScriptedChannel()
    harness.channels["chat-team-info"] = Channel(team, recipient="team")
    both = Route(to=("team", "boss"), journeys=("welcome",))
    harness.config = replace(harness.config, digest_over=1, routes=(both, Route(to=("team",), journeys=("winback",))))
    for journey in (WELCOME, WINBACK):
        harness.source.set(journey, "a", Status.CANCELLED)
    harness.source.set(JourneyKey("app-1", "other"), "a", Status.CANCELLED)
    harness.poll()
    (digest_,) = team.accepted
    assert {one["journey_id"] for one in digest_.detail["changes"]} == {"welcome", "winback"}


def test_who_heard_of_a_condition_hears_that_it_is_over_whatever_the_routes_say_then(harness: PollHarness) -> None:
    watched = replace(EVERYTHING, thresholds=Thresholds(stuck_after=3600))
    harness.config = replace(harness.config, watch=(watched,), routes=(route("welcome", to="team"),))
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.poll()
    harness.clock.advance(hours=2)
    harness.poll()
    harness.config = replace(harness.config, routes=(route("welcome", to="others"),))
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.poll_a_minute_later()
    conditions = [alert for alert in harness.channel.accepted if alert.condition and alert.journey == WELCOME]
    assert [(one.detail["phase"], one.recipients) for one in conditions] == [
        ("Opened", ("team",)),
        ("Resolved", ("team",)),
    ]


def test_recipients_beside_the_operators_are_told_that_the_monitor_is_blind(harness: PollHarness) -> None:
    pager, default = ScriptedChannel(), ScriptedChannel()
    harness.channels |= {
        "chat-sre-info": Channel(pager, recipient="sre"),
        "chat-info": Channel(default, recipient="default"),
    }
    harness.config = replace(harness.config, operators=("sre",))
    harness.source.failures = dict.fromkeys(
        harness.source.runs, SourceError("refused", code="AccessDenied", denied=True)
    )
    for _ in range(20):
        with suppress(PollFailedError):
            harness.poll_a_minute_later()
    assert [alert.condition for alert in pager.accepted] == ["UNREACHABLE"]
    assert [alert.condition for alert in harness.operators.accepted] == ["UNREACHABLE"]
    assert default.accepted == []


def test_account_of_a_mute_goes_to_whoever_would_have_heard_of_anything_in_it(harness: PollHarness) -> None:
    harness.config = replace(harness.config, routes=(route("welcome", to="team"),))
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=2)))
    harness.poll()
    for journey in (WELCOME, WINBACK):
        harness.source.set(journey, "r", Status.CANCELLED)
    for _ in range(5):
        harness.poll_a_minute_later()
    (account,) = harness.channel.accepted
    assert set(account.recipients) == {"team", "default"}
