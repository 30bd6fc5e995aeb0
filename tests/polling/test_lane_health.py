"""Conditions, digests and mutes as recipients meet them, poll after poll."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any

import pytest

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.errors import PollFailedError, SourceError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import LANE_ITSELF, ContainerScope, JourneyInfo, JourneyKey, Lane, Status
from journey_watch.core.watch_list import Thresholds
from journey_watch.messages.envelope import iso
from journey_watch.ports import Channel, CommitResult
from tests.core.builders import LANE, NOON
from tests.polling.scripted import EVERYTHING, WELCOME, WINBACK, PollHarness, ScriptedChannel

REFUSED = SourceError("404 Not Found", code="NotFoundException", absent=True)
PATIENCE = Thresholds(stuck_after=3600, unreachable_after=120, remind_every=7200)


@pytest.fixture
def harness() -> PollHarness:
    """Two journeys with a running run each, after their first look, and little patience."""
    harness = PollHarness()
    harness.config = replace(harness.config, watch=(replace(EVERYTHING, thresholds=PATIENCE),), digest_over=3)
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.source.set(WINBACK, "r2", Status.RUNNING)
    harness.poll()
    harness.store.writes.clear()
    harness.clock.advance(minutes=1)
    return harness


def conditions(channel: ScriptedChannel) -> list[tuple[str, str]]:
    """What was told about conditions, in order: the kind and the phase."""
    details = [alert.envelope["detail"] for alert in channel.accepted]
    return [(detail["condition"], detail["phase"]) for detail in details if "condition" in detail]


def kinds(channel: ScriptedChannel) -> list[str]:
    return [alert.envelope["detail-type"] for alert in channel.accepted]


def test_stuck_run_is_told_once_reminded_of_and_resolved_in_one_thread(harness: PollHarness) -> None:
    harness.source.runs.pop(WINBACK)
    harness.source.failures[WINBACK] = REFUSED
    harness.clock.advance(hours=1)
    harness.poll()
    harness.poll_a_minute_later()
    harness.clock.advance(hours=2)
    harness.poll()
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.poll_a_minute_later()

    about = [alert for alert in harness.channel.accepted if alert.envelope["detail"].get("condition") == "STUCK"]
    assert [alert.envelope["detail"]["phase"] for alert in about] == ["Opened", "Reminder", "Resolved"]
    assert {alert.thread for alert in about} == {about[0].id}
    assert {alert.envelope["detail"]["severity"] for alert in about} == {"warning"}
    assert len({alert.id for alert in about}) == 3


def test_lasting_condition_writes_nothing_while_nothing_changes(harness: PollHarness) -> None:
    harness.clock.advance(hours=1)
    harness.poll()
    harness.store.writes.clear()
    harness.poll_a_minute_later()
    assert harness.store.writes == []


def test_open_conditions_are_counted(harness: PollHarness) -> None:
    harness.clock.advance(hours=2)
    assert harness.poll().measurements()["ConditionsOpen"] == 2
    assert harness.poll_a_minute_later().measurements()["ConditionsOpen"] == 2


def test_conditions_of_a_journey_that_cannot_be_read_are_still_counted(harness: PollHarness) -> None:
    harness.clock.advance(hours=2)
    harness.poll()
    harness.source.failures[WELCOME] = REFUSED
    assert harness.poll_a_minute_later().measurements()["ConditionsOpen"] == 2


def test_run_that_is_no_longer_stuck_at_the_second_reading_is_not_told() -> None:
    harness = PollHarness()
    harness.config = replace(harness.config, watch=(replace(EVERYTHING, thresholds=PATIENCE),))
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.poll()
    stuck = harness.source.snapshot()
    harness.clock.advance(hours=2)
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.source.shown_instead = [stuck]
    harness.poll()
    assert conditions(harness.channel) == []
    assert [alert.envelope["detail"]["status"] for alert in harness.channel.accepted] == ["COMPLETED"]


def test_vanished_run_is_told_missing_and_found_again(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r3", Status.COMPLETED)
    harness.poll()
    gone = harness.source.runs[WELCOME].pop("r1")
    harness.poll_a_minute_later()
    assert conditions(harness.channel) == []
    harness.poll_a_minute_later()
    assert conditions(harness.channel) == [("MISSING", "Opened")]
    harness.source.runs[WELCOME]["r1"] = gone
    harness.poll_a_minute_later()
    assert conditions(harness.channel) == [("MISSING", "Opened"), ("MISSING", "Resolved")]


def test_journey_that_refuses_is_told_to_the_operators_only(harness: PollHarness) -> None:
    harness.source.failures[WELCOME] = REFUSED
    for _ in range(5):
        harness.poll_a_minute_later()
    harness.source.failures.clear()
    harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened"), ("UNREACHABLE", "Resolved")]
    assert harness.channel.accepted == []


def test_each_journey_that_refuses_is_told_under_its_name(harness: PollHarness) -> None:
    harness.source.set(JourneyKey("app-1", "read"), "r3", Status.RUNNING)
    harness.source.failures = {WELCOME: REFUSED, WINBACK: REFUSED}
    harness.source.infos = {WELCOME: JourneyInfo(name="One"), WINBACK: JourneyInfo(name="Two")}
    for _ in range(3):
        harness.poll_a_minute_later()
    assert [alert.envelope["detail"]["journey_name"] for alert in harness.operators.accepted] == ["One", "Two"]


def test_lane_whose_containers_cannot_be_listed_is_told_while_journeys_are_still_read(harness: PollHarness) -> None:
    harness.source.unlisted = {"*": REFUSED}
    for _ in range(3):
        assert harness.poll_a_minute_later().observed == 2
    (alert,) = harness.operators.accepted
    assert alert.journey == LANE_ITSELF


def test_lane_that_is_blind_is_one_alert_and_not_one_a_journey(harness: PollHarness) -> None:
    harness.source.failures = {WELCOME: REFUSED, WINBACK: REFUSED}
    for _ in range(5):
        with pytest.raises(PollFailedError):
            harness.poll_a_minute_later()
    (alert,) = harness.operators.accepted
    assert alert.journey == LANE_ITSELF
    assert "404 Not Found" in alert.envelope["detail"]["summary"]
    harness.source.failures.clear()
    harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened"), ("UNREACHABLE", "Resolved")]


def test_application_that_cannot_be_listed_is_told_while_its_journeys_are_still_read(harness: PollHarness) -> None:
    harness.source.unlisted = {"app-1": REFUSED}
    for _ in range(5):
        harness.poll_a_minute_later()
    (alert,) = harness.operators.accepted
    assert alert.journey == ContainerScope("app-1")
    harness.source.unlisted = {}
    harness.poll_a_minute_later()
    assert conditions(harness.operators)[-1] == ("UNREACHABLE", "Resolved")


def test_new_journey_that_fails_at_first_is_still_all_news(harness: PollHarness) -> None:
    new = JourneyKey("app-1", "new")
    harness.source.infos[new] = JourneyInfo()
    harness.source.runs[new] = {}
    harness.source.failures[new] = REFUSED
    harness.poll()
    harness.source.failures.clear()
    harness.source.set(new, "r9", Status.CANCELLED)
    harness.poll_a_minute_later()
    assert [alert.envelope["detail"]["run_id"] for alert in harness.channel.accepted] == ["r9"]


def test_refused_condition_is_sent_by_the_next_poll(harness: PollHarness) -> None:
    harness.operators.refuse = lambda _: True
    harness.source.failures[WELCOME] = REFUSED
    for _ in range(4):
        harness.poll_a_minute_later()
    harness.operators.refuse = lambda _: False
    harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened")]


# Digests


def storm(harness: PollHarness, count: int) -> None:
    for n in range(count):
        harness.source.set(WELCOME, f"s{n}", Status.CANCELLED if n == 1 else Status.RUNNING)


def members(alert: Alert) -> list[str]:
    return [member["id"] for member in alert.envelope["detail"]["changes"]]


def test_storm_becomes_one_message_with_every_change_in_it_the_worst_first(harness: PollHarness) -> None:
    storm(harness, 4)
    harness.poll()
    (digest,) = harness.channel.accepted
    changes = digest.envelope["detail"]["changes"]
    assert (len(changes), changes[0]["status"]) == (4, "CANCELLED")
    assert digest.envelope["detail"]["counts"] == {"RUNNING": 3, "CANCELLED": 1}
    assert digest.severity == "critical"
    assert digest.envelope["detail"]["lane"] == str(LANE)
    recorded = harness.store.history(LANE, harness.clock.time - timedelta(minutes=5)).alerts
    assert {alert.id for alert in recorded} == set(members(digest))


def test_as_many_as_allowed_come_one_by_one(harness: PollHarness) -> None:
    storm(harness, 3)
    harness.poll()
    assert kinds(harness.channel) == ["Journey Run Status Change"] * 3


def test_refused_digest_keeps_every_member_and_comes_again_as_a_digest(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    storm(harness, 4)
    report = harness.poll()
    assert len(report.delivery.refused) == 4
    harness.channel.refuse = lambda _: False
    harness.poll_a_minute_later()
    (digest,) = harness.channel.accepted
    assert len(members(digest)) == 4
    assert harness.store.load(LANE).journeys[WELCOME].undelivered == {}


def test_leftovers_count_towards_a_storm(harness: PollHarness) -> None:
    harness.channel.refuse = lambda _: True
    storm(harness, 2)
    harness.poll()
    harness.channel.refuse = lambda _: False
    harness.clock.advance(minutes=1)
    for n in range(2):
        harness.source.set(WINBACK, f"t{n}", Status.RUNNING)
    harness.poll()
    (digest,) = harness.channel.accepted
    assert len(members(digest)) == 4


def test_old_news_is_told_together(harness: PollHarness) -> None:
    ended = harness.clock.time + timedelta(minutes=1)
    harness.clock.advance(days=3)
    harness.source.set(WELCOME, "r1", Status.COMPLETED, updated=ended)
    harness.source.set(WINBACK, "r2", Status.CANCELLED, updated=ended)
    harness.source.set(WINBACK, "r3", Status.RUNNING)
    harness.poll()
    assert sorted(kinds(harness.channel)) == ["Journey Run Digest", "Journey Run Status Change"]


@pytest.mark.parametrize(
    ("older_by", "kind"), [(0, ["Journey Run Status Change"] * 2), (1, ["Journey Run Digest"])], ids=["a day", "more"]
)
def test_old_is_what_is_older_than_the_configuration_says(harness: PollHarness, older_by: int, kind: list[str]) -> None:
    ended = harness.clock.time
    harness.clock.advance(seconds=PATIENCE.catch_up_after + older_by)
    harness.source.set(WELCOME, "r1", Status.COMPLETED, updated=ended)
    harness.source.set(WINBACK, "r2", Status.CANCELLED, updated=ended)
    harness.poll()
    assert kinds(harness.channel) == kind


def test_what_lasts_is_never_old(harness: PollHarness) -> None:
    harness.config = replace(
        harness.config, watch=(replace(EVERYTHING, thresholds=replace(PATIENCE, catch_up_after=60)),)
    )
    harness.clock.advance(hours=2)
    harness.poll()
    assert kinds(harness.channel) == ["Journey Run Condition Opened"] * 2


def test_one_old_change_is_told_by_itself(harness: PollHarness) -> None:
    ended = harness.clock.time
    harness.clock.advance(days=3)
    harness.source.set(WELCOME, "r1", Status.COMPLETED, updated=ended)
    harness.source.set(WINBACK, "r2", Status.COMPLETED)
    harness.poll()
    assert kinds(harness.channel) == ["Journey Run Status Change"] * 2


# Mutes


def test_muted_change_is_recorded_never_sent_and_accounted_for_once(harness: PollHarness) -> None:
    begun = harness.clock.time
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=3), journeys=("welcome",)))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.source.set(WINBACK, "r2", Status.COMPLETED)
    harness.poll()
    assert [alert.envelope["detail"]["run_id"] for alert in harness.channel.accepted] == ["r2"]
    for _ in range(5):
        harness.poll_a_minute_later()

    ended = harness.channel.accepted[1:]
    assert [alert.envelope["detail-type"] for alert in ended] == ["Journey Watch Mute Ended"]
    detail = ended[0].envelope["detail"]
    assert (detail["mute"], detail["held_back"]) == ("release", 1)
    assert detail["since"] == iso(begun)
    assert detail["sequence"] == harness.store.load(LANE).scopes[LANE_ITSELF].version
    assert ended[0].severity == "critical"


def test_account_of_a_mute_says_who_set_it_and_why(harness: PollHarness) -> None:
    until = harness.clock.time + timedelta(minutes=3)
    harness.store.set_mutes(Mute(id="release", until=until, set_by="ann", reason="deploying"))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    for _ in range(6):
        harness.poll_a_minute_later()
    (account,) = harness.channel.accepted
    assert (account.detail["set_by"], account.detail["reason"]) == ("ann", "deploying")


def test_what_a_mute_holds_back_is_counted_whatever_commit_it_is_in(harness: PollHarness) -> None:
    harness.channels |= {f"more-{n}": Channel(ScriptedChannel()) for n in range(8)}
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=3)))
    for n in range(50):
        harness.source.set(WELCOME, f"s{n}", Status.CANCELLED)
    report = harness.poll()
    assert harness.store.writes.count("commit") == 3  # the mute, and the changes in two
    assert report.commits == {CommitResult.DONE: 2}
    assert report.measurements()["Transitions"] == 50
    assert sum(outcome.muted for outcome in report.outcomes) == 50
    for _ in range(5):
        harness.poll_a_minute_later()
    (account,) = harness.channel.accepted
    assert account.envelope["detail"]["held_back"] == 50


def test_account_reaches_back_to_the_beginning_of_its_mute_whatever_other_mutes_begin(harness: PollHarness) -> None:
    first = Mute(id="first", until=harness.clock.time + timedelta(minutes=3), journeys=("welcome",))
    harness.store.set_mutes(first)
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    second = Mute(id="second", until=harness.clock.time + timedelta(hours=9), journeys=("winback",))
    harness.store.set_mutes(first, second)
    for _ in range(6):
        harness.poll_a_minute_later()
    assert [alert.envelope["detail"]["mute"] for alert in harness.channel.accepted] == ["first"]


def test_accounts_that_are_too_many_for_one_commit_are_given_by_several(harness: PollHarness) -> None:
    harness.commit_limits = CommitLimits(max_events=2)
    end = harness.clock.time + timedelta(minutes=2)
    journeys = [JourneyKey("app-1", f"j{n}") for n in range(5)]
    lasting = Mute(id="all", until=end + timedelta(hours=1), journeys=("welcome",))
    harness.store.set_mutes(lasting, *(Mute(id=f"m-{one}", until=end, journeys=(one.journey_id,)) for one in journeys))
    for one in (WELCOME, *journeys):
        harness.source.set(one, "r", Status.CANCELLED)
    accounts = []
    for _ in range(6):
        harness.poll_a_minute_later()
        accounts.append(kinds(harness.channel).count("Journey Watch Mute Ended"))
    assert accounts == [0, 0, 5, 5, 5, 5]
    assert set(harness.store.load(LANE).scopes[LANE_ITSELF].mutes) == {"all"}
    assert {alert.envelope["detail"]["held_back"] for alert in harness.channel.accepted} == {1}


def test_what_is_held_back_in_the_first_instant_of_a_mute_is_in_its_account(harness: PollHarness) -> None:
    harness.clock.advance(microseconds=999_999)
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=3)))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    for _ in range(6):
        harness.poll()
        harness.clock.advance(minutes=1)
    (account,) = harness.channel.accepted
    assert account.envelope["detail"]["held_back"] == 1


@pytest.mark.parametrize("left", ["nothing", "other journeys", "an earlier end", "a later beginning"])
def test_a_removed_mute_is_summed_up_when_no_other_poll_can_suppress_any_more(harness: PollHarness, left: str) -> None:
    """A poll that was under way when the mute was removed or changed suppresses one more alert."""
    now = harness.clock.time
    mute = Mute(id="release", until=now + timedelta(hours=1))
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.store.set_mutes(mute)
    harness.poll()
    changed = {
        "nothing": (),
        "other journeys": (replace(mute, id="another", journeys=("winback",)),),
        "an earlier end": (replace(mute, until=now - timedelta(minutes=5)),),
        "a later beginning": (replace(mute, since=now + timedelta(minutes=50)),),
    }

    def another_poll_finds_it_removed(_: str) -> None:
        harness.store.before = lambda _: None
        harness.store.set_mutes(*changed[left])
        harness.source.set(WELCOME, "r1", Status.RUNNING)
        harness.poll()

    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.store.before = another_poll_finds_it_removed
    harness.poll_a_minute_later()
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    for _ in range(3):
        harness.poll_a_minute_later()

    summaries = [alert.detail for alert in harness.channel.accepted if alert.kind is AlertKind.MUTE_ENDED]
    assert [(one["mute"], one["held_back"]) for one in summaries] == [("release", 1)]
    lane = harness.store.load(LANE).scopes[LANE_ITSELF]
    assert ("release" in lane.mutes, dict(lane.mute_tallies)) == (False, {})


def test_the_end_of_a_removed_mute_is_stored_once_and_kept_while_its_history_is_read(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=1), journeys=("welcome",)))
    for n in range(3):
        harness.source.set(WELCOME, f"s{n}", Status.CANCELLED)
    harness.poll()
    harness.store.set_mutes()
    harness.store.alerts_of_a_page = harness.history_pages = 1
    writes = []
    for _ in range(5):
        harness.store.writes.clear()
        harness.poll_a_minute_later()
        writes.append(harness.store.writes.count("commit"))
    assert writes == [1, 1, 1, 1, 0]  # its end, then a page each
    assert kinds(harness.channel) == ["Journey Watch Mute Ended"]


def test_a_mute_that_is_set_again_before_its_summary_goes_on(harness: PollHarness) -> None:
    mute = Mute(id="release", until=harness.clock.time + timedelta(hours=1), journeys=("welcome",))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    for mutes in ([mute], [], [mute], [mute], [mute]):
        harness.store.set_mutes(*mutes)
        harness.poll_a_minute_later()
    assert kinds(harness.channel) == []
    lane = harness.store.load(LANE).scopes[LANE_ITSELF]
    assert (set(lane.mutes), dict(lane.mute_tallies)) == ({"release"}, {})


def test_mute_that_held_nothing_back_ends_in_silence(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=2)))
    for _ in range(5):
        harness.poll_a_minute_later()
    assert harness.channel.accepted == []


def test_mute_writes_when_it_begins_and_ends_and_not_in_between(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(minutes=3), journeys=("welcome",)))
    writes = []
    for _ in range(6):
        harness.store.writes.clear()
        harness.poll_a_minute_later()
        writes.append(len(harness.store.writes))
    assert writes == [1, 0, 1, 1, 0, 0]  # it begins, it has ended, and its summary an interval later


def notices(harness: PollHarness) -> list[str]:
    return [alert.detail["mute"] for alert in harness.operators.accepted if alert.kind is AlertKind.MUTE_BEGAN]


def test_operators_are_notified_once_that_a_mute_of_everything_began(harness: PollHarness) -> None:
    harness.config = replace(harness.config, operators=("team",))
    until = harness.clock.time + timedelta(minutes=3)
    harness.store.set_mutes(Mute(id="release", until=until, set_by="ann", reason="deploying"))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    for _ in range(5):
        harness.poll_a_minute_later()
    (notice,) = harness.operators.accepted
    assert notice.detail["summary"] == (
        'The mute "release" (set by ann: deploying) mutes everything until 2026-11-23 12:04:00 UTC.'
    )
    assert (notice.severity, notice.recipients, notice.is_for_operators) == ("warning", ("team",), True)
    assert notice.muted_by is None
    assert kinds(harness.channel) == ["Journey Watch Mute Ended"]
    lane = harness.store.load(LANE).scopes[LANE_ITSELF]
    assert (dict(lane.mutes), dict(lane.mute_tallies)) == ({}, {})


def test_no_poll_writes_anything_after_the_notice_was_delivered(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=3)))
    writes = []
    for _ in range(4):
        harness.store.writes.clear()
        harness.poll_a_minute_later()
        writes.append(list(harness.store.writes))
    assert writes == [["commit", "acknowledge"], [], [], []]


def test_a_refused_notice_is_sent_again_and_made_once(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=3)))
    harness.operators.refuse = lambda _: True
    for _ in range(3):
        harness.poll_a_minute_later()
    harness.operators.refuse = lambda _: False
    harness.clock.advance(minutes=15)
    for _ in range(3):
        harness.poll_a_minute_later()
    assert notices(harness) == ["release"]


NIGHTS = Mute(id="m", days=tuple(range(7)), begins=time(22, 0), ends=time(6, 0))
WEEKEND = Mute(id="m", days=(0, 1), begins=time(0, 0), ends=time(0, 0))
DAY = Mute(id="m", until=NOON + timedelta(days=1))


@pytest.mark.parametrize(
    ("mute", "notified"),
    [
        (DAY, True),
        (replace(DAY, journeys=("welcome", "**"), container_id="*"), True),
        (replace(DAY, provider="pinpoint"), True),
        (replace(DAY, journeys=("welcome",)), False),
        (replace(DAY, journey_types=("EMAIL",)), False),
        (replace(DAY, journeys=("welcome",), until=NOON + timedelta(hours=25)), True),
        (replace(DAY, journeys=("welcome",), until=NOON + timedelta(hours=2), since=NOON - timedelta(days=2)), False),
        (replace(DAY, provider="connect", until=NOON + timedelta(days=9)), False),
        (NIGHTS, False),
        (replace(NIGHTS, begins=time(12, 0), ends=time(11, 0)), False),
        (replace(NIGHTS, begins=time(12, 0), ends=time(11, 59)), True),
        (replace(NIGHTS, begins=time(0, 0), ends=time(0, 0)), True),
        (replace(NIGHTS, begins=time(0, 0), ends=time(0, 0), journeys=("welcome",)), False),
        (replace(WEEKEND, days=(0, 1, 2)), True),
        (replace(WEEKEND, days=(0,)), False),
    ],
)
@pytest.mark.parametrize("configured", [True, False])
def test_which_mutes_operators_are_notified_of(
    harness: PollHarness, mute: Mute, *, notified: bool, configured: bool
) -> None:
    if configured:
        harness.config = replace(harness.config, mutes=(mute,))
    else:
        harness.store.set_mutes(mute)
    for _ in range(2):
        harness.poll_a_minute_later()
    assert notices(harness) == ["m"] * notified


def test_a_mute_that_is_made_longer_or_wider_is_reported_again(harness: PollHarness) -> None:
    narrow = Mute(id="release", until=harness.clock.time + timedelta(hours=1), journeys=("welcome",))
    wide = replace(narrow, journeys=("*",))
    longer = replace(wide, until=harness.clock.time + timedelta(hours=2))
    told = []
    for mute in (narrow, wide, wide, longer, longer):
        harness.store.set_mutes(mute)
        harness.poll_a_minute_later()
        told.append(len(notices(harness)))
    assert told == [0, 1, 1, 2, 2]


@pytest.mark.parametrize(
    ("lane", "filter_of", "notified"),
    [
        (replace(LANE, region="af-south-1"), {}, False),
        (replace(LANE, region="us-east-1"), {}, True),
        (replace(LANE, region="af-south-1"), {"region": LANE.region, "until": NOON + timedelta(days=2)}, True),
        (replace(LANE, region="us-east-1"), {"region": LANE.region}, False),
    ],
    ids=["an earlier lane reports", "the first lane reports", "the first lane that it reaches reports", "not all"],
)
def test_the_first_lane_that_a_mute_reaches_reports_it_for_all(
    harness: PollHarness, lane: Lane, filter_of: dict[str, Any], *, notified: bool
) -> None:
    harness.lanes = (lane, LANE)
    harness.store.set_mutes(replace(DAY, **filter_of))
    for _ in range(2):
        harness.poll_a_minute_later()
    assert notices(harness) == ["m"] * notified


def test_many_notices_are_no_digest_and_never_more_than_a_commit_takes(harness: PollHarness) -> None:
    harness.commit_limits = CommitLimits(max_events=2)
    harness.store.set_mutes(*(replace(DAY, id=f"m{n:02}") for n in range(15)))
    for _ in range(3):
        harness.poll_a_minute_later()
    assert sorted(notices(harness)) == [f"m{n:02}" for n in range(15)]


def test_blindness_is_told_under_a_mute_too(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="all", until=harness.clock.time + timedelta(hours=9)))
    harness.source.failures[WELCOME] = REFUSED
    for _ in range(5):
        harness.poll_a_minute_later()
    assert conditions(harness.operators) == [("UNREACHABLE", "Opened")]


def test_mute_stays_quiet_at_every_poll_that_it_covers(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=9)))
    for n in range(4):
        harness.source.set(WELCOME, f"s{n}", Status.CANCELLED)
        harness.poll_a_minute_later()
    assert harness.channel.accepted == []


def test_mute_of_the_configuration_holds(harness: PollHarness) -> None:
    night = Mute(id="night", days=tuple(range(7)), begins=time(0, 0), ends=time(23, 59))
    harness.config = replace(harness.config, mutes=(night,))
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    harness.poll_a_minute_later()
    assert harness.channel.accepted == []


def test_condition_that_a_mute_held_back_is_told_once_when_it_ends(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="release", until=harness.clock.time + timedelta(hours=2)))
    harness.source.runs.pop(WINBACK)
    harness.clock.advance(hours=1)
    for _ in range(3):
        harness.poll_a_minute_later()
    assert conditions(harness.channel) == []
    harness.clock.advance(hours=1)
    for _ in range(3):
        harness.poll_a_minute_later()
    assert conditions(harness.channel).count(("STUCK", "Opened")) == 1


def acknowledging(alert: Alert, *, until: datetime) -> Acknowledgement:
    return Acknowledgement.of(alert, LANE, until=until, set_by="ann")


def test_what_is_acknowledged_is_told_once_in_its_thread_and_nobody_is_reminded(harness: PollHarness) -> None:
    harness.configure(replace(EVERYTHING, thresholds=PATIENCE))
    harness.source.set(WELCOME, "r1", Status.RUNNING)
    harness.poll()
    harness.clock.advance(hours=2)
    harness.poll()
    (opened,) = [alert for alert in harness.channel.accepted if alert.journey == WELCOME and alert.condition]
    harness.store.set_acknowledgements(acknowledging(opened, until=harness.clock.time + timedelta(hours=5)))
    for _ in range(4):
        harness.clock.advance(hours=1)
        harness.poll()
    of_it = [alert for alert in harness.channel.accepted if alert.thread == opened.thread]
    assert [alert.kind for alert in of_it] == ["Condition", "Acknowledged"]
    assert of_it[1].detail["summary"].startswith("ann looks after this: Run r1 ")
    assert (of_it[1].detail["acknowledged"], of_it[1].severity) == (opened.id, opened.severity)
    harness.source.set(WELCOME, "r1", Status.COMPLETED)
    harness.poll_a_minute_later()
    (over,) = [alert for alert in harness.channel.accepted if alert.thread == opened.thread][2:]
    assert over.detail["phase"] == "Resolved"
    assert opened.sequence < of_it[1].sequence < over.sequence


def test_blindness_is_acknowledged_to_the_operators_alone(harness: PollHarness) -> None:
    harness.configure(replace(EVERYTHING, thresholds=PATIENCE))
    harness.source.failures = {WELCOME: REFUSED, WINBACK: REFUSED}
    for _ in range(5):
        with pytest.raises(PollFailedError):
            harness.poll_a_minute_later()
    (opened,) = harness.operators.accepted
    harness.store.set_acknowledgements(acknowledging(opened, until=harness.clock.time + timedelta(hours=9)))
    for _ in range(3):
        harness.clock.advance(hours=2)
        with pytest.raises(PollFailedError):
            harness.poll()
    assert [alert.kind for alert in harness.operators.accepted] == ["Condition", "Acknowledged"]
    assert harness.channel.accepted == []


def test_acknowledgement_of_another_lane_is_none_of_this_one(harness: PollHarness) -> None:
    harness.source.set(WELCOME, "r1", Status.CANCELLED)
    harness.poll()
    (cancelled,) = harness.channel.accepted
    elsewhere = replace(
        acknowledging(cancelled, until=harness.clock.time + timedelta(days=99)), lane=replace(LANE, region="us-east-1")
    )
    harness.store.set_acknowledgements(elsewhere)
    harness.poll_a_minute_later()
    assert harness.channel.accepted == [cancelled]


def test_a_short_mute_whose_record_has_no_beginning_is_not_called_long(harness: PollHarness) -> None:
    harness.store.set_mutes(Mute(id="short", until=harness.clock.time + timedelta(hours=1), journeys=("welcome",)))
    harness.poll()
    assert harness.operators.accepted == []
