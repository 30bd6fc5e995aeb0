"""The real stack on MiniStack as it comes, but for the speed of its clock: what the adaptations are measured against.

Only what MiniStack's CloudFormation refuses to deploy at all is left out of the template; nothing that is deployed is
changed.
"""

import json
from pathlib import Path

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.toolchain import CHECKOUT
from local_cloud.waiting import eventually
from tests.integration.synthesized import synthesize

pytestmark = pytest.mark.integration

UNKNOWN_TO_MINISTACK = ("AWS::Chatbot::SlackChannelConfiguration", "AWS::Logs::QueryDefinition")


@pytest.fixture
def assembly(tmp_path: Path) -> Path:
    """The stack as the CDK synthesizes it, without what MiniStack does not know."""
    output = synthesize(CHECKOUT / "config" / "default.toml", tmp_path / "cdk.out")
    (template,) = output.glob("*.template.json")
    document = json.loads(template.read_text(encoding="utf-8"))
    resources = document["Resources"].items()
    document["Resources"] = {name: each for name, each in resources if each["Type"] not in UNKNOWN_TO_MINISTACK}
    template.write_text(json.dumps(document), encoding="utf-8")
    return output


def test_the_schedule_fires_the_poller_after_a_minute_of_its_clock(assembly: Path) -> None:
    with LocalCloud.start(adapted=False, speed=10) as cloud:
        cloud.deploy(app=assembly)
        eventually(lambda: cloud.simulator.control("GET", "/calls")["total"])
        eventually(lambda: any("PollsCompleted" in line for line in cloud.logs(cloud.outputs["PollerFunctionName"])))
