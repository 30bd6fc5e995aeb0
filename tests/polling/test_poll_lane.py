"""One poll after another: what is sent, what is written, what is counted."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from journey_watch.core.errors import PollFailedError, SourceError, StoreUnavailableError
from journey_watch.core.filters import What
from journey_watch.core.refusals import DENIAL_HINT
from journey_watch.core.routing import AlertRule
from journey_watch.core.runs import ContainerScope, JourneyInfo, JourneyKey, Lane, Observation, ObservedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import AUTO, Thresholds, WatchTarget
from journey_watch.messages.envelope import iso
from journey_watch.polling import poll_lane, side_by_side
from journey_watch.polling.time_budget import DELIVERY_RESERVE_SECONDS
from journey_watch.ports import CommitResult
from tests.core.builders import LANE
from tests.polling.conftest import Said
from tests.polling.scripted import EVERYTHING, WELCOME, WINBACK, PollHarness

UNTIMED = JourneyKey("app-1", "untimed")
GONE = SourceError("the application is gone", code="NotFoundException", absent=True)
NO_GRANT = SourceError(
    "Listing the applications was refused with ForbiddenException (HTTP 403): "
    "User: arn:aws:sts::111122223333:assumed-role/Poller/f is not authorized to perform: mobiletargeting:GetApps",
    code="ForbiddenException",
    denied=True,
)
ERRORS = SourceError("it answers with errors", code="InternalServerErrorException")
NOT_TRUSTED = SourceError("the role's trust policy does not name us", code="RoleNotAssumed", denied=True)
SLOW_DOWN = SourceError("slow down", code="TooManyRequestsException", throttled=True)


@pytest.fixture
def harness() -> PollHarness:
    """One lane with two journeys, after its first look."""
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.SCHEDULED)
    harness.poll()
    harness.store.writes.clear()
    harness.clock.advance(minutes=1)
    return harness


def sent(harness: PollHarness) -> list[tuple[str, str | None, str]]:
    details = [alert.envelope["detail"] for alert in harness.channel.accepted]
    return [(detail["run_id"], detail["previous_status"], detail["status"]) for detail in details]


def test_first_look_sends_nothing_and_marks_the_target() -> None:
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert harness.channel.accepted == []
    assert harness.store.writes == ["commit", "mark"]


def test_first_look_tells_what_is_live_if_it_is_asked_to() -> None:
    harness = PollHarness()
    harness.config = replace(harness.config, alert_on_first_sight=True)
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.poll()
    assert sent(harness) == [("r1", None, "RUNNING")]


def test_journey_that_the_patterns_leave_out_is_forgotten_and_begins_anew_when_they_name_it_again(
    harness: PollHarness,
) -> None:
    harness.source.excluded = {WELCOME}
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.observed.clear()
    harness.poll()
    assert harness.source.observed == [WINBACK]
    assert harness.store.writes == ["forget"]

    harness.poll_a_minute_later()
    assert harness.store.writes == ["forget"]

    harness.source.excluded = set()
    harness.poll_a_minute_later()
    assert sent(harness) == []


def test_running_then_cancelled_alerts_once(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    report = harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED")]
    assert harness.store.writes == ["commit", "acknowledge"]
    assert report.delivery.delivered == 1

    harness.poll_a_minute_later()
    assert len(harness.channel.accepted) == 1


def test_quiet_poll_writes_nothing_and_sends_nothing(harness: PollHarness) -> None:
    harness.poll()
    harness.poll_a_minute_later()
    assert harness.store.writes == []
    assert harness.channel.calls == 0


def test_counters_of_a_run_that_ended_are_told(harness: PollHarness) -> None:
    harness.source.counted[WELCOME, "r1"] = {"ENDPOINT_ENTERED": "100"}
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert harness.channel.accepted[0].envelope["detail"]["counters"] == {"ENDPOINT_ENTERED": "100"}


def test_counters_are_not_waited_for_when_time_is_short(harness: PollHarness) -> None:
    harness.source.counted[WELCOME, "r1"] = {"ENDPOINT_ENTERED": "100"}
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll(seconds=20)
    assert "counters" not in harness.channel.accepted[0].envelope["detail"]


def test_every_changed_journey_is_one_commit_and_one_acknowledgement(harness: PollHarness) -> None:
    for n in range(3):
        harness.source.set(WELCOME, f"new-{n}", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.poll()
    assert sorted(harness.store.writes) == ["acknowledge", "acknowledge", "commit", "commit"]
    assert len(harness.channel.accepted) == 4


def test_journey_first_listed_later_is_all_news(harness: PollHarness) -> None:
    harness.source.set(JourneyKey("app-1", "new"), "r9", Status.CANCELLED)
    harness.poll()
    assert sent(harness) == [("r9", None, "CANCELLED")]


def test_journey_named_by_id_begins_silently() -> None:
    harness = PollHarness()
    harness.configure(WatchTarget("pinpoint", "app-1", ("welcome",)))
    harness.poll()
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert sent(harness) == []


def test_entry_that_is_taken_out_and_put_back_begins_anew(harness: PollHarness) -> None:
    harness.configure(WatchTarget("pinpoint", "app-1", ("welcome", "winback")))
    harness.poll()
    harness.source.set(JourneyKey("app-1", "new"), "r9", Status.CANCELLED)
    harness.configure(EVERYTHING)
    harness.poll_a_minute_later()
    assert sent(harness) == []
    harness.source.set(JourneyKey("app-1", "newer"), "r10", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert sent(harness) == [("r10", None, "CANCELLED")]


def test_journey_unwatched_and_watched_again_begins_with_a_fresh_look(harness: PollHarness, said: Said) -> None:
    everything = harness.config.watch
    harness.configure(WatchTarget("pinpoint", "app-1", ("winback",)))
    assert harness.poll().measurements()["SideTasksFailed"] == 0
    (line,) = said()
    assert (line["level"], line["journey"], line["result"]) == ("INFO", str(WELCOME), "DONE")
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll_a_minute_later()
    harness.configure(*everything)
    harness.poll_a_minute_later()
    assert sent(harness) == []
    harness.source.set(WELCOME, "r3", Status.RUNNING)
    harness.poll_a_minute_later()
    assert sent(harness) == [("r3", None, "RUNNING")]


def test_what_was_read_is_counted(harness: PollHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    def observe(journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation]:
        runs = tuple(ObservedRun(f"{status}-{n}", status, status) for n, status in enumerate([*Status, Status.RUNNING]))
        return {one: Observation(one, runs, complete=False, pages=3, malformed=2, problem="cut") for one in journeys}

    monkeypatch.setattr(harness.source, "observe", observe)
    report = harness.poll()
    measured = report.measurements()
    assert [measured[name] for name in ("PagesRead", "RunsScheduled", "RunsRunning", "RunsPaused")] == [6, 2, 4, 2]
    assert [outcome.malformed for outcome in report.outcomes] == [2, 2]


def test_only_the_throttles_of_this_poll_are_counted(harness: PollHarness) -> None:
    def throttled() -> None:
        harness.source.throttles += 1

    harness.source.before_reading = throttled
    assert [harness.poll_a_minute_later().throttles for _ in range(2)] == [2, 2]


def test_stale_readings_are_counted(harness: PollHarness) -> None:
    before = harness.source.snapshot()
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    harness.source.shown_instead = [before, before]
    report = harness.poll_a_minute_later()
    assert sum(outcome.stale for outcome in report.outcomes) == 1


def test_one_journeys_failure_is_not_anothers(harness: PollHarness) -> None:
    harness.source.failures[WINBACK] = GONE
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    report = harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "COMPLETED")]
    assert (report.observed, report.failed) == (1, 1)


def test_incomplete_listing_counts_as_a_failure_and_still_tells_what_it_saw(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.source.incomplete.add(WELCOME)
    report = harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "COMPLETED")]
    assert [str(failure) for failure in report.failures] == ["page 2 failed"]


def test_nothing_readable_raises_and_says_why(harness: PollHarness) -> None:
    harness.source.failures = {WELCOME: SLOW_DOWN, WINBACK: SLOW_DOWN}
    with pytest.raises(PollFailedError, match="slow down"):
        harness.poll()


def test_of_many_reasons_three_are_given(harness: PollHarness) -> None:
    journeys = [JourneyKey("app-1", f"j{n}") for n in range(5)]
    harness.source.runs = {one: {} for one in journeys}
    harness.source.failures = {one: SourceError(f"{one} is shut", code="Shut") for one in journeys}
    harness.source.failures |= {one: SourceError("it is shut", code="Shut") for one in (WELCOME, WINBACK)}
    with pytest.raises(PollFailedError) as refused:
        harness.poll()
    assert str(refused.value).endswith(": app-1/j0 is shut; app-1/j1 is shut; app-1/j2 is shut")


def test_what_was_owed_is_sent_even_if_nothing_can_be_read(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.channel.refuse = lambda _: True
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.source.failures = {WELCOME: SLOW_DOWN, WINBACK: SLOW_DOWN}
    harness.clock.advance(minutes=1)
    with pytest.raises(PollFailedError):
        harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED")]


def test_provider_that_was_never_read_is_not_in_use_rather_than_broken() -> None:
    harness = PollHarness()
    harness.source.unlisted = {"*": GONE}
    for _ in range(30):
        assert not harness.poll_a_minute_later().in_use
    assert harness.store.writes == []
    assert harness.operators.accepted == []


@pytest.mark.parametrize("unlisted", [{"*": NO_GRANT}, {"app-1": NO_GRANT}, {"app-1": GONE, "app-2": NO_GRANT}])
def test_provider_whose_first_listing_lacks_a_permission_is_a_fault_and_not_out_of_use(
    unlisted: dict[str, SourceError],
) -> None:
    harness = PollHarness()
    harness.source.unlisted = unlisted
    for _ in range(2):
        with pytest.raises(PollFailedError, match="is not authorized to perform: mobiletargeting:GetApps"):
            harness.poll()
        harness.clock.advance(minutes=16)
    (alert,) = harness.operators.accepted
    detail = alert.envelope["detail"]
    assert (detail["condition"], detail["lane"]) == ("UNREACHABLE", str(LANE))
    assert detail["hint"] == f"The permission mobiletargeting:GetApps is missing. {DENIAL_HINT}"


@pytest.mark.parametrize("failure", [SLOW_DOWN, ERRORS], ids=str)
def test_provider_that_answers_with_trouble_is_not_out_of_use(failure: SourceError) -> None:
    harness = PollHarness()
    harness.source.unlisted = {"*": failure}
    with pytest.raises(PollFailedError):
        harness.poll()


def test_application_that_is_named_and_not_there_is_told_though_it_was_never_read() -> None:
    harness = PollHarness()
    harness.configure(WatchTarget("pinpoint", "app-1"))
    harness.source.unlisted = {"app-1": GONE}
    for _ in range(2):
        with pytest.raises(PollFailedError, match="gone"):
            harness.poll()
        harness.clock.advance(minutes=16)
    assert [alert.envelope["detail"]["condition"] for alert in harness.operators.accepted] == ["UNREACHABLE"]


def test_one_bad_answer_of_a_provider_that_is_not_in_use_does_not_make_the_next_look_long() -> None:
    harness = PollHarness()
    for minutes, failure in ((1, ERRORS), (60, GONE), (60, ERRORS), (1, GONE)):
        harness.source.unlisted = {"*": failure}
        if failure is GONE:
            assert not harness.poll().in_use
        else:
            with pytest.raises(PollFailedError):
                harness.poll()
        harness.clock.advance(minutes=minutes)
    assert harness.operators.accepted == []


def test_provider_that_was_told_to_be_unreachable_is_not_taken_for_one_that_is_not_in_use() -> None:
    harness = PollHarness()
    harness.source.unlisted = {"*": NO_GRANT}
    for _ in range(2):
        with pytest.raises(PollFailedError):
            harness.poll()
        harness.clock.advance(minutes=16)
    harness.source.unlisted = {"*": GONE}
    with pytest.raises(PollFailedError):
        harness.poll()
    harness.source.unlisted = {}
    harness.poll_a_minute_later()
    assert [alert.envelope["detail"]["phase"] for alert in harness.operators.accepted] == ["Opened", "Resolved"]


def test_provider_of_which_anything_was_ever_read_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.source.unlisted = {"app-2": GONE}
    monkeypatch.setattr(side_by_side, "WORKERS", 1)
    harness.source.before_reading = lambda: harness.clock.advance(seconds=36)
    report = harness.poll()
    assert (report.in_use, report.observed) == (True, 1)
    harness.source.before_reading = lambda: None
    harness.source.unlisted = {"*": GONE}
    harness.source.failures = dict.fromkeys((WELCOME, WINBACK), GONE)
    with pytest.raises(PollFailedError):
        harness.poll_a_minute_later()


def test_empty_listing_is_said_once_and_is_no_warning(said: Said) -> None:
    harness = PollHarness()
    harness.poll()
    (line,) = said()
    assert (line["level"], line["entry"]) == ("INFO", "*/*")
    for _ in range(3):
        harness.poll_a_minute_later()
    assert said() == []
    assert harness.store.writes == ["mark"]


def test_listing_with_something_in_it_says_nothing(said: Said) -> None:
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.poll()
    assert said() == []


def test_first_listing_says_what_could_not_be_read_yet(said: Said) -> None:
    for unread in (WELCOME, ContainerScope("app-2")):
        harness = PollHarness()
        harness.source.set(WELCOME, "r1", Status.RUNNING)
        harness.source.set(WINBACK, "r2", Status.RUNNING)
        if isinstance(unread, JourneyKey):
            harness.source.incomplete.add(unread)
        else:
            harness.source.unlisted = {unread.container_id: ERRORS}
        harness.poll()
        (line,) = said()
        assert (line["level"], line["entry"]) == ("WARNING", EVERYTHING.marker)
        assert (line["containers"], line["journeys"]) == (
            ([], [str(WELCOME)]) if unread == WELCOME else (["app-2"], [])
        )


def test_listing_of_journeys_that_are_known_says_nothing(said: Said) -> None:
    harness = PollHarness()
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.configure(WatchTarget("pinpoint", "app-1", ("welcome",)))
    harness.poll()
    harness.configure(EVERYTHING)
    harness.poll_a_minute_later()
    assert said() == []
    assert harness.store.writes[-1] == "mark"


def test_provider_that_is_not_in_use_is_no_warning(said: Said) -> None:
    harness = PollHarness()
    harness.source.unlisted = {"*": GONE}
    harness.poll()
    (line,) = said()
    assert (line["level"], line["reason"], line["lane"]) == ("INFO", str(GONE), str(LANE))


def test_role_that_never_could_be_assumed_is_broken_rather_than_not_in_use() -> None:
    harness = PollHarness()
    harness.configure(WatchTarget("pinpoint", "*", role_arn="arn:aws:iam::111122223333:role/Reader"))
    harness.source.unlisted = {"*": NOT_TRUSTED}
    for _ in range(2):
        with pytest.raises(PollFailedError, match="trust policy"):
            harness.poll()
        harness.clock.advance(minutes=16)
    (alert,) = harness.operators.accepted
    assert alert.envelope["detail"]["condition"] == "UNREACHABLE"


def test_provider_that_was_read_once_and_no_longer_answers_raises(harness: PollHarness) -> None:
    harness.source.runs = {}
    harness.source.unlisted = {"*": GONE}
    harness.source.failures = {WELCOME: GONE, WINBACK: GONE}
    with pytest.raises(PollFailedError, match="gone"):
        harness.poll()


def test_journeys_with_a_live_run_are_polled_when_listing_fails(harness: PollHarness) -> None:
    harness.source.unlisted = {"*": SLOW_DOWN}
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    report = harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED")]
    assert report.failed == 1


def test_store_that_takes_nothing_raises(harness: PollHarness) -> None:
    def broken(name: str) -> None:
        if name == "commit":
            raise StoreUnavailableError("the table is gone")

    harness.store.before = broken
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    with pytest.raises(StoreUnavailableError, match="saved"):
        harness.poll()
    assert sent(harness) == []


@pytest.mark.parametrize("result", [CommitResult.LOST_RACE, CommitResult.UNCERTAIN])
def test_journey_whose_change_is_not_certainly_saved_counts_as_failed(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch, result: CommitResult
) -> None:
    """A table that answers so at every poll keeps its alerts back: somebody must hear of it."""
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    with monkeypatch.context() as patch:
        patch.setattr(harness.store, "commit", lambda *_: result)
        assert harness.poll().failed == 1
    assert harness.poll_a_minute_later().failed == 0
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED")]


def test_change_of_severity_none_is_recorded_and_not_sent(harness: PollHarness) -> None:
    harness.config = type(harness.config)(watch=harness.config.watch, rules=(AlertRule(What(), Severity.NONE),))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert harness.channel.calls == 0
    assert harness.store.writes == ["commit"]


def test_refused_alert_is_kept_and_sent_by_the_next_poll(harness: PollHarness, said: Said) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    report = harness.poll()
    assert (report.delivery.delivered, len(report.delivery.refused)) == (0, 1)
    (line,) = said()
    assert (line["level"], line["channel"], line["reason"]) == ("WARNING", "alerts", "the channel is closed")
    assert [line["key"]] == list(report.delivery.refused)

    harness.channel.refuse = lambda _: False
    report = harness.poll_a_minute_later()
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED")]
    assert report.delivery.redelivered == 1


def test_later_alert_of_a_run_waits_while_an_earlier_one_is_refused(harness: PollHarness) -> None:
    harness.channel.refuse = lambda alert: alert.envelope["detail"]["status"] == "PAUSED"
    harness.source.set(WELCOME, "r1", Status.PAUSED)
    harness.poll()
    harness.clock.advance(minutes=1)
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.source.set(WELCOME, "r3", Status.RUNNING)
    harness.poll()
    assert sent(harness) == [("r3", None, "RUNNING")]

    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    assert sent(harness)[1:] == [("r1", "RUNNING", "PAUSED"), ("r1", "PAUSED", "COMPLETED")]


def test_oldest_undelivered_alert_ages_until_it_is_accepted(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    assert harness.poll_a_minute_later().measurements()["OldestUndeliveredAge"] == 60
    harness.channel.refuse = lambda _: False
    assert harness.poll_a_minute_later().measurements()["OldestUndeliveredAge"] == 0


def test_poll_that_runs_out_of_time_resumes_where_it_stopped(harness: PollHarness) -> None:
    many = [JourneyKey("app-1", f"j{n:02}") for n in range(40)]
    for journey in many:
        harness.source.runs[journey] = {}
    harness.source.before_reading = lambda: harness.clock.advance(seconds=3)
    report = harness.poll()
    assert 0 < report.observed < 42
    assert report.failed == 42 - report.observed
    assert "resume" in harness.store.writes

    harness.source.before_reading = lambda: None
    unread = set(many) - set(harness.source.observed)
    harness.source.observed.clear()
    harness.poll_a_minute_later()
    assert harness.source.observed[0] in unread


def test_poll_that_finished_nothing_does_not_begin_with_the_same_journeys_again(harness: PollHarness) -> None:
    harness.source.runs = {JourneyKey("app-1", f"j{n:02}"): {} for n in range(40)}
    with pytest.raises(PollFailedError):
        harness.poll(seconds=DELIVERY_RESERVE_SECONDS - 1)
    harness.poll_a_minute_later()
    assert harness.source.observed[0] != JourneyKey("app-1", "j00")


def test_poll_without_any_time_says_so(harness: PollHarness) -> None:
    with pytest.raises(PollFailedError, match="time"):
        harness.poll(seconds=DELIVERY_RESERVE_SECONDS - 1)


def test_move_without_times_is_believed_only_if_a_second_reading_shows_it_too() -> None:
    harness = PollHarness()
    harness.source.runs[WELCOME] = {"r1": ObservedRun("r1", Status.PAUSED, "PAUSED")}
    harness.poll()
    before = harness.source.snapshot()
    harness.source.runs[WELCOME] = {"r1": ObservedRun("r1", Status.RUNNING, "RUNNING")}

    harness.source.shown_instead = [harness.source.snapshot(), before]
    harness.poll_a_minute_later()
    assert sent(harness) == []

    harness.poll_a_minute_later()
    assert sent(harness) == [("r1", "PAUSED", "RUNNING")]


def test_each_journey_is_read_once_whatever_a_batch_may_take(harness: PollHarness) -> None:
    harness.source.batch_size = 2
    journeys = {WELCOME, WINBACK, *(JourneyKey("app-1", f"j{n}") for n in range(3))}
    harness.source.runs |= {journey: {} for journey in journeys}
    harness.source.observed.clear()
    harness.poll()
    assert sorted(harness.source.observed) == sorted(journeys)


def test_journey_that_ended_long_ago_costs_few_calls(harness: PollHarness) -> None:
    quiet = JourneyKey("app-1", "ended")
    harness.source.set(quiet, "r3", Status.COMPLETED)
    harness.source.infos[quiet] = JourneyInfo(dormant=True)
    harness.poll()
    harness.clock.advance(seconds=7)
    harness.source.observed.clear()
    for _ in range(20):
        harness.poll_a_minute_later()
    assert [harness.source.observed.count(journey) for journey in (WELCOME, quiet)] == [20, 2]


# What befalls one keeps no other waiting


def refuse_commits_of(harness: PollHarness, journey: JourneyKey, monkeypatch: pytest.MonkeyPatch) -> None:
    commit = harness.store.commit

    def refused(lane: Lane, change: StateChange, *more: Any) -> CommitResult:  # noqa: ANN401 - as it is called
        if change.journey == journey:
            raise StoreUnavailableError("throttled")
        return commit(lane, change, *more)

    monkeypatch.setattr(harness.store, "commit", refused)


def test_one_refused_write_is_named_and_keeps_no_other_alert_waiting(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    with monkeypatch.context() as patch:
        refuse_commits_of(harness, WELCOME, patch)
        report = harness.poll()
    assert sent(harness) == [("r2", "SCHEDULED", "RUNNING")]
    assert report.failed == 1
    (line,) = said()
    assert (line["level"], line["journey"], line["reason"]) == ("ERROR", str(WELCOME), "throttled")
    harness.poll_a_minute_later()
    assert sent(harness)[1:] == [("r1", "RUNNING", "CANCELLED")]


def test_commit_that_another_invocation_forestalled_is_named_and_tells_nothing(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(harness.store, "commit", lambda *_: CommitResult.LOST_RACE)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    (line,) = said()
    assert (line["level"], line["journey"], line["reason"]) == ("WARNING", str(WELCOME), "LOST_RACE")
    assert sent(harness) == []


def test_failed_second_reading_keeps_no_other_alert_waiting_and_confirms_nothing(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.source.runs[UNTIMED] = {"r3": ObservedRun("r3", Status.PAUSED, "PAUSED")}
    harness.poll()
    harness.clock.advance(minutes=20)
    harness.channel.accepted.clear()
    harness.source.runs[UNTIMED]["r3"] = ObservedRun("r3", Status.RUNNING, "RUNNING")
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    observe = harness.source.observe

    def fails_the_second_time(journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        again = UNTIMED in journeys and UNTIMED in harness.source.observed
        return {UNTIMED: ERRORS} if again else observe(journeys)

    harness.source.observed.clear()
    with monkeypatch.context() as patch:
        patch.setattr(harness.source, "observe", fails_the_second_time)
        harness.poll()
    assert sent(harness) == [("r2", "SCHEDULED", "RUNNING")]
    harness.poll_a_minute_later()
    assert sent(harness)[1:] == [("r3", "PAUSED", "RUNNING")]


def test_refused_note_of_what_cannot_be_read_is_named_and_keeps_no_other_alert_waiting(
    harness: PollHarness, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness.source.failures[WELCOME] = ERRORS
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    refuse_commits_of(harness, WELCOME, monkeypatch)
    assert harness.poll().measurements()["SideTasksFailed"] == 1
    (line,) = said()
    assert (line["level"], line["of"], line["reason"]) == ("WARNING", str(WELCOME), "throttled")
    assert sent(harness) == [("r2", "SCHEDULED", "RUNNING")]


def test_reading_that_hangs_keeps_no_other_alert_waiting(harness: PollHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poll_lane, "WIND_UP_SECONDS", 40)  # of 42 in which something may be sent
    answers = threading.Event()
    observe = harness.source.observe

    def hangs(journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        if WELCOME in journeys:
            answers.wait(60)
        return observe(journeys)

    monkeypatch.setattr(harness.source, "observe", hangs)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    report = harness.poll()
    answers.set()
    assert sent(harness) == [("r2", "SCHEDULED", "RUNNING")]
    assert report.failed == 1


def test_journey_that_no_time_is_left_for_keeps_no_other_alert_waiting(
    harness: PollHarness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(side_by_side, "WORKERS", 1)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.store.after = lambda name: harness.clock.advance(seconds=36) if name == "commit" else None
    report = harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED")]
    assert report.failed == 1
    harness.store.after = lambda _: None
    harness.poll_a_minute_later()
    assert sent(harness)[1:] == [("r2", "SCHEDULED", "RUNNING")]


def test_one_journey_that_cannot_be_read_is_no_blind_lane(harness: PollHarness) -> None:
    harness.source.failures[WELCOME] = ERRORS
    for _ in range(20):
        harness.poll_a_minute_later()
    (alert,) = harness.operators.accepted
    assert alert.journey == WELCOME


def test_rule_for_one_status_does_not_silence_another(harness: PollHarness) -> None:
    harness.config = replace(harness.config, rules=(AlertRule(What(after="COMPLETED"), Severity.NONE),))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.COMPLETED)
    harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED")]


def test_rule_for_a_step_does_not_silence_another_that_ends_alike(harness: PollHarness) -> None:
    harness.config = replace(harness.config, rules=(AlertRule(What("SCHEDULED", "CANCELLED"), Severity.NONE),))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.CANCELLED)
    harness.source.set(WINBACK, "r3", Status.CANCELLED)
    harness.poll()
    assert sent(harness) == [("r1", "RUNNING", "CANCELLED"), ("r3", None, "CANCELLED")]


@pytest.mark.parametrize(("dormant", "told"), [(False, ["OVERDUE"]), (True, [])])
def test_only_a_journey_that_may_have_runs_is_overdue(*, dormant: bool, told: list[str]) -> None:
    harness = PollHarness()
    harness.configure(replace(EVERYTHING, thresholds=Thresholds(expect_run_every=3600)))
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.source.infos[WELCOME] = JourneyInfo(dormant=dormant)
    harness.poll()
    harness.clock.advance(hours=2)
    for _ in range(10):
        harness.poll_a_minute_later()
    assert [alert.envelope["detail"]["condition"] for alert in harness.channel.accepted] == told


def test_run_that_has_not_begun_an_hour_after_its_planned_start_is_late() -> None:
    harness = PollHarness()
    harness.configure(replace(EVERYTHING, thresholds=Thresholds(late_after=3600)))
    harness.source.set(WELCOME, "r1", Status.SCHEDULED)
    planned = harness.clock.time + timedelta(hours=5)
    harness.source.infos[WELCOME] = JourneyInfo(starts_at=planned)
    harness.poll()
    harness.clock.advance(hours=6)
    harness.poll()
    assert harness.channel.accepted == []
    harness.poll_a_minute_later()
    (late,) = harness.channel.accepted
    assert (late.condition, late.detail["since"]) == ("LATE", iso(planned))


def test_run_that_takes_much_longer_than_those_before_it_is_told_with_how_long_they_took() -> None:
    harness = PollHarness()
    harness.configure(replace(EVERYTHING, thresholds=Thresholds(stuck_after=AUTO)))
    harness.poll()
    for run_id in ("d1", "d2", "d3", "d4", "d5"):
        for status in (Status.RUNNING, Status.COMPLETED):
            harness.source.set(WELCOME, run_id, status)
            harness.poll()
            harness.clock.advance(minutes=30)
    harness.source.set(WELCOME, "d6", Status.RUNNING)
    harness.poll()
    harness.clock.advance(minutes=90)
    harness.poll()
    assert harness.channel.accepted[-1].condition is None
    harness.poll_a_minute_later()
    (told,) = [alert.detail for alert in harness.channel.accepted if alert.condition]
    assert (told["run_id"], told["condition"], told["limit_seconds"]) == ("d6", "STUCK", 90 * 60)
    assert told["usual"] == {"runs": 5, "median_seconds": 30 * 60, "longest_seconds": 30 * 60}


def test_journey_that_is_paused_itself_is_told_once_and_again_when_it_is_left_so() -> None:
    harness = PollHarness()
    harness.configure(replace(EVERYTHING, thresholds=Thresholds(paused_after=3600)))

    def itself(status: Status, raw: str) -> None:
        own = ObservedRun(WELCOME.journey_id, status, raw, last_update_time=harness.clock.time)
        harness.source.infos[WELCOME] = JourneyInfo(name="Welcome", itself=own)

    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    itself(Status.RUNNING, "ACTIVE")
    harness.poll()
    harness.poll_a_minute_later()
    assert harness.channel.accepted == []
    itself(Status.PAUSED, "PAUSED")
    harness.poll_a_minute_later()
    writes = len(harness.store.writes)
    harness.poll_a_minute_later()
    assert len(harness.store.writes) == writes
    harness.clock.advance(hours=1)
    harness.poll()
    changed, left = harness.channel.accepted
    assert (changed.envelope["detail-type"], changed.status) == ("Journey Status Change", Status.PAUSED)
    assert (left.condition, left.detail.get("run_id")) == ("LEFT_PAUSED", None)
    assert left.detail["summary"].startswith('Journey "Welcome" (application ')


def test_rule_says_how_loud_a_condition_is() -> None:
    harness = PollHarness()
    harness.configure(replace(EVERYTHING, thresholds=Thresholds(stuck_after=3600)))
    rule = AlertRule(What(condition="STUCK"), Severity.CRITICAL, journeys=("welcome",))
    harness.config = replace(harness.config, rules=(rule,))
    for journey in (WELCOME, WINBACK):
        harness.source.set(journey, "r", Status.RUNNING)
    harness.poll()
    harness.clock.advance(hours=2)
    harness.poll()
    found = {alert.journey: alert.severity for alert in harness.channel.accepted if alert.condition}
    assert found == {WELCOME: Severity.CRITICAL, WINBACK: Severity.WARNING}


def test_alerts_link_to_the_site_of_the_entry_that_means_the_journey() -> None:
    harness = PollHarness()
    harness.configure(
        replace(EVERYTHING, container_id="app-1", site_url="https://one.example"), WatchTarget("pinpoint", "app-2")
    )
    for container in ("app-1", "app-2"):
        harness.source.runs[JourneyKey(container, "j")] = {}
    harness.poll()
    for container in ("app-1", "app-2"):
        harness.source.set(JourneyKey(container, "j"), "r", Status.RUNNING)
    harness.poll_a_minute_later()
    links = {alert.journey.container_id: alert.detail["console_url"] for alert in harness.channel.accepted}
    assert links == {"app-1": "https://one.example", "app-2": None}
