"""What accompanies a poll may fail: it is counted, and everything else is read, saved and sent."""

import zoneinfo
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from typing import Any, NoReturn

import pytest

from journey_watch.core.alerts import Alert
from journey_watch.core.errors import PollFailedError, SourceError, StoreUnavailableError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import LANE_ITSELF, JourneyKey, JourneyState, Lane, Observation, Scope, Status
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import Thresholds, WatchTarget
from journey_watch.polling.time_budget import DELIVERY_RESERVE_SECONDS
from journey_watch.ports import Channel, CommitResult, LaneState, SetByOperators
from tests.core.builders import LANE
from tests.polling.conftest import Said
from tests.polling.scripted import EVERYTHING, WELCOME, WINBACK, Crash, PollHarness, ScriptedChannel, told


def unavailable(*_: object, **__: object) -> NoReturn:
    raise StoreUnavailableError("the table does not answer")


def broken(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("nobody thought of this")


@pytest.mark.parametrize(
    ("failure", "level", "told_as"),
    [(unavailable, "WARNING", "the table does not answer"), (broken, "ERROR", "nobody thought of this")],
)
def test_what_fails_beside_a_poll_is_logged_with_what_it_is_about_and_why(
    *,
    harness: PollHarness,
    said: Said,
    monkeypatch: pytest.MonkeyPatch,
    failure: Callable[..., NoReturn],
    level: str,
    told_as: str,
) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    said()
    monkeypatch.setattr(harness.store, "claim", failure)
    harness.poll_a_minute_later()
    (line,) = said()
    assert (line["level"], line["journey"]) == (level, str(WELCOME))
    assert told_as in line["reason" if level == "WARNING" else "exception"]


@pytest.mark.parametrize("failure", [unavailable, broken])
def test_mutes_that_cannot_be_read_stop_nothing_and_are_not_taken_for_ended(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch, failure: Callable[..., NoReturn]
) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=1), journeys=("welcome",)))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "set_by_operators", failure)
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
    held = harness.store.set_by_operators().mutes
    monkeypatch.setattr(harness.store, "set_by_operators", lambda: SetByOperators({**held, "one": None}))
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    for _ in range(3):
        harness.poll_a_minute_later()
    assert told(harness.channel) == []


@pytest.fixture
def bundled_time_zones() -> Iterator[None]:
    """Those of the bundled package alone, as in a runtime without time zones of its own."""
    path = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=())
    zoneinfo.ZoneInfo.clear_cache()
    yield
    zoneinfo.reset_tzpath(to=path)
    zoneinfo.ZoneInfo.clear_cache()


@pytest.mark.usefixtures("bundled_time_zones")
@pytest.mark.parametrize("name", ["localtime", "Mars/Olympus", "America"])
def test_a_mute_that_cannot_be_evaluated_stops_nothing_holds_nothing_back_and_the_others_hold(
    *, harness: PollHarness, said: Said, name: str
) -> None:
    always: dict[str, Any] = {"days": tuple(range(7)), "begins": time(0), "ends": time(0)}
    odd = Mute(id="odd", **always, time_zone=name)
    good = Mute(id="good", **always, journeys=(WINBACK.journey_id,))
    harness.config = replace(harness.config, mutes=(odd, good))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)

    report = harness.poll_a_minute_later()

    assert told(harness.channel) == [("r1", "CANCELLED")]
    assert report.measurements()["SideTasksFailed"] == 1
    (line,) = [line for line in said() if line["level"] == "WARNING"]
    assert (line["mute"], line["message"]) == ("odd", "mute not evaluated: it mutes nothing")
    assert name in line["reason"]


def test_a_mute_in_force_that_can_be_evaluated_no_more_is_not_taken_for_ended(harness: PollHarness) -> None:
    night = Mute(id="night", days=tuple(range(7)), begins=time(0), ends=time(0))
    harness.config = replace(harness.config, mutes=(night,))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    harness.config = replace(harness.config, mutes=(replace(night, time_zone="Mars/Olympus"),))
    harness.poll_a_minute_later()
    harness.poll_a_minute_later()
    assert told(harness.channel) == []
    assert harness.store.load(LANE).scopes[LANE_ITSELF].mutes.keys() == {"night"}


def test_mute_that_cannot_be_remembered_holds_nothing_back(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it held back would stand in no account."""
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=1)))
    commit = harness.store.commit

    def refused_for_the_lane(lane: Lane, change: StateChange, *more: Any) -> CommitResult:  # noqa: ANN401 - as it is called
        return unavailable() if change.journey == LANE_ITSELF else commit(lane, change, *more)

    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "commit", refused_for_the_lane)
        harness.poll()
    assert told(harness.channel) == [("r1", "CANCELLED")]
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r1", "CANCELLED")]


def test_account_of_a_mute_that_cannot_be_had_waits_is_named_and_stops_nothing(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=1), journeys=("welcome",)))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "history", unavailable)
        for _ in range(5):
            harness.poll_a_minute_later()
        harness.source.set(WINBACK, "r2", Status.CANCELLED)
        said()
        assert harness.poll_a_minute_later().measurements()["SideTasksFailed"] == 1
    (line,) = said()
    assert (line["level"], line["mute"]) == ("WARNING", "release")
    assert told(harness.channel) == [("r2", "CANCELLED")]
    harness.poll_a_minute_later()
    harness.poll_a_minute_later()
    assert [alert.envelope["detail"].get("held_back") for alert in harness.channel.accepted] == [None, 1]


def test_journey_and_entry_that_cannot_be_forgotten_are_named_and_stop_nothing(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.configure(WatchTarget("pinpoint", "app-1", ("winback",)))
    monkeypatch.setattr(harness.store, "forget_baseline", unavailable)
    monkeypatch.setattr(harness.store, "unmark_listed", broken)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    report = harness.poll()
    assert told(harness.channel) == [("r2", "CANCELLED")]
    assert report.measurements()["SideTasksFailed"] == 2
    entries, journey = said()
    assert (entries["level"], entries["entries"]) == ("ERROR", [EVERYTHING.marker])
    assert (journey["level"], journey["journey"]) == ("WARNING", str(WELCOME))


@pytest.mark.parametrize("write", ["mark", "resume"])
def test_progress_that_cannot_be_noted_is_counted_and_noted_by_the_next_poll(write: str) -> None:
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    if write == "resume":
        harness.source.runs |= {JourneyKey("app-1", f"j{n:02}"): {} for n in range(40)}
        harness.source.before_reading = lambda: harness.clock.advance(seconds=3)

    def refused(name: str) -> None:
        if name == write:
            raise StoreUnavailableError("throttled")

    harness.store.before = refused
    assert harness.poll().measurements()["SideTasksFailed"] == 1
    harness.store.before = lambda _: None
    assert harness.poll_a_minute_later().measurements()["SideTasksFailed"] == 0
    assert harness.store.writes[-1] == write


def test_end_of_the_invocation_is_not_taken_for_a_failure_beside_the_poll(harness: PollHarness) -> None:
    def ends(name: str) -> None:
        if name == "acknowledge":
            raise Crash

    harness.store.before = ends
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    with pytest.raises(Crash):
        harness.poll()


def test_stored_alert_that_cannot_be_read_stays_owed_is_named_and_holds_up_nothing(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
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
        said()
        report = harness.poll_a_minute_later()
    (line,) = said()
    owed = list(harness.store.load(LANE).journeys[WELCOME].undelivered)
    assert (line["level"], line["journey"], line["keys"]) == ("ERROR", str(WELCOME), owed)
    assert sorted(told(harness.channel)) == [("r2", "CANCELLED"), ("r3", "RUNNING")]
    assert report.measurements()["OldestUndeliveredAge"] == 60
    harness.poll_a_minute_later()
    assert told(harness.channel)[-1] == ("r1", "CANCELLED")


def test_reading_that_breaks_is_one_journeys_failure_named_and_in_time_told(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = harness.source.observe

    def breaks(journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        return broken() if WELCOME in journeys else observe(journeys)

    monkeypatch.setattr(harness.source, "observe", breaks)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    report = harness.poll()
    assert (report.observed, report.failed) == (1, 1)
    (line,) = said()
    assert (line["level"], line["journeys"]) == ("ERROR", [str(WELCOME)])
    assert told(harness.channel) == [("r2", "CANCELLED")]
    for _ in range(20):
        harness.poll_a_minute_later()
    (alert,) = harness.operators.accepted
    assert "nobody thought of this" in alert.envelope["detail"]["summary"]


def test_journey_that_a_reading_says_nothing_about_is_a_failure_of_it_alone(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    observe = harness.source.observe
    monkeypatch.setattr(harness.source, "observe", lambda journeys: {} if WELCOME in journeys else observe(journeys))
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    assert harness.poll().failed == 1
    assert told(harness.channel) == [("r2", "CANCELLED")]
    for _ in range(20):
        harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None)]


def test_poll_of_one_journey_that_breaks_is_named_and_no_others_failure(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.source, "counters", broken)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r3", Status.RUNNING)
    report = harness.poll()
    assert told(harness.channel) == [("r3", "RUNNING")]
    assert report.failed == 1
    assert "nobody thought of this" in str(report.failures[0])
    (line,) = said()
    assert (line["level"], line["journey"]) == ("ERROR", str(WELCOME))


def test_channel_that_breaks_is_named_keeps_what_it_is_owed_and_stops_no_other(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ScriptedChannel()
    harness.channels["zzz"] = Channel(other)
    with monkeypatch.context() as patch:
        patch.setattr(harness.channel, "publish", broken)
        harness.source.set(WELCOME, "r1", Status.CANCELLED)
        harness.poll()
    broke = next(line for line in said() if line["level"] == "ERROR")
    assert broke["channel"] == "alerts"
    assert "nobody thought of this" in broke["exception"]
    assert (told(harness.channel), told(other)) == ([], [("r1", "CANCELLED")])
    harness.poll_a_minute_later()
    assert (told(harness.channel), told(other)) == ([("r1", "CANCELLED")], [("r1", "CANCELLED")])


def test_state_that_cannot_be_read_is_left_alone_named_and_counted(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
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
        (line,) = said()
        assert (line["level"], line["of"], line["reason"]) == ("ERROR", str(WELCOME), "a newer version wrote it")
        assert [outcome.journey for outcome in report.outcomes] == [WELCOME, WINBACK]
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


# What can never be read


def test_journey_that_is_never_read_whole_does_not_keep_new_ones_from_being_news() -> None:
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.source.incomplete.add(WELCOME)
    harness.poll()
    harness.source.set(JourneyKey("app-1", "new"), "r3", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r3", "CANCELLED")]

    harness.source.incomplete.clear()
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r3", "CANCELLED")]
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert told(harness.channel)[1:] == [("r1", "CANCELLED")]


def test_journey_that_always_fails_does_not_keep_new_ones_from_being_news() -> None:
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.source.failures[WELCOME] = SourceError("refused", code="ForbiddenException")
    harness.poll()
    harness.poll_a_minute_later()
    harness.source.set(JourneyKey("app-1", "new"), "r3", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r3", "CANCELLED")]


def test_application_that_cannot_be_listed_does_not_keep_new_journeys_of_others_from_being_news() -> None:
    harness = PollHarness()
    elsewhere = JourneyKey("app-2", "old")
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(elsewhere, "r2", Status.RUNNING)
    harness.source.unlisted = {"app-2": SourceError("refused", code="ForbiddenException")}
    harness.poll()
    harness.source.set(WINBACK, "r3", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r3", "CANCELLED")]

    harness.source.unlisted = {}
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r3", "CANCELLED")]
    harness.source.set(JourneyKey("app-2", "new"), "r4", Status.CANCELLED)
    harness.source.set(elsewhere, "r2", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert sorted(told(harness.channel)[1:]) == [("r2", "CANCELLED"), ("r4", "CANCELLED")]


# What the provider, or the configuration, does not have any more

GONE = SourceError("404 Not Found", code="NotFoundException", absent=True)


def delete(harness: PollHarness, journey: JourneyKey) -> None:
    del harness.source.runs[journey]
    harness.source.failures[journey] = GONE


def conditions(channel: ScriptedChannel) -> list[tuple[str, str, str | None]]:
    """The conditions that were told of: kind, phase, and why it is over."""
    return [
        (detail["condition"], detail["phase"], detail.get("resolution"))
        for detail in channel.told
        if "condition" in detail
    ]


def test_deleted_journey_with_a_live_run_is_missing_and_neither_blindness_nor_a_failure(harness: PollHarness) -> None:
    delete(harness, WELCOME)
    for _ in range(30):
        report = harness.poll_a_minute_later()
        assert report.failed == 0
    assert conditions(harness.channel) == [("MISSING", "Opened", None)]
    assert [one["journey_name"] for one in harness.channel.told] == ["Welcome"]
    assert harness.operators.accepted == []
    harness.config = replace(harness.config, watch=(replace(EVERYTHING, thresholds=Thresholds(remind_every=10**9)),))
    harness.clock.advance(days=91)
    harness.poll()
    harness.source.observed.clear()
    harness.poll_a_minute_later()
    assert harness.source.observed == [WINBACK]


def test_journey_that_is_not_listed_and_answers_with_trouble_is_not_taken_for_deleted(harness: PollHarness) -> None:
    del harness.source.runs[WELCOME]
    harness.source.failures[WELCOME] = SourceError("500", code="InternalServerErrorException")
    for _ in range(20):
        report = harness.poll_a_minute_later()
    assert report.failed == 1
    assert conditions(harness.channel) == []
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None)]


def test_deletion_of_all_there_is_does_not_make_the_lane_fail(harness: PollHarness) -> None:
    delete(harness, WELCOME)
    delete(harness, WINBACK)
    for _ in range(20):
        harness.poll_a_minute_later()
    assert conditions(harness.channel) == [("MISSING", "Opened", None)] * 2
    assert harness.operators.accepted == []


def test_deletion_resolves_what_was_wrong_with_a_journey_in_which_nothing_runs(harness: PollHarness) -> None:
    harness.config = replace(harness.config, watch=(replace(EVERYTHING, thresholds=Thresholds(expect_run_every=3600)),))
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.poll()
    harness.clock.advance(hours=2)
    harness.poll()
    overdue = [one for one in conditions(harness.channel) if one[0] == "OVERDUE"]
    assert ("OVERDUE", "Opened", None) in overdue
    harness.channel.accepted.clear()
    delete(harness, WELCOME)
    harness.poll_a_minute_later()
    assert ("OVERDUE", "Resolved", "DELETED") in conditions(harness.channel)
    harness.source.observed.clear()
    harness.poll_a_minute_later()
    assert WELCOME not in harness.source.observed


def test_journey_that_is_named_and_not_there_is_still_told(harness: PollHarness) -> None:
    harness.configure(WatchTarget("pinpoint", "app-1", ("welcome", "winback")))
    delete(harness, WELCOME)
    for _ in range(20):
        harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None)]


def test_what_was_wrong_with_a_journey_that_nobody_watches_any_more_resolves_and_says_so(harness: PollHarness) -> None:
    patience = Thresholds(stuck_after=3600)
    harness.configure(replace(EVERYTHING, thresholds=patience))
    harness.clock.advance(hours=2)
    harness.poll()
    harness.configure(WatchTarget("pinpoint", "app-1", ("winback",), thresholds=patience))
    harness.channel.accepted.clear()
    harness.poll_a_minute_later()
    assert conditions(harness.channel) == [("STUCK", "Resolved", "UNWATCHED")]
    (alert,) = harness.channel.accepted
    assert "is not watched any more, and so no longer counts as STUCK" in alert.envelope["detail"]["summary"]
    harness.poll_a_minute_later()
    assert len(harness.channel.accepted) == 1
    assert harness.store.load(LANE).journeys[WELCOME].baselined_at is None


def test_what_was_wrong_with_several_journeys_resolves_for_each(harness: PollHarness) -> None:
    patience = Thresholds(stuck_after=3600)
    harness.configure(replace(EVERYTHING, thresholds=patience))
    harness.clock.advance(hours=2)
    harness.poll()
    harness.channel.accepted.clear()
    harness.configure(WatchTarget("pinpoint", "app-2", thresholds=patience))
    harness.poll_a_minute_later()
    assert conditions(harness.channel) == [("STUCK", "Resolved", "UNWATCHED")] * 2


def test_journey_is_forgotten_only_once_it_was_told_that_nobody_watches_it(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = Thresholds(stuck_after=3600)
    harness.configure(replace(EVERYTHING, thresholds=patience))
    harness.clock.advance(hours=2)
    harness.poll()
    harness.configure(WatchTarget("pinpoint", "app-1", ("winback",), thresholds=patience))
    harness.channel.accepted.clear()
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "commit", lambda *_: CommitResult.UNCERTAIN)
        harness.poll_a_minute_later()
    assert harness.store.load(LANE).journeys[WELCOME].conditions
    harness.poll_a_minute_later()
    assert conditions(harness.channel) == [("STUCK", "Resolved", "UNWATCHED")]


def test_lane_can_be_read_again_only_when_something_was_read(harness: PollHarness) -> None:
    harness.source.failures = dict.fromkeys((WELCOME, WINBACK), SourceError("no answer", code="ReadTimeoutError"))
    for _ in range(20):
        with pytest.raises(PollFailedError):
            harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None)]
    harness.clock.advance(minutes=1)
    harness.source.failures.clear()
    harness.source.unlisted = {"app-1": SourceError("slow down", code="TooManyRequestsException", throttled=True)}
    with pytest.raises(PollFailedError):
        harness.poll(seconds=DELIVERY_RESERVE_SECONDS - 1)
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None)]
    harness.source.unlisted = {}
    harness.poll_a_minute_later()
    assert conditions(harness.operators)[1:] == [("UNREACHABLE", "Resolved", None)]


def test_listing_alone_does_not_make_a_lane_readable_again(harness: PollHarness) -> None:
    harness.source.failures = dict.fromkeys((WELCOME, WINBACK), SourceError("no answer", code="ReadTimeoutError"))
    for _ in range(20):
        with pytest.raises(PollFailedError):
            harness.poll_a_minute_later()
    harness.source.failures.clear()
    harness.clock.advance(minutes=1)
    with pytest.raises(PollFailedError, match="no time"):
        harness.poll(seconds=DELIVERY_RESERVE_SECONDS - 1)
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None)]


@pytest.mark.parametrize("more_channels", [0, 8])
def test_hundred_conditions_of_a_journey_that_nobody_watches_any_more_are_all_resolved(
    harness: PollHarness, more_channels: int
) -> None:
    harness.channels |= {f"more-{n}": Channel(ScriptedChannel()) for n in range(more_channels)}
    patience = Thresholds(stuck_after=3600)
    harness.configure(replace(EVERYTHING, thresholds=patience))
    for n in range(100):
        harness.source.set(WELCOME, f"s{n}", Status.RUNNING)
    harness.poll()
    harness.clock.advance(hours=2)
    harness.poll()
    harness.channel.accepted.clear()
    harness.configure(WatchTarget("pinpoint", "app-1", ("winback",), thresholds=patience))
    harness.poll_a_minute_later()
    assert conditions(harness.channel) == [("STUCK", "Resolved", "UNWATCHED")] * 101
    assert harness.store.load(LANE).journeys[WELCOME].baselined_at is None


def test_application_that_is_deleted_is_not_called_readable(harness: PollHarness) -> None:
    harness.source.unlisted = {"app-2": SourceError("refused", code="ForbiddenException")}
    for _ in range(20):
        harness.poll_a_minute_later()
    harness.source.unlisted = {}
    harness.poll_a_minute_later()
    assert conditions(harness.operators) == [
        ("UNREACHABLE", "Opened", None),
        ("UNREACHABLE", "Resolved", "DELETED"),
    ]


def test_container_is_not_called_deleted_by_a_provider_that_does_not_list_containers(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Connect: an instance that was named, and is now among all of them."""
    discover = harness.source.discover
    monkeypatch.setattr(harness.source, "discover", lambda targets: replace(discover(targets), containers=None))
    harness.source.unlisted = {"app-2": SourceError("refused", code="ForbiddenException")}
    for _ in range(20):
        harness.poll_a_minute_later()
    harness.source.unlisted = {}
    harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None), ("UNREACHABLE", "Resolved", None)]


def test_container_that_nobody_watches_any_more_resolves_and_says_so(harness: PollHarness) -> None:
    harness.source.unlisted = {"app-2": SourceError("refused", code="ForbiddenException")}
    for _ in range(20):
        harness.poll_a_minute_later()
    harness.source.unlisted = {}
    harness.configure(WatchTarget("pinpoint", "app-1"))
    harness.poll_a_minute_later()
    assert conditions(harness.operators)[1:] == [("UNREACHABLE", "Resolved", "UNWATCHED")]


def test_what_lasts_is_not_committed_when_there_is_no_time_to_tell_it(harness: PollHarness) -> None:
    harness.source.failures[WELCOME] = SourceError("no answer", code="ReadTimeoutError")
    harness.poll()
    harness.clock.advance(minutes=16)
    harness.store.writes.clear()
    harness.source.before_reading = lambda: harness.clock.advance(seconds=21)
    harness.poll()
    assert "commit" not in harness.store.writes
    harness.source.before_reading = lambda: None
    harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened", None)]


def test_channel_with_another_name_inherits_what_is_owed_to_the_old_one(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.channels = {"renamed": Channel(harness.channel, formerly=("alerts", "older"))}
    harness.poll_a_minute_later()
    assert told(harness.channel) == [("r1", "CANCELLED")]
    assert not harness.store.load(LANE).journeys[WELCOME].undelivered


def test_what_is_owed_to_a_channel_that_is_gone_is_given_up_said_so_and_holds_up_nothing(
    harness: PollHarness, said: Said
) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    owed = list(harness.store.load(LANE).journeys[WELCOME].undelivered)
    said()
    other = ScriptedChannel()
    harness.channels = {"other": Channel(other)}
    harness.source.set(WELCOME, "r3", Status.RUNNING)
    harness.poll_a_minute_later()
    assert told(other) == [("r3", "RUNNING")]
    assert not harness.store.load(LANE).journeys[WELCOME].undelivered
    (line,) = said()
    assert (line["level"], line["journey"], line["keys"]) == ("ERROR", str(WELCOME), owed)
