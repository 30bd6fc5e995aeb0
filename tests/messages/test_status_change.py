"""From a transition to the envelope."""

from datetime import timedelta

import pytest
from hypothesis import given

from journey_watch.core.alerts import Alert, AlertKind
from journey_watch.core.runs import JourneyKey, Lane, ObservedRun, Status
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import Transition
from journey_watch.messages.envelope import AlertContext
from journey_watch.messages.forms.email import email_subject, email_text
from journey_watch.messages.status_change import status_change_alert
from tests.core.builders import LANE, NOON
from tests.messages.alert_builders import CAMPAIGNS, alert, alerts, hostile_text


def test_the_same_change_has_the_same_id() -> None:
    assert alert() == alert()


def test_back_and_forth_gives_distinct_ids_in_one_thread() -> None:
    there, back = (Status.RUNNING, Status.PAUSED), (Status.PAUSED, Status.RUNNING)
    seen = [alert(*step, sequence=number, updated=None) for number, step in enumerate([there, back, there, back])]
    assert len({one.id for one in seen}) == 4
    assert len({one.thread for one in seen}) == 1


def test_ids_do_not_confuse_what_belongs_to_which_part() -> None:
    same_when_joined = [
        alert(journey=JourneyKey("a", "b"), run_id="c/d"),
        alert(journey=JourneyKey("a/b", "c"), run_id="d"),
        alert(journey=JourneyKey('a","b', "c"), run_id="d"),
        alert(journey=JourneyKey("a", "b"), run_id='c","d'),
    ]
    assert len({one.id for one in same_when_joined}) == 4
    assert len({one.thread for one in same_when_joined}) == 4


def test_a_lane_has_its_own_ids() -> None:
    elsewhere = alert(lane=Lane("pinpoint", "111122223333", "us-east-1"))
    assert elsewhere.id != alert().id
    assert elsewhere.thread != alert().thread


@pytest.mark.parametrize(
    "different",
    [
        alert(name="Renamed"),
        alert(severity=Severity.INFO),
        alert(observed_at=NOON + timedelta(hours=1)),
    ],
)
def test_neither_name_nor_severity_nor_the_clock_is_part_of_the_id(different: Alert) -> None:
    assert different.id == alert().id


def test_what_the_alert_says_of_itself_is_what_its_envelope_says() -> None:
    built = alert()
    assert Alert.from_envelope(built.envelope, journey=built.journey, thread=built.thread) == built
    assert built.sort_key == f"TRANSITION#2026-11-23T12:00:41.237Z#{built.id}"
    assert built.severity is Severity.CRITICAL
    assert built.sequence == 17


def test_a_run_first_seen_has_no_previous_status() -> None:
    detail = alert(None, Status.CANCELLED).envelope["detail"]
    assert detail["previous_status"] is None
    assert detail["previous_status_since"] is None
    assert detail["summary"].endswith("is new and CANCELLED.")


def test_a_skipped_status_is_named() -> None:
    detail = alert(Status.SCHEDULED, Status.COMPLETED, skipped=(Status.RUNNING,)).envelope["detail"]
    assert detail["skipped_statuses"] == ["RUNNING"]
    assert detail["summary"].endswith("went from SCHEDULED to COMPLETED; it passed RUNNING unseen.")


def test_no_skipped_status_is_claimed_where_it_need_not_have_been_passed() -> None:
    expired = alert(Status.SCHEDULED, Status.COMPLETED, skipped=(Status.RUNNING,), provider=CAMPAIGNS)
    detail = expired.envelope["detail"]
    assert detail["skipped_statuses"] == []
    assert detail["summary"].endswith("went from SCHEDULED to COMPLETED.")


def test_an_unknown_status_is_told_in_the_providers_word() -> None:
    detail = alert(Status.RUNNING, Status.UNKNOWN, raw_status="DRAINING\n").envelope["detail"]
    assert detail["raw_status"] == "DRAINING\n"
    assert 'to UNKNOWN (the provider says "DRAINING").' in detail["summary"]


def test_a_clock_that_runs_behind_the_providers_gives_no_negative_delay() -> None:
    assert alert(observed_at=NOON - timedelta(seconds=3)).envelope["detail"]["detection_delay_seconds"] == 0.0


def test_without_the_providers_times_there_is_no_delay_and_since_is_when_it_was_recorded() -> None:
    detail = alert(updated=None, created=None, since=None).envelope["detail"]
    assert detail["detection_delay_seconds"] is None
    assert detail["last_update_time"] is None
    assert detail["creation_time"] is None
    assert detail["previous_status_since"] == "2026-11-23T08:41:00.000Z"


@pytest.mark.parametrize(
    ("region", "partition", "host"),
    [
        ("ap-southeast-2", "aws", "console.aws.amazon.com"),
        ("cn-north-1", "aws-cn", "console.amazonaws.cn"),
        ("us-gov-west-1", "aws-us-gov", "console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "aws-eusc", "console.amazonaws-eusc.eu"),
    ],
)
def test_arn_and_console_are_those_of_the_partition(region: str, partition: str, host: str) -> None:
    envelope = alert(provider=CAMPAIGNS, lane=Lane("connect", "111122223333", region)).envelope
    assert envelope["resources"] == [f"arn:{partition}:connect-campaigns:{region}:111122223333:campaign/J"]
    assert envelope["detail"]["console_url"] == f"https://{host}/connect/v2/app/instances/A?region={region}"


def test_nothing_leads_to_a_console_that_has_ended() -> None:
    assert alert().envelope["detail"]["console_url"] is None


def test_ids_cannot_leave_their_place_in_the_console_url() -> None:
    url = alert(provider=CAMPAIGNS, journey=JourneyKey("../a b?x=1#\ud83d", "j")).envelope["detail"]["console_url"]
    assert url.endswith("/app/instances/..%2Fa%20b%3Fx%3D1%23%3F?region=eu-west-1")


@pytest.mark.parametrize("name", [None, "", "  \n"])
def test_a_name_that_is_not_there_is_null_and_the_summary_says_the_id(name: str | None) -> None:
    detail = alert(name=name).envelope["detail"]
    assert detail["journey_name"] is None
    assert detail["summary"].startswith('Run R of journey J (application "Shop") went')


@given(name=hostile_text())
def test_a_name_is_kept_as_it_is_or_cut(name: str) -> None:
    kept = alert(name=name).envelope["detail"]["journey_name"]
    halves = any("\ud800" <= character <= "\udfff" for character in name)
    if name.strip() and len(name) <= 512 and not halves:
        assert kept == name
    assert kept is None or len(kept) <= 512


@given(alerts())
def test_the_summary_is_one_line(an_alert: Alert) -> None:
    assert len(an_alert.envelope["detail"]["summary"].splitlines()) == 1


def test_change_of_a_journey_itself_is_told_in_the_words_of_its_provider() -> None:
    paused = alert(Status.RUNNING, Status.PAUSED, of_journey=True)
    assert paused.envelope["detail-type"] == "Journey Status Change"
    assert paused.kind is AlertKind.JOURNEY_STATUS_CHANGE
    assert (paused.status, paused.detail["previous_status"]) == (Status.PAUSED, "RUNNING")
    assert "run_id" not in paused.detail
    assert paused.detail["summary"] == 'Journey "Welcome" (application "Shop") went from ACTIVE to PAUSED.'
    assert email_subject(paused) == "[CRITICAL] Welcome: ACTIVE -> PAUSED (eu-west-1)"
    assert "\nBefore that: ACTIVE for 3 h 20 min, since 2026-11-23 08:40:00 UTC\n" in email_text(paused)
    closed = alert(Status.RUNNING, Status.COMPLETED, of_journey=True, raw_status="CLOSED")
    assert closed.detail["summary"].endswith("went from ACTIVE to CLOSED.")


def test_change_of_a_journey_itself_is_in_no_thread_of_a_run() -> None:
    of_run = [alert(run_id=name) for name in ("R", "J", "None")]
    assert alert(of_journey=True).thread not in {one.thread for one in of_run}
    assert alert(of_journey=True).id not in {one.id for one in of_run}


@pytest.mark.parametrize(
    ("site", "link"),
    [
        ("https://shop.my.connect.aws", "https://shop.my.connect.aws"),
        ("https://shop.my.connect.aws/campaigns/{id}/view", "https://shop.my.connect.aws/campaigns/a%2Fb/view"),
    ],
)
def test_a_campaign_is_linked_where_its_instance_shows_it(site: str, link: str) -> None:
    campaign = JourneyKey("shop", "a/b")
    change = Transition(ObservedRun("a/b", Status.PAUSED, "Paused"), None, 1)
    context = AlertContext(LANE, CAMPAIGNS, NOON, campaign, site_url=site)
    assert status_change_alert(change, context, severity=Severity.INFO).detail["console_url"] == link
