"""Several accounts and Regions, and both providers, watched by one deployed stack."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

import pytest

from local_cloud.cloud import LocalCloud
from local_cloud.permissions import Permission
from local_cloud.waiting import eventually
from tests.integration.synthesized import deploy

pytestmark = pytest.mark.integration

OTHER_ACCOUNT: Final = "222233334444"
READER: Final = f"arn:aws:iam::{OTHER_ACCOUNT}:role/JourneyWatchReader"
STRANGER: Final = "arn:aws:iam::333344445555:role/JourneyWatchReader"

CONFIG: Final = f"""
name = "journey-watch-many"
keep_data = false

[[watch]]
provider = "pinpoint"
application_id = "*"

[[watch]]
provider = "connect"
instance_id = "*"

[[watch]]
provider = "pinpoint"
application_id = "*"
region = "eu-west-1"
role_arn = "{READER}"
external_id = "agreed"

[[watch]]
provider = "connect"
instance_id = "*"
region = "us-east-1"
role_arn = "{READER}"
external_id = "agreed"

[[watch]]
provider = "pinpoint"
application_id = "*"
region = "eu-west-1"
role_arn = "{STRANGER}"
external_id = "guess"

[alerts]
email = [{{ to = "everyone@example.com", min_severity = "info" }}]
alert_on_first_sight = true
"""

SCENARIO: Final = """
region = "eu-west-2"
[[application]]
id = "own"
journey = [{ id = "j-own", run = [{ id = "r-own", status = "RUNNING" }] }]
[[instance]]
id = "i-own"
campaign = [{ id = "c-own" }]
[[application]]
id = "theirs"
account = "222233334444"
region = "eu-west-1"
journey = [{ id = "j-theirs", run = [{ id = "r-theirs", status = "RUNNING" }] }]
[[instance]]
id = "i-theirs"
account = "222233334444"
region = "us-east-1"
campaign = [{ id = "c-theirs" }]
[[application]]
id = "hidden"
account = "333344445555"
region = "eu-west-1"
journey = [{ id = "j-hidden", run = [{ id = "r-hidden", status = "RUNNING" }] }]
"""

PLACE: Final = re.compile(r"^Where: account (?P<account>\d{12}), (?P<region>[\w-]+), (?P<provider>\w+)$", re.MULTILINE)
FIRST_LOOKS: Final = {
    "pinpoint/111122223333/eu-west-2": "new -> RUNNING",
    "connect/111122223333/eu-west-2": "new -> RUNNING",
    "pinpoint/222233334444/eu-west-1": "new -> RUNNING",
    "connect/222233334444/us-east-1": "new -> RUNNING",
}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """The stack, deployed once for all tests here."""
    files = tmp_path_factory.mktemp("many")
    (files / "config.toml").write_text(CONFIG, encoding="utf-8")
    (files / "scenario.toml").write_text(SCENARIO, encoding="utf-8")
    started = LocalCloud.start(
        scenario=files / "scenario.toml",
        region="eu-west-2",
        speed=10,  # five lanes at once are much for a small machine
    )
    with started as running, running.permissions.expecting_refusals("sts:AssumeRole", resource=STRANGER):
        trust = {
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "never told"}},
        }
        running.client("iam", account=STRANGER.split(":")[4]).create_role(
            RoleName="JourneyWatchReader",
            AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        )
        poller = deploy(running, files / "config.toml")["PollerRoleArn"]
        # The reader role comes second, as on AWS: it must name the poller's, which is the first stack's output.
        with running.permissions.expecting_refusals("sts:AssumeRole", resource=READER):
            deploy(
                running,
                files / "config.toml",
                account=OTHER_ACCOUNT,
                reader=READER,
                parameters={"PollerRoleArn": poller},
            )
        yield running


def told(cloud: LocalCloud) -> Counter[tuple[str, str]]:
    """What e-mails said: lane, and what happened."""
    found: Counter[tuple[str, str]] = Counter()
    for mail in cloud.inbox.deliveries(protocol="email"):
        if place := PLACE.search(mail.body):
            lane = f"{place['provider']}/{place['account']}/{place['region']}"
            (happened,) = re.findall(r"^Status: (.+)$", mail.body, re.MULTILINE)
            found[lane, happened] += 1
    return found


def wait_until_told(cloud: LocalCloud, expected: set[tuple[str, str]]) -> None:
    eventually(lambda: expected <= told(cloud).keys(), timeout=120)


@pytest.fixture(scope="module")
def watched(cloud: LocalCloud) -> LocalCloud:
    """The cloud after the first look of every lane: what happens from then on is news."""
    wait_until_told(cloud, set(FIRST_LOOKS.items()))
    return cloud


def test_every_lane_tells_its_own_news_and_a_refused_one_disturbs_none(watched: LocalCloud) -> None:
    first_looks = {what: count for what, count in told(watched).items() if what[1].startswith("new ")}

    assert first_looks == Counter(FIRST_LOOKS.items())


def test_a_role_that_cannot_be_assumed_is_named_with_what_to_do(cloud: LocalCloud) -> None:
    def complaints() -> list[str]:
        lines = [line for line in cloud.logs(cloud.outputs["PollerFunctionName"]) if "333344445555" in line]
        return [line for line in lines if "trust policy" in line]

    complaint = eventually(complaints, timeout=120)[0]

    reason = str(json.loads(complaint))
    assert STRANGER in reason
    assert "external id" in reason
    assert "guess" not in reason


def test_another_account_is_read_under_its_reader_role(watched: LocalCloud) -> None:
    theirs = f"arn:aws:mobiletargeting:eu-west-1:{OTHER_ACCOUNT}:apps"
    assert {
        Permission(watched.outputs["PollerRoleArn"], "sts:AssumeRole", READER),
        Permission(READER, "mobiletargeting:GetApps", f"{theirs}/*"),
        Permission(READER, "mobiletargeting:ListJourneys", f"{theirs}/theirs"),
        Permission(READER, "mobiletargeting:GetJourneyRuns", f"{theirs}/theirs/journeys/j-theirs"),
        Permission(READER, "connect-campaigns:ListCampaigns", "*"),
    } <= watched.permissions.used()


def test_what_is_cancelled_in_another_account_is_told_once_and_as_being_there(watched: LocalCloud) -> None:
    before = told(watched)
    run = {"application": "theirs", "journey": "j-theirs", "run": "r-theirs", "status": "CANCELLED"}
    watched.simulator.control("POST", "/events", {"kind": "run_status"} | run)
    watched.simulator.control("POST", "/events", {"kind": "campaign_state", "campaign": "c-theirs", "state": "Stopped"})
    news = {
        ("pinpoint/222233334444/eu-west-1", "RUNNING -> CANCELLED"),
        ("connect/222233334444/us-east-1", "RUNNING -> CANCELLED"),
    }

    wait_until_told(watched, news)

    assert told(watched) - before == Counter(news)
