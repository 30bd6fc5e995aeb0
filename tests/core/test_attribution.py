"""Which recorded call led to a change, who made it, and when that is asked."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.attribution import (
    CLOCK_SKEW,
    Actor,
    ActorKind,
    RecordedCall,
    actor_of,
    calls_behind,
    calls_behind_deletion,
    ends_at,
    explanation,
    is_due,
    is_hopeless,
    read_call,
)
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, Status
from journey_watch.core.searches import CallWindow, Search
from journey_watch.providers.connect.words import CONNECT
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.core.builders import NOON, minutes, recorded

AFTER, MINUTE = timedelta(minutes=5), timedelta(minutes=1)
CAMPAIGN = JourneyKey("desk", "c-1")
WINDOW = CallWindow(("StopCampaign",), "", NOON - minutes(10), NOON)
CALLS = CONNECT.calls
assert CALLS is not None
assert PINPOINT.calls is not None
USER_ID = "78ad3b4c-6f0e-4d5b-9a1c-2b3c4d5e6f70"

SECOND = timedelta(seconds=1)


def event(**changes: object) -> dict[str, Any]:
    record = {
        "eventID": "e1",
        "eventName": "StopCampaign",
        "eventSource": "connect-campaigns.amazonaws.com",
        "eventTime": "2026-11-23T11:59:00Z",
        "requestParameters": {"id": "c-1"},
        "userIdentity": {"type": "IAMUser", "userName": "ada"},
    }
    return {"EventId": "e1", "CloudTrailEvent": json.dumps(record | changes)}


def found(*events: dict[str, Any], window: CallWindow = WINDOW) -> RecordedCall | None:
    assert CALLS is not None
    calls = [call for each in events if (call := read_call(each))]
    return explanation(window, CAMPAIGN, calls, CALLS)


def actor(**identity: object) -> Actor:
    assert CALLS is not None
    call = read_call(event(userIdentity=identity))
    assert call is not None
    return actor_of(call, CALLS)


def behind(
    before: Status | None,
    after: Status,
    provider: Provider = CONNECT,
    *,
    of_journey: bool = False,
    created_at: datetime | None = None,
    changed_at: datetime | None = None,
) -> CallWindow | None:
    known = None if before is None else recorded(before, at=NOON - minutes(5), updated=None)
    return calls_behind(
        known,
        after,
        provider.calls,
        of_journey=of_journey,
        created_at=created_at,
        changed_at=changed_at,
        observed_at=NOON,
    )


# Which calls


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (Status.RUNNING, Status.CANCELLED, ("StopCampaign",)),
        (Status.RUNNING, Status.PAUSED, ("PauseCampaign",)),
        (Status.PAUSED, Status.RUNNING, ("ResumeCampaign",)),
        (Status.SCHEDULED, Status.RUNNING, ("StartCampaign",)),
        (None, Status.RUNNING, ("StartCampaign",)),
    ],
)
def test_each_move_has_the_calls_that_lead_to_it(before: Status | None, after: Status, names: tuple[str, ...]) -> None:
    window = behind(before, after)
    assert window is not None
    assert (window.names, window.argument) == (names, "")


@pytest.mark.parametrize("after", [Status.COMPLETED, Status.FAILED, Status.SCHEDULED, Status.UNKNOWN])
@pytest.mark.parametrize("provider", [CONNECT, PINPOINT])
def test_what_no_call_does_is_nobodys_doing(after: Status, provider: Provider) -> None:
    assert behind(Status.RUNNING, after, provider, of_journey=True) is None


def test_where_one_call_sets_any_status_it_must_have_asked_for_this_one() -> None:
    window = behind(Status.RUNNING, Status.CANCELLED, PINPOINT)
    assert window is not None
    assert (window.names, window.argument) == (("UpdateJourneyState",), "CANCELLED")


def test_a_journey_is_started_by_a_call_and_its_runs_by_its_schedule() -> None:
    assert behind(None, Status.RUNNING, PINPOINT) is None
    window = behind(Status.SCHEDULED, Status.RUNNING, PINPOINT, of_journey=True)
    assert window is not None
    assert (set(window.names), window.argument) == ({"UpdateJourneyState", "UpdateJourney", "CreateJourney"}, "ACTIVE")


def test_the_call_was_made_after_the_last_status_was_recorded_and_before_the_change_was_seen() -> None:
    window = behind(Status.RUNNING, Status.CANCELLED)
    assert window is not None
    assert (window.earliest, window.latest) == (NOON - minutes(7), NOON)


def test_the_providers_own_time_of_the_change_counts_if_it_has_one() -> None:
    changed = NOON - minutes(3)
    window = behind(Status.RUNNING, Status.PAUSED, changed_at=changed)
    assert window is not None
    assert (window.latest, window.changed_at) == (changed + CLOCK_SKEW, changed)
    ahead = behind(Status.RUNNING, Status.PAUSED, changed_at=NOON + minutes(30))
    assert ahead is not None
    assert (ahead.latest, ahead.changed_at) == (NOON, None)


@pytest.mark.parametrize("ahead", [-2, -1, 0, 2, 5])
def test_a_poller_whose_clock_is_behind_finds_the_call(ahead: int) -> None:
    """By the poller's clock the change was seen before it happened, or just as it did."""
    changed = NOON + ahead * SECOND
    window = behind(Status.RUNNING, Status.PAUSED, changed_at=changed)
    assert window is not None
    made, later = (
        event(eventID=name, eventName="PauseCampaign", eventTime=(changed + after * SECOND).isoformat())
        for name, after in (("made", -0.5), ("later", 4))
    )
    call = found(made, later, window=window)
    assert call is not None
    assert call.id == "made"


def test_what_happens_again_and_again_is_explained_by_a_recent_call_and_an_end_by_any_since() -> None:
    def earliest(after: Status) -> datetime:
        known = recorded(Status.RUNNING, at=NOON - timedelta(days=9), updated=None)
        window = calls_behind(known, after, CALLS, of_journey=False, created_at=None, changed_at=None, observed_at=NOON)
        assert window is not None
        return window.earliest

    assert earliest(Status.PAUSED) == NOON - minutes(62)
    assert earliest(Status.CANCELLED) == NOON - timedelta(days=9) - minutes(2)


def test_a_run_that_was_not_known_is_not_explained_by_a_call_before_it_was_there() -> None:
    window = behind(None, Status.CANCELLED, PINPOINT, created_at=NOON - minutes(1))
    assert window is not None
    assert window.earliest == NOON - minutes(3)


def test_a_deletion_is_looked_for_from_an_hour_before_it_was_noticed() -> None:
    window = calls_behind_deletion(CALLS, since=NOON - minutes(2), observed_at=NOON)
    assert window == CallWindow(("DeleteCampaign",), "", NOON - minutes(62), NOON)
    assert calls_behind_deletion(None, since=NOON, observed_at=NOON) is None


# Which record


@pytest.mark.parametrize("id_", ["c-1", "arn:aws:connect-campaigns:eu-west-2:111122223333:campaign/c-1"])
def test_a_call_is_about_a_campaign_by_its_id_or_its_arn(id_: str) -> None:
    call = found(event(requestParameters={"id": id_}))
    assert call is not None
    assert call.id == "e1"


@pytest.mark.parametrize(
    "lookalike",
    [
        {"requestParameters": {"id": "c-10"}},
        {"requestParameters": {"id": "desk/c-1"}},
        {"requestParameters": {"id": "arn:aws:connect-campaigns:eu-west-2:111122223333:campaign/x-c-1"}},
        {"requestParameters": {"id": "arn:aws:connect-campaigns:eu-west-2:111122223333:campaign/c-1/draft"}},
        {"requestParameters": {"name": "c-1"}},
        {"requestParameters": {"id": ["c-1"]}},
        {"requestParameters": None},
        {"eventSource": "pinpoint.amazonaws.com"},
        {"eventName": "PauseCampaign"},
        {"errorCode": "AccessDeniedException"},
        {"errorMessage": "no"},
        {"eventTime": "2026-11-23T11:49:59Z"},
        {"eventTime": "2026-11-23T12:00:01Z"},
        {"eventTime": "2026-11-23T11:59:00"},
        {"eventTime": None},
        {"eventID": None},
    ],
)
def test_a_lookalike_explains_nothing(lookalike: dict[str, Any]) -> None:
    assert found(event(**lookalike)) is None


def test_the_latest_of_several_did_it() -> None:
    earlier = event(eventID="e0", eventTime="2026-11-23T11:55:00Z")
    call = found(event(), earlier)
    assert call is not None
    assert call.id == "e1"


@pytest.mark.parametrize(
    ("calls", "who"),
    [
        # Seconds after the change, and the call that made it.
        ([-1, 3], -1),
        ([-90, 3], -90),
        ([3, 90], 3),
        ([2, 4], 2),
        ([6], None),
        ([90], None),
        ([-1, 6], -1),
        ([-200, 1], 1),
        ([-200], -200),
        ([-200, -100, -50], -50),
        ([0, 1], 0),
    ],
)
def test_a_later_call_never_explains_an_earlier_change(calls: list[int], who: int | None) -> None:
    """Clocks may differ by five seconds: within them the call nearest before the change counts first."""
    changed = NOON - minutes(3)
    window = behind(Status.RUNNING, Status.PAUSED, changed_at=changed)
    assert window is not None
    records = [
        event(eventID=str(after), eventName="PauseCampaign", eventTime=(changed + after * SECOND).isoformat())
        for after in calls
    ]
    call = found(*records, window=window)
    assert (None if call is None else int(call.id)) == who


def test_without_a_time_of_the_change_the_latest_call_before_it_was_seen_counts() -> None:
    window = behind(Status.RUNNING, Status.PAUSED)
    assert window is not None
    records = [
        event(eventID=str(after), eventName="PauseCampaign", eventTime=(NOON + after * SECOND).isoformat())
        for after in (-200, -2, 1, 3, 60)
    ]
    call = found(*records, window=window)
    assert call is not None
    assert call.id == "-2"


def test_a_journey_that_was_created_going_is_named_in_the_answer_alone() -> None:
    assert PINPOINT.calls is not None
    window = CallWindow(("CreateJourney",), "ACTIVE", NOON - minutes(10), NOON)
    about = {"eventName": "CreateJourney", "eventSource": "pinpoint.amazonaws.com"}
    asked = {"application-id": "app", "State": "ACTIVE"}

    def explains(response: object) -> bool:
        call = read_call(event(**about, requestParameters=asked, responseElements=response))
        assert call is not None
        assert PINPOINT.calls is not None
        return explanation(window, JourneyKey("app", "j"), [call], PINPOINT.calls) is not None

    assert explains({"Id": "j"})
    assert not explains({"Id": "another"})
    assert not explains(None)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
FIELDS = ("eventID", "eventName", "eventSource", "eventTime", "requestParameters", "userIdentity", "sourceIPAddress")


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING), ANYTHING)
def test_no_record_is_too_odd_to_be_read(changes: dict[str, Any], identity: object) -> None:
    found(event(**changes))
    call = read_call(event(**changes)) or read_call(event(userIdentity=identity))
    if call is not None:
        assert CALLS is not None
        assert actor_of(call, CALLS).kind in ActorKind


@pytest.mark.parametrize("odd", [None, 7, "{", "[]", "[" * 100_000, "x" * 400_000])
def test_what_is_no_record_is_none(odd: object) -> None:
    assert read_call({"CloudTrailEvent": odd}) is None
    assert read_call(odd) is None


def test_a_record_larger_than_cloudtrail_makes_them_is_not_read() -> None:
    """What a stranger made larger than any record would be parsed at every look-up."""
    (size, largest) = (len(event(userAgent="")["CloudTrailEvent"]), 300_000)
    assert read_call(event(userAgent="x" * (largest - size))) is not None
    assert read_call(event(userAgent="x" * (largest - size + 1))) is None


IDENTITY = ("userName", "arn", "principalId", "invokedBy", "sessionContext", "accountId", "onBehalfOf")


@given(st.dictionaries(st.sampled_from(IDENTITY), ANYTHING))
def test_no_identity_is_too_odd(identity: dict[str, Any]) -> None:
    for kind in ("IAMUser", "AssumedRole", "IdentityCenterUser", "SAMLUser", "AWSAccount", "AWSService", "Root"):
        said = actor(**{**identity, "type": kind})
        texts = (said.name, said.role, said.session, said.invoked_by)
        assert all(text is None or (text and len(text) <= 512) for text in texts)


# Who


CONNECTS_ROLES = "aws-service-role/connect.amazonaws.com/"
IDENTITY_CENTERS = "aws-reserved/sso.amazonaws.com/"


def role(name: str, session: str, path: str = "", *, partition: str = "aws", **more: object) -> Actor:
    issuer_arn = f"arn:{partition}:iam::111122223333:role/{path}{name}"
    issuer = {"sessionIssuer": {"type": "Role", "arn": issuer_arn, "userName": name}}
    arn = f"arn:{partition}:sts::111122223333:assumed-role/{name}/{session}"
    return actor(type="AssumedRole", arn=arn, principalId=f"AROA:{session}", sessionContext=issuer, **more)


def test_each_kind_of_caller_is_known() -> None:
    assert actor(type="IAMUser", userName="ada") == Actor(ActorKind.IAM_USER, "ada")
    assert actor(type="Root", accountId="1") == Actor(ActorKind.ROOT)
    assert role("Ops", "ada") == Actor(ActorKind.ROLE, role="Ops", session="ada")
    assert actor(type="IdentityCenterUser", onBehalfOf={"userId": "u-1"}) == Actor(
        ActorKind.IDENTITY_CENTER_USER, "u-1"
    )
    assert actor(type="SAMLUser", userName="ada") == Actor(ActorKind.FEDERATED_USER, "ada")
    assert actor(type="FederatedUser", arn="arn:aws:sts::1:federated-user/ada") == Actor(
        ActorKind.FEDERATED_USER, "ada"
    )
    assert actor(type="AWSAccount", accountId="444455556666") == Actor(ActorKind.ACCOUNT, "444455556666")
    assert actor(type="Unknown") == Actor(ActorKind.UNKNOWN)
    assert actor() == Actor(ActorKind.UNKNOWN)


@pytest.mark.parametrize("path", [IDENTITY_CENTERS, f"{IDENTITY_CENTERS}eu-west-1/"])
@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_who_came_by_identity_center_is_a_person_with_a_permission_set(path: str, partition: str) -> None:
    said = role("AWSReservedSSO_Marketing_0123456789abcdef", "ada@example.com", path, partition=partition)
    assert said == Actor(ActorKind.IDENTITY_CENTER_USER, "ada@example.com", role="Marketing")


def test_who_was_signed_in_to_connects_own_site_is_a_user_of_it() -> None:
    said = role("AWSServiceRoleForAmazonConnect_x", USER_ID, CONNECTS_ROLES, invokedBy="connect.amazonaws.com")
    assert said == Actor(ActorKind.SITE_USER, USER_ID)


@pytest.mark.parametrize(
    ("name", "session", "path"),
    [
        ("AWSServiceRoleForConnectCampaigns", "campaigns", "aws-service-role/connect-campaigns.amazonaws.com/"),
        ("AWSServiceRoleForConnectCampaigns", USER_ID, "aws-service-role/connect-campaigns.amazonaws.com/"),
        ("AWSServiceRoleForAmazonConnect_x", "sync", CONNECTS_ROLES),
    ],
)
def test_a_services_own_role_is_no_person(name: str, session: str, path: str) -> None:
    assert role(name, session, path).kind is ActorKind.SERVICE


@pytest.mark.parametrize(
    "path",
    ["", "service-role/", "ops/aws-service-role/connect.amazonaws.com/", "ops/aws-reserved/sso.amazonaws.com/"],
)
@pytest.mark.parametrize(
    "name",
    ["AWSServiceRoleForAmazonConnect_x", "AWSServiceRoleForX", "AWSReservedSSO_Marketing_0123456789abcdef"],
)
def test_a_role_that_is_only_named_like_one_of_aws_is_a_role_like_any_other(name: str, path: str) -> None:
    """Anyone who may create a role may choose its name and its session, and so pass for somebody else."""
    said = role(name, USER_ID, path, invokedBy="connect.amazonaws.com")
    assert said == Actor(ActorKind.ROLE, role=name, session=USER_ID, invoked_by="connect.amazonaws.com")


def test_a_role_whose_arn_is_not_recorded_is_a_role_like_any_other() -> None:
    issuer = {"sessionIssuer": {"type": "Role", "userName": "AWSServiceRoleForAmazonConnect_x"}}
    said = actor(type="AssumedRole", principalId=f"AROA:{USER_ID}", sessionContext=issuer)
    assert said.kind is ActorKind.ROLE


def test_an_automations_call_says_which_service_made_it() -> None:
    assert actor(type="AWSService", invokedBy="scheduler.amazonaws.com").name == "scheduler.amazonaws.com"
    assert actor(invokedBy="synchronization.connect.amazonaws.com").kind is ActorKind.SERVICE
    through = role("Deploy", "ci", invokedBy="cloudformation.amazonaws.com")
    assert through.invoked_by == "cloudformation.amazonaws.com"


# When


def search(since: datetime = NOON) -> Search:
    return Search("TRANSITION#2026-11-23T12:00:00.000Z#a1", since, WINDOW)


def asked_at(interval: timedelta, *, after: timedelta = AFTER, until: int = 130) -> list[int]:
    times = [interval * n for n in range(1, int(timedelta(minutes=until) / interval) + 1)]
    return [int(at / MINUTE) for at in times if is_due(search(), NOON + at, after=after, interval=interval)]


def test_it_is_asked_at_growing_intervals_and_from_the_end_on_until_it_has_ended() -> None:
    assert asked_at(MINUTE, until=121) == [5, 6, 10, 11, 20, 21, 40, 41, 80, 81, 120, 121]
    assert asked_at(timedelta(minutes=15), until=130) == [15, 30, 45, 60, 90, 105, 120]
    assert asked_at(timedelta(hours=1), until=180) == [60, 120, 180]


@given(st.integers(1, 3600), st.integers(1, 24))
def test_however_polls_come_each_time_has_one_that_asks(seconds: int, times: int) -> None:
    """Between two polls that are up to twice the interval apart."""
    interval = timedelta(seconds=seconds)
    assert is_due(search(), NOON + AFTER * 1 + interval * 1.99, after=AFTER, interval=interval)
    assert is_due(search(), NOON + AFTER * 24 + interval * times, after=AFTER, interval=interval)


def test_it_ends_after_two_hours_and_without_an_answer_a_quarter_later() -> None:
    assert ends_at(NOON, AFTER) == NOON + timedelta(hours=2)
    assert not is_hopeless(search(), NOON + minutes(134), after=AFTER)
    assert is_hopeless(search(), NOON + minutes(135), after=AFTER)


def test_a_search_knows_its_alert_by_the_key_of_its_item() -> None:
    assert search().alert_id == "a1"
