"""Plays the demo: the real schedule fires the real function, and what it tells is held to account."""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from journey_watch.core.mutes import Mute
from journey_watch.store.items import mute_item
from local_cloud.cloud import LocalCloud
from local_cloud.demo import screen
from local_cloud.demo.received import JSON_RECIPIENT, Expected, Received, Recipient, expected_alerts, mismatches, read
from local_cloud.errors import LocalCloudError
from local_cloud.page import page_of
from local_cloud.permissions import told_once
from local_cloud.progress import Progress

HERE = Path(__file__).parent
CONFIG = "config/demo.toml"
REGION = "eu-west-2"
"""One that has both Pinpoint and Connect campaigns."""
SPEED = 30.0
"""The schedule of every minute fires every 2 s."""
PROVIDERS = ("pinpoint", "connect")
"""Each has a lane."""
FIRST_POLL_SECONDS = 60.0
STORY_SECONDS = 100.0
QUIET_POLLS = 2
"""So many polls after the last change must have nothing more to tell."""
MUTED_JOURNEY = "rehearsal"
MUTED_SECONDS = 10.0
QUEUE = "journey-watch-demo-reader"
DONE = {
    "simulator": "The simulator stands in for Amazon Pinpoint and Amazon Connect",
    "ministack": "MiniStack stands in for AWS",
    "bootstrap": "cdk bootstrap",
    "deploy": "cdk deploy: table, function, schedule, topics, keys, roles",
    "first look": "The schedule has fired the function: 1,008 runs and 2 campaigns recorded, nothing told",
}
RECIPIENTS = (
    Recipient(JSON_RECIPIENT, QUEUE, "info", hears=("everybody", "operators")),
    Recipient("email", "marketing@example.com", "info"),
    Recipient("email", "oncall@example.com", "warning", hears=("everybody", "operators")),
    Recipient("https", "#journey-watch-demo-slack-C0123ABCD", "info"),
)


class Demo:
    """One performance, in a cloud that runs and has the stack."""

    def __init__(self, cloud: LocalCloud, console: Console, expected: Sequence[Expected]) -> None:
        self._cloud = cloud
        self._console = console
        self._expected = expected
        self._shown: set[str] = set()

    def subscribe_json_reader(self) -> None:
        """A queue on both topics for programs."""
        _, arn = self._cloud.open_queue(QUEUE)
        for topic in ("AlertTopicArn", "OpsTopicArn"):
            self._cloud.client("sns").subscribe(TopicArn=self._cloud.outputs[topic], Protocol="sqs", Endpoint=arn)

    def wait_for_polls(self, count: int) -> None:
        """Until so many more polls of each lane have been completed."""
        goal = self._polls() + count
        self._wait(lambda: self._polls() >= goal, FIRST_POLL_SECONDS, "The schedule fired no poll")

    def play(self) -> list[Received]:
        """Start the scenario's clock; show each alert as it arrives, until all came and nothing follows."""
        self._mute(MUTED_JOURNEY, seconds=MUTED_SECONDS)
        self._cloud.simulator.control("PUT", "/time", {"running": True})
        self._wait(self._everything_received, STORY_SECONDS, None)
        self.wait_for_polls(QUIET_POLLS)
        self._show_new()
        return self._received()

    def _mute(self, journey_id: str, *, seconds: float) -> None:
        """As an operator would with `journey-watch mute`."""
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        mute = Mute(id=journey_id, journeys=(journey_id,), until=until, reason="a rehearsal", set_by="the demo")
        table = self._cloud.outputs["StateTableName"]
        self._cloud.client("dynamodb").put_item(TableName=table, Item=mute_item(mute))

    def _everything_received(self) -> bool:
        self._show_new()
        return not self._cloud.simulator.control("GET", "/events")["pending"] and not list(
            mismatches(self._received(), self._expected, RECIPIENTS)
        )

    def _received(self) -> list[Received]:
        return read([one for one in self._cloud.inbox.deliveries() if not one.body.startswith('{"AlarmName"')])

    def _show_new(self) -> None:
        for told in self._received():
            if told.id not in self._shown:
                self._shown.add(told.id)
                screen.show(self._console, told)

    def _polls(self) -> int:
        """How many polls every lane has completed."""
        lines = self._cloud.logs(self._cloud.outputs["PollerFunctionName"])
        completed = [line for line in lines if '"poll completed"' in line]
        return min(sum(f'"{provider}/' in line for line in completed) for provider in PROVIDERS)

    def _wait(self, done: Callable[[], bool], seconds: float, mismatch: str | None) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                if mismatch is None:
                    return
                raise LocalCloudError(f"{mismatch} within {seconds:g} s; see the logs in {self._cloud.directory}.")
            time.sleep(0.2)


def perform(*, keep: bool, console: Console, scenario: Path = HERE / "scenario.toml") -> int:
    """The whole demo, from an empty machine to the verdict; the exit code."""
    expected = expected_alerts(HERE / "expected.toml")
    started = time.monotonic()

    def say(progress: Progress) -> None:
        if progress.seconds is not None:
            console.print(f"[dim]{time.monotonic() - started:5.1f} s[/]  {DONE[progress.step]}")

    console.print("Deploying the real stack into a local cloud on 127.0.0.1; nothing leaves this machine.")
    with LocalCloud.start(scenario=scenario, speed=SPEED, region=REGION, report=say) as cloud:
        cloud.deploy(context={"config": CONFIG})
        demo = Demo(cloud, console, expected)
        demo.subscribe_json_reader()
        demo.wait_for_polls(2)
        say(Progress("first look", 0))
        told = demo.play()
        problems = [*mismatches(told, expected, RECIPIENTS), *told_once(cloud.permissions.unexpected())]
        console.print(screen.table(told, expected))
        for problem in problems:
            console.print(f"[bold red]✗[/] {problem}", highlight=False)
        if not problems:
            seconds = time.monotonic() - started
            console.print(
                f"[bold green]✓[/] Every alert arrived exactly once, and no role was refused, in {seconds:.0f} s."
            )
        if keep:
            _stay(cloud, console)
    return 1 if problems else 0


def _stay(cloud: LocalCloud, console: Console) -> None:
    console.print("\nStill running. To look around in another shell:\n")
    for name, value in cloud.environment.items():
        console.print(f"  export {name}={value}", highlight=False)
    for name, value in sorted(cloud.outputs.items()):
        console.print(f"  [dim]{name:<20}[/]{value}", highlight=False)
    console.print(f"\nLogs and deliveries: {cloud.directory}", highlight=False)
    with suppress(KeyboardInterrupt), page_of(cloud, config=CONFIG) as url:
        console.print(f"Live runs and inbox: [bold]{url}[/]\nCtrl-C stops everything.", highlight=False)
        signal.pause()
