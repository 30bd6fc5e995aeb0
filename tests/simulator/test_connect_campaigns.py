"""Connect's answers are what botocore's model allows, and behave as AWS documents."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from mypy_boto3_connectcampaignsv2 import ConnectCampaignServiceV2Client

from simulator import Simulation
from simulator.api import Operation
from simulator.connect_campaigns_api import CONNECT_CAMPAIGNS
from tests.simulator.conftest import check_wire_format

CAMPAIGNS = """
starts_at = 2026-11-01T08:00:00Z
aws_quotas = false
[[instance]]
id = "i-1"
[[instance.campaign]]
id = "c-1"
name = "Autumn"
[[instance.campaign]]
id = "c-2"
state = "Initialized"
type = "JOURNEY"
starts_in = "1h"
has_modified_time = false
[[instance]]
id = "i-2"
[[instance.campaign]]
id = "c-3"
state = "Completed"
"""


@pytest.fixture(scope="session")
def _client(new_client: Callable[..., Any]) -> ConnectCampaignServiceV2Client:
    made: ConnectCampaignServiceV2Client = new_client("connectcampaignsv2")
    made.meta.events.register("before-parse.connectcampaignsv2", check_wire_format)
    return made


@pytest.fixture
def connect(control: Simulation, _client: ConnectCampaignServiceV2Client) -> ConnectCampaignServiceV2Client:
    """A client whose every successful answer must be one that the service's model allows."""
    control.load(CAMPAIGNS)
    return _client


@pytest.mark.parametrize("operation", CONNECT_CAMPAIGNS.operations, ids=lambda operation: operation.name)
def test_paths_and_methods_are_the_models(operation: Operation) -> None:
    http = get_session().get_service_model("connectcampaignsv2").operation_model(operation.name).http
    assert (operation.method, operation.path.replace("{campaign}", "{id}")) == (http["method"], http["requestUri"])


def test_the_listing_has_names_schedules_and_types_but_no_states(connect: ConnectCampaignServiceV2Client) -> None:
    listed = {campaign["id"]: campaign for campaign in connect.list_campaigns()["campaignSummaryList"]}
    assert listed.keys() == {"c-1", "c-2", "c-3"}
    assert (listed["c-1"]["name"], listed["c-2"]["type"]) == ("Autumn", "JOURNEY")
    assert listed["c-2"]["schedule"]["startTime"].isoformat() == "2026-11-01T09:00:00+00:00"
    assert "lastModifiedTime" in listed["c-1"]
    assert "lastModifiedTime" not in listed["c-2"]


def test_the_listing_filters_by_instance(connect: ConnectCampaignServiceV2Client) -> None:
    answer = connect.list_campaigns(filters={"instanceIdFilter": {"value": "i-2", "operator": "Eq"}})
    assert [campaign["id"] for campaign in answer["campaignSummaryList"]] == ["c-3"]


def test_boto3s_own_paginator_reads_all_pages(connect: ConnectCampaignServiceV2Client, control: Simulation) -> None:
    pages = connect.get_paginator("list_campaigns").paginate(PaginationConfig={"PageSize": 1})
    assert [campaign["id"] for page in pages for campaign in page["campaignSummaryList"]] == ["c-1", "c-2", "c-3"]
    assert control.calls.count(operation="ListCampaigns") == 3


@pytest.mark.parametrize("asked", [{"nextToken": "unknown"}, {"maxResults": 51}])
def test_a_wrong_page_is_a_validation_error(connect: ConnectCampaignServiceV2Client, asked: dict[str, Any]) -> None:
    with pytest.raises(connect.exceptions.ValidationException):
        connect.list_campaigns(**asked)


def test_a_batch_answers_per_campaign_inside_http_200(
    connect: ConnectCampaignServiceV2Client, control: Simulation
) -> None:
    control.switch_on({"kind": "batch_error", "item": "c-3"})
    answer = connect.get_campaign_state_batch(campaignIds=["c-1", "nowhere", "c-3"])
    assert answer["successfulRequests"] == [{"campaignId": "c-1", "state": "Running"}]
    assert answer["failedRequests"] == [
        {"campaignId": "nowhere", "failureCode": "ResourceNotFound"},
        {"campaignId": "c-3", "failureCode": "UnknownError"},
    ]


def test_a_batch_of_more_than_25_is_a_validation_error(connect: ConnectCampaignServiceV2Client) -> None:
    with pytest.raises(connect.exceptions.ValidationException):
        connect.get_campaign_state_batch(campaignIds=[f"c-{n}" for n in range(26)])


def test_a_state_changes_and_a_campaign_is_removed(
    connect: ConnectCampaignServiceV2Client, control: Simulation
) -> None:
    control.play({"kind": "campaign_state", "campaign": "c-1", "state": "Stopped"})
    assert connect.get_campaign_state(id="c-1")["state"] == "Stopped"
    assert connect.describe_campaign(id="c-1")["campaign"]["name"] == "Autumn"
    control.play({"kind": "campaign_removed", "campaign": "c-1"})
    with pytest.raises(connect.exceptions.ResourceNotFoundException):
        connect.get_campaign_state(id="c-1")


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "AccessDeniedException"), (429, "ThrottlingException"), (500, "InternalServerException")],
)
def test_errors_are_raised_as_their_class(
    connect: ConnectCampaignServiceV2Client, control: Simulation, status: int, code: str
) -> None:
    control.switch_on({"kind": "error", "status": status})
    with pytest.raises(ClientError) as raised:
        connect.get_campaign_state_batch(campaignIds=["c-1"])
    assert raised.value.response["Error"]["Code"] == code


def test_a_campaign_appears_where_its_instance_is(connect: ConnectCampaignServiceV2Client, control: Simulation) -> None:
    control.play({"kind": "campaign_created", "instance": "i-2", "campaign": "c-4", "starts_in": "1d"})
    answer = connect.list_campaigns(filters={"instanceIdFilter": {"value": "i-2", "operator": "Eq"}})
    assert [campaign["id"] for campaign in answer["campaignSummaryList"]] == ["c-3", "c-4"]
    assert connect.get_campaign_state(id="c-4")["state"] == "Initialized"


def test_the_service_can_end_empty_or_refused(connect: ConnectCampaignServiceV2Client, control: Simulation) -> None:
    control.play({"kind": "service_ends", "provider": "connect", "answer": "empty"})
    assert connect.list_campaigns()["campaignSummaryList"] == []
    control.play({"kind": "service_ends", "provider": "connect", "answer": 403})
    with pytest.raises(connect.exceptions.AccessDeniedException):
        connect.list_campaigns()


def test_the_documented_throttle_grants_a_burst_of_ten(
    connect: ConnectCampaignServiceV2Client, control: Simulation
) -> None:
    assert control.scenario.aws_quotas is False
    control.load(CAMPAIGNS.replace("aws_quotas = false", ""))
    for _ in range(10):
        connect.list_campaigns()
    with pytest.raises(ClientError, match="ThrottlingException"):
        ask_until_refused(connect)


def ask_until_refused(connect: ConnectCampaignServiceV2Client) -> None:
    """At most 200 calls: 5 a second come back meanwhile, far fewer than that."""
    for _ in range(200):
        connect.list_campaigns()
