"""A local cloud to test in. What belongs in this folder: tests that need MiniStack or the CDK command line."""

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud

PROBE_APP = Path(__file__).parent / "probe_app" / "app.py"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One worker gets all tests of the probe, wherever they stand, so that it is deployed once."""
    for item in items:
        if "probe" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("probe"))


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
