"""Plays the demo: the real schedule fires the real function, and what it tells is held to account."""

import shlex
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Final, Self

from rich.console import Console

from journey_watch.core.mutes import Mute
from journey_watch.store.items import mute_item
from local_cloud.cloud import LocalCloud
from local_cloud.demo.received import JSON_RECIPIENT, Expected, Received, Recipient, mismatches, read
from local_cloud.demo.screen import Screen
from local_cloud.demo.story import acts
from local_cloud.errors import LocalCloudError
from local_cloud.fault_proxy import Fault, Harm
from local_cloud.page import page_of
from local_cloud.permissions import told_once
from local_cloud.progress import Progress
from local_cloud.toolchain import CHECKOUT, LOOPBACK
from local_cloud.waiting import eventually, patience

HERE: Final = Path(__file__).parent
CONFIG: Final = "config/demo.toml"
STACK: Final = "journey-watch-demo"
"""The deployment's name in CONFIG."""
REGION: Final = "eu-west-2"
"""One that has both Pinpoint and Connect campaigns."""
SPEED: Final = 30.0
"""The schedule of every minute fires every 2 s."""
PROVIDERS: Final = ("pinpoint", "connect")
"""Each has a lane."""
POLLS_SECONDS: Final = 60.0
STORY_SECONDS: Final = 100.0
"""Both on a machine of usual speed; when the time is over, what has not come is missing."""
QUIET_POLLS: Final = 2
"""So many polls after the last change must have nothing more to tell."""
MUTED_JOURNEY: Final = "autumn-preview"
LONGER_THAN_THE_STORY: Final = timedelta(hours=1)
SHORT_TIMEOUT: Final = 20
"""Seconds that the function has until it is killed, instead of 50: for so long, and 5 more, what it owes is left alone.
It reads nothing any more with less than 15 of them left."""
BEFORE_THE_MAIL: Final = 2
"""So many calls of PublishBatch come before that for the mail: those for programs and for the chat."""
QUEUE: Final = "journey-watch-demo-reader"
INTRODUCTION: Final = """\
The real stack, its code and its permissions, in a cloud on this machine, which
nothing leaves: MiniStack stands in for AWS, a simulator for Amazon Pinpoint and
Amazon Connect. Its clock runs 30 times faster: a poll every 2 s stands for one
a minute.
"""
DONE: Final = {
    "simulator": "The simulator runs",
    "ministack": "MiniStack runs",
    "bootstrap": "cdk bootstrap",
    "synth": "cdk synth, meanwhile",
    "deploy": "cdk deploy: table, functions, schedules, topics, keys, roles, alarms",
}
RECIPIENTS: Final = (
    Recipient(JSON_RECIPIENT, QUEUE, "info", hears=("everybody", "operators")),
    Recipient("email", "marketing@example.com", "info"),
    Recipient("email", "oncall@example.com", "warning", hears=("everybody", "operators")),
    Recipient("https", "#journey-watch-demo-slack-C0123ABCD", "info"),
)


class Demo:
    """One performance, in a cloud that runs and has the stack."""

    def __init__(self, cloud: LocalCloud, screen: Screen) -> None:
        self.cloud = cloud
        self._screen = screen
        self._acts = acts()
        self.expected = [alert for act in self._acts for alert in act.alerts]
        self._function = cloud.outputs["PollerFunctionName"]
        self._shown: Counter[str] = Counter()

    @classmethod
    @contextmanager
    def deployed(cls, screen: Screen) -> Iterator[Self]:
        """From an empty machine to the first look."""

        def report(progress: Progress) -> None:
            if progress.seconds is not None:
                screen.step(DONE[progress.step])

        with LocalCloud.start(
            scenario=HERE / "scenario.toml", config=CONFIG, speed=SPEED, region=REGION, proxied=("sns",), report=report
        ) as cloud:
            cloud.deploy()
            demo = cls(cloud, screen)
            demo._prepare()
            yield demo

    def _prepare(self) -> None:
        functions = self.cloud.client("lambda")
        self._timeout = functions.get_function_configuration(FunctionName=self._function)["Timeout"]
        self.cloud.set_timeout(self._function, SHORT_TIMEOUT)
        _, arn = self.cloud.open_queue(QUEUE)
        for topic in ("AlertTopicArn", "OpsTopicArn"):
            self.cloud.client("sns").subscribe(TopicArn=self.cloud.outputs[topic], Protocol="sqs", Endpoint=arn)
        self._wait_for_polls(2)
        world = self.cloud.simulator.control("GET", "/state")
        journeys = [journey for one in world["applications"].values() for journey in one["journeys"].values()]
        runs = sum(len(journey["runs"]) for journey in journeys)
        self._screen.step(f"The first polls: {runs:,} runs and {len(world['campaigns'])} campaigns remembered silently")

    def play(self) -> list[Received]:
        """Let the story run; show each alert as it arrives, until all came and nothing follows."""
        self._deadline = time.monotonic() + STORY_SECONDS * patience()
        self._mute(until=datetime.now(UTC) + LONGER_THAN_THE_STORY)
        self.cloud.simulator.control("PUT", "/time", {"running": True})
        wanted: Counter[Expected] = Counter()
        for act in self._acts:
            with self._killed_while_it_sends() if act.killed else nullcontext():
                # Together: a poll that fell between them would tell of a storm in two parts, none of them a digest.
                if act.events:
                    self.cloud.simulator.control("POST", "/events", act.events)
            if act.unmuted:
                self._mute(until=datetime.now(UTC))
            wanted.update(act.alerts)
            self._wait_for(lambda: wanted <= Counter(one.change for one in self._shown_so_far()))
        self._wait_for(lambda: not list(mismatches(self._shown_so_far(), self.expected, RECIPIENTS)))
        self._wait_for_polls(QUIET_POLLS)
        return self._shown_so_far()

    def problems(self, told: Sequence[Received]) -> list[str]:
        """All that is not as it must be."""
        refused = told_once(self.cloud.permissions.unexpected())
        return [*mismatches(told, self.expected, RECIPIENTS), *refused]

    @contextmanager
    def _killed_while_it_sends(self) -> Iterator[None]:
        """Kill the function when what happens in the block is accepted by the last channel, before that is noted."""
        gate = Event()
        accepted = Fault("PublishBatch", Harm.DROP_ANSWER, until=gate, after=BEFORE_THE_MAIL, times=1)
        self.cloud.faults["sns"].inject(accepted)
        try:
            yield
            is_accepted = self._wait_for(accepted.reached.is_set)
            self.cloud.set_timeout(self._function, self._timeout)
        finally:
            gate.set()
        self._shown_so_far()
        if is_accepted:
            self._screen.note("The function was killed here: the e-mail was accepted, not yet noted.")

    def _mute(self, *, until: datetime) -> None:
        """As an operator would with `journey-watch mute`."""
        mute = Mute(
            id="autumn-rehearsal",
            journeys=(MUTED_JOURNEY,),
            until=until,
            reason="we rehearse the sale",
            set_by="Maria Lindqvist",
        )
        table = self.cloud.outputs["StateTableName"]
        self.cloud.client("dynamodb").put_item(TableName=table, Item=mute_item(mute))

    def _shown_so_far(self) -> list[Received]:
        """What has been received; what is new in it is shown."""
        received = read([one for one in self.cloud.inbox.deliveries() if not one.body.startswith('{"AlarmName"')])
        for told in received:
            if told.copies > self._shown[told.id]:
                self._screen.alert(told)
                if self._shown[told.id]:
                    self._screen.note(f"Again the e-mail, same id {told.id[:8]}…: only such a death repeats one.")
                self._shown[told.id] = told.copies
        return received

    def _polls(self) -> int:
        """How many polls every lane has completed."""
        lines = self.cloud.logs(self._function)
        completed = [line for line in lines if '"poll completed"' in line]
        return min(sum(f'"{provider}/' in line for line in completed) for provider in PROVIDERS)

    def _wait_for_polls(self, count: int) -> None:
        """Until so many more polls of each lane have been completed."""
        goal = self._polls() + count
        try:
            eventually(lambda: self._polls() >= goal, timeout=POLLS_SECONDS, pause=0.2)
        except TimeoutError:
            raise LocalCloudError(f"The schedule fired no poll; see the logs in {self.cloud.directory}.") from None

    def _wait_for(self, done: Callable[[], bool]) -> bool:
        """False if the time for the story is over before."""
        while not (is_done := done()) and time.monotonic() < self._deadline:
            time.sleep(0.1)
        return is_done


def perform(*, keep: bool, verbose: bool, console: Console) -> int:
    """The whole demo, from an empty machine to the verdict; the exit code."""
    screen = Screen(console)
    screen.say(INTRODUCTION)
    with Demo.deployed(screen) as demo:
        told = demo.play()
        problems = demo.problems(told)
        if verbose:
            screen.everything(told)
        else:
            screen.specimens(told, demo.expected)
        if verbose or problems:
            screen.table(told, demo.expected)
        screen.verdict(told, problems)
        screen.say()
        if not verbose:
            screen.say("make demo VERBOSE=1 shows every alert in every form.")
        if keep:
            _stay(demo.cloud, screen)
        else:
            screen.say("make demo KEEP=1 leaves it all running, to look around.")
    return 1 if problems else 0


def ways_to_look_around(cloud: LocalCloud) -> list[str]:
    """What to type in another shell, whatever that is set to."""
    variables = {**cloud.environment, "NO_PROXY": LOOPBACK, "no_proxy": LOOPBACK}
    command = f".venv/bin/journey-watch --stack {STACK}"
    return [
        f"cd {shlex.quote(str(CHECKOUT))}",
        "unset AWS_PROFILE AWS_SESSION_TOKEN",
        f"export {' '.join(f'{name}={shlex.quote(value)}' for name, value in variables.items())}",
        f"{command} status",
        f"{command} mute spring-cleaning --for 10m --reason 'we tidy up' --journey 'Welcome series'",
        f"{command} mutes",
        f"{command} doctor",
    ]


def _stay(cloud: LocalCloud, screen: Screen) -> None:
    screen.say("Still running. To look around in another shell:\n")
    for line in ways_to_look_around(cloud):
        screen.verbatim(f"  {line}")
    screen.verbatim(f"\nLogs and deliveries: {cloud.directory}")
    with suppress(KeyboardInterrupt), page_of(cloud, config=CONFIG) as url:
        screen.say(f"Live runs and every alert in every form: [bold]{url}[/]\nCtrl-C stops everything.")
        signal.pause()
