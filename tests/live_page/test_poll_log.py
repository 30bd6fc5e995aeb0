"""When lanes of a local cloud were last polled, from the poller's log."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from journey_watch import contract
from journey_watch.core.runs import Lane
from journey_watch.observability.metrics import emit
from local_cloud.page.poll_log import PollLog

LANE, OTHER, IDLE = (Lane("pinpoint", "111122223333", region) for region in ("eu-west-1", "us-east-1", "us-west-2"))
GROUP, STREAM = "/poller", "an invocation"
NOW, MINUTE = datetime(2026, 11, 23, 12, tzinfo=UTC), timedelta(minutes=1)


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    with mock_aws():
        client = boto3.client("logs", region_name="eu-west-1")
        client.create_log_group(logGroupName=GROUP)
        client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
        yield client


def log(logs: Any, *lines: str) -> None:  # noqa: ANN401 - a client
    logged_at = int(datetime.now(UTC).timestamp() * 1000)
    events = [{"timestamp": logged_at, "message": line} for line in lines]
    logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=events)


@pytest.fixture
def poll(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[Lane, datetime], str]:
    """The line that a poll leaves behind."""
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "watch")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", contract.METRICS_NAMESPACE)

    def ended(lane: Lane, at: datetime) -> str:
        emit(lane, {contract.METRIC_POLLS_COMPLETED: 1})
        document = json.loads(capsys.readouterr().out)
        document["_aws"]["Timestamp"] = int(at.timestamp() * 1000)
        return json.dumps(document)

    return ended


def test_the_last_poll_of_each_lane_is_found_and_a_later_one_too(
    logs: Any,  # noqa: ANN401 - a client
    poll: Callable[[Lane, datetime], str],
) -> None:
    poll_log = PollLog(logs, GROUP)
    log(logs, "START", poll(LANE, NOW), poll(OTHER, NOW), '{"message": "poll completed"}')
    assert poll_log.read([LANE, OTHER, IDLE], now=NOW) == {LANE: NOW, OTHER: NOW, IDLE: None}

    log(logs, poll(LANE, NOW + MINUTE))
    assert poll_log.read([LANE, OTHER, IDLE], now=NOW) == {LANE: NOW + MINUTE, OTHER: NOW, IDLE: None}


def test_without_a_log_nothing_is_known(logs: Any) -> None:  # noqa: ANN401 - a client
    assert PollLog(logs, "no such group").read([LANE], now=NOW) == {}
