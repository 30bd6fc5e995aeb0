"""The doctor in an account: whatever is broken is found, with what to do; nothing is found where all is well."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from journey_watch import contract
from journey_watch.core.mutes import Mute
from journey_watch.store.items import mute_item
from operator_cli.deployment import Deployment
from operator_cli.doctor import Finding, Level, examine
from tests.operator_cli.account import ALARM, CODE, LANE, MAIL, OPERATOR, OPS_MAIL, READER, SCHEDULE, STACK, Account

DENIED: Final = "AccessDeniedException: User: P is not authorized to perform: mobiletargeting:GetApps"


def findings(account: Account) -> list[Finding]:
    return list(examine(Deployment(STACK, account.session), code=CODE, now=datetime.now(UTC)))


def bad(account: Account) -> list[Finding]:
    return [each for each in findings(account) if each.level is not Level.OK]


def nobody_confirms(account: Account) -> None:
    account.subscribed[MAIL][READER] = "PendingConfirmation"


def a_subscription_disappears(account: Account) -> None:
    del account.subscribed[OPS_MAIL][OPERATOR]


def an_alarm_rings(account: Account) -> None:
    account.client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="slow")


def a_schedule_is_disabled(account: Account) -> None:
    account.change_schedule(State="DISABLED")


def a_schedule_is_deleted(account: Account) -> None:
    account.client("scheduler").delete_schedule(Name=SCHEDULE)


def polls_fail(account: Account) -> None:
    account.forget_polls()
    account.log(contract.LOG_POLL_FAILED, reason="the table has no such key")


def polls_stop(account: Account) -> None:
    account.forget_polls()
    account.log(contract.LOG_POLL_COMPLETED, age=timedelta(minutes=8))


def alerts_wait(account: Account) -> None:
    account.remember("basket", "Basket", owed_since=datetime.now(UTC) - timedelta(hours=2))


def a_queue_is_not_emptied(account: Account) -> None:
    datum = {
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "SlackQueue"}],
        "Timestamp": datetime.now(UTC) - timedelta(minutes=1),
        "Value": 3600.0,
    }
    account.client("cloudwatch").put_metric_data(Namespace="AWS/SQS", MetricData=[datum])


def one_is_given_up(queue: str) -> Callable[[Account], None]:
    def send(account: Account) -> None:
        url = account.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
        account.client("sqs").send_message(QueueUrl=url, MessageBody="x")

    return send


def a_lane_is_refused(account: Account) -> None:
    account.make_unreachable(DENIED)


def a_lane_is_not_in_use(account: Account) -> None:
    account.forget_journeys()


def everything_is_muted(account: Account) -> None:
    account.put_mute(mute_item(Mute(id="release", until=datetime.now(UTC) + timedelta(hours=3))))


def the_configuration_mutes(account: Account) -> None:
    account.configured_mutes = [Mute(id="freeze", journeys=("welcome",), until=datetime.now(UTC) + timedelta(hours=3))]


def a_mute_is_of_another_version(account: Account) -> None:
    item: dict[str, Any] = mute_item(Mute(id="odd", until=datetime.now(UTC) + timedelta(hours=3)))
    account.put_mute({**item, "mute": {"S": json.dumps({"id": "odd", "phase": "of the moon"})}})


def other_code_is_deployed(account: Account) -> None:
    account.code = "fedcba987654"


def a_deployment_fails(account: Account) -> None:
    account.status = "UPDATE_ROLLBACK_FAILED"


@dataclass(frozen=True)
class Fault:
    plant: Callable[[Account], None]
    level: Level
    about: str
    said: str
    do: str
    """What the finding says is to be done."""


FAULTS: Final = (
    Fault(
        nobody_confirms, Level.PROBLEM, READER, "nobody has followed the link", "Request confirmation sends it again"
    ),
    Fault(
        a_subscription_disappears,
        Level.PROBLEM,
        OPERATOR,
        "it has no subscription any more",
        "Topics → journey-watch-OpsMail → Create subscription → Email; then",
    ),
    Fault(an_alarm_rings, Level.PROBLEM, ALARM, "s. Polls took too long.", "docs/runbook.md#polls-slow"),
    Fault(a_schedule_is_disabled, Level.PROBLEM, str(LANE), "schedule is disabled", f"Schedules → {SCHEDULE} → Enable"),
    Fault(a_schedule_is_deleted, Level.PROBLEM, SCHEDULE, "was deleted", "take the lane's [[watch]] entries out"),
    Fault(polls_fail, Level.PROBLEM, str(LANE), "says: the table has no such key.", "under polls-missing"),
    Fault(polls_stop, Level.PROBLEM, str(LANE), "No poll came to its end in the last 5 min", "under polls-missing"),
    Fault(alerts_wait, Level.PROBLEM, str(LANE), "1 alert is waiting for mail for 2 h", "under alerts-undelivered"),
    Fault(a_queue_is_not_emptied, Level.PROBLEM, "SlackQueue", "waiting for 1 h", "under queue-too-old"),
    Fault(
        one_is_given_up("SchedulesDeadLetters"),
        Level.PROBLEM,
        "SchedulesDeadLetters",
        "1 message was given up",
        "nothing needs to be sent again",
    ),
    Fault(
        one_is_given_up("SlackDeadLetters"),
        Level.PROBLEM,
        "SlackDeadLetters",
        "1 message was given up. These alerts did not reach whom they are for",
        "SlackDeadLetters → Start DLQ redrive",
    ),
    Fault(a_lane_is_refused, Level.PROBLEM, str(LANE), f"min now: {DENIED}", "deploy again"),
    Fault(a_lane_is_not_in_use, Level.NOTE, str(LANE), "Not in use", "If it should be in use, enable it"),
    Fault(
        everything_is_muted,
        Level.NOTE,
        "mute release",
        "nobody is told of 1 journey: Welcome",
        "journey-watch unmute release ends it",
    ),
    Fault(
        the_configuration_mutes,
        Level.NOTE,
        "mute freeze",
        "nobody is told of 1 journey: Welcome",
        "It stands in the configuration",
    ),
    Fault(
        a_mute_is_of_another_version,
        Level.NOTE,
        "mute odd",
        "This version cannot read it",
        "journey-watch unmute odd ends it",
    ),
    Fault(
        other_code_is_deployed,
        Level.NOTE,
        "code",
        f"The code fedcba987654 is deployed, and this checkout has {CODE}",
        "Deploy this checkout",
    ),
    Fault(a_deployment_fails, Level.PROBLEM, "stack", "failed (UPDATE_ROLLBACK_FAILED)", "Events says why"),
)


def test_a_healthy_deployment_has_no_finding(account: Account) -> None:
    assert bad(account) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.about + ": " + fault.said)
def test_a_planted_fault_is_found_alone_with_what_to_do(account: Account, fault: Fault) -> None:
    fault.plant(account)

    (found,) = bad(account)

    assert (found.level, found.about) == (fault.level, fault.about)
    assert fault.said in found.text
    assert fault.do in found.text


def test_whoever_subscribes_again_keeps_the_severities_that_were_asked_for(account: Account) -> None:
    del account.subscribed[MAIL][READER]

    (found,) = bad(account)

    assert 'with the filter policy {"severity": ["warning", "critical"]}; then' in found.text


def test_a_mute_that_has_ended_is_no_finding(account: Account) -> None:
    account.put_mute(mute_item(Mute(id="release", until=datetime.now(UTC) - timedelta(hours=3))))

    assert bad(account) == []
    assert [each.text for each in findings(account) if each.about == "mute release"] == ["Ended 3 h ago"]


def test_an_alarm_of_a_stack_whose_name_begins_alike_is_not_this_ones(account: Account) -> None:
    for name in (f"{STACK}-verify polls-slow", f"{STACK}/polls-slow {LANE}"):
        account.client("cloudwatch").put_metric_alarm(
            AlarmName=name,
            Namespace="N",
            MetricName="M",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        account.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="slow")

    assert [found.about for found in bad(account)] == [f"{STACK}/polls-slow {LANE}"]


def test_a_slow_schedule_is_given_three_of_its_intervals(account: Account) -> None:
    polls_stop(account)
    account.change_schedule(ScheduleExpression="rate(5 minutes)")

    assert bad(account) == []
