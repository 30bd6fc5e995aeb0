"""The real stack on MiniStack as it comes, at its true rate: what the adaptations are measured against. Takes 90 s."""

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.waiting import eventually

pytestmark = pytest.mark.integration


def test_the_schedule_fires_the_poller_after_a_minute() -> None:
    with LocalCloud.start(adapted=False) as cloud:
        cloud.deploy(context={"config": "config/demo.toml"})
        eventually(lambda: cloud.simulator.control("GET", "/calls")["total"], timeout=100)
        eventually(lambda: any("PollsCompleted" in line for line in cloud.logs(cloud.outputs["PollerFunctionName"])))
