"""Conditions, digests and mutes as recipients meet them, poll after poll."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.errors import PollFailedError, SourceError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyInfo, JourneyKey, Status
from journey_watch.core.watch_list import Thresholds
from tests.core.builders import LANE
from tests.polling.scripted import EVERYTHING, PollHarness, ScriptedChannel

WELCOME = JourneyKey("app-1", "welcome")
WINBACK = JourneyKey("app-1", "winback")
REFUSED = SourceError("404 Not Found", code="NotFoundException", absent=True)
PATIENCE = Thresholds(stuck_after=3600, unreachable_after=120, remind_every=7200)


@pytest.fixture
def stage() -> PollHarness:
    """Two journeys with a running run each, after their first look, and little patience."""
    stage = PollHarness()
    stage.config = replace(stage.config, watch=(replace(EVERYTHING, thresholds=PATIENCE),), digest_over=3)
    stage.source.set(WELCOME, "r1", Status.RUNNING)
    stage.source.set(WINBACK, "r2", Status.RUNNING)
    stage.poll()
    stage.store.writes.clear()
    stage.clock.advance(minutes=1)
    return stage


def conditions(channel: ScriptedChannel) -> list[tuple[str, str]]:
    """What was told about conditions, in order: the kind and the phase."""
    details = [alert.envelope["detail"] for alert in channel.accepted]
    return [(detail["condition"], detail["phase"]) for detail in details if "condition" in detail]


def kinds(channel: ScriptedChannel) -> list[str]:
    return [alert.envelope["detail-type"] for alert in channel.accepted]


def test_stuck_run_is_told_once_reminded_of_and_resolved_in_one_thread(stage: PollHarness) -> None:
    stage.source.runs.pop(WINBACK)
    stage.source.failures[WINBACK] = REFUSED
    stage.clock.advance(hours=1)
    stage.poll()
    stage.poll_a_minute_later()
    stage.clock.advance(hours=2)
    stage.poll()
    stage.source.set(WELCOME, "r1", Status.COMPLETED)
    stage.poll_a_minute_later()

    about = [alert for alert in stage.channel.accepted if alert.envelope["detail"].get("condition") == "STUCK"]
    assert [alert.envelope["detail"]["phase"] for alert in about] == ["Opened", "Reminder", "Resolved"]
    assert {alert.thread for alert in about} == {about[0].id}
    assert {alert.envelope["detail"]["severity"] for alert in about} == {"warning"}
    assert len({alert.id for alert in about}) == 3


def test_lasting_condition_writes_nothing_while_nothing_changes(stage: PollHarness) -> None:
    stage.clock.advance(hours=1)
    stage.poll()
    stage.store.writes.clear()
    stage.poll_a_minute_later()
    assert stage.store.writes == []


def test_open_conditions_are_counted(stage: PollHarness) -> None:
    stage.clock.advance(hours=2)
    assert stage.poll().measurements()["ConditionsOpen"] == 2
    assert stage.poll_a_minute_later().measurements()["ConditionsOpen"] == 2


def test_run_that_is_no_longer_stuck_at_the_second_reading_is_not_told() -> None:
    stage = PollHarness()
    stage.config = replace(stage.config, watch=(replace(EVERYTHING, thresholds=PATIENCE),))
    stage.source.set(WELCOME, "r1", Status.RUNNING)
    stage.poll()
    stuck = stage.source.snapshot()
    stage.clock.advance(hours=2)
    stage.source.set(WELCOME, "r1", Status.COMPLETED)
    stage.source.shown_instead = [stuck]
    stage.poll()
    assert conditions(stage.channel) == []
    assert [alert.envelope["detail"]["status"] for alert in stage.channel.accepted] == ["COMPLETED"]


def test_vanished_run_is_told_missing_and_found_again(stage: PollHarness) -> None:
    stage.source.set(WELCOME, "r3", Status.COMPLETED)
    stage.poll()
    gone = stage.source.runs[WELCOME].pop("r1")
    stage.poll_a_minute_later()
    assert conditions(stage.channel) == []
    stage.poll_a_minute_later()
    assert conditions(stage.channel) == [("MISSING", "Opened")]
    stage.source.runs[WELCOME]["r1"] = gone
    stage.poll_a_minute_later()
    assert conditions(stage.channel) == [("MISSING", "Opened"), ("MISSING", "Resolved")]


def test_journey_that_refuses_is_told_to_the_operators_only(stage: PollHarness) -> None:
    stage.source.failures[WELCOME] = REFUSED
    for _ in range(5):
        stage.poll_a_minute_later()
    stage.source.failures.clear()
    stage.poll_a_minute_later()
    assert conditions(stage.operators) == [("UNREACHABLE", "Opened"), ("UNREACHABLE", "Resolved")]
    assert stage.channel.accepted == []


def test_lane_that_is_blind_is_one_alert_and_not_one_a_journey(stage: PollHarness) -> None:
    stage.source.failures = {WELCOME: REFUSED, WINBACK: REFUSED}
    for _ in range(5):
        with pytest.raises(PollFailedError):
            stage.poll_a_minute_later()
    (alert,) = stage.operators.accepted
    assert alert.journey == LANE_ITSELF
    assert "404 Not Found" in alert.envelope["detail"]["summary"]
    stage.source.failures.clear()
    stage.poll_a_minute_later()
    assert conditions(stage.operators) == [("UNREACHABLE", "Opened"), ("UNREACHABLE", "Resolved")]


def test_application_that_cannot_be_listed_is_told_while_its_journeys_are_still_read(stage: PollHarness) -> None:
    stage.source.unlisted = {"app-1": REFUSED}
    for _ in range(5):
        stage.poll_a_minute_later()
    (alert,) = stage.operators.accepted
    assert alert.journey == ContainerScope("app-1")
    stage.source.unlisted = {}
    stage.poll_a_minute_later()
    assert conditions(stage.operators)[-1] == ("UNREACHABLE", "Resolved")


def test_new_journey_that_fails_at_first_is_still_all_news(stage: PollHarness) -> None:
    new = JourneyKey("app-1", "new")
    stage.source.infos[new] = JourneyInfo()
    stage.source.runs[new] = {}
    stage.source.failures[new] = REFUSED
    stage.poll()
    stage.source.failures.clear()
    stage.source.set(new, "r9", Status.CANCELLED)
    stage.poll_a_minute_later()
    assert [alert.envelope["detail"]["run_id"] for alert in stage.channel.accepted] == ["r9"]


def test_refused_condition_is_sent_by_the_next_poll(stage: PollHarness) -> None:
    stage.operators.refuse = lambda _: True
    stage.source.failures[WELCOME] = REFUSED
    for _ in range(4):
        stage.poll_a_minute_later()
    stage.operators.refuse = lambda _: False
    stage.poll_a_minute_later()
    assert conditions(stage.operators) == [("UNREACHABLE", "Opened")]


# Digests


def storm(stage: PollHarness, count: int) -> None:
    for n in range(count):
        stage.source.set(WELCOME, f"s{n}", Status.CANCELLED if n == 1 else Status.RUNNING)


def members(alert: Alert) -> list[str]:
    return [member["id"] for member in alert.envelope["detail"]["changes"]]


def test_storm_becomes_one_message_with_every_change_in_it_the_worst_first(stage: PollHarness) -> None:
    storm(stage, 4)
    stage.poll()
    (digest,) = stage.channel.accepted
    changes = digest.envelope["detail"]["changes"]
    assert (len(changes), changes[0]["status"]) == (4, "CANCELLED")
    assert digest.envelope["detail"]["counts"] == {"RUNNING": 3, "CANCELLED": 1}
    assert digest.severity == "critical"
    recorded = stage.store.history(LANE, stage.clock.time - timedelta(minutes=5))
    assert {alert.id for alert in recorded} == set(members(digest))


def test_as_many_as_allowed_come_one_by_one(stage: PollHarness) -> None:
    storm(stage, 3)
    stage.poll()
    assert kinds(stage.channel) == ["Journey Run Status Change"] * 3


def test_refused_digest_keeps_every_member_and_comes_again_as_a_digest(stage: PollHarness) -> None:
    stage.channel.refuse = lambda _: True
    storm(stage, 4)
    report = stage.poll()
    assert len(report.delivery.refused) == 4
    stage.channel.refuse = lambda _: False
    stage.poll_a_minute_later()
    (digest,) = stage.channel.accepted
    assert len(members(digest)) == 4
    assert stage.store.load(LANE).journeys[WELCOME].undelivered == {}


def test_leftovers_count_towards_a_storm(stage: PollHarness) -> None:
    stage.channel.refuse = lambda _: True
    storm(stage, 2)
    stage.poll()
    stage.channel.refuse = lambda _: False
    stage.clock.advance(minutes=1)
    for n in range(2):
        stage.source.set(WINBACK, f"t{n}", Status.RUNNING)
    stage.poll()
    (digest,) = stage.channel.accepted
    assert len(members(digest)) == 4


def test_old_news_is_told_together(stage: PollHarness) -> None:
    ended = stage.clock.time + timedelta(minutes=1)
    stage.clock.advance(days=3)
    stage.source.set(WELCOME, "r1", Status.COMPLETED, updated=ended)
    stage.source.set(WINBACK, "r2", Status.CANCELLED, updated=ended)
    stage.source.set(WINBACK, "r3", Status.RUNNING)
    stage.poll()
    assert sorted(kinds(stage.channel)) == ["Journey Run Digest", "Journey Run Status Change"]


# Mutes


def test_muted_change_is_recorded_never_sent_and_accounted_for_once(stage: PollHarness) -> None:
    stage.store.set_mutes(Mute(id="release", until=stage.clock.time + timedelta(minutes=3), journeys=("welcome",)))
    stage.source.set(WELCOME, "r1", Status.CANCELLED)
    stage.source.set(WINBACK, "r2", Status.COMPLETED)
    stage.poll()
    assert [alert.envelope["detail"]["run_id"] for alert in stage.channel.accepted] == ["r2"]
    for _ in range(5):
        stage.poll_a_minute_later()

    ended = stage.channel.accepted[1:]
    assert [alert.envelope["detail-type"] for alert in ended] == ["Journey Watch Mute Ended"]
    assert ended[0].envelope["detail"]["held_back"] == 1
    assert ended[0].severity == "critical"


def test_mute_that_held_nothing_back_ends_in_silence(stage: PollHarness) -> None:
    stage.store.set_mutes(Mute(id="release", until=stage.clock.time + timedelta(minutes=2)))
    for _ in range(5):
        stage.poll_a_minute_later()
    assert stage.channel.accepted == []


def test_mute_writes_when_it_begins_and_ends_and_not_in_between(stage: PollHarness) -> None:
    stage.store.set_mutes(Mute(id="release", until=stage.clock.time + timedelta(minutes=3)))
    writes = []
    for _ in range(6):
        stage.store.writes.clear()
        stage.poll_a_minute_later()
        writes.append(len(stage.store.writes))
    assert writes == [1, 0, 1, 0, 0, 0]


def test_blindness_is_told_under_a_mute_too(stage: PollHarness) -> None:
    stage.store.set_mutes(Mute(id="all", until=stage.clock.time + timedelta(hours=9)))
    stage.source.failures[WELCOME] = REFUSED
    for _ in range(5):
        stage.poll_a_minute_later()
    assert conditions(stage.operators) == [("UNREACHABLE", "Opened")]
