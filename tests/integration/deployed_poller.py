"""The deployed poller, which a test invokes when it likes and can kill, and what its recipients were told."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import Any, Final, Self, TypeAlias

from journey_watch.contract import PARTITION_KEY, SORT_KEY, WIDGET_HANDLER
from journey_watch.core.mutes import Mute
from journey_watch.store.items import mute_item
from local_cloud.cloud import LocalCloud
from local_cloud.fault_proxy import Fault, FaultProxy, Harm
from local_cloud.waiting import eventually

LANE: Final = "pinpoint/111122223333/eu-west-1"
LONG_AGO: Final = "2026-01-01T00:00:00.000000+00:00"
READER: Final = "test-reader"
SERVICES: Final = ("dynamodb", "sns", "eventbridge")
"""All on which the poller has an effect."""

Item: TypeAlias = dict[str, Any]
"""Of the state table, as DynamoDB's low-level client has it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of one invocation."""

    failed: bool
    body: dict[str, Any]
    """What was counted, or Lambda's description of the error."""


class DeployedPoller:
    """One lane of a deployed stack, whose schedule is switched off; a queue reads all its alerts as JSON."""

    def __init__(self, cloud: LocalCloud) -> None:
        self.cloud = cloud
        self._function = cloud.outputs["PollerFunctionName"]
        self._functions = cloud.client("lambda")
        self._dynamodb = cloud.client("dynamodb")
        self._threads = ThreadPoolExecutor(thread_name_prefix="invocation")

    @classmethod
    @contextmanager
    def deployed(cls, *, config: Path, scenario: Path) -> Iterator[Self]:
        from tests.integration.synthesized import deploy  # noqa: PLC0415 - it starts the CDK's kernel

        # At the true speed the schedule is off long before it fires: what is counted here is what the test invoked.
        with LocalCloud.start(scenario=scenario, speed=1, proxied=SERVICES) as cloud:
            deploy(cloud, config)
            with cls.within(cloud) as poller:
                yield poller

    @classmethod
    @contextmanager
    def within(cls, cloud: LocalCloud) -> Iterator[Self]:
        """What is deployed in a cloud whose SERVICES are proxied."""
        poller = cls(cloud)
        poller.switch_schedules_off()
        poller._subscribe_reader()
        try:
            yield poller
        finally:
            poller._threads.shutdown()

    def switch_schedules_off(self) -> None:
        """A deployment that changes a schedule switches it on again."""
        scheduler = self.cloud.client("scheduler")
        for listed in scheduler.list_schedules()["Schedules"]:
            schedule = scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
            kept = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
            scheduler.update_schedule(**{key: schedule[key] for key in kept}, State="DISABLED")

    def _subscribe_reader(self) -> None:
        _, arn = self.cloud.open_queue(READER)
        self.cloud.client("sns").subscribe(TopicArn=self.cloud.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=arn)

    @property
    def timeout(self) -> int:
        """Of the function, in seconds."""
        timeout: int = self._functions.get_function_configuration(FunctionName=self._function)["Timeout"]
        return timeout

    @property
    def code_digest(self) -> str:
        """Of what is deployed."""
        digest: str = self._functions.get_function_configuration(FunctionName=self._function)["CodeSha256"]
        return digest

    def proxy(self, service: str) -> FaultProxy:
        """What stands before one of the SERVICES."""
        return self.cloud.faults[service]

    @property
    def dynamodb(self) -> FaultProxy:
        return self.proxy("dynamodb")

    @property
    def sns(self) -> FaultProxy:
        return self.proxy("sns")

    def poll(self, lane: str = LANE) -> Answer:
        """Invoke the function as the schedule does, and wait for its answer."""
        event = json.dumps({"lane": lane}).encode()
        answer = self._functions.invoke(FunctionName=self._function, Payload=event)
        return Answer("FunctionError" in answer, json.load(answer["Payload"]))

    def widget(self) -> str:
        """What the dashboard's widget shows."""
        functions = self._functions.list_functions()["Functions"]
        (name,) = [each["FunctionName"] for each in functions if each["Handler"] == WIDGET_HANDLER]
        html: str = json.load(self._functions.invoke(FunctionName=name, Payload=b"{}")["Payload"])
        return html

    @contextmanager
    def held(
        self, proxy: FaultProxy, operation: str, harm: Harm | None = None, *, after: int = 0
    ) -> Iterator[Future[Answer]]:
        """While the block runs, a poll is under way whose first such call, or the one `after` so many, waits.

        Then the harm is done to it; a call whose answer is to be dropped is done already, and waits for its answer. The
        poll is over when this is.
        """
        gate = Event()
        fault = Fault(operation, harm, until=gate, after=after, times=1)
        proxy.inject(fault)
        polling = self._threads.submit(self.poll)
        try:
            eventually(fault.reached.is_set, pause=0.01)
            yield polling
        finally:
            gate.set()
            wait([polling])

    def start_two_processes(self) -> None:
        """So that of two polls to come neither waits for its process while the other's patience ends."""
        with self.held(self.dynamodb, "Query"):
            self.poll()
        self.mend()

    def kill(self) -> None:
        """End the function's processes where they stand."""
        self.cloud.set_timeout(self._function, self.timeout)

    def mend(self) -> None:
        """No more faults, and nothing counted yet."""
        for proxy in self.cloud.faults.values():
            proxy.clear()

    def control(self, method: str, path: str, body: object = None) -> None:
        """Steer the simulator."""
        self.cloud.simulator.control(method, path, body)

    def mute(self, mute: Mute) -> None:
        """As an operator does with `journey-watch mute`."""
        self._dynamodb.put_item(TableName=self.cloud.outputs["StateTableName"], Item=mute_item(mute))

    def table(self) -> list[Item]:
        """All that the state table holds; `restore` makes it hold that again."""
        pages = self._dynamodb.get_paginator("scan").paginate(TableName=self.cloud.outputs["StateTableName"])
        return [item for page in pages for item in page["Items"]]

    def restore(self, items: Sequence[Item]) -> None:
        """Let the state table hold these items and no others."""
        table = self.cloud.outputs["StateTableName"]
        for item in self.table():
            if item not in items:
                self._dynamodb.delete_item(
                    TableName=table, Key={name: item[name] for name in (PARTITION_KEY, SORT_KEY)}
                )
        for item in items:
            self._dynamodb.put_item(TableName=table, Item=item)

    def states(self) -> dict[str, Item]:
        """The STATE items of the lane, by their sort key."""
        answer = self._dynamodb.query(
            TableName=self.cloud.outputs["StateTableName"],
            KeyConditionExpression=f"{PARTITION_KEY} = :lane AND begins_with({SORT_KEY}, :state)",
            ExpressionAttributeValues={":lane": {"S": f"LANE#{LANE.replace('/', '#')}"}, ":state": {"S": "STATE#"}},
        )
        return {item[SORT_KEY]["S"]: item for item in answer["Items"]}

    def owed(self) -> set[str]:
        """What no acknowledgement has taken away yet, as `id@channel`."""
        return {key for item in self.states().values() for key in item["undelivered"]["M"]}

    def leases(self) -> list[datetime]:
        """Until when those have time to send who committed or claimed what is owed."""
        owed = [pending["M"] for item in self.states().values() for pending in item["undelivered"]["M"].values()]
        return [datetime.fromisoformat(pending["lease_until"]["S"]) for pending in owed]

    def let_leases_end(self) -> None:
        """Make what invocations have left behind look as if they had done so long ago."""
        for item in self.states().values():
            for key in item["undelivered"]["M"]:
                self._dynamodb.update_item(
                    TableName=self.cloud.outputs["StateTableName"],
                    Key={name: item[name] for name in (PARTITION_KEY, SORT_KEY)},
                    UpdateExpression="SET undelivered.#key.lease_until = :long_ago",
                    ExpressionAttributeNames={"#key": key},
                    ExpressionAttributeValues={":long_ago": {"S": LONG_AGO}},
                )

    def told_ends_of_mutes(self) -> list[tuple[str, int]]:
        """The mutes whose end was told, and how many alerts each had held back, oldest first."""
        bodies = [json.loads(one.body)["detail"] for one in self.cloud.inbox.deliveries(protocol="sqs")]
        return [(detail["mute"], detail["held_back"]) for detail in bodies if "mute" in detail]

    def told(self) -> Counter[tuple[str, str]]:
        """How often the queue got each alert: the run it is about, and its id."""
        bodies = [json.loads(one.body) for one in self.cloud.inbox.deliveries(protocol="sqs")]
        return Counter((body["detail"].get("run_id", ""), body["id"]) for body in bodies)

    def copies(self, run: str) -> list[int]:
        """How often each alert about the run was told; [1] is as it should be."""
        return [count for (about, _), count in self.told().items() if about == run]

    def told_operators(self) -> list[str]:
        """The subjects of what operators were e-mailed, oldest first."""
        topic = self.cloud.outputs["OpsMailTopicArn"]
        return [one.subject for one in self.cloud.inbox.deliveries(protocol="email", topic_arn=topic)]
