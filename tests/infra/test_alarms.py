"""What every alarm must be: on the ops topic both ways, about a metric that exists, and explained in the runbook."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.assertions import Template

from infra.alarms import RUNBOOK, Alarms
from journey_watch import contract
from journey_watch.core.runs import Lane
from journey_watch.core.watch_list import WatchTarget
from journey_watch.metrics import PER_LANE, SERVICE_WIDE
from tests.infra.alarm_evaluator import Alarm, Datum
from tests.infra.conftest import EVERYTHING, ROOT, Synthesize
from tests.infra.synthesis import Json, Synthesized, text

ADDED_BY_OTHER_PARTS = {"queue-too-old"}
"""Kinds that the stack has only if the configuration asks for what they watch."""


def alarms(stack: Synthesized) -> list[Alarm]:
    return [Alarm.from_definition(each, text) for each in stack.properties("AWS::CloudWatch::Alarm")]


def test_trouble_and_its_end_are_told_on_the_ops_topic(everything: Synthesized) -> None:
    for alarm in everything.properties("AWS::CloudWatch::Alarm"):
        for event in ("AlarmActions", "OKActions"):
            assert [text(action) for action in alarm[event]] == [everything.output("OpsTopicArn")]


def test_each_is_about_a_plain_metric(everything: Synthesized) -> None:
    assert not [each for each in everything.properties("AWS::CloudWatch::Alarm") if "Metrics" in each]


def test_the_metrics_of_our_own_are_emitted_with_those_dimensions(everything: Synthesized) -> None:
    for alarm in alarms(everything):
        if alarm.namespace == contract.METRICS_NAMESPACE:
            emitted = PER_LANE if contract.DIMENSION_LANE in alarm.dimensions else SERVICE_WIDE
            assert alarm.metric in emitted
            assert alarm.dimensions[contract.DIMENSION_SERVICE] == EVERYTHING.name


def test_every_lane_has_the_same_alarms_about_itself(synthesize: Synthesize) -> None:
    elsewhere = replace(EVERYTHING, watch=(*EVERYTHING.watch, WatchTarget("pinpoint", "*", region="eu-west-1")))
    one, two = alarms(synthesize()), alarms(synthesize(elsewhere))

    of_lanes = [alarm for alarm in two if contract.DIMENSION_LANE in alarm.dimensions]
    kinds = {"polls-missing", "journeys-failing", "alerts-undelivered"}
    for lane in ("pinpoint/${AWS::AccountId}/${AWS::Region}", "pinpoint/${AWS::AccountId}/eu-west-1"):
        assert {alarm.kind for alarm in of_lanes if alarm.dimensions[contract.DIMENSION_LANE] == lane} == kinds
    assert len(two) - len(one) == len(kinds)


@pytest.mark.parametrize("minutes", [1, 7, 60])
def test_evaluation_fits_the_interval_and_what_cloudwatch_allows(synthesize: Synthesize, minutes: int) -> None:
    stack = synthesize(replace(EVERYTHING, every=timedelta(minutes=minutes)))
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
        ("readers-unconfirmed", [1]),
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
    watching = Alarms(stack, "Alarms", ops_topic=sns.Topic(stack, "Ops"), every=timedelta(minutes=1))
    watching.watch_queue_age("slack", sqs.Queue(stack, "Cards"), limit=timedelta(minutes=15))

    (alarm,) = _alarms_of(stack)
    assert (alarm["MetricName"], alarm["Threshold"]) == ("ApproximateAgeOfOldestMessage", 900)


def test_the_lane_of_a_polls_alarm_is_that_of_the_poller() -> None:
    stack = Stack(App(), "s")
    lane = Lane("connect", "111122223333", "us-east-1")
    Alarms(stack, "Alarms", ops_topic=sns.Topic(stack, "Ops"), every=timedelta(minutes=1)).watch_lane(lane)

    for alarm in _alarms_of(stack):
        assert {"Name": contract.DIMENSION_LANE, "Value": str(lane)} in alarm["Dimensions"]


def _alarms_of(stack: Stack) -> list[Json]:
    found = Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    return [each["Properties"] for each in found.values()]
