"""What every alarm must be: told once, about a metric that exists, and explained in the runbook."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from infra.alarms import RUNBOOK, Alarms
from infra.deployment_config import DeploymentConfig
from infra.watch_entries import MAX_LANES, MAX_LANES_APART
from journey_watch import contract
from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import WatchTarget
from journey_watch.observability.metrics import PER_LANE, SERVICE_WIDE
from tests.infra import ops_mail
from tests.infra.alarm_evaluator import Alarm, CompositeAlarm, Datum
from tests.infra.conftest import EVERYTHING, ROOT, Synthesize, configured
from tests.infra.synthesis import Json, Synthesized, text

KINDS_OF_LANES = {"polls-missing", "journeys-failing", "alerts-undelivered"}
ADDED_BY_OTHER_PARTS = {"queue-too-old"}
"""Kinds that the stack has only if the configuration asks for what they watch."""


def alarms(stack: Synthesized) -> list[Alarm]:
    return [Alarm.from_definition(each, text) for each in stack.properties("AWS::CloudWatch::Alarm")]


def with_lanes(count: int, *, name: str = EVERYTHING.name) -> DeploymentConfig:
    watch = tuple(
        WatchTarget("pinpoint", "*", region="ap-northeast-1", role_arn=f"arn:aws:iam::{number:012}:role/Reader")
        for number in range(count)
    )
    return replace(configured(watch=watch), name=name)


FEW, SOME, MANY = (with_lanes(count) for count in (MAX_LANES_APART, MAX_LANES_APART + 1, MAX_LANES))


def alarms_of(stack: Stack) -> Alarms:
    mail, topic = sns.Topic(stack, "OpsMail"), sns.Topic(stack, "Ops")
    return Alarms(stack, "Alarms", ops_mail_topic=mail, ops_topic=topic, every=timedelta(minutes=1))


def rings(alarm: Json) -> bool:
    return bool(alarm.get("AlarmActions"))


def composites(stack: Synthesized) -> list[CompositeAlarm]:
    names = {
        f"${{{logical_id}}}": text(stack.template["Resources"][logical_id]["Properties"]["AlarmName"])
        for logical_id in stack.ids("AWS::CloudWatch::Alarm")
    }
    return [
        CompositeAlarm.from_definition(
            each, re.sub(r"\$\{\w+\}", lambda match: names[match[0]], text(each["AlarmRule"]))
        )
        for each in stack.properties("AWS::CloudWatch::CompositeAlarm")
    ]


def test_nobody_is_mailed_when_an_alarm_is_created(synthesize: Synthesize) -> None:
    for stack in (synthesize(FEW), synthesize(MANY)):
        for alarm in ops_mail.alarms(stack):
            assert ops_mail.mails(stack, alarm, ["INSUFFICIENT_DATA", "OK"]) == []


@pytest.mark.parametrize("detour", [(), ("INSUFFICIENT_DATA",)], ids=["straight", "by way of no data"])
def test_trouble_is_told_once_and_its_end_once(synthesize: Synthesize, detour: tuple[str, ...]) -> None:
    for stack in (synthesize(FEW), synthesize(MANY)):
        for alarm in filter(rings, ops_mail.alarms(stack)):
            begun, over = ops_mail.mails(stack, alarm, ["INSUFFICIENT_DATA", "OK", "ALARM", *detour, "OK"])
            assert begun == "ALARM"
            assert over.startswith(f"ALARM is over: {ops_mail.at_place(text(alarm['AlarmName']))}.\n")
            assert f"Its state is {[*detour, 'OK'][0]} since 2026-11-23T02:31:40.987+0000" in over


def test_programs_hear_of_the_same(synthesize: Synthesize) -> None:
    for stack in (synthesize(FEW), synthesize(MANY)):
        both = [stack.output("OpsMailTopicArn"), stack.output("OpsTopicArn")]
        for alarm in filter(rings, ops_mail.alarms(stack)):
            assert [text(action) for action in alarm["AlarmActions"]] == both
        people, programs = stack.only("AWS::Events::Rule")["Targets"]
        assert [text(people["Arn"]), text(programs["Arn"])] == both
        assert not programs.keys() & {"Input", "InputPath", "InputTransformer"}  # the event itself, as JSON


def test_an_alarm_that_rings_at_its_first_evaluation_is_told_and_its_end_too(everything: Synthesized) -> None:
    for alarm in ops_mail.alarms(everything):
        assert len(ops_mail.mails(everything, alarm, ["INSUFFICIENT_DATA", "ALARM", "OK"])) == 2


def test_the_end_of_another_stacks_or_accounts_alarm_is_not_told_here(everything: Synthesized) -> None:
    pattern = everything.only("AWS::Events::Rule")["EventPattern"]
    name = f"{EVERYTHING.name} polls-slow"

    assert ops_mail.matches(pattern, ops_mail.state_change(name, "ALARM", "OK"))
    for other in (
        ops_mail.state_change(f"{EVERYTHING.name}-eu polls-slow", "ALARM", "OK"),
        ops_mail.state_change(name, "ALARM", "OK", account="444455556666"),
    ):
        assert not ops_mail.matches(pattern, other)


def test_an_alarm_never_leaves_alarm_for_want_of_data(everything: Synthesized) -> None:
    assert not [alarm for alarm in alarms(everything) if alarm.missing == "missing"]


def test_a_few_lanes_ring_each_for_itself(synthesize: Synthesize) -> None:
    stack = synthesize(FEW)

    assert not composites(stack)
    assert all(map(rings, ops_mail.alarms(stack)))


def test_more_lanes_ring_together_for_each_kind(synthesize: Synthesize) -> None:
    for config in (SOME, MANY):
        stack = synthesize(config)
        of_lanes = [alarm for alarm in alarms(stack) if contract.DIMENSION_LANE in alarm.dimensions]

        assert {composite.kind: set(composite.children) for composite in composites(stack)} == {
            kind: {alarm.name for alarm in of_lanes if alarm.kind == kind} for kind in KINDS_OF_LANES
        }
        silent = {text(each["AlarmName"]) for each in ops_mail.alarms(stack) if not rings(each)}
        assert silent == {alarm.name for alarm in of_lanes}


def test_an_outage_of_every_lane_is_one_mail_of_a_kind_and_one_when_it_is_over(synthesize: Synthesize) -> None:
    stack = synthesize(MANY)
    definitions = {text(each["AlarmName"]): each for each in ops_mail.alarms(stack)}
    polls = [alarm for alarm in alarms(stack) if alarm.kind == "polls-missing"]
    (together,) = [composite for composite in composites(stack) if composite.kind == "polls-missing"]
    # One lane after the other falls silent, and all are polled again from the 30th minute on.
    data = [
        Datum(alarm.namespace, alarm.metric, alarm.dimensions, 60.0 * minute, (1.0,))
        for number, alarm in enumerate(polls)
        for minute in range(60)
        if minute < 5 + number % 7 or minute >= 30
    ]
    of = {alarm.name: list(filter(alarm.watches, data)) for alarm in polls}
    states, told, state = dict.fromkeys([alarm.name for alarm in polls], "INSUFFICIENT_DATA"), [], "INSUFFICIENT_DATA"
    for minute in range(5, 60):
        for alarm in polls:
            after = alarm.state(of[alarm.name], now=60.0 * minute, before=states[alarm.name])
            told += ops_mail.mails(stack, definitions[alarm.name], [states[alarm.name], after])
            states[alarm.name] = after
        after = together.state(states)
        told += ops_mail.mails(stack, definitions[together.name], [state, after] if after != state else [])
        state = after

    begun, over = told
    assert begun == "ALARM"
    assert over.startswith("ALARM is over: journey-watch polls-missing.")


def test_a_rule_over_all_lanes_fits_into_what_cloudwatch_allows(synthesize: Synthesize) -> None:
    """With the longest name that a stack may have: 10,240 characters and 100 alarms (API reference)."""
    for composite in composites(synthesize(with_lanes(MAX_LANES, name="x" * 128))):
        assert len(" OR ".join(f'ALARM("{child}")' for child in composite.children)) <= 10_240
        assert len(composite.children) <= 100
        assert max(map(len, composite.children)) <= 255


def test_an_alarm_over_lanes_says_how_to_see_which(synthesize: Synthesize) -> None:
    for composite in composites(synthesize(SOME)):
        assert "at least one lane" in composite.description
        assert all(child.startswith(f"{EVERYTHING.name}/{composite.kind} ") for child in composite.children)
        assert f"{EVERYTHING.name}/{composite.kind} is in ALARM on the dashboard" in composite.description
        assert f"{RUNBOOK}#{composite.kind}" in composite.description


def test_each_is_about_a_plain_metric(everything: Synthesized) -> None:
    assert not [each for each in everything.properties("AWS::CloudWatch::Alarm") if "Metrics" in each]


def test_the_metrics_of_our_own_are_emitted_with_those_dimensions(everything: Synthesized) -> None:
    for alarm in alarms(everything):
        if alarm.namespace == contract.METRICS_NAMESPACE:
            emitted = PER_LANE if contract.DIMENSION_LANE in alarm.dimensions else SERVICE_WIDE
            assert alarm.metric in emitted
            assert alarm.dimensions[contract.DIMENSION_SERVICE] == EVERYTHING.name


def test_every_lane_has_the_same_alarms_about_itself(synthesize: Synthesize) -> None:
    elsewhere = configured(watch=(*EVERYTHING.watch, WatchTarget("pinpoint", "*", region="eu-west-1")))
    one, two = alarms(synthesize()), alarms(synthesize(elsewhere))

    of_lanes = [alarm for alarm in two if contract.DIMENSION_LANE in alarm.dimensions]
    for lane in ("pinpoint/${AWS::AccountId}/${AWS::Region}", "pinpoint/${AWS::AccountId}/eu-west-1"):
        assert {alarm.kind for alarm in of_lanes if alarm.dimensions[contract.DIMENSION_LANE] == lane} == KINDS_OF_LANES
    assert len(two) - len(one) == len(KINDS_OF_LANES)


@pytest.mark.parametrize("minutes", [1, 7, 60])
def test_evaluation_fits_the_interval_and_what_cloudwatch_allows(synthesize: Synthesize, minutes: int) -> None:
    stack = synthesize(configured(every_seconds=60 * minutes))
    for alarm in alarms(stack):
        assert alarm.period % 60 == 0
        assert alarm.period * alarm.evaluation_periods <= 86_400
        if alarm.kind == "polls-missing":
            assert alarm.period == minutes * 60


def test_a_poll_is_slow_when_it_comes_near_its_time_out(everything: Synthesized) -> None:
    (poller,) = [
        each for each in everything.properties("AWS::Lambda::Function") if each["Handler"] == contract.POLL_HANDLER
    ]
    (slow,) = [alarm for alarm in alarms(everything) if alarm.kind == "polls-slow"]

    assert slow.threshold == 0.8 * 1000 * poller["Timeout"]


def test_every_alarm_has_its_entry_in_the_runbook_and_every_entry_its_alarm(everything: Synthesized) -> None:
    runbook = (ROOT / RUNBOOK).read_text(encoding="utf-8")
    entries = re.findall(r"^## (.+)$", runbook, flags=re.MULTILINE)

    assert set(entries) == {alarm.kind for alarm in alarms(everything)} | ADDED_BY_OTHER_PARTS
    assert len(entries) == len(set(entries))
    for entry in runbook.split("\n## ")[1:]:
        assert all(f"**{part}.**" in entry for part in ("Means", "See it", "Do")), entry[:40]


def test_each_says_where_to_read_on_and_is_named_for_its_kind(everything: Synthesized) -> None:
    for alarm in alarms(everything):
        assert f"{RUNBOOK}#{alarm.kind}" in alarm.description
        assert alarm.name.startswith(f"{EVERYTHING.name} {alarm.kind}")


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("function-throttled", [1, 1, 1]),
        ("dead-letters", [1]),
        ("notifications-failing", [1]),
        ("subscriptions-unconfirmed", [1]),
        ("table-throttled", [4, 0, 2, 1]),
        ("table-failing", [1, 1, 1]),
    ],
)
def test_metrics_that_aws_counts_ring_by_the_numbers_it_documents(
    everything: Synthesized, kind: str, values: list[float]
) -> None:
    """What no test can make AWS count; the rest is in test_alarm_causes."""
    for alarm in [alarm for alarm in alarms(everything) if alarm.kind == kind]:

        def data(*counts: float, alarm: Alarm = alarm) -> list[Datum]:
            return [
                Datum(alarm.namespace, alarm.metric, alarm.dimensions, alarm.period * at, (count,))
                for at, count in enumerate(counts)
            ]

        assert alarm.state(data(*values), now=alarm.period * len(values)) == "ALARM"
        recovered = [*values, *([0] * 5)]
        assert alarm.state(data(*recovered), now=alarm.period * len(recovered), before="ALARM") == "OK"


def test_a_queue_that_is_not_emptied_is_an_alarm_in_one_line() -> None:
    stack = Stack(App(), "s")
    watching = alarms_of(stack)
    watching.watch_queue_age("slack", sqs.Queue(stack, "Cards"), limit=timedelta(minutes=15))

    (alarm,) = definitions_in(stack)
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateAgeOfOldestMessage", 900)


def test_the_lane_of_a_polls_alarm_is_that_of_the_poller() -> None:
    stack = Stack(App(), "s")
    lane = Lane("connect", "111122223333", "us-east-1")
    alarms_of(stack).watch_lanes([lane])

    for alarm in definitions_in(stack):
        assert {"Name": contract.DIMENSION_LANE, "Value": str(lane)} in alarm["Dimensions"]


def definitions_in(stack: Stack) -> list[Json]:
    found = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    return [each["Properties"] for each in found.values()]
