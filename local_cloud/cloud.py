"""A cloud on this machine: MiniStack, the simulator, and the real `cdk` that deploys the unchanged stack into it."""

import json
import re
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Self
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

import boto3
from botocore.config import Config

from local_cloud.cdk import Cdk, Synthesis
from local_cloud.errors import LocalCloudError
from local_cloud.fault_proxy import FaultProxy
from local_cloud.inbox import Inbox
from local_cloud.inside_ministack import judge
from local_cloud.permissions import PermissionRecord, RefusedError
from local_cloud.processes import Workspace
from local_cloud.progress import Report, reported
from local_cloud.simulator_control import SimulatorControl
from local_cloud.toolchain import (
    ACCOUNT,
    CHECKOUT,
    LOOPBACK,
    Toolchain,
    cdk_environment,
    credentials,
    ministack_environment,
    simulator_environment,
)

SIMULATED = ("pinpoint", "connectcampaignsv2", "connect", "cloudtrail")
"""The services that functions find in the simulator, spelled as in AWS_ENDPOINT_URL_<SERVICE>."""
START_TIMEOUT = 60.0
_READY_LINE = re.compile(rf"http://{re.escape(LOOPBACK)}:\d+")


class LocalCloud:
    """A running local cloud. `LocalCloud.start` makes one and takes it away again."""

    endpoint: str
    """Where MiniStack answers for every service of AWS."""
    region: str
    directory: Path
    """Holds all that is written: `logs/`, `cdk.out/`, MiniStack's data."""
    inbox: Inbox
    """What each subscriber of SNS received; stays empty if MiniStack is not adapted."""
    permissions: PermissionRecord
    """What deployed roles were allowed and refused; stays empty if MiniStack is not adapted."""
    simulator: SimulatorControl
    faults: Mapping[str, FaultProxy]
    """What stands between functions and MiniStack, by service as it was named in `proxied`."""
    outputs: dict[str, str]
    """The outputs of the stacks deployed so far, by their names."""

    def __init__(
        self,
        *,
        endpoint: str,
        region: str,
        directory: Path,
        simulator: SimulatorControl,
        faults: Mapping[str, FaultProxy],
        cdk: Cdk,
        synthesis: Synthesis | None,
    ) -> None:
        self.endpoint = endpoint
        self.region = region
        self.directory = directory
        self.inbox = Inbox(directory / "inbox.jsonl")
        self.permissions = PermissionRecord(directory / "permissions.jsonl")
        self.faults = faults
        self.outputs = {}
        self.simulator = simulator
        self._session = boto3.session.Session()
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._making_clients = Lock()
        self._cdk = cdk
        self._synthesis = synthesis
        self._bootstrapped = False

    @classmethod
    @contextmanager
    def start(
        cls,
        *,
        scenario: Path | None = None,
        config: str | None = None,
        speed: float = 30.0,
        region: str = "eu-west-1",
        simulated: Sequence[str] = SIMULATED,
        proxied: Sequence[str] = (),
        adapted: bool = True,
        keep: bool = False,
        report: Report = lambda _: None,
    ) -> Iterator[Self]:
        """Start everything on free ports of 127.0.0.1; stop it and remove what it wrote when the block ends, however.

        scenario: what the simulator plays once its clock is started; without one its world is empty.
        config: the deployment that `deploy` deploys by itself; it is synthesized while the rest starts.
        speed: how many times faster schedules of a rate fire; at 30, "rate(1 minute)" fires every 2 s, and the poller
        is told that this is its interval.
        simulated, proxied: the services that functions find in the simulator, or behind a FaultProxy.
        adapted: False runs MiniStack as it comes, with all its clock at that speed, without inbox, refusing what it
        cannot deploy, and letting every function do everything.
        keep: leave the directory behind.

        Raises ToolMissingError if something is not installed, StepFailedError if something does not start, and when
        the block ends RefusedError if deployed roles were refused what nobody expected them to be.
        """
        tools = Toolchain.find()
        port = _free_port()
        endpoint = f"http://{LOOPBACK}:{port}"
        with ExitStack() as started:
            workspace = started.enter_context(Workspace.open(keep=keep))
            cdk_env = cdk_environment(endpoint=endpoint, region=region, home=workspace.subdirectory("cdk-home"))
            cdk = Cdk(tools.cdk, workspace, env=cdk_env, region=region, report=report)
            synthesis = started.enter_context(cdk.synthesizing(config)) if config else None
            faults = {service: started.enter_context(FaultProxy.before(endpoint)) for service in proxied}
            endpoints = {service: proxy.url for service, proxy in faults.items()}
            asked = f"{endpoint}{judge.PATH}" if adapted else None
            simulator = started.enter_context(_simulator(workspace, scenario, report, judge=asked))
            endpoints |= dict.fromkeys(simulated, simulator.url)
            env = ministack_environment(
                port=port,
                region=region,
                home=workspace.subdirectory("ministack"),
                endpoints=endpoints,
                speed=speed,
                inbox=workspace.directory / "inbox.jsonl",
                permissions=workspace.directory / "permissions.jsonl",
            )
            started.enter_context(_ministack(workspace, tools, env, endpoint, adapted=adapted, report=report))
            cloud = cls(
                endpoint=endpoint,
                region=region,
                directory=workspace.directory,
                simulator=simulator,
                faults=faults,
                cdk=cdk,
                synthesis=synthesis,
            )
            try:
                yield cloud
            except LocalCloudError as error:
                if refused := cloud.permissions.unexpected():
                    raise RefusedError(refused) from error  # why, rather than what came of it
                raise
            cloud.permissions.check()

    @property
    def environment(self) -> dict[str, str]:
        """What a shell needs so that the AWS command line and boto3 talk to this cloud."""
        return credentials(self.region) | {"AWS_ENDPOINT_URL": self.endpoint}

    def deploy(
        self,
        *,
        app: Path | None = None,
        stacks: Sequence[str] = (),
        parameters: Mapping[str, str] | None = None,
        account: str = ACCOUNT,
    ) -> dict[str, str]:
        """Run `cdk bootstrap`, the first time, and `cdk deploy`; the outputs, which are in `outputs` from then on.

        `app` is a directory with a cdk.json, or an assembly that `cdk synth` made, which is quicker to deploy again; if
        it is not given, what `start` was told to synthesize.
        `account` may be any; what is deployed in another than MiniStack's own must do without CDK's bootstrap.
        Raises StepFailedError with the end of CDK's log.
        """
        if account == ACCOUNT and not self._bootstrapped:
            self._cdk.bootstrap()
            self._bootstrapped = True
        if app is None:
            assert self._synthesis is not None, "start the cloud with a config, or name an app"  # noqa: S101 - our own callers
            app = self._synthesis.finish()
        outputs = self._cdk.deploy(app=app, stacks=stacks, parameters=parameters or {}, account=account)
        self.outputs |= outputs
        return outputs

    def client(self, service: str, *, endpoint: str | None = None, account: str = ACCOUNT) -> Any:  # noqa: ANN401 - boto3 makes it at run time
        """A boto3 client of this cloud, or of one of its proxies, whatever the user's own configuration is.

        It acts as the root of the account, which may do everything. Asked again, it is the same client.
        """
        asked = (service, endpoint or self.endpoint, account)
        # To make one takes a second of reading the SDK's data, and a session may make only one at a time.
        with self._making_clients:
            if asked not in self._clients:
                self._clients[asked] = self._session.client(
                    service,  # type: ignore[call-overload]
                    endpoint_url=asked[1],
                    region_name=self.region,
                    aws_access_key_id=account,
                    aws_secret_access_key="test",  # noqa: S106 - MiniStack takes any
                    config=Config(proxies={}),
                )
            return self._clients[asked]

    def open_queue(self, name: str) -> tuple[str, str]:
        """Create a queue that topics may send to; its URL and ARN."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        topics = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [{**topics, "Resource": arn}]}
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        return url, arn

    def set_timeout(self, function_name: str, timeout: int) -> None:
        """Give a function a timeout, in seconds. Its processes are killed where they stand, whatever it was before."""
        self.client("lambda").update_function_configuration(FunctionName=function_name, Timeout=timeout)

    def logs(self, function_name: str) -> list[str]:
        """The lines a function has logged in all its invocations, oldest first, Lambda's own among them."""
        function = self.client("lambda").get_function_configuration(FunctionName=function_name)
        pages = self.client("logs").get_paginator("filter_log_events")
        events = [
            event
            for page in pages.paginate(logGroupName=function["LoggingConfig"]["LogGroup"])
            for event in page["events"]
        ]
        return [event["message"] for event in sorted(events, key=lambda event: event["timestamp"])]


@contextmanager
def _simulator(
    workspace: Workspace, scenario: Path | None, report: Report, *, judge: str | None
) -> Iterator[SimulatorControl]:
    argv = [sys.executable, "-m", "simulator", "--port", "0"]
    if judge is not None:
        argv += ["--judge", judge]
    if scenario is not None:
        argv += ["--scenario", str(scenario.resolve())]
    with workspace.running("simulator", argv, env=simulator_environment(), cwd=CHECKOUT) as program:
        with reported("simulator", report):
            ready = program.wait_until(lambda: _READY_LINE.search(program.output()), timeout=START_TIMEOUT)
        yield SimulatorControl(ready[0])


@contextmanager
def _ministack(
    workspace: Workspace, tools: Toolchain, env: Mapping[str, str], endpoint: str, *, adapted: bool, report: Report
) -> Iterator[None]:
    module = "local_cloud.inside_ministack" if adapted else "local_cloud.fast_clock"
    # Started in the checkout, where -m finds the adaptations; functions, which run elsewhere, do not.
    argv = [str(tools.ministack_python), "-m", module]
    with workspace.running("ministack", argv, env=env, cwd=CHECKOUT) as program:
        with reported("ministack", report):
            program.wait_until(lambda: _answers(f"{endpoint}/_ministack/health"), timeout=START_TIMEOUT)
        yield


def _answers(url: str) -> bool | None:
    opener = build_opener(ProxyHandler({}))  # it is on this machine, whatever proxy the user has
    try:
        with opener.open(url, timeout=5):
            return True
    except (URLError, ConnectionError, TimeoutError):
        return None


def _free_port() -> int:
    """A port that was free a moment ago. MiniStack must know its own before it starts."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port
