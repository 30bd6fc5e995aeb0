"""The launcher: what it starts, what it says when it cannot, and that nothing of it is left, however it ends."""

import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_cloud.cloud import LocalCloud
from local_cloud.errors import LocalCloudError, StepFailedError, ToolMissingError
from local_cloud.permissions import RefusedError
from local_cloud.progress import Progress
from local_cloud.toolchain import Toolchain, cdk_environment
from local_cloud.waiting import eventually
from tests.integration.grants import session_of_a_role

pytestmark = pytest.mark.integration

LAUNCHER = """
import io, json, signal, sys, time, zipfile
from local_cloud.cloud import LocalCloud

# As if started from a terminal: where the tests themselves run in the background, SIGINT is ignored, and stays so.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGTERM, signal.SIG_DFL)

SOURCE = "import os, time\\ndef handler(event, _):\\n    time.sleep(event)\\n    return os.getpid()\\n"

with LocalCloud.start() as cloud:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("hang.py", SOURCE)
    role = cloud.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    functions = cloud.client("lambda")
    code = {"ZipFile": archive.getvalue()}
    functions.create_function(FunctionName="hang", Role=role, Handler="hang.handler",
                              Runtime="python3.13", Timeout=600, Code=code)
    worker = json.load(functions.invoke(FunctionName="hang", Payload=b"0")["Payload"])
    functions.invoke(FunctionName="hang", Payload=b"600", InvocationType="Event")
    print(json.dumps({"directory": str(cloud.directory), "ministack": cloud.endpoint, "simulator": cloud.simulator.url,
                      "worker": worker}), flush=True)
    if sys.argv[1] == "raise":
        raise RuntimeError("as asked")
    time.sleep(600)
"""


@contextmanager
def launcher(ending: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """Another process with a local cloud in which a function is busy, and where its parts are."""
    with subprocess.Popen(  # noqa: S603 - our own words
        [sys.executable, "-c", LAUNCHER, ending], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def listens(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


def runs(pid: int) -> bool:
    """Whether a process is there, and is more than a zombie that its foster parent has not noticed yet."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S603, S607
    return state.stdout.strip()[:1] not in ("", "Z")


@pytest.mark.parametrize("ending", ["raise", "SIGINT", "SIGTERM", "SIGKILL"])
def test_nothing_is_left_however_the_launcher_ends(ending: str) -> None:
    with launcher(ending) as (process, parts):
        if ending != "raise":
            process.send_signal(signal.Signals[ending])
        process.wait(timeout=20)
        eventually(lambda: not Path(parts["directory"]).exists())
        assert not listens(parts["ministack"])
        assert not listens(parts["simulator"])
        assert not runs(int(parts["worker"]))


def test_what_was_started_in_the_background_and_cannot_be_interrupted_can_be_terminated() -> None:
    """A shell lets its background jobs ignore SIGINT, so that Ctrl-C ends what is in the foreground alone."""
    ignoring = "import signal, sys, runpy; signal.signal(signal.SIGINT, signal.SIG_IGN); sys.argv[1:] = ['up']; "
    run = "runpy.run_module('local_cloud', run_name='__main__')"
    with subprocess.Popen([sys.executable, "-u", "-c", ignoring + run], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        assert process.stdout is not None
        assert process.stdout.readline().startswith("simulator ")
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline().startswith("ministack ")
        process.terminate()
        said = process.stdout.read()
        assert process.wait(timeout=20) == 0
    assert said.endswith("Stopped.\n")


def test_everything_is_stopped_and_removed_when_the_block_has_ended() -> None:
    with LocalCloud.start() as cloud:
        assert listens(cloud.endpoint)
        assert listens(cloud.simulator.url)
    assert not listens(cloud.endpoint)
    assert not listens(cloud.simulator.url)
    assert not cloud.directory.exists()


def test_the_directory_stays_when_it_is_to_be_kept() -> None:
    with LocalCloud.start(keep=True) as cloud:
        pass
    try:
        assert (cloud.directory / "logs" / "ministack.log").exists()
    finally:
        shutil.rmtree(cloud.directory)


def test_other_machines_cannot_reach_it(probe: LocalCloud) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        try:
            route.connect(("192.0.2.1", 9))  # sends nothing, only asks which address would be used
        except OSError:
            pytest.skip("no network but loopback")
        address = route.getsockname()[0]
    for url in (probe.endpoint, probe.simulator.url, probe.faults["dynamodb"].url):
        assert not listens(f"http://{address}:{urlsplit(url).port}")


def test_deploying_writes_nothing_in_the_home_directory(probe: LocalCloud, home: Path) -> None:
    assert probe.outputs["FunctionName"]
    assert list(home.iterdir()) == []


@pytest.mark.parametrize("spelling", ["no_proxy", "NO_PROXY"])
def test_what_the_cdk_sends_to_this_machine_goes_through_no_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spelling: str
) -> None:
    monkeypatch.setenv(spelling, "intranet.example.com")
    environment = cdk_environment(endpoint="http://127.0.0.1:1", region="eu-west-1", home=tmp_path)
    expected = "127.0.0.1,intranet.example.com"
    assert (environment["NO_PROXY"], environment["no_proxy"]) == (expected, expected)


def test_steps_are_reported_with_the_time_they_took() -> None:
    steps: list[Progress] = []
    with LocalCloud.start(report=steps.append):
        pass
    assert steps[::2] == [Progress("simulator"), Progress("ministack")]
    assert [step.step for step in steps[1::2]] == ["simulator", "ministack"]
    assert all(step.seconds is not None for step in steps[1::2])


@pytest.mark.parametrize("ends", ["well", "with an error"])
def test_who_starts_a_cloud_is_told_what_its_roles_were_refused(ends: str) -> None:
    """Once, however often it was; and rather than the error that it may have led to."""

    def use_one() -> None:
        with (
            LocalCloud.start() as cloud,
            session_of_a_role(cloud, {"Action": "sqs:SendMessage", "Resource": "*"}) as session,
        ):
            sqs: Any = session.client("sqs", endpoint_url=cloud.endpoint, config=Config(proxies={}))
            for _ in range(2):
                with pytest.raises(ClientError, match="not authorized"):
                    sqs.list_queues()
            if ends == "with an error":
                raise LocalCloudError("no poll was completed")

    with pytest.raises(RefusedError, match=r"role/visitor was refused sqs:ListQueues on \*: User: .*\(2 times\)"):
        use_one()


def test_a_bare_checkout_is_told_to_install(tmp_path: Path) -> None:
    with pytest.raises(ToolMissingError, match="make install"):
        Toolchain.find(tmp_path)


def test_a_scenario_that_is_wrong_is_refused_in_the_simulators_own_words(tmp_path: Path) -> None:
    scenario = tmp_path / "wrong.toml"
    scenario.write_text("aplication = 1", encoding="utf-8")
    with (
        pytest.raises(StepFailedError, match=r"simulator ended by itself(?s:.*)aplication"),
        LocalCloud.start(scenario=scenario),
    ):
        pass


def test_a_configuration_that_is_wrong_is_refused_in_the_apps_own_words(tmp_path: Path) -> None:
    config = tmp_path / "wrong.toml"
    config.write_text("nmae = 'shop'", encoding="utf-8")
    with (
        LocalCloud.start(config=str(config)) as cloud,
        pytest.raises(StepFailedError, match=r"synth failed(?s:.*)nmae"),
    ):
        cloud.deploy()


def test_a_deployment_that_fails_shows_the_end_of_its_log(probe: LocalCloud, tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text(json.dumps({"app": "echo no such app >&2; exit 1"}), encoding="utf-8")
    with pytest.raises(StepFailedError, match=r"deploy failed(?s:.*)no such app") as failure:
        probe.deploy(app=tmp_path)
    assert "no such app" in failure.value.log.read_text(encoding="utf-8")
