"""What a poll tells: log lines that saved queries can read, and metrics on success and on failure."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import boto3
import pytest

from infra import saved_queries
from journey_watch import composition, contract
from journey_watch.channels.sns.subscriptions import TopicSubscriptions
from journey_watch.core.errors import JourneyWatchError, SourceError
from journey_watch.core.runs import Lane
from journey_watch.entrypoints import poll_handler
from journey_watch.observability import telemetry
from journey_watch.polling.delivery import DeliveryReport
from journey_watch.polling.report import PollReport
from local_cloud.emf_bridge import metric_data
from tests.aws.doubles import do_not_wait_between_retries
from tests.core.builders import NOON
from tests.entrypoints.conftest import LANE, Deployment

Lines = list[dict[str, Any]]
EVENT = {"lane": LANE}
CANCEL = {"kind": "run_status", "application": "shop", "journey": "welcome", "run": "r1", "status": "CANCELLED"}
_LANGUAGE = {"fields", "filter", "stats", "sort", "limit", "by", "as", "in", "asc", "desc", "sum", "count", "bin"}
"""Of Logs Insights: what of a query is no field."""


@pytest.fixture
def told(
    deployment: Deployment, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], Lines]:
    """Polls once, whether that fails or not; the lines it wrote."""

    def poll() -> Lines:
        # The logger was made when its module was imported, and still writes to the standard output of then.
        monkeypatch.setattr(poll_handler.logger.registered_handler, "stream", sys.stdout)
        capsys.readouterr()
        with suppress(JourneyWatchError):
            deployment.invoke(EVENT)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return poll


def messages(lines: Lines) -> list[str]:
    return [line["message"] for line in lines if "message" in line]


def values(lines: Lines) -> dict[str, list[float]]:
    return {entry["MetricName"]: entry["Values"] for _, entry in metric_data(map(json.dumps, lines))}


def test_a_poll_writes_its_metrics_in_one_line(told: Callable[[], Lines]) -> None:
    lines = told()
    assert sum("_aws" in line for line in lines) == 1
    assert messages(lines) == [contract.LOG_POLL_COMPLETED]


def test_each_change_is_a_line_without_its_payload(deployment: Deployment, told: Callable[[], Lines]) -> None:
    deployment.simulation.play(CANCEL)
    (line,) = [line for line in told() if line.get("message") == contract.LOG_CHANGE]
    assert (line["journey"], line["run_id"]) == ("shop/welcome", "r1")
    assert (line["previous_status"], line["status"], line["severity"]) == ("RUNNING", "CANCELLED", "critical")
    assert len(json.dumps(line)) < 1000


def test_each_journey_that_cannot_be_read_is_a_line_with_the_reason(
    deployment: Deployment, told: Callable[[], Lines]
) -> None:
    deployment.simulation.switch_on({"kind": "error", "status": 403, "journey": "goodbye"})
    lines = told()
    (line,) = [line for line in lines if line.get("message") == contract.LOG_SOURCE_FAILED]
    assert line["journey"] == "shop/goodbye"
    assert "403" in line["reason"]
    assert values(lines)[contract.METRIC_JOURNEYS_FAILED] == [1]


def test_a_poll_that_fails_tells_what_it_knows_but_is_no_heartbeat(
    deployment: Deployment, told: Callable[[], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    do_not_wait_between_retries(monkeypatch)
    deployment.simulation.switch_on({"kind": "throttle"})
    lines = told()
    found = values(lines)
    assert contract.METRIC_POLLS_COMPLETED not in found
    assert found[contract.METRIC_JOURNEYS_FAILED] == [1]
    assert found[contract.METRIC_THROTTLES][0] > 0
    (line,) = [line for line in lines if line.get("message") == contract.LOG_POLL_FAILED]
    assert line["lane"] == LANE
    assert "429" in line["reason"]


def test_a_lane_that_is_not_configured_gets_no_metrics(
    deployment: Deployment, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    with suppress(JourneyWatchError):
        deployment.invoke({"lane": "pinpoint/999999999999/us-east-1"})
    assert "_aws" not in capsys.readouterr().out


def test_a_journey_has_metrics_of_its_own_if_asked_for(
    deployment: Deployment, told: Callable[[], Lines], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition.Poller, "per_journey_metrics", True)
    deployment.simulation.play(CANCEL)
    found = {
        (dimensions[contract.DIMENSION_JOURNEY], entry["MetricName"]): entry["Values"]
        for _, entry in metric_data(map(json.dumps, told()))
        if contract.DIMENSION_JOURNEY in (dimensions := {each["Name"]: each["Value"] for each in entry["Dimensions"]})
    }
    assert found == {
        ("shop/welcome", contract.METRIC_RUNS_RUNNING): [0],
        ("shop/welcome", contract.METRIC_RUNS_CANCELLED): [1],
        ("shop/goodbye", contract.METRIC_RUNS_RUNNING): [0],
        ("shop/goodbye", contract.METRIC_RUNS_CANCELLED): [0],
    }


@pytest.mark.usefixtures("deployment")
def test_a_reader_counts_until_the_subscription_is_confirmed() -> None:
    sns = boto3.client("sns")
    topic = sns.create_topic(Name="mail")["TopicArn"]  # the one that is there
    recipients = TopicSubscriptions(sns, {topic: ("ops@example.com",)})

    assert recipients.unconfirmed() == ["ops@example.com"]
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")  # moto confirms at once
    assert recipients.unconfirmed() == []


def test_unconfirmed_readers_are_counted_and_named(told: Callable[[], Lines], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composition.Poller, "unconfirmed_subscriptions", lambda *_: ["ops@example.com"])
    lines = told()
    assert values(lines)[contract.METRIC_SUBSCRIPTIONS_UNCONFIRMED] == [1]
    assert any(line.get("recipients") == ["ops@example.com"] for line in lines)


def test_saved_queries_ask_for_fields_that_lines_have(deployment: Deployment, told: Callable[[], Lines]) -> None:
    deployment.simulation.play(CANCEL)
    lines = told()
    deployment.simulation.switch_on({"kind": "error", "status": 403})
    lines += told()
    # Only conditions have one, and only an application that cannot be listed is a container that failed.
    known = {name for line in lines for name in line} | {"@timestamp", "condition", "container"}
    for query in saved_queries.QUERIES.values():
        aliases = {alias for line in query for alias in re.findall(r" as (\w+)", line)}
        words = re.findall(
            r"@?[a-zA-Z]\w*", re.sub(r'"[^"]*"|\d+\w', "", " ".join(query).replace("count_distinct", ""))
        )
        assert set(words) - _LANGUAGE - aliases <= known


def test_a_provider_that_is_not_in_use_fails_nothing_and_warns_of_nothing(
    deployment: Deployment,  # noqa: ARG001 - its environment names the service
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(poll_handler.logger.registered_handler, "stream", sys.stdout)
    capsys.readouterr()
    report = PollReport(
        lane=Lane.parse(LANE),
        planned=0,
        outcomes=(),
        unlisted={"*": SourceError("404", code="NotFoundException", absent=True)},
        in_use=False,
        throttles=0,
        delivery=DeliveryReport(),
        side_tasks_failed=0,
        finished_at=NOON,
    )
    telemetry.poll_completed(
        report, invocation_id="1", milliseconds=1, find_unconfirmed=lambda _: None, per_journey=False
    )
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert messages(lines) == [contract.LOG_POLL_COMPLETED]
    assert values(lines)[contract.METRIC_JOURNEYS_FAILED] == [0]
