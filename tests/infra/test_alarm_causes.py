"""Each alarm is moved by the failure it is for, and comes back: real handler, its metrics, the alarm's definition."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count

import boto3
import pytest

from journey_watch import composition
from journey_watch.contract import LANE_INDEX
from journey_watch.core.errors import JourneyWatchError
from journey_watch.entrypoints import poll_handler
from local_cloud.emf_bridge import metric_data
from tests.entrypoints.conftest import ACCOUNT, LANE, REGION, Deployment
from tests.infra.alarm_evaluator import Alarm, Datum
from tests.infra.conftest import Synthesize
from tests.infra.synthesis import text

CANCEL = {"kind": "run_status", "application": "shop", "journey": "welcome", "run": "r1", "status": "CANCELLED"}
pytestmark = pytest.mark.played


@dataclass
class Night:
    """A lane that is polled once a minute by a clock that this test moves."""

    deployment: Deployment
    printed: Callable[[], str]
    alarms: list[Alarm]
    time: datetime
    start: datetime
    data: list[Datum] = field(default_factory=list)
    duration: float = 0.3
    """How long, by the stopwatch, each poll takes."""

    def poll(self, minutes: int) -> None:
        for _ in range(minutes):
            try:
                self.deployment.invoke({"lane": LANE})
            except JourneyWatchError:
                self._lambda("Errors", 1)
            else:
                self._lambda("Errors", 0)
            for namespace, entry in metric_data(self.printed().splitlines()):
                self.data.append(Datum.from_entry(namespace, {**entry, "Timestamp": self.time.timestamp()}))
            self.sleep(1)

    def sleep(self, minutes: int) -> None:
        self.time += timedelta(minutes=minutes)

    def rang(self) -> set[str]:
        """The kinds of the alarms that went off."""
        return {alarm.kind for alarm in self.alarms if "ALARM" in self._history(alarm)}

    def rings(self) -> set[str]:
        """The kinds of the alarms that are on now."""
        return {alarm.kind for alarm in self.alarms if self._history(alarm)[-1] == "ALARM"}

    def _history(self, alarm: Alarm) -> list[str]:
        warm = self.start.timestamp() + 10 * 60
        return alarm.history(self.data, start=warm, end=self.time.timestamp())

    def _lambda(self, name: str, value: float) -> None:
        """What Lambda itself would count."""
        (alarm,) = [alarm for alarm in self.alarms if alarm.kind == "function-failing"]
        self.data.append(Datum("AWS/Lambda", name, alarm.dimensions, self.time.timestamp(), (value,)))


@pytest.fixture
def night(
    deployment: Deployment,
    synthesize: Synthesize,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Night:
    """After ten quiet minutes."""
    stack = synthesize(account=ACCOUNT, region=REGION)
    alarms = [Alarm.from_definition(each, text) for each in stack.properties("AWS::CloudWatch::Alarm")]
    midnight = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    night = Night(deployment, lambda: capsys.readouterr().out, alarms, time=midnight, start=midnight)
    monkeypatch.setattr(composition, "_utc_now", lambda: night.time)
    readings = count()
    monkeypatch.setattr(poll_handler, "monotonic", lambda: next(readings) * night.duration)
    night.poll(10)
    assert night.rang() == set()
    return night


def test_a_quiet_night_is_quiet(night: Night) -> None:
    night.poll(20)
    assert night.rang() == set()


def test_one_bad_poll_wakes_nobody(night: Night) -> None:
    night.deployment.simulation.switch_on({"kind": "error", "status": 500, "name": "hiccup"})
    night.poll(1)
    night.deployment.simulation.switch_off("hiccup")
    night.poll(10)
    assert night.rang() == set()


def test_polls_that_do_not_come(night: Night) -> None:
    night.sleep(7)
    assert night.rings() == {"polls-missing"}
    night.poll(6)
    assert night.rings() == set()


def test_polls_that_all_fail(night: Night) -> None:
    night.deployment.simulation.switch_on({"kind": "error", "status": 403, "name": "forbidden"})
    night.poll(8)
    assert night.rings() == {"polls-missing", "function-failing", "journeys-failing"}
    night.deployment.simulation.switch_off("forbidden")
    night.poll(8)
    assert night.rings() == set()


def test_one_journey_of_two_that_cannot_be_read(night: Night) -> None:
    night.deployment.simulation.switch_on({"kind": "error", "status": 403, "journey": "goodbye", "name": "forbidden"})
    night.poll(8)
    assert night.rings() == {"journeys-failing"}
    night.deployment.simulation.switch_off("forbidden")
    night.poll(8)
    assert night.rings() == set()


@pytest.mark.parametrize("name", ["alerts", "mail"])
def test_an_alert_that_sns_does_not_take_on_one_of_its_topics(night: Night, name: str) -> None:
    sns = boto3.client("sns")
    sns.delete_topic(TopicArn=sns.create_topic(Name=name)["TopicArn"])  # the one that is there
    night.deployment.simulation.play(CANCEL)
    night.poll(8)
    assert night.rings() == {"alerts-undelivered"}
    sns.create_topic(Name=name)
    night.poll(4)
    assert night.rings() == set()


class _NoPause:
    """In place of the clock by which botocore waits before it repeats a call."""

    def sleep(self, _seconds: float) -> None:
        return None


def test_a_provider_that_throttles_every_call(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time", _NoPause())
    night.deployment.simulation.switch_on({"kind": "throttle", "name": "busy"})
    night.poll(6)
    assert "provider-throttling" in night.rings()
    night.deployment.simulation.switch_off("busy")
    night.poll(8)
    assert night.rings() == set()


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
@pytest.mark.parametrize("index", [{}, {"GlobalSecondaryIndexName": LANE_INDEX}], ids=["the table", "its index"])
def test_a_table_or_an_index_of_it_that_refuses_calls(night: Night, metric: str, index: dict[str, str]) -> None:
    """DynamoDB counts what an index refuses under the index's name, and not with the table's."""
    table = next(alarm.dimensions["TableName"] for alarm in night.alarms if alarm.kind == "table-throttled")

    def count(calls: int) -> None:
        for _ in range(5):
            at = night.time.timestamp()
            night.data.append(Datum("AWS/DynamoDB", metric, {"TableName": table, **index}, at, (calls,)))
            night.poll(1)

    count(3)
    night.poll(1)
    assert night.rings() == {"table-throttled"}
    count(0)
    night.poll(3)
    assert night.rings() == set()


def test_polls_near_the_time_out(night: Night) -> None:
    night.duration = 45
    night.poll(6)
    assert night.rings() == {"polls-slow"}
    night.duration = 0.3
    night.poll(8)
    assert night.rings() == set()
