"""The metric that each poll leaves behind, as the page reads it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from journey_watch import contract
from journey_watch.aws.clients import cloudwatch_client
from journey_watch.core.runs import Lane
from journey_watch.live_page.last_polls import LOOK_BACK
from journey_watch.live_page.poll_metric import PollMetric

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

QUIET, BUSY = Lane("pinpoint", "111122223333", "us-east-1"), Lane("pinpoint", "111122223333", "eu-west-1")
# The stand-in keeps the metrics of its own last days alone.
NOW = datetime.now(UTC).replace(second=30, microsecond=0)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator["CloudWatchClient"]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    with mock_aws():
        yield cloudwatch_client(boto3.Session(region_name="eu-west-1"))


def polled(client: "CloudWatchClient", lane: Lane, *, ago: timedelta, service: str = "watch", count: int = 1) -> None:
    client.put_metric_data(
        Namespace=contract.METRICS_NAMESPACE,
        MetricData=[
            {
                "MetricName": contract.METRIC_POLLS_COMPLETED,
                "Dimensions": [
                    {"Name": contract.DIMENSION_SERVICE, "Value": service},
                    {"Name": contract.DIMENSION_LANE, "Value": str(lane)},
                ],
                "Timestamp": NOW - ago,
                "Value": count,
            }
        ],
    )


def minutes_ago(time: datetime | None) -> int | None:
    return (NOW - time) // timedelta(minutes=1) if time else None


def test_the_last_poll_of_each_lane_is_read(client: "CloudWatchClient") -> None:
    polled(client, BUSY, ago=timedelta(minutes=9))
    polled(client, BUSY, ago=timedelta(minutes=2))
    polled(client, QUIET, ago=timedelta(minutes=40))

    found = PollMetric(client, "watch").read([QUIET, BUSY], now=NOW)

    assert {lane: minutes_ago(ended) for lane, ended in found.items()} == {QUIET: 40, BUSY: 2}


def test_polls_of_another_deployment_or_of_long_ago_and_minutes_without_one_do_not_count(
    client: "CloudWatchClient",
) -> None:
    polled(client, BUSY, ago=timedelta(minutes=2), service="another")
    polled(client, BUSY, ago=LOOK_BACK + timedelta(minutes=5))
    polled(client, BUSY, ago=timedelta(minutes=3), count=0)

    assert PollMetric(client, "watch").read([BUSY], now=NOW) == {BUSY: None}


def test_without_lanes_nothing_is_asked(client: "CloudWatchClient") -> None:
    with Stubber(client):  # answers nothing
        assert PollMetric(client, "watch").read([], now=NOW) == {}


def answer(*results: dict[str, Any], more: str | None = None) -> dict[str, Any]:
    return {"MetricDataResults": list(results), **({"NextToken": more} if more else {})}


def test_of_a_lane_whose_answer_is_not_whole_nothing_is_said(client: "CloudWatchClient") -> None:
    ended = NOW - timedelta(minutes=1)
    with Stubber(client) as stub:
        stub.add_response(
            "get_metric_data",
            answer(
                {"Id": "lane0", "StatusCode": "PartialData", "Timestamps": [], "Values": []},
                {"Id": "lane1", "StatusCode": "PartialData", "Timestamps": [ended], "Values": [1.0]},
                more="next",
            ),
        )
        stub.add_response(
            "get_metric_data",
            answer(
                {"Id": "lane0", "StatusCode": "InternalError", "Timestamps": [], "Values": []},
                {"Id": "lane1", "StatusCode": "Complete", "Timestamps": [], "Values": []},
            ),
        )

        assert PollMetric(client, "watch").read([QUIET, BUSY], now=NOW) == {BUSY: ended}


@pytest.mark.parametrize("code", ["AccessDenied", "Throttling", "InternalServiceFault"])
def test_if_cloudwatch_refuses_nothing_is_known_and_nothing_is_raised(client: "CloudWatchClient", code: str) -> None:
    with Stubber(client) as stub:
        stub.add_client_error("get_metric_data", code)

        assert PollMetric(client, "watch").read([BUSY], now=NOW) == {}


def test_an_answer_that_nobody_can_read_is_as_none(client: "CloudWatchClient") -> None:
    with Stubber(client) as stub:
        strange = {"Id": "of nobody", "StatusCode": "Complete", "Timestamps": [], "Values": []}
        stub.add_response("get_metric_data", answer(strange))

        assert PollMetric(client, "watch").read([BUSY], now=NOW) == {}


def test_it_is_asked_once_and_not_for_long(client: "CloudWatchClient") -> None:
    """The page must be there before Lambda or the dashboard gives up on it."""
    config: Any = client.meta.config

    assert config.connect_timeout + config.read_timeout <= 3
    assert config.retries["total_max_attempts"] == 1
