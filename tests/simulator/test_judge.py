"""A simulator that asks a judge: what it asks, and what it answers who is refused."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from simulator import RunningSimulator, running
from simulator.judge import Judge
from tests.simulator.conftest import NO_RETRIES

SCENARIO: Final = """
[[application]]
id = "ours"
journey = [{ id = "j1", run = [{ id = "r1", status = "RUNNING" }] }]
[[application]]
id = "theirs"
account = "222233334444"
[[instance]]
id = "support"
campaign = [{ id = "c1" }, { id = "c2" }]
"""


class StandIn:
    """A judge that is told what to say, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.says: dict[str, Any] = {"account": "111122223333", "refusal": None}

    def answer(self, body: bytes) -> bytes:
        self.asked.append(json.loads(body))
        return json.dumps(self.says).encode()

    def was_asked(self) -> list[tuple[str, list[str]]]:
        return [(each["action"], each["resources"]) for each in self.asked]


@pytest.fixture
def stand_in() -> StandIn:
    return StandIn()


@pytest.fixture
def judged(stand_in: StandIn) -> Iterator[RunningSimulator]:
    """A simulator with that judge."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            answer = stand_in.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/judge"
        with closing(Judge(url)) as judge, running(SCENARIO, judge=judge) as simulator:
            yield simulator
        server.shutdown()
        thread.join()


@pytest.fixture
def client(judged: RunningSimulator) -> Iterator[Callable[[str], Any]]:
    made = []

    def make(service: str) -> Any:  # noqa: ANN401 - boto3 makes it at run time
        session = boto3.Session(aws_access_key_id="ASIAROLE", aws_secret_access_key="made-up", region_name="eu-west-1")
        made.append(session.client(service, endpoint_url=judged.url, config=NO_RETRIES))  # type: ignore[call-overload]
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_each_operation_is_judged_by_the_resource_of_the_service_authorization_reference(
    stand_in: StandIn, client: Callable[[str], Any]
) -> None:
    pinpoint, connect = client("pinpoint"), client("connectcampaignsv2")
    pinpoint.get_apps()
    pinpoint.get_app(ApplicationId="ours")
    pinpoint.list_journeys(ApplicationId="ours")
    pinpoint.get_journey(ApplicationId="ours", JourneyId="j1")
    pinpoint.get_journey_runs(ApplicationId="ours", JourneyId="j1")
    pinpoint.get_journey_run_execution_metrics(ApplicationId="ours", JourneyId="j1", RunId="r1")
    connect.list_campaigns()
    connect.get_campaign_state_batch(campaignIds=["c1", "c2"])
    connect.get_campaign_state(id="c1")
    connect.describe_campaign(id="c1")

    assert stand_in.was_asked() == [
        ("mobiletargeting:GetApps", ["apps/*"]),
        ("mobiletargeting:GetApp", ["apps/ours"]),
        ("mobiletargeting:ListJourneys", ["apps/ours"]),
        ("mobiletargeting:GetJourney", ["apps/ours/journeys/j1"]),
        ("mobiletargeting:GetJourneyRuns", ["apps/ours/journeys/j1"]),
        ("mobiletargeting:GetJourneyRunExecutionMetrics", ["apps/ours/journeys/j1"]),
        ("connect-campaigns:ListCampaigns", ["*"]),
        ("connect-campaigns:GetCampaignStateBatch", ["campaign/*", "campaign/c1", "campaign/c2"]),
        ("connect-campaigns:GetCampaignState", ["campaign/c1"]),
        ("connect-campaigns:DescribeCampaign", ["campaign/c1"]),
    ]
    assert {(each["access_key"], each["region"]) for each in stand_in.asked} == {("ASIAROLE", "eu-west-1")}


@pytest.mark.parametrize("service", ["pinpoint", "connectcampaignsv2"])
def test_a_refused_call_gets_the_judges_words_and_is_counted(
    judged: RunningSimulator, stand_in: StandIn, client: Callable[[str], Any], service: str
) -> None:
    stand_in.says = {"account": None, "refusal": {"code": "AccessDeniedException", "message": "User: x may not"}}
    call = client(service).get_apps if service == "pinpoint" else client(service).list_campaigns

    with pytest.raises(ClientError, match="User: x may not") as refused:
        call()

    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
    assert judged.control.calls.count(status="403") == 1


def test_the_judge_knows_the_account_of_a_role(stand_in: StandIn, client: Callable[[str], Any]) -> None:
    assert [each["Id"] for each in client("pinpoint").get_apps()["ApplicationsResponse"]["Item"]] == ["ours"]

    stand_in.says = {"account": "222233334444", "refusal": None}

    assert [each["Id"] for each in client("pinpoint").get_apps()["ApplicationsResponse"]["Item"]] == ["theirs"]


def test_who_has_no_role_is_asked_about_once(stand_in: StandIn, client: Callable[[str], Any]) -> None:
    stand_in.says = {"account": None, "refusal": None}
    client("pinpoint").get_apps()
    client("pinpoint").get_app(ApplicationId="ours")

    assert stand_in.was_asked() == [("mobiletargeting:GetApps", ["apps/*"])]
