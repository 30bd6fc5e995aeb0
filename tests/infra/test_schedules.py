"""Who is polled when, and what becomes of an event that nobody took."""

import json

import pytest

from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import WatchTarget
from tests.infra.conftest import Synthesize, configured
from tests.infra.synthesis import Synthesized, text

ROLE = "arn:aws:iam::444455556666:role/Reader"
SEVERAL = configured(
    watch=(
        WatchTarget("pinpoint", "a"),
        WatchTarget("pinpoint", "b"),
        WatchTarget("pinpoint", "*", region="eu-west-1"),
        WatchTarget("pinpoint", "*", region="us-east-1", role_arn=ROLE),
    ),
)


def lanes(stack: Synthesized) -> set[str]:
    """The lanes that schedules name; each input must be the poller's event and nothing more."""
    inputs = [json.loads(text(each["Target"]["Input"])) for each in stack.properties("AWS::Scheduler::Schedule")]
    assert all(each.keys() == {"lane"} for each in inputs)
    assert len({each["lane"] for each in inputs}) == len(inputs)
    return {each["lane"] for each in inputs}


def test_the_one_lane_of_the_default_is_the_stacks_own(everything: Synthesized) -> None:
    assert lanes(everything) == {"pinpoint/${AWS::AccountId}/${AWS::Region}"}


def test_targets_in_one_account_and_region_share_a_lane_and_all_others_have_their_own(synthesize: Synthesize) -> None:
    assert lanes(synthesize(SEVERAL)) == {
        "pinpoint/${AWS::AccountId}/${AWS::Region}",
        "pinpoint/${AWS::AccountId}/eu-west-1",
        "pinpoint/444455556666/us-east-1",
    }


def test_where_account_and_region_are_known_the_event_is_a_lane_the_poller_can_read(synthesize: Synthesize) -> None:
    stack = synthesize(SEVERAL, account="111122223333", region="eu-west-1")

    # Naming the stack's own Region makes no lane of its own.
    assert {Lane.parse(lane) for lane in lanes(stack)} == {
        Lane("pinpoint", "111122223333", "eu-west-1"),
        Lane("pinpoint", "444455556666", "us-east-1"),
    }


def test_a_schedule_is_the_same_resource_whether_or_not_the_account_is_known(synthesize: Synthesize) -> None:
    unknown, known = synthesize(), synthesize(account="111122223333", region="eu-west-1")

    assert unknown.ids("AWS::Scheduler::Schedule") == known.ids("AWS::Scheduler::Schedule")


@pytest.mark.parametrize(
    ("minutes", "rate", "timeout"),
    [
        (1, "rate(1 minute)", 50),
        (2, "rate(2 minutes)", 110),
        (5, "rate(5 minutes)", 290),
        (60, "rate(60 minutes)", 300),
    ],
)
def test_a_poll_ends_before_the_next_begins(synthesize: Synthesize, minutes: int, rate: str, timeout: int) -> None:
    stack = synthesize(configured(every_seconds=60 * minutes))

    schedule = stack.only("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == rate
    assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
    assert stack.poller["Timeout"] == timeout


def test_an_event_that_could_not_be_handed_over_is_kept_for_an_hour(everything: Synthesized) -> None:
    target = everything.only("AWS::Scheduler::Schedule")["Target"]

    assert text(target["Arn"]) == everything.poller_arn
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 60, "MaximumRetryAttempts": 3}
    assert text(target["DeadLetterConfig"]["Arn"]) == everything.arn("AWS::SQS::Queue")
    queue = everything.only("AWS::SQS::Queue")
    assert queue == {"MessageRetentionPeriod": 3600, "SqsManagedSseEnabled": True}


def test_a_failed_poll_is_not_repeated_for_the_next_one_is_the_retry(everything: Synthesized) -> None:
    invocation = everything.only("AWS::Lambda::EventInvokeConfig")

    assert invocation["MaximumRetryAttempts"] == 0
    assert invocation["MaximumEventAgeInSeconds"] == 60
    assert "DestinationConfig" not in invocation


def test_the_queue_refuses_plain_http(everything: Synthesized) -> None:
    (statement,) = everything.only("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Action"] == "sqs:*"
    assert statement["Principal"] == {"AWS": "*"}
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
