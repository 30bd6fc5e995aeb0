"""Who did it is found out late and told once, in the thread of the alert, and never at its expense."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.attribution import CLOCK_SKEW, SLACK, Attribution
from journey_watch.core.errors import SourceError, StoreUnavailableError
from journey_watch.core.filters import What
from journey_watch.core.mutes import Mute
from journey_watch.core.routing import AlertRule, Route
from journey_watch.core.runs import JourneyInfo, JourneyKey, ObservedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.polling.attributing import PAGES_OF_A_NAME
from journey_watch.ports import Channel
from tests.core.builders import LANE
from tests.polling.conftest import Said
from tests.polling.scripted import PROVIDER, WELCOME, WINBACK, Crash, PollHarness, ScriptedChannel, ScriptedHistory

ADA = {"type": "IAMUser", "userName": "ada", "arn": "arn:aws:iam::111122223333:user/ada"}
BOB = {"type": "IAMUser", "userName": "bob", "arn": "arn:aws:iam::111122223333:user/bob"}
ROLE = {
    "type": "AssumedRole",
    "arn": "arn:aws:sts::111122223333:assumed-role/Ops/ada",
    "principalId": "AROA1:ada",
    "sessionContext": {"sessionIssuer": {"userName": "Ops"}},
}
USER_ID = "78ad3b4c-6f0e-4d5b-9a1c-2b3c4d5e6f70"
SITE_ROLE = "arn:aws:iam::111122223333:role/aws-service-role/connect.amazonaws.com/AWSServiceRoleForAmazonConnect_x"
SITE_USER = {
    "type": "AssumedRole",
    "principalId": f"AROA1:{USER_ID}",
    "sessionContext": {"sessionIssuer": {"arn": SITE_ROLE, "userName": "AWSServiceRoleForAmazonConnect_x"}},
}
AUTOMATION = {"type": "AWSService", "invokedBy": "scheduler.amazonaws.com"}
REFUSED = SourceError("Looking it up was refused", code="ThrottlingException", throttled=True)


def asks(state: str, journey: JourneyKey = WELCOME) -> dict[str, str]:
    return {"application-id": journey.container_id, "journey-id": journey.journey_id, "State": state}


class Looking:
    """A lane in which it is looked for who did it."""

    def __init__(self, harness: PollHarness) -> None:
        self.harness = harness
        self.history = ScriptedHistory(harness.clock)
        harness.history = self.history
        harness.config = replace(harness.config, attribution=Attribution.ON)

    def cancel(self, journey: JourneyKey = WELCOME, run: str = "r1", by: Mapping[str, Any] | None = ADA) -> None:
        """Somebody's call cancels a run, or nobody's."""
        if by is not None:
            self.history.call("UpdateJourneyState", by, request=asks("CANCELLED", journey))
        self.harness.source.set(journey, run, Status.CANCELLED)

    def poll_for(self, minutes: int) -> None:
        """Poll every minute for so long."""
        for _ in range(minutes):
            self.harness.poll_a_minute_later()

    @property
    def told(self) -> list[dict[str, Any]]:
        """The details of all alerts that say who did it."""
        return [detail for detail in self.harness.channel.told if "explains" in detail]

    @property
    def recorded(self) -> list[Alert]:
        """All answers that were recorded, told or not."""
        since = self.harness.clock.time - timedelta(days=1)
        self.harness.store.alerts_of_a_page = 10_000
        recorded = self.harness.store.history(LANE, since).alerts
        return [one for one in recorded if one.kind is AlertKind.ATTRIBUTED]

    @property
    def searched(self) -> int:
        return sum(len(state.searches) for state in self.harness.store.load(LANE).journeys.values())


@pytest.fixture
def looking(harness: PollHarness) -> Looking:
    return Looking(harness)


def test_a_cancellation_is_attributed_to_its_actor_once_late_and_in_its_thread(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    (alert,) = looking.harness.channel.accepted
    assert alert.detail["attribution_until"] == "2026-11-23T14:01:00.000Z"
    looking.poll_for(4)
    assert looking.told == []
    looking.poll_for(120)

    (answer,) = [one for one in looking.harness.channel.accepted if one.kind is AlertKind.ATTRIBUTED]
    assert (answer.thread, answer.severity, answer.detail["explains"]) == (alert.thread, alert.severity, alert.id)
    assert answer.sequence > alert.sequence
    assert answer.detail["actor"] == {"type": "IAM_USER", "name": "ada"}
    assert answer.detail["call"] == {
        "event_name": "UpdateJourneyState",
        "event_id": "event-1",
        "event_time": "2026-11-23T12:01:00.000Z",
        "source_ip": "203.0.113.7",
        "user_agent": "aws-cli/2",
    }
    assert answer.detail["observed_time"] == "2026-11-23T12:06:00.000Z"
    assert looking.searched == 0


def test_a_lookalike_call_about_another_journey_explains_nothing(looking: Looking) -> None:
    looking.history.call("UpdateJourneyState", BOB, request=asks("CANCELLED", WINBACK))
    looking.cancel(by=None)
    looking.harness.poll()
    looking.poll_for(130)

    assert looking.told == []
    assert [one.detail["found"] for one in looking.recorded] == [False]


@pytest.mark.parametrize(
    "lookalike",
    [
        {"requestParameters": asks("PAUSED")},
        {"requestParameters": asks("CANCELLED") | {"application-id": "another"}},
        {"requestParameters": None},
        {"requestParameters": "CANCELLED"},
        {"eventSource": "connect-campaigns.amazonaws.com"},
        {"errorCode": "AccessDenied"},
        {"eventTime": "2026-11-23T11:57:00Z"},
        {"eventTime": "2026-11-23T12:05:00Z"},
    ],
)
def test_without_a_match_of_id_call_and_time_nobody_is_named(looking: Looking, lookalike: dict[str, Any]) -> None:
    looking.history.call("UpdateJourneyState", BOB, request=asks("CANCELLED"), **lookalike)
    looking.cancel(by=None)
    looking.harness.poll()
    looking.poll_for(130)

    assert looking.history.asked
    assert looking.told == []


def test_of_two_calls_the_last_before_the_change_did_it(looking: Looking) -> None:
    looking.history.call("UpdateJourneyState", BOB, request=asks("CANCELLED"))
    looking.harness.clock.advance(seconds=10)
    looking.cancel(by=ADA)
    looking.harness.poll()
    looking.poll_for(6)

    assert [one["actor"]["name"] for one in looking.told] == ["ada"]


def test_a_refused_call_is_not_who_did_it(looking: Looking) -> None:
    looking.history.call("UpdateJourneyState", ADA, request=asks("CANCELLED"))
    looking.history.call("UpdateJourneyState", BOB, request=asks("CANCELLED"), errorCode="AccessDenied")
    looking.cancel(by=None)
    looking.harness.poll()
    looking.poll_for(6)

    assert [one["actor"]["name"] for one in looking.told] == ["ada"]


@pytest.mark.parametrize(
    ("by", "actor", "words"),
    [
        (AUTOMATION, {"type": "SERVICE", "name": "scheduler.amazonaws.com"}, "the AWS service scheduler.amazonaws.com"),
        (
            ADA | {"invokedBy": "cloudformation.amazonaws.com"},
            {"type": "IAM_USER", "name": "ada", "invoked_by": "cloudformation.amazonaws.com"},
            "IAM user ada, through cloudformation.amazonaws.com",
        ),
        (ROLE, {"type": "ROLE", "role": "Ops", "session": "ada"}, "role Ops (session ada)"),
    ],
)
def test_an_automations_call_is_told_from_a_persons(
    looking: Looking, by: dict[str, Any], actor: dict[str, str], words: str
) -> None:
    looking.cancel(by=by)
    looking.harness.poll()
    looking.poll_for(6)

    (detail,) = looking.told
    assert detail["actor"] == actor
    assert f"CANCELLED by {words}, with UpdateJourneyState" in detail["summary"]


@pytest.mark.parametrize(
    ("names", "no_names", "name"),
    [
        ({USER_ID: "Ada Lovelace"}, None, "Ada Lovelace"),
        ({}, None, USER_ID),
        ({USER_ID: ""}, None, USER_ID),
        ({}, SourceError("denied", code="AccessDeniedException"), USER_ID),
    ],
)
def test_a_user_of_the_providers_site_is_reported_by_name_and_one_without_by_the_id(
    looking: Looking, names: dict[str, str], no_names: Exception | None, name: str
) -> None:
    source, calls = looking.harness.source, PROVIDER.calls
    assert calls is not None
    source.provider = replace(PROVIDER, calls=replace(calls, site_service="connect.amazonaws.com"))
    looking.history.names, looking.history.no_names = names, no_names
    looking.cancel(by=SITE_USER)
    looking.harness.poll()
    looking.poll_for(6)

    (detail,) = looking.told
    assert detail["actor"] == {"type": "SITE_USER", "noun": "site user", "name": name}


def test_nothing_is_written_while_it_is_looked_for(looking: Looking) -> None:
    looking.cancel(by=None)
    looking.harness.poll()
    looking.harness.store.writes.clear()
    looking.poll_for(119)
    assert looking.harness.store.writes == []
    assert looking.searched == 1
    looking.poll_for(1)
    assert looking.harness.store.writes == ["commit"]


def test_it_is_asked_at_growing_intervals_and_in_vain_for_two_hours_at_most(looking: Looking) -> None:
    looking.cancel(by=None)
    looking.harness.poll()
    began = looking.harness.clock.time
    looking.poll_for(180)

    ages = [int((at - began).total_seconds() // 60) for at, _ in looking.history.asked]
    assert ages == [5, 6, 10, 11, 20, 21, 40, 41, 80, 81, 120]
    (record,) = looking.recorded
    assert (record.severity, record.detail["found"]) == (Severity.NONE, False)
    assert "recorded no call" in record.detail["reason"]
    assert looking.told == []


def test_a_poll_that_was_left_out_asks_at_the_next_opportunity_and_the_end_is_not_missed(looking: Looking) -> None:
    looking.cancel(by=None)
    looking.harness.poll()
    looking.harness.clock.advance(minutes=5)  # the poll that was due
    looking.poll_for(1)
    assert len(looking.history.asked) == 1
    looking.harness.clock.advance(hours=9)
    looking.harness.poll()

    assert [one.detail["found"] for one in looking.recorded] == [False]
    assert looking.searched == 0


def test_without_changes_or_when_it_is_off_nobody_asks(looking: Looking) -> None:
    looking.poll_for(10)
    assert looking.history.asked == []
    looking.harness.history = None
    looking.cancel()
    looking.harness.poll_a_minute_later()
    looking.poll_for(130)

    assert looking.told == []
    (alert,) = looking.harness.channel.accepted
    assert "attribution_until" not in alert.detail
    assert alert.detail["cloudtrail_url"].startswith("https://eu-west-1.console.aws.amazon.com/cloudtrailv2/home")


def test_what_a_mute_holds_back_and_what_alerts_nobody_is_not_looked_for(looking: Looking) -> None:
    until = looking.harness.clock.time + timedelta(hours=5)
    looking.harness.store.set_mutes(Mute(id="release", until=until, journeys=("welcome",)))
    quiet = AlertRule(What(after="CANCELLED"), Severity.NONE, journeys=("winback",))
    looking.harness.config = replace(looking.harness.config, rules=(quiet,))
    looking.cancel()
    looking.cancel(WINBACK, "r2")
    looking.harness.poll()

    assert looking.searched == 0
    looking.poll_for(10)
    assert looking.history.asked == []


def test_a_mute_that_was_set_meanwhile_holds_the_answer_back(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    until = looking.harness.clock.time + timedelta(hours=5)
    looking.harness.store.set_mutes(Mute(id="release", until=until, journeys=("welcome",)))
    looking.poll_for(10)

    assert looking.told == []
    assert [one.muted_by for one in looking.recorded] == ["release"]


def test_runs_that_a_schedule_starts_are_nobodys_doing(looking: Looking) -> None:
    looking.harness.source.set(WELCOME, "r9", Status.RUNNING)
    looking.harness.poll()

    assert [one.detail["status"] for one in looking.harness.channel.accepted] == ["RUNNING"]
    assert looking.searched == 0


def test_a_journeys_own_change_is_attributed_too(looking: Looking) -> None:
    def itself(status: Status, word: str) -> None:
        now = looking.harness.clock.time
        run = ObservedRun("welcome", status, word, last_update_time=now)
        looking.harness.source.infos[WELCOME] = JourneyInfo(name="Welcome", itself=run)

    itself(Status.RUNNING, "ACTIVE")
    looking.harness.poll()
    looking.harness.clock.advance(minutes=1)
    looking.history.call("UpdateJourneyState", ADA, request=asks("PAUSED"))
    itself(Status.PAUSED, "PAUSED")
    looking.poll_for(8)

    (answer,) = [one for one in looking.harness.channel.accepted if one.kind is AlertKind.ATTRIBUTED]
    assert answer.envelope["detail-type"] == "Journey Attributed"
    assert (answer.detail["status"], answer.detail["actor"]["name"]) == ("PAUSED", "ada")


def test_a_deletion_is_attributed(looking: Looking) -> None:
    request = {"application-id": "app-1", "journey-id": "welcome"}
    looking.history.call("DeleteJourney", ADA, request=request)
    del looking.harness.source.runs[WELCOME]
    looking.harness.source.failures[WELCOME] = SourceError("404", code="NotFoundException", absent=True)
    looking.poll_for(12)

    (detail,) = looking.told
    assert (detail["condition"], detail["actor"]["name"]) == ("MISSING", "ada")
    assert detail["call"]["event_name"] == "DeleteJourney"
    assert "deleted by IAM user ada" in detail["summary"]


def test_the_answer_of_a_poll_that_dies_before_it_is_sent_is_sent_by_the_next(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)
    commits: list[str] = []

    def die(name: str) -> None:
        if name == "commit":
            commits.append(name)
            raise Crash

    looking.harness.store.after = die
    with pytest.raises(Crash):
        looking.harness.poll_a_minute_later()
    looking.harness.store.after = lambda _: None
    assert looking.told == []
    looking.poll_for(130)

    assert len(looking.told) == len(commits) == 1


def test_a_poll_that_dies_before_the_commit_leaves_the_search_to_the_next(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)

    def die(name: str) -> None:
        if name == "commit":
            raise Crash

    looking.harness.store.before = die
    with pytest.raises(Crash):
        looking.harness.poll_a_minute_later()
    looking.harness.store.before = lambda _: None
    looking.poll_for(130)

    assert len(looking.told) == 1


def test_two_pollers_that_find_it_at_once_tell_it_once(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)
    overlapped: list[int] = []

    def overlap() -> None:
        looking.history.before_answering = lambda: None
        overlapped.append(len(looking.told))
        looking.harness.poll()

    looking.history.before_answering = overlap
    looking.harness.poll_a_minute_later()
    looking.poll_for(130)

    assert overlapped == [0]
    assert len(looking.told) == len(looking.recorded) == 1


def test_what_was_committed_during_a_look_up_is_not_undone_by_its_end(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)

    def change() -> None:
        looking.history.before_answering = lambda: None
        looking.harness.source.set(WELCOME, "r9", Status.RUNNING)
        looking.harness.poll()

    looking.history.before_answering = change
    looking.harness.poll_a_minute_later()
    looking.poll_for(10)

    statuses = [(one.get("explains") is None, one["status"]) for one in looking.harness.channel.told]
    assert statuses == [(True, "CANCELLED"), (True, "RUNNING"), (False, "CANCELLED")]


@pytest.mark.parametrize("failure", [REFUSED, RuntimeError("nobody thought of this")])
def test_refusals_of_cloudtrail_fail_no_poll_and_are_counted(looking: Looking, said: Said, failure: Exception) -> None:
    looking.history.failure = failure
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)
    looking.harness.source.set(WINBACK, "r2", Status.COMPLETED)
    said()
    report = looking.harness.poll_a_minute_later()

    assert report.measurements()["SideTasksFailed"] == 1
    assert [line["level"] for line in said()] == [*([] if failure is REFUSED else ["ERROR"]), "WARNING"]
    assert [one["status"] for one in looking.harness.channel.told] == ["CANCELLED", "COMPLETED"]
    looking.history.failure = None
    looking.poll_for(10)
    assert [one["actor"]["name"] for one in looking.told] == ["ada"]


def test_if_it_refuses_to_the_end_that_is_why_nobody_was_found(looking: Looking) -> None:
    looking.history.failure = REFUSED
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(134)
    assert looking.recorded == []
    looking.poll_for(1)

    assert [one.detail["reason"] for one in looking.recorded] == ["Looking it up was refused"]
    assert looking.searched == 0


def test_a_look_up_that_hangs_delays_no_alert_and_ends_no_poll(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Event()
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)

    def hang() -> None:
        gate.wait(60)

    looking.history.before_answering = hang
    monkeypatch.setattr("journey_watch.polling.attributing.PATIENCE_SECONDS", 0.05)
    looking.harness.source.set(WINBACK, "r2", Status.COMPLETED)
    looking.harness.poll_a_minute_later()
    gate.set()

    assert [one["status"] for one in looking.harness.channel.told] == ["CANCELLED", "COMPLETED"]
    looking.poll_for(10)
    assert [one["actor"]["name"] for one in looking.told] == ["ada"]


def test_with_little_time_left_it_is_not_asked(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)

    def slow() -> None:
        looking.harness.source.before_reading = lambda: None
        looking.harness.clock.advance(seconds=39)

    looking.harness.source.before_reading = slow
    looking.harness.poll_a_minute_later()

    assert looking.history.asked == []


@pytest.mark.parametrize("damage", [StoreUnavailableError("the table does not answer"), RuntimeError("broken")])
def test_an_answer_that_cannot_be_saved_is_found_again(
    looking: Looking, monkeypatch: pytest.MonkeyPatch, damage: Exception
) -> None:
    def fail(*_: object) -> None:
        raise damage

    looking.cancel()
    looking.harness.poll()
    looking.poll_for(4)
    with monkeypatch.context() as patch:
        patch.setattr(looking.harness.store, "alerts", fail)
        assert looking.harness.poll_a_minute_later().measurements()["SideTasksFailed"] == 1
    looking.poll_for(1)

    assert len(looking.told) == 1


def test_a_channel_that_refuses_the_answer_is_owed_it_and_the_others_have_it_once(looking: Looking) -> None:
    other = ScriptedChannel()
    looking.harness.channels["chat"] = Channel(other)
    looking.cancel()
    looking.harness.poll()
    looking.harness.channel.refuse = lambda alert: alert.kind is AlertKind.ATTRIBUTED
    looking.poll_for(8)
    assert looking.told == []
    looking.harness.channel.refuse = lambda _: False
    looking.poll_for(2)

    assert len(looking.told) == 1
    assert [one.kind for one in other.accepted].count(AlertKind.ATTRIBUTED) == 1


def test_whoever_was_told_of_the_change_is_told_who_did_it_and_nobody_else(looking: Looking) -> None:
    loud = ScriptedChannel()
    looking.harness.channels["loud"] = Channel(loud, min_severity=Severity.CRITICAL)
    looking.harness.source.set(WINBACK, "r2", Status.PAUSED)
    looking.history.call("UpdateJourneyState", BOB, request=asks("PAUSED", WINBACK))
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(8)

    assert {one["journey_id"] for one in looking.told} == {"welcome", "winback"}
    assert {one.detail["journey_id"] for one in loud.accepted} == {"welcome"}
    assert looking.harness.operators.accepted == []


def test_a_storm_of_answers_is_a_digest_and_costs_one_look_up(looking: Looking) -> None:
    journeys = [JourneyKey("app-1", f"journey-{n:02}") for n in range(20)]
    for journey in journeys:
        looking.harness.source.set(journey, "run", Status.RUNNING)
    looking.harness.poll()
    looking.harness.clock.advance(minutes=1)
    for journey in journeys:
        looking.cancel(journey, "run")
    looking.harness.poll()
    looking.history.asked.clear()
    looking.poll_for(6)

    digests = [one for one in looking.harness.channel.accepted if one.kind is AlertKind.DIGEST]
    assert digests[-1].detail["counts"] == {"CANCELLED explained": 20}
    assert len(looking.told) == 20
    assert len(looking.history.asked) == 1


def test_all_that_is_changed_at_once_is_found_on_as_many_pages_as_it_takes(looking: Looking) -> None:
    looking.history.page_size = 1
    looking.cancel()
    looking.cancel(WINBACK, "r2", by=BOB)
    looking.history.call("UpdateJourneyState", BOB, request=asks("CANCELLED", JourneyKey("app-1", "another")))
    looking.harness.poll()
    looking.poll_for(12)

    assert {one["actor"]["name"] for one in looking.told} == {"ada", "bob"}


@pytest.mark.parametrize("apart", [0.1, 1])
@pytest.mark.parametrize("junk", [250, 700])
def test_refused_calls_after_the_real_one_do_not_hide_it(looking: Looking, junk: int, apart: float) -> None:
    """Each poll goes on where the one before it stopped, and writes only then."""
    source, clock = looking.harness.source, looking.harness.clock
    looking.history.call("UpdateJourneyState", ADA, request=asks("CANCELLED"))
    for _ in range(junk):
        clock.advance(seconds=apart)
        looking.history.call("UpdateJourneyState", BOB, request=asks("CANCELLED"), errorCode="AccessDenied")
    clock.advance(seconds=1)
    source.set(WELCOME, "r1", Status.CANCELLED)
    looking.harness.poll()
    looking.harness.store.writes.clear()
    looking.poll_for(12)

    assert [one["actor"]["name"] for one in looking.told] == ["ada"]
    assert looking.harness.store.writes.count("commit") == junk // 200 + 1
    most = max(Counter(at for at, _ in looking.history.asked).values())
    assert most <= PAGES_OF_A_NAME


def test_calls_that_are_recorded_late_are_found_although_there_are_many(looking: Looking) -> None:
    """When all was read in vain, the next search begins anew."""
    for _ in range(210):
        looking.history.call("UpdateJourneyState", BOB, request=asks("CANCELLED", WINBACK))
    looking.history.call("UpdateJourneyState", ADA, request=asks("CANCELLED"))
    late = looking.history.records.pop()
    looking.harness.clock.advance(seconds=1)
    looking.harness.source.set(WELCOME, "r1", Status.CANCELLED)
    looking.harness.poll()
    looking.poll_for(8)
    looking.history.records.append(late)
    looking.poll_for(8)

    assert [one["actor"]["name"] for one in looking.told] == ["ada"]


def test_calls_that_are_too_many_to_be_read_are_not_taken_for_unrecorded(looking: Looking) -> None:
    looking.history.page_size = 1
    looking.cancel()
    for n in range(900):
        looking.harness.clock.advance(seconds=1)
        request = asks("CANCELLED", JourneyKey("app-1", f"another-{n}"))
        looking.history.call("UpdateJourneyState", BOB, request=request)
    looking.harness.source.set(WELCOME, "r1", Status.CANCELLED)
    looking.harness.poll()
    looking.poll_for(140)

    assert looking.told == []
    reason = "CloudTrail has more calls of UpdateJourneyState than could be read."
    assert [one.detail["reason"] for one in looking.recorded] == [reason]


def _wait(gate: Event) -> None:
    gate.wait(60)


@pytest.mark.parametrize("hangs", [False, True])
def test_a_search_for_which_there_was_never_time_says_so(
    looking: Looking, monkeypatch: pytest.MonkeyPatch, *, hangs: bool
) -> None:
    gate = Event()
    if hangs:
        looking.history.before_answering = lambda: _wait(gate)
        monkeypatch.setattr("journey_watch.polling.attributing.PATIENCE_SECONDS", 0.01)
    else:
        monkeypatch.setattr("journey_watch.polling.attributing.SECONDS_FOR_A_CALL", 1000.0)
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(140)
    gate.set()

    assert looking.told == []
    reason = "The last poll of the search had no time left to wait for CloudTrail's answer."
    assert [one.detail["reason"] for one in looking.recorded] == [reason]


def test_why_nobody_was_found_is_said_of_the_calls_that_were_looked_for(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CloudTrail answers about one name and refuses another: each search says what happened to its own."""
    looking.cancel(by=None)
    looking.harness.source.set(WINBACK, "r2", Status.PAUSED)
    del looking.harness.source.runs[WINBACK]
    looking.harness.source.failures[WINBACK] = SourceError("404", code="NotFoundException", absent=True)
    page = looking.history.page

    def refuse_deletions(
        name: str, since: datetime, until: datetime, token: str | None = None
    ) -> tuple[Sequence[object], str | None]:
        if name == "DeleteJourney":
            raise REFUSED
        return page(name, since, until, token)

    monkeypatch.setattr(looking.history, "page", refuse_deletions)
    looking.harness.poll()
    looking.poll_for(140)

    reasons = {one.detail["journey_id"]: one.detail["reason"] for one in looking.recorded}
    assert "recorded no call" in reasons["welcome"]
    assert reasons["winback"] == "Looking it up was refused"


def test_a_journey_that_changes_in_every_poll_gets_its_answers(looking: Looking) -> None:
    """The search ends on what this poll has stored: the version that was loaded is out of date by then."""
    looking.cancel()
    looking.harness.poll()
    for minute in range(12):
        looking.harness.source.set(WELCOME, f"every-{minute}", Status.RUNNING)
        looking.harness.poll_a_minute_later()

    assert [one["actor"]["name"] for one in looking.told] == ["ada"]
    assert looking.searched == 0
    runs = [one["run_id"] for one in looking.harness.channel.told if "explains" not in one]
    assert runs == ["r1", *(f"every-{minute}" for minute in range(12))]


def test_a_journey_that_changes_a_great_deal_is_not_looked_for_without_end(looking: Looking) -> None:
    for n in range(70):
        looking.harness.source.set(WELCOME, f"run-{n:02}", Status.RUNNING)
    looking.harness.poll()
    looking.harness.clock.advance(minutes=1)
    for n in range(70):
        looking.harness.source.set(WELCOME, f"run-{n:02}", Status.CANCELLED)
    looking.harness.poll()

    assert 0 < looking.searched <= 50


def test_without_names_there_is_nothing_personal_in_any_answer(looking: Looking) -> None:
    looking.harness.config = replace(looking.harness.config, attribution=Attribution.WITHOUT_NAMES)
    looking.cancel(by=ROLE)
    looking.cancel(WINBACK, "r2", by=ADA)
    looking.harness.poll()
    looking.poll_for(6)

    assert [one["actor"] for one in looking.told] == [{"type": "ROLE", "role": "Ops"}, {"type": "IAM_USER"}]
    envelopes = str([one.envelope for one in looking.harness.channel.accepted])
    assert not [word for word in ("ada", "203.0.113.7", "aws-cli") if word in envelopes]


def test_a_journey_nobody_watches_any_more_is_not_looked_for(looking: Looking) -> None:
    looking.cancel()
    looking.harness.poll()
    looking.harness.source.excluded = {WELCOME}
    looking.poll_for(10)

    assert looking.told == []
    assert looking.searched == 0


@pytest.mark.parametrize(
    ("unwanted", "told"), [((), [("team", "default")]), (("team",), [("default",)]), (("team", "default"), [])]
)
def test_answer_goes_to_those_who_were_told_and_may_know(
    looking: Looking, unwanted: tuple[str, ...], told: list[tuple[str, ...]]
) -> None:
    route = Route(to=("team", "default"))
    looking.harness.config = replace(looking.harness.config, routes=(route,), unattributed=unwanted)
    looking.cancel()
    looking.harness.poll()
    looking.poll_for(10)
    answers = [alert for alert in looking.harness.channel.accepted if alert.kind is AlertKind.ATTRIBUTED]
    assert [alert.recipients for alert in answers] == told
    assert looking.searched == 0


def test_the_call_is_looked_for_where_the_times_of_the_run_and_of_the_change_say(looking: Looking) -> None:
    """A run that was known since noon, and one that is new: created an hour ago, cancelled half an hour ago."""
    source, clock = looking.harness.source, looking.harness.clock
    source.set(WELCOME, "known", Status.PAUSED)
    looking.harness.poll()
    recorded = clock.time
    clock.advance(hours=3)
    changed = clock.time - timedelta(minutes=30)
    source.set(WELCOME, "known", Status.CANCELLED, updated=changed)
    source.runs[WELCOME]["new"] = ObservedRun(
        "new", Status.CANCELLED, "CANCELLED", clock.time - timedelta(hours=1), changed
    )
    looking.harness.poll()

    store, of_run = looking.harness.store, {}
    for search in store.load(LANE).journeys[WELCOME].searches:
        alert = store.alerts(LANE, WELCOME, [search.sort_key])[search.sort_key]
        assert alert is not None
        of_run[alert.detail["run_id"]] = search.window
    assert of_run["known"].earliest == recorded - SLACK
    assert of_run["new"].earliest == clock.time - timedelta(hours=1) - SLACK
    assert {window.latest for window in of_run.values()} == {changed + CLOCK_SKEW}


def test_a_run_that_goes_on_was_resumed_by_somebody_and_one_that_begins_was_not(looking: Looking) -> None:
    source = looking.harness.source
    source.set(WELCOME, "paused", Status.PAUSED)
    looking.harness.poll()
    source.set(WELCOME, "paused", Status.RUNNING)
    source.set(WELCOME, "begins", Status.RUNNING)
    looking.harness.poll_a_minute_later()

    assert looking.searched == 1


def test_what_is_told_in_many_commits_of_one_poll_is_looked_for_all_of_it(looking: Looking) -> None:
    more = {f"more-{number}": Channel(ScriptedChannel()) for number in range(20)}  # the more, the less in a commit
    looking.harness.channels |= more
    for number in range(45):
        looking.harness.source.set(WELCOME, f"run-{number:02}", Status.CANCELLED)
    looking.harness.poll()

    (state,) = (one for key, one in looking.harness.store.load(LANE).journeys.items() if key == WELCOME)
    assert state.version > 3
    assert len({search.alert_id for search in state.searches}) == 45


def test_route_that_leaves_it_out_keeps_who_did_it_from_those_it_alone_leads_to(looking: Looking) -> None:
    silent = Route(to=("team", "boss"), attribution=False, goes_on=True)
    looking.harness.config = replace(looking.harness.config, routes=(silent, Route(to=("boss",))))
    looking.cancel()
    looking.harness.poll()
    looking.harness.config = replace(looking.harness.config, routes=())
    looking.poll_for(10)
    told = [(alert.kind, alert.recipients) for alert in looking.harness.channel.accepted]
    assert (AlertKind.STATUS_CHANGE, ("team", "boss")) in told
    assert [recipients for kind, recipients in told if kind is AlertKind.ATTRIBUTED] == [("boss",)]
