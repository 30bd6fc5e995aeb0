"""The evaluator against the tables of CloudWatch's guide, "Configuring how CloudWatch alarms treat missing data"."""

from dataclasses import replace

import pytest

from tests.infra.alarm_evaluator import Alarm, CompositeAlarm, Datum

BREACHES = Alarm(
    name="any",
    description="any",
    namespace="N",
    metric="M",
    dimensions={"d": "1"},
    statistic="Maximum",
    period=60,
    evaluation_periods=3,
    datapoints_to_alarm=3,
    threshold=1,
    comparison="GreaterThanOrEqualToThreshold",
    missing="missing",
)
MISSING = ("missing", "ignore", "breaching", "notBreaching")


def data(points: str) -> list[Datum]:
    """The guide's notation, oldest first: `0` does not breach, `X` does, `-` is missing."""
    return [
        Datum("N", "M", {"d": "1"}, 60.0 * position, (float(point == "X"),))
        for position, point in enumerate(points.split())
        if point != "-"
    ]


@pytest.mark.parametrize(
    ("datapoints", "points", "states"),
    [
        (3, "0 - X - X", ("OK", "OK", "OK", "OK")),
        (3, "0 - - - -", ("OK", "before", "OK", "OK")),
        (3, "- - - - -", ("INSUFFICIENT_DATA", "before", "ALARM", "OK")),
        (3, "0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
        (2, "- - - - 0", ("OK", "before", "ALARM", "OK")),
        (2, "- - - - -", ("INSUFFICIENT_DATA", "before", "ALARM", "OK")),
    ],
)
def test_missing_data_counts_as_the_alarm_says(datapoints: int, points: str, states: tuple[str, ...]) -> None:
    for missing, state in zip(MISSING, states, strict=True):
        alarm = replace(BREACHES, datapoints_to_alarm=datapoints, missing=missing)
        assert alarm.state(data(points), now=300, before="before") == state


def test_a_period_counts_when_it_is_over() -> None:
    alarm = replace(BREACHES, evaluation_periods=1, datapoints_to_alarm=1)
    assert alarm.state(data("0 X"), now=119) == "OK"
    assert alarm.state(data("0 X"), now=120) == "ALARM"


def test_only_the_very_metric_counts() -> None:
    alarm = replace(BREACHES, evaluation_periods=1, datapoints_to_alarm=1, missing="notBreaching")
    (datum,) = data("X")
    for other in (replace(datum, dimensions={}), replace(datum, dimensions={"d": "2"}), replace(datum, name="O")):
        assert alarm.state([other], now=60) == "OK"
    assert alarm.state([datum], now=60) == "ALARM"


def test_samples_of_a_period_are_aggregated_by_the_statistic() -> None:
    alarm = replace(BREACHES, evaluation_periods=1, datapoints_to_alarm=1, threshold=3)
    samples = [Datum("N", "M", {"d": "1"}, time, (1.0, 1.0)) for time in (0.0, 30.0)]
    assert alarm.state(samples, now=60) == "OK"
    assert replace(alarm, statistic="Sum").state(samples, now=60) == "ALARM"


def test_a_composite_alarm_is_on_while_any_of_its_children_is() -> None:
    together = CompositeAlarm.from_definition(
        {"AlarmName": "all", "AlarmDescription": "any. See runbook.md#kind"}, 'ALARM("a 1") OR ALARM("b")'
    )
    assert (together.children, together.kind) == (("a 1", "b"), "kind")
    for first, second, state in (
        ("OK", "OK", "OK"),
        ("ALARM", "OK", "ALARM"),
        ("INSUFFICIENT_DATA", "ALARM", "ALARM"),
        ("INSUFFICIENT_DATA", "OK", "OK"),
    ):
        assert together.state({"a 1": first, "b": second}) == state
