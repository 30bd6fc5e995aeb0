"""The widget's function: what it may do, and how the dashboard shows it."""

import json
from typing import Any

import pytest

from journey_watch import contract
from journey_watch.settings import WidgetSettings
from tests.infra.conftest import EVERYTHING
from tests.infra.synthesis import Json, Synthesized, text


@pytest.fixture
def function(everything: Synthesized) -> Json:
    return everything.function(contract.WIDGET_HANDLER)


def test_it_may_read_the_table_and_metrics_and_do_nothing_else(everything: Synthesized, function: Json) -> None:
    table, log = everything.arn("AWS::DynamoDB::Table"), everything.log_arn(function)

    assert everything.allowed(str(function["Role"]["Fn::GetAtt"][0])) == {
        ("cloudwatch:GetMetricData", "*"),
        ("dynamodb:Query", table),
        ("dynamodb:Query", f"{table}/index/{contract.LANE_INDEX}"),
        *(
            (
                f"kms:{action} if kms:ViaService is dynamodb.${{AWS::Region}}.amazonaws.com",
                everything.arn("AWS::KMS::Key"),
            )
            for action in ("Decrypt", "DescribeKey")
        ),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


def test_its_environment_is_what_it_reads(everything: Synthesized, function: Json) -> None:
    # Lambda itself sets the Region.
    env = {name: text(value) for name, value in function["Environment"]["Variables"].items()}

    settings = WidgetSettings.from_env(env | {contract.ENV_REGION: "eu-west-1"}, EVERYTHING.for_poller())

    assert settings.table_name == everything.output("StateTableName")
    assert settings.account == "${AWS::AccountId}"
    assert settings.service == EVERYTHING.name


def test_it_runs_the_pollers_code(everything: Synthesized, function: Json) -> None:
    assert function["Code"] == everything.poller["Code"]
    assert function["Architectures"] == everything.poller["Architectures"]


def test_the_dashboard_shows_it_and_asks_it_again_at_every_refresh(everything: Synthesized) -> None:
    body = json.loads(text(everything.only("AWS::CloudWatch::Dashboard")["DashboardBody"]))
    widgets: list[dict[str, Any]] = [each["properties"] for each in body["widgets"] if each["type"] == "custom"]

    (shown,) = widgets
    assert shown["endpoint"] == f"${{{everything.function_id(contract.WIDGET_HANDLER)}.Arn}}"
    assert shown["updateOn"] == {"refresh": True, "resize": False, "timeRange": False}
