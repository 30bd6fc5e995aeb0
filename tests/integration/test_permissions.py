"""Deployed functions do what their roles allow, and nothing else: each missing grant is named by what it stops."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from journey_watch.contract import SLACK_HANDLER
from journey_watch.core.mutes import Mute
from local_cloud.permissions import Permission, RefusedError
from local_cloud.waiting import eventually
from tests.integration.deployed_poller import DeployedPoller
from tests.integration.grants import taken_away

pytestmark = pytest.mark.integration

CONFIG: Final = """
name = "permitted"
keep_data = false

[[watch]]
provider = "pinpoint"
application_id = "*"
unreachable_after = "1s"

[[watch]]
provider = "connect"
instance_id = "*"
region = "eu-west-2"
unreachable_after = "1s"

[alerts]
email = [{ to = "everyone@example.com", min_severity = "info" }]
event_bus = "default"
slack = [
  { workspace_id = "T0123ABCD", channel_id = "C0123ABCD", min_severity = "info", webhook_secret = "team/slack" },
]

[ops]
email = ["oncall@example.com"]
"""
SCENARIO: Final = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    run = [{ id = "r-1", status = "RUNNING" }]

[[instance]]
id = "support"
region = "eu-west-2"
campaign = [{ id = "survey" }]
"""
CAMPAIGNS: Final = "connect/111122223333/eu-west-2"


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeployedPoller]:
    """The stack, deployed once for all tests here, after its first look at both lanes."""
    files = tmp_path_factory.mktemp("permitted")
    config, scenario = files / "config.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    with DeployedPoller.deployed(config=config, scenario=scenario) as poller:
        # Nobody listens there: every alert stays in the webhook's queue, and is tried again.
        poller.cloud.client("secretsmanager").create_secret(Name="team/slack", SecretString="https://127.0.0.1:1/x")
        assert not poller.poll().failed
        assert not poller.poll(CAMPAIGNS).failed
        yield poller


@pytest.fixture
def poller(deployed: DeployedPoller) -> Iterator[DeployedPoller]:
    """With nothing owed, and every lane readable."""
    yield deployed
    deployed.control("DELETE", "/faults")
    deployed.let_leases_end()
    eventually(lambda: not deployed.poll().failed and not deployed.poll(CAMPAIGNS).failed)


def something_is_cancelled(poller: DeployedPoller) -> None:
    name = f"run-{datetime.now(UTC):%H%M%S%f}"
    place = {"application": "shop", "journey": "welcome", "run": name}
    poller.control("POST", "/events", {"kind": "run_starts", "status": "CANCELLED", **place})
    poller.poll()


def a_mute_ends(poller: DeployedPoller) -> None:
    now = datetime.now(UTC)
    poller.mute(Mute(id="drill", until=now + timedelta(hours=1)))
    poller.poll()
    poller.mute(Mute(id="drill", until=now - timedelta(hours=1)))
    polled_until_refused(poller)


def the_source_is_blind(poller: DeployedPoller) -> None:
    """For longer than operators want to know."""
    poller.control("POST", "/faults", {"kind": "error", "status": 500})
    polled_until_refused(poller)


def polled_until_refused(poller: DeployedPoller) -> None:
    known = len(poller.cloud.permissions.refusals())

    def refused() -> bool:
        poller.poll()
        return len(poller.cloud.permissions.refusals()) > known

    eventually(refused)


def everything_is_listed(poller: DeployedPoller) -> None:
    """By new processes: a process lists what there is only now and then."""
    poller.kill()
    poller.poll()
    poller.poll(CAMPAIGNS)


def campaigns_are_polled(poller: DeployedPoller) -> None:
    poller.poll(CAMPAIGNS)


@pytest.mark.parametrize(
    ("action", "resource", "happens"),
    [
        ("dynamodb:Query", "*/index/by_lane", a_mute_ends),
        ("dynamodb:Query", "*", DeployedPoller.poll),
        ("dynamodb:PutItem", "*", something_is_cancelled),
        ("dynamodb:UpdateItem", "*", something_is_cancelled),
        ("kms:Decrypt", "*", DeployedPoller.poll),
        ("sns:Publish", "*:permitted-ChannelsAlerts*", something_is_cancelled),
        ("sns:Publish", "*:permitted-ChannelsOps*", the_source_is_blind),
        ("sns:Publish", "*:permitted-ChatInfoCards*", something_is_cancelled),
        ("events:PutEvents", "*", something_is_cancelled),
        ("mobiletargeting:GetApps", "*", everything_is_listed),
        ("mobiletargeting:ListJourneys", "*", everything_is_listed),
        ("mobiletargeting:GetJourneyRuns", "*", DeployedPoller.poll),
        ("connect-campaigns:ListCampaigns", "*", everything_is_listed),
        ("connect-campaigns:GetCampaignStateBatch", "*", campaigns_are_polled),
        ("logs:PutLogEvents", "*", DeployedPoller.poll),
    ],
)
def test_a_grant_that_is_taken_away_is_missed_by_name(
    poller: DeployedPoller, action: str, resource: str, happens: Callable[[DeployedPoller], object]
) -> None:
    role, known = poller.cloud.outputs["PollerRoleArn"], len(poller.cloud.permissions.refusals())
    with taken_away(poller.cloud, role, action, resource):
        happens(poller)

    refused = {one.permission for one in poller.cloud.permissions.refusals()[known:]}
    assert {(one.role, one.action) for one in refused} == {(role, action)}


@pytest.mark.parametrize(
    "action", ["sqs:ReceiveMessage", "sqs:ChangeMessageVisibility", "secretsmanager:GetSecretValue"]
)
def test_what_lambda_and_the_function_do_with_a_webhooks_queue_takes_the_functions_role(
    poller: DeployedPoller, action: str
) -> None:
    functions, known = poller.cloud.client("lambda"), len(poller.cloud.permissions.refusals())
    (function,) = [each for each in functions.list_functions()["Functions"] if each["Handler"] == SLACK_HANDLER]
    with taken_away(poller.cloud, function["Role"], action):
        # A process remembers the secret; a new one does not.
        functions.update_function_configuration(FunctionName=function["FunctionName"], Timeout=function["Timeout"])
        something_is_cancelled(poller)
        refused = eventually(lambda: poller.cloud.permissions.refusals()[known:])

    assert (refused[0].permission.role, refused[0].permission.action) == (function["Role"], action)


def test_publishing_to_an_encrypted_topic_takes_its_key(poller: DeployedPoller) -> None:
    role, known = poller.cloud.outputs["PollerRoleArn"], len(poller.cloud.permissions.refusals())
    with taken_away(poller.cloud, role, "kms:GenerateDataKey", via="sns"):
        something_is_cancelled(poller)

    refused = poller.cloud.permissions.refusals()[known:]
    assert {(one.permission.role, one.permission.action) for one in refused} == {(role, "kms:GenerateDataKey")}
    assert refused[0].message.endswith("because no identity-based policy allows the kms:GenerateDataKey action")


def test_a_refusal_that_nobody_expected_names_action_resource_and_role(poller: DeployedPoller) -> None:
    role = poller.cloud.outputs["PollerRoleArn"]
    with taken_away(poller.cloud, role, "mobiletargeting:GetJourneyRuns", expected=False):
        poller.poll()

    journey = "arn:aws:mobiletargeting:eu-west-1:111122223333:apps/shop/journeys/welcome"
    with pytest.raises(RefusedError, match=f"{role} was refused mobiletargeting:GetJourneyRuns on {journey}: User: "):
        poller.cloud.permissions.check()
    poller.cloud.permissions.check()  # each is told once


def test_the_words_of_a_refusal_reach_whoever_reads_the_log(poller: DeployedPoller) -> None:
    role = poller.cloud.outputs["PollerRoleArn"]
    with taken_away(poller.cloud, role, "mobiletargeting:GetJourneyRuns"):
        answer = poller.poll()

    assert answer.body["JourneysFailed"] == 1
    log = "\n".join(poller.cloud.logs(poller.cloud.outputs["PollerFunctionName"]))
    assert "is not authorized to perform: mobiletargeting:GetJourneyRuns on resource" in log


def test_what_a_role_did_is_known(poller: DeployedPoller) -> None:
    role = poller.cloud.outputs["PollerRoleArn"]
    something_is_cancelled(poller)
    everything_is_listed(poller)

    campaign = "arn:aws:connect-campaigns:eu-west-2:111122223333:campaign/survey"
    table = f"arn:aws:dynamodb:eu-west-1:111122223333:table/{poller.cloud.outputs['StateTableName']}"
    assert {
        Permission(role, "dynamodb:PutItem", table),
        Permission(role, "sns:Publish", poller.cloud.outputs["AlertTopicArn"]),
        Permission(role, "events:PutEvents", "arn:aws:events:eu-west-1:111122223333:event-bus/default"),
        Permission(role, "mobiletargeting:GetApps", "arn:aws:mobiletargeting:eu-west-1:111122223333:apps/*"),
        Permission(role, "connect-campaigns:ListCampaigns", "*"),
        Permission(role, "connect-campaigns:GetCampaignStateBatch", campaign),
    } <= poller.cloud.permissions.used()


def test_who_has_no_role_may_do_everything_and_is_not_written_down(poller: DeployedPoller) -> None:
    known = poller.cloud.permissions.used()
    poller.cloud.client("dynamodb").scan(TableName=poller.cloud.outputs["StateTableName"])

    assert poller.cloud.permissions.used() == known
