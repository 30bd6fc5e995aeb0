"""The runbook's "Use a kept or restored table": a second stack goes on where the first one stopped."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.waiting import eventually
from tests.integration.deployed_poller import SERVICES, DeployedPoller
from tests.integration.synthesized import deploy

pytestmark = pytest.mark.integration

CONFIG: Final = """
name = "{name}"
keep_data = true

[[watch]]
provider = "pinpoint"
application_id = "*"

[alerts]
email = [{{ to = "everyone@example.com", min_severity = "info" }}]
"""
SCENARIO: Final = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    run = [{ id = "before", status = "RUNNING" }, { id = "meanwhile", status = "RUNNING" }]
"""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    scenario = tmp_path / "scenario.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    with LocalCloud.start(scenario=scenario, speed=1, proxied=SERVICES) as cloud:
        yield cloud


def deployed(cloud: LocalCloud, directory: Path, name: str, more: str = "") -> None:
    file = directory / f"{name}.toml"
    file.write_text(CONFIG.format(name=name) + more, encoding="utf-8")
    deploy(cloud, file)


def cancel(poller: DeployedPoller, run: str) -> None:
    place = {"application": "shop", "journey": "welcome", "run": run}
    poller.control("POST", "/events", {"kind": "run_status", "status": "CANCELLED", **place})


def mails(cloud: LocalCloud) -> list[str]:
    return [each.subject for each in cloud.inbox.deliveries(protocol="email")]


def delete(cloud: LocalCloud, name: str) -> None:
    client: Any = cloud.client("cloudformation")
    client.delete_stack(StackName=name)
    eventually(
        lambda: (
            not [
                each
                for each in client.list_stacks()["StackSummaries"]
                if each["StackName"] == name and each["StackStatus"] != "DELETE_COMPLETE"
            ]
        )
    )


def test_state_goes_on_over_a_kept_table_with_nothing_lost_or_repeated(cloud: LocalCloud, tmp_path: Path) -> None:
    deployed(cloud, tmp_path, "first")
    with DeployedPoller.within(cloud) as first:
        assert not first.poll().failed
        cancel(first, "before")
        assert not first.poll().failed
        assert len(mails(cloud)) == 1
        table = cloud.outputs["StateTableName"]
        description = cloud.client("dynamodb").describe_table(TableName=table)["Table"]
        delete(cloud, "first")
        cancel(first, "meanwhile")

    deployed(
        cloud,
        tmp_path,
        "second",
        f'[deployment]\ntable = "{table}"\ntable_key = "{description["SSEDescription"]["KMSMasterKeyArn"]}"\n',
    )
    with DeployedPoller.within(cloud) as second:
        assert cloud.outputs["StateTableName"] == table
        assert [second.poll().failed for _ in range(3)] == [False] * 3

    before, meanwhile = mails(cloud)
    assert "CANCELLED" in before
    assert "CANCELLED" in meanwhile
    cloud.permissions.check()
