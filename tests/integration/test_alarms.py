"""The deployed alarms, by their own definitions, over the metrics of the deployed function while things break."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from journey_watch.contract import PARTITION_KEY, SORT_KEY
from local_cloud.cloud import LocalCloud
from local_cloud.emf_bridge import metric_data
from local_cloud.waiting import eventually, patience
from tests.infra.alarm_evaluator import Alarm, Datum
from tests.integration.grants import taken_away
from tests.integration.synthesized import deploy

pytestmark = pytest.mark.integration

HERE = Path(__file__).parent
SPEED = 30.0 / patience()
"""Schedules fire so many times faster. So the evaluator's time runs as fast, and ages are as much longer."""
PATIENCE = 60.0
PAUSE = 0.3
"""Between two looks at all alarms: a look takes a tenth of a second of the cores that the polls need."""
SCENARIO = '[[application]]\nid = "shop"\n' + "".join(
    f'[[application.journey]]\nid = "j{number}"\nrun = [{{ id = "r1", status = "RUNNING" }}]\n' for number in range(30)
)


@dataclass
class Watched:
    """The local cloud, and what its alarms would say."""

    cloud: LocalCloud
    alarms: list[Alarm]
    since: float = field(default_factory=time.time)
    """Evaluation starts here: what rang before is another test's."""
    counted: list[Datum] = field(default_factory=list)
    """What services of AWS would count and MiniStack does not."""

    def alarm(self, kind: str) -> Alarm:
        (alarm,) = [alarm for alarm in self.alarms if alarm.kind == kind and alarm.name.find(" ops") < 0]
        return alarm

    def states(self) -> dict[str, str]:
        """By kind: the state now, and that of the worst, where a kind has several."""
        data = [self._stretched(datum) for datum in [*self._logged(), *self._of_lambda(), *self.counted]]
        now = self._stretch(time.time())
        found: dict[str, str] = {}
        for alarm in self.alarms:
            state = alarm.history(data, start=self._stretch(self.since), end=now)[-1]
            found[alarm.kind] = "ALARM" if "ALARM" in (state, found.get(alarm.kind)) else state
        return found

    def rings(self) -> set[str]:
        return {kind for kind, state in self.states().items() if state == "ALARM"}

    def until_it_rings(self, kind: str) -> None:
        eventually(lambda: kind in self.rings(), timeout=PATIENCE, pause=PAUSE)

    def until_it_is_quiet(self) -> None:
        eventually(lambda: not self.rings(), timeout=PATIENCE, pause=PAUSE)

    def poll_by_hand(self) -> None:
        """As the schedule does; but only such invocations does MiniStack count among its Lambda metrics."""
        (schedule,) = self.cloud.client("scheduler").list_schedules()["Schedules"]
        event = self.cloud.client("scheduler").get_schedule(Name=schedule["Name"])["Target"]["Input"]
        self.cloud.client("lambda").invoke(FunctionName=self.cloud.outputs["PollerFunctionName"], Payload=event)

    def play(self, event: dict[str, Any]) -> None:
        self.cloud.simulator.control("POST", "/events", event)

    def forget_what_is_owed(self) -> None:
        """Else it is sent, and the next test begins, when the invocation that owes it would have timed out."""
        dynamodb, table = self.cloud.client("dynamodb"), self.cloud.outputs["StateTableName"]
        for item in dynamodb.scan(TableName=table)["Items"]:
            if item.get("undelivered", {}).get("M"):
                dynamodb.delete_item(TableName=table, Key={name: item[name] for name in (PARTITION_KEY, SORT_KEY)})

    def _logged(self) -> Iterator[Datum]:
        for namespace, entry in metric_data(self.cloud.logs(self.cloud.outputs["PollerFunctionName"])):
            datum = Datum.from_entry(namespace, entry)
            if entry["Unit"] == "Seconds":
                datum = replace(datum, values=tuple(value * SPEED for value in datum.values))
            yield datum

    def _of_lambda(self) -> Iterator[Datum]:
        for kind in ("function-failing", "function-throttled"):
            alarm = self.alarm(kind)
            answer = self.cloud.client("cloudwatch").get_metric_statistics(
                Namespace=alarm.namespace,
                MetricName=alarm.metric,
                Dimensions=[{"Name": name, "Value": value} for name, value in alarm.dimensions.items()],
                StartTime=self.since - 60,
                EndTime=time.time() + 60,
                Period=1,
                Statistics=["Sum"],
            )
            for point in answer["Datapoints"]:
                at = point["Timestamp"].timestamp()
                yield Datum(alarm.namespace, alarm.metric, alarm.dimensions, at, (point["Sum"],))

    def _stretch(self, at: float) -> float:
        return self.since + (at - self.since) * SPEED

    def _stretched(self, datum: Datum) -> Datum:
        return replace(datum, time=self._stretch(datum.time))


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    scenario = tmp_path_factory.mktemp("scenario") / "shop.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    with LocalCloud.start(scenario=scenario, speed=SPEED) as cloud:
        deploy(cloud, HERE / "monitored.toml")
        yield cloud


@pytest.fixture
def watched(cloud: LocalCloud) -> Watched:
    """With every alarm quiet."""
    definitions = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    watched = Watched(cloud, [Alarm.from_definition(each) for each in definitions])
    watched.until_it_is_quiet()
    return watched


@contextmanager
def schedules_stopped(cloud: LocalCloud) -> Iterator[None]:
    scheduler = cloud.client("scheduler")
    keys = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")

    def turn(state: str) -> None:
        for listed in scheduler.list_schedules()["Schedules"]:
            schedule = scheduler.get_schedule(Name=listed["Name"])
            scheduler.update_schedule(**{key: schedule[key] for key in keys}, State=state)

    turn("DISABLED")
    try:
        yield
    finally:
        turn("ENABLED")


@contextmanager
def polled_by_hand(watched: Watched) -> Iterator[None]:
    """Poll without a pause while the block runs, so that an alarm misses no period however slowly it is looked at."""
    over = Event()

    def poll() -> None:
        while not over.is_set():
            watched.poll_by_hand()

    with ThreadPoolExecutor(1) as threads:
        polling = threads.submit(poll)
        try:
            yield
        finally:
            over.set()
        polling.result()


def test_a_schedule_that_is_stopped(watched: Watched) -> None:
    with schedules_stopped(watched.cloud):
        watched.until_it_rings("polls-missing")
    watched.until_it_is_quiet()


def test_a_role_that_may_no_longer_use_the_table(watched: Watched) -> None:
    with taken_away(watched.cloud, watched.cloud.outputs["PollerRoleArn"], "dynamodb:Query"):
        watched.until_it_rings("polls-missing")
        with schedules_stopped(watched.cloud), polled_by_hand(watched):
            watched.until_it_rings("function-failing")
    watched.until_it_is_quiet()


def test_a_schedule_whose_role_may_no_longer_invoke_the_poller(watched: Watched) -> None:
    alarm = watched.alarm("dead-letters")
    sqs, scheduler = watched.cloud.client("sqs"), watched.cloud.client("scheduler")
    queue = sqs.get_queue_url(QueueName=alarm.dimensions["QueueName"])["QueueUrl"]
    (schedule,) = scheduler.list_schedules()["Schedules"]
    target = scheduler.get_schedule(Name=schedule["Name"])["Target"]

    def count() -> bool:
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"])
        visible = float(attributes["Attributes"]["ApproximateNumberOfMessages"])
        watched.counted.append(Datum(alarm.namespace, alarm.metric, alarm.dimensions, time.time(), (visible,)))
        return "dead-letters" in watched.rings()

    with taken_away(watched.cloud, target["RoleArn"], "lambda:InvokeFunction"):
        eventually(count, timeout=PATIENCE, pause=PAUSE)
        watched.until_it_rings("polls-missing")
    (letter,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    assert letter["Body"] == target["Input"]
    sqs.purge_queue(QueueUrl=queue)
    eventually(lambda: not count(), timeout=PATIENCE, pause=PAUSE)
    watched.until_it_is_quiet()


def test_a_provider_that_throttles(watched: Watched) -> None:
    # A few calls of each poll, so that their pauses, which run no faster than elsewhere, leave it short.
    watched.cloud.simulator.control("POST", "/faults", {"kind": "throttle", "rate": 0.3})
    try:
        watched.until_it_rings("provider-throttling")
    finally:
        watched.cloud.simulator.control("DELETE", "/faults")
    watched.until_it_is_quiet()


def test_alerts_that_the_poller_may_no_longer_publish(watched: Watched) -> None:
    role, topic = watched.cloud.outputs["PollerRoleArn"], watched.cloud.outputs["AlertTopicArn"]
    with taken_away(watched.cloud, role, "sns:Publish", topic):
        watched.play({"kind": "run_status", "application": "shop", "journey": "j7", "run": "r1", "status": "CANCELLED"})
        watched.until_it_rings("alerts-undelivered")
    watched.forget_what_is_owed()
    watched.until_it_is_quiet()
