"""A local cloud to test in. What belongs in this folder: tests that need MiniStack or the CDK command line."""

import json
import shlex
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.permissions import RefusedError

PROBE_APP = Path(__file__).parent / "probe_app" / "app.py"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test during which a deployed role was refused a call, unless it expected that."""
    found = [getattr(value, "cloud", value) for value in getattr(item, "funcargs", {}).values()]
    clouds = {id(cloud): cloud for cloud in found if isinstance(cloud, LocalCloud)}
    try:
        yield
    except BaseException as error:
        for cloud in clouds.values():
            try:
                cloud.permissions.check()
            except RefusedError as refused:
                error.add_note(str(refused))
        raise
    for cloud in clouds.values():
        cloud.permissions.check()


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty home directory for all that the probe's local cloud runs."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[LocalCloud]:
    """A local cloud with the stack of probe_app in it; the function's DynamoDB calls go through a FaultProxy."""
    app = tmp_path_factory.mktemp("probe")
    command = shlex.join([sys.executable, str(PROBE_APP)])
    (app / "cdk.json").write_text(json.dumps({"app": command, "versionReporting": False}), encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        with LocalCloud.start(proxied=("dynamodb",)) as cloud:
            cloud.deploy(app=app)
            yield cloud
