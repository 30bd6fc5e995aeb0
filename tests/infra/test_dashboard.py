"""The dashboard: a body that CloudWatch takes, about metrics that there are, for one lane and for fifty."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from infra import saved_queries
from infra.watch_entries import MAX_LANES
from journey_watch import contract
from journey_watch.core.watch_list import WatchTarget
from journey_watch.observability.metrics import PER_LANE, SERVICE_WIDE
from tests.infra.conftest import EVERYTHING, Synthesize, configured
from tests.infra.synthesis import Json, Synthesized, text

SCHEMA = json.loads((Path(__file__).parent / "dashboard_body.schema.json").read_text(encoding="utf-8"))
MANY = configured(
    watch=tuple(
        WatchTarget("pinpoint", "*", region="eu-west-1", role_arn=f"arn:aws:iam::{number:012}:role/Reader")
        for number in range(MAX_LANES)
    ),
)
_SEARCH = re.compile(r"SEARCH\('\{(?P<schema>[^}]+)\} MetricName=\"(?P<metric>\w+)\" (?P<terms>[^']+)', '\w+', \d+\)")


def body(stack: Synthesized) -> Json:
    return dict(json.loads(text(stack.only("AWS::CloudWatch::Dashboard")["DashboardBody"])))


def widgets(stack: Synthesized, kind: str) -> list[Json]:
    return [each["properties"] for each in body(stack)["widgets"] if each["type"] == kind]


def own_metrics(stack: Synthesized) -> Iterator[tuple[str, set[str]]]:
    """Each metric of ours that is shown, and its dimensions."""
    for line in (line for widget in widgets(stack, "metric") for line in widget["metrics"]):
        if isinstance(line[0], str):
            namespace, name, *rest = line
            if namespace == contract.METRICS_NAMESPACE:
                yield name, set(rest[0 : len(rest) // 2 * 2 : 2])
        for search in _SEARCH.finditer(str(line[0].get("expression", "")) if isinstance(line[0], dict) else ""):
            namespace, *dimensions = search["schema"].split(",")
            assert namespace == contract.METRICS_NAMESPACE
            assert search["terms"] == f'{contract.DIMENSION_SERVICE}="{EVERYTHING.name}"'
            yield search["metric"], set(dimensions)


@pytest.mark.parametrize("config", [EVERYTHING, MANY], ids=["one", "fifty"])
def test_cloudwatch_would_take_the_body(synthesize: Synthesize, config: Any) -> None:  # noqa: ANN401 - a configuration
    found = body(synthesize(config))

    Draft202012Validator(SCHEMA).validate(found)
    for widget in found["widgets"]:
        assert widget["x"] + widget["width"] <= 24


def test_the_schema_refuses_what_is_wrong(everything: Synthesized) -> None:
    found = body(everything)
    found["widgets"][0]["properties"]["markup"] = "misspelt"

    assert not Draft202012Validator(SCHEMA).is_valid(found)


def test_every_metric_of_ours_is_emitted_with_just_these_dimensions(everything: Synthesized) -> None:
    shown = list(own_metrics(everything))
    for name, dimensions in shown:
        emitted, expected = (
            (PER_LANE, {contract.DIMENSION_SERVICE, contract.DIMENSION_LANE})
            if contract.DIMENSION_LANE in dimensions
            else (SERVICE_WIDE, {contract.DIMENSION_SERVICE})
        )
        assert name in emitted
        assert dimensions == expected
    # Who has confirmed is an alarm's business: it is no line worth a look.
    assert {name for name, _ in shown} == {*PER_LANE, *SERVICE_WIDE} - {contract.METRIC_SUBSCRIPTIONS_UNCONFIRMED}


def test_every_search_is_understood(everything: Synthesized) -> None:
    searches = json.dumps(widgets(everything, "metric")).count("SEARCH(")
    assert searches == sum(1 for _ in own_metrics(everything)) - sum(
        line[0] == contract.METRICS_NAMESPACE for each in widgets(everything, "metric") for line in each["metrics"]
    )


def test_fifty_lanes_need_no_more_graphs_than_one(synthesize: Synthesize) -> None:
    one, many = synthesize(), synthesize(MANY)

    assert len(widgets(many, "metric")) == len(widgets(one, "metric"))
    assert len(json.dumps(body(many))) < 100_000


def test_every_alarm_is_shown(synthesize: Synthesize) -> None:
    for stack in (synthesize(), synthesize(MANY)):
        shown = [arn for widget in widgets(stack, "alarm") for arn in widget["alarms"]]
        alarms = [*stack.ids("AWS::CloudWatch::CompositeAlarm"), *stack.ids("AWS::CloudWatch::Alarm")]
        assert sorted(shown) == sorted(f"${{{alarm}.Arn}}" for alarm in alarms)


@pytest.mark.parametrize(
    ("region", "host"),
    [
        (None, "console.aws.amazon.com"),
        ("eu-west-1", "console.aws.amazon.com"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
    ],
)
def test_its_links_lead_to_the_console_of_its_partition(synthesize: Synthesize, region: str | None, host: str) -> None:
    stack = synthesize(account="111122223333" if region else None, region=region)
    (introduction, *_) = widgets(stack, "text")

    assert f".{host}/lambda/" in introduction["markdown"]


def test_the_output_names_it(everything: Synthesized) -> None:
    (dashboard,) = everything.ids("AWS::CloudWatch::Dashboard")
    assert everything.output("DashboardName") == f"${{{dashboard}}}"


def test_queries_are_saved_and_ask_the_pollers_log(everything: Synthesized) -> None:
    saved = {each["Name"]: each for each in everything.properties("AWS::Logs::QueryDefinition")}

    assert saved.keys() == {f"{EVERYTHING.name}/{name}" for name in saved_queries.QUERIES}
    (log_group,) = {name for each in saved.values() for name in map(text, each["LogGroupNames"])}
    for widget in widgets(everything, "log"):
        assert widget["query"].startswith(f"SOURCE '{log_group}' | ")
        assert widget["title"] in saved_queries.QUERIES
