"""Whatever is committed or read is bounded: the next commit, or the next poll, does what is left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import AlertKind
from journey_watch.core.attribution import Attribution
from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import LANE_ITSELF, Scope, Status
from journey_watch.core.severity import Severity
from journey_watch.ports import Channel, CommitResult
from tests.core.builders import LANE
from tests.polling.scripted import WELCOME, WINBACK, PollHarness, ScriptedChannel, ScriptedHistory

ADA = {"type": "IAMUser", "userName": "ada", "arn": "arn:aws:iam::111122223333:user/ada"}


def channels_beside(harness: PollHarness, count: int) -> list[ScriptedChannel]:
    more = [ScriptedChannel() for _ in range(count)]
    harness.channels |= {f"more-{n}": Channel(channel) for n, channel in enumerate(more)}
    return more


def acknowledgement(harness: PollHarness, thread: str, scope: Scope) -> Acknowledgement:
    return Acknowledgement(
        alert_id=thread,
        thread=thread,
        lane=LANE,
        scope=scope,
        what="It cannot be read.",
        severity=Severity.WARNING,
        recipients=("default",),
        for_operators=False,
        until=harness.clock.time + timedelta(hours=9),
        set_by="ann",
    )


@pytest.mark.parametrize("scope", [WELCOME, LANE_ITSELF], ids=["journey", "lane"])
def test_many_acknowledgements_with_many_channels_are_committed_in_pieces(harness: PollHarness, scope: Scope) -> None:
    more = channels_beside(harness, 8)
    given = [acknowledgement(harness, f"{n:032}", scope) for n in range(40)]
    harness.store.set_acknowledgements(*given)
    for _ in range(2):
        report = harness.poll_a_minute_later()
        assert (report.failed, report.side_tasks_failed) == (0, 0)
    for channel in (harness.channel, *more):
        assert sorted(alert.thread for alert in channel.accepted) == sorted(one.thread for one in given)


def test_answers_to_many_searches_with_many_channels_are_committed_in_pieces(harness: PollHarness) -> None:
    more = channels_beside(harness, 7)
    harness.config = replace(harness.config, attribution=Attribution.ON)
    history = harness.history = ScriptedHistory(harness.clock)
    asked = {"application-id": WELCOME.container_id, "journey-id": WELCOME.journey_id, "State": "CANCELLED"}
    history.call("UpdateJourneyState", ADA, request=asked)
    for n in range(50):
        harness.source.set(WELCOME, f"s{n}", Status.CANCELLED)
    for _ in range(12):
        report = harness.poll_a_minute_later()
        assert report.side_tasks_failed == 0
    for channel in (harness.channel, *more):
        assert len([one for one in channel.told if "explains" in one]) == 50
    assert harness.store.load(LANE).journeys[WELCOME].searches == ()
    questions = len(history.asked)
    harness.poll_a_minute_later()
    assert len(history.asked) == questions


def test_summaries_too_large_for_one_transaction_are_committed_in_several(harness: PollHarness) -> None:
    harness.commit_limits = CommitLimits(alert_bytes=4_000)
    until = harness.clock.time + timedelta(minutes=3)
    harness.store.set_mutes(Mute(id="a", until=until, journeys=("welcome",)), Mute(id="b", until=until))
    for n in range(3):
        harness.source.set(WELCOME, f"s{n}", Status.CANCELLED)
        harness.source.set(WINBACK, f"s{n}", Status.CANCELLED)
    harness.poll()
    harness.store.writes.clear()
    for _ in range(5):
        harness.poll_a_minute_later()
    summaries = [alert for alert in harness.channel.accepted if alert.kind is AlertKind.MUTE_ENDED]
    assert [alert.detail["held_back"] for alert in summaries] == [3, 3]
    assert summaries[0].sequence < summaries[1].sequence


def test_long_mute_is_counted_in_several_polls_and_its_summary_is_exact(harness: PollHarness) -> None:
    harness.store.alerts_of_a_page = 7
    harness.history_pages = 2
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=3), journeys=("welcome",)))
    for n in range(60):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.source.set(WELCOME, "s59", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.COMPLETED)
    harness.poll()
    polls = 0
    while not (ended := [one for one in harness.channel.accepted if one.kind is AlertKind.MUTE_ENDED]):
        assert harness.poll_a_minute_later().side_tasks_failed == 0
        polls += 1
        assert polls < 20
    assert polls == 3 + 5
    (summary,) = ended
    assert (summary.detail["held_back"], summary.detail["counts"]) == (60, {"CANCELLED": 1, "RUNNING": 59})
    assert summary.detail["changes"][0]["status"] == "CANCELLED"
    assert len(summary.detail["changes"]) == 50
    lane = harness.store.load(LANE).scopes[LANE_ITSELF]
    assert (dict(lane.mutes), dict(lane.mute_tallies)) == ({}, {})


def test_reading_what_a_mute_suppressed_takes_a_share_of_the_time(harness: PollHarness) -> None:
    harness.store.alerts_of_a_page = 1
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=3)))
    for n in range(20):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    read = harness.store.history
    pages: list[int] = []

    def slow(*arguments: object) -> object:
        harness.clock.advance(seconds=3)
        pages.append(1)
        return read(*arguments)  # type: ignore[arg-type]

    harness.store.history = slow  # type: ignore[method-assign,assignment]
    for _ in range(4):
        harness.poll_a_minute_later()
    assert len(pages) == 3


def test_a_mute_counts_only_once_it_is_stored(harness: PollHarness) -> None:
    """Otherwise nobody would ever hear of what it suppressed."""
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=1)))
    commit = harness.store.commit

    def refused(lane: object, change: object, *more: object) -> CommitResult:
        if getattr(change, "journey", None) == LANE_ITSELF:
            return CommitResult.UNCERTAIN
        return commit(lane, change, *more)  # type: ignore[arg-type]

    harness.store.commit = refused  # type: ignore[method-assign,assignment]
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    (alert,) = harness.channel.accepted
    assert alert.muted_by is None


def test_nothing_is_committed_that_cannot_be_sent_any_more(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.store.set_acknowledgements(acknowledgement(harness, "t", LANE_ITSELF))
    harness.source.before_reading = lambda: harness.clock.advance(seconds=45)
    before = harness.store.load(LANE).states
    harness.store.writes.clear()
    harness.poll()
    assert "commit" not in harness.store.writes
    assert harness.store.load(LANE).states == before
    harness.source.before_reading = lambda: None
    harness.poll_a_minute_later()
    assert [alert.kind for alert in harness.channel.accepted] == [AlertKind.ACKNOWLEDGED, AlertKind.STATUS_CHANGE]


def test_undelivered_entries_of_a_renamed_channel_are_sent_under_the_new_name(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert [key.partition("@")[2] for key in harness.store.load(LANE).journeys[WELCOME].undelivered] == ["alerts"]
    renamed = ScriptedChannel()
    harness.channels = {"programs": Channel(renamed, formerly=("alerts",)), "ops": harness.channels["ops"]}
    harness.poll_a_minute_later()
    assert [alert.detail["run_id"] for alert in renamed.accepted] == ["r1"]
    assert harness.store.load(LANE).journeys[WELCOME].undelivered == {}


def test_a_chain_that_the_store_breaks_off_sends_what_was_committed(harness: PollHarness) -> None:
    harness.commit_limits = CommitLimits(max_events=1)
    left = [None, None]

    def refuse(name: str) -> None:
        if name == "commit" and not left:
            raise RuntimeError("the connection broke")
        if name == "commit":
            left.pop()

    harness.store.before = refuse
    for n in range(4):
        harness.source.set(WELCOME, f"s{n}", Status.CANCELLED)
    report = harness.poll()
    assert len(harness.channel.accepted) == 2
    assert report.failed == 1
    harness.store.before = lambda _: None
    harness.poll_a_minute_later()
    assert sorted(alert.detail["run_id"] for alert in harness.channel.accepted) == ["s0", "s1", "s2", "s3"]
