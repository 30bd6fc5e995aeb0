"""Who did it, by the real stack: found out late, told once in the thread of the alert, and not mistaken for another."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from local_cloud.permissions import Permission
from local_cloud.waiting import eventually
from tests.integration.deployed_poller import DeployedPoller

pytestmark = pytest.mark.integration

LANE: Final = "connect/111122223333/eu-west-2"
ADA: Final = "78ad3b4c-6f0e-4d5b-9a1c-2b3c4d5e6f70"
CONFIG: Final = """
name = "journey-watch-who"
keep_data = false

[[watch]]
provider = "connect"
instance_id = "*"
region = "eu-west-2"

[alerts]
attribution = "on"
attribution_after = "2s"
email = [{ to = "everyone@example.com", min_severity = "info" }]
"""
SCENARIO: Final = f"""
cloudtrail_delay = "2s"
[[instance]]
id = "desk"
region = "eu-west-2"
campaign = [{{ id = "sale", name = "Winter sale" }}, {{ id = "survey" }}]
user = [{{ id = "{ADA}", name = "ada", first_name = "Ada", last_name = "Lovelace" }}]
"""


@pytest.fixture(scope="module")
def poller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPoller]:
    """The stack after its first look."""
    files = tmp_path_factory.mktemp("who")
    config, scenario = files / "config.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    with DeployedPoller.deployed(config=config, scenario=scenario) as deployed:
        deployed.control("PUT", "/time", {"running": True})
        assert not deployed.poll(LANE).failed
        yield deployed


def told(poller: DeployedPoller, campaign: str) -> list[dict[str, Any]]:
    """The envelopes about a campaign, as the queue got them."""
    envelopes = [json.loads(one.body) for one in poller.cloud.inbox.deliveries(protocol="sqs")]
    return [envelope for envelope in envelopes if envelope["detail"].get("campaign_id") == campaign]


def test_a_cancellation_is_attributed_to_its_actor_once_late_and_a_lookalike_call_is_not(
    poller: DeployedPoller,
) -> None:
    lookalike = {"name": "StopCampaign", "source": "connect-campaigns.amazonaws.com", "by": "user:mallory"}
    poller.control("POST", "/events", {"kind": "campaign_state", "campaign": "sale", "state": "Stopped"} | by_ada())
    poller.control("POST", "/events", {"kind": "call", "request": {"id": "another"}, "region": "eu-west-2"} | lookalike)
    poller.control("POST", "/events", {"kind": "campaign_state", "campaign": "survey", "state": "Stopped"})
    poller.poll(LANE)
    assert [one["detail-type"] for one in told(poller, "sale")] == ["Campaign Status Change"]

    def answered() -> bool:
        assert not poller.poll(LANE).failed
        return len(told(poller, "sale")) > 1

    eventually(answered, pause=0.5)
    for _ in range(3):
        poller.poll(LANE)

    alert, answer = told(poller, "sale")
    assert answer["detail-type"] == "Campaign Attributed"
    assert answer["detail"]["explains"] == alert["id"]
    assert answer["detail"]["dedup_key"] == alert["detail"]["dedup_key"]
    assert answer["detail"]["actor"] == {"type": "SITE_USER", "noun": "Connect user", "name": "Ada Lovelace"}
    assert [one["detail-type"] for one in told(poller, "survey")] == ["Campaign Status Change"]
    subjects = [one.subject for one in poller.cloud.inbox.deliveries(protocol="email") if "Winter sale" in one.subject]
    assert subjects[-1] == "[INFO] Winter sale: CANCELLED by Connect user Ada Lovelace (eu-west-2)"
    assert poller.owed() == set()
    role = poller.cloud.outputs["PollerRoleArn"]
    user = f"arn:aws:connect:eu-west-2:111122223333:instance/desk/agent/{ADA}"
    assert {
        Permission(role, "cloudtrail:LookupEvents", "*"),
        Permission(role, "connect:DescribeUser", user),
    } <= poller.cloud.permissions.used()


def by_ada() -> dict[str, str]:
    return {"by": f"connect:{ADA}"}
