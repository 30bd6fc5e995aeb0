"""A source on the simulator, as the run-source contract wants it, and one on scripted answers."""

import json
from typing import Any, Final

from botocore.awsrequest import AWSPreparedRequest, AWSResponse

from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import ALL
from journey_watch.providers.connect.client import CONNECT_READS, campaigns_client
from journey_watch.providers.connect.source import ConnectCampaigns
from journey_watch.providers.remembered_listing import REMEMBER_SECONDS
from simulator import Simulation
from tests.aws.doubles import Clock, ScriptedAnswers, session

SCENARIO: Final = """
aws_quotas = false
max_page_size = 2

[[instance]]
id = "container-1"
    [[instance.campaign]]
    id = "journey-1"
    name = "Welcome"
    [[instance.campaign]]
    id = "journey-2"
    state = "Initialized"
    has_modified_time = false

[[instance]]
id = "container-2"
    [[instance.campaign]]
    id = "journey-3"
    state = "Stopped"
    type = "JOURNEY"
"""


class SimulatedConnect:
    """The contract's SimulatedProvider."""

    def __init__(self, simulation: Simulation, clock: Clock | None = None) -> None:
        self.simulation = simulation
        self.clock = clock or Clock()
        self._unlisted: set[str] = set()

    def source(self) -> ConnectCampaigns:
        limit = RateLimit(CONNECT_READS, clock=self.clock, sleep=self.clock.sleep)
        client = campaigns_client(session(), limit)
        client.meta.events.register("before-send.connectcampaignsv2.ListCampaigns", self._refuse)  # type: ignore[arg-type]  # may answer
        return ConnectCampaigns(client, limit, clock=self.clock)

    def refuse_runs_of(self, journey: JourneyKey) -> None:
        self._fail("batch_error", item=journey.journey_id)

    def cut_short_runs_of(self, journey: JourneyKey) -> None:
        self._fail("fields", operation="GetCampaignStateBatch", item=journey.journey_id, remove=["state"])

    def refuse_listing(self, container_id: str) -> None:
        self._unlisted.add(container_id)

    def break_everything(self) -> None:
        self._fail("malformed", body='"surprise"')

    def let_time_pass(self) -> None:
        self.clock.at += REMEMBER_SECONDS

    def _fail(self, kind: str, **how: object) -> None:
        self.simulation.switch_on({"kind": kind, **how})

    def _refuse(self, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        """The simulator's faults cannot tell one instance's listing from another's: it is named in the body alone."""
        assert isinstance(request.body, bytes)
        asked = json.loads(request.body).get("filters", {"instanceIdFilter": {"value": ALL}})
        refused = asked["instanceIdFilter"]["value"] in self._unlisted
        return ScriptedAnswers((403, b"{}")).answer(request) if refused else None


def scripted_source(*answers: ScriptedAnswers.Answer) -> tuple[ConnectCampaigns, ScriptedAnswers]:
    """A source and what answers it."""
    clock = Clock()
    limit = RateLimit(CONNECT_READS, clock=clock, sleep=clock.sleep)
    client = campaigns_client(session(), limit)
    script = ScriptedAnswers(*answers).attach(client)
    return ConnectCampaigns(client, limit, clock=clock), script


def batch(*states: object, failed: object = ()) -> tuple[int, bytes]:
    """An answer of GetCampaignStateBatch."""
    return 200, json.dumps({"successfulRequests": states, "failedRequests": failed}).encode()


def state(campaign_id: str, word: str, **fields: object) -> dict[str, object]:
    return {"campaignId": campaign_id, "state": word, **fields}


def failure(campaign_id: str, code: str) -> dict[str, object]:
    return {"campaignId": campaign_id, "failureCode": code}


def summaries(*campaigns: object, token: str | None = None) -> tuple[int, bytes]:
    """An answer of ListCampaigns."""
    return 200, json.dumps({"campaignSummaryList": campaigns, "nextToken": token}).encode()


def summary(campaign_id: str = "journey-1", **fields: object) -> dict[str, Any]:
    return {"id": campaign_id, "name": "Welcome", "connectInstanceId": "container-1", **fields}
