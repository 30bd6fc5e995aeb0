"""Amazon Connect outbound campaigns (`connectcampaignsv2`): the reads that a watcher of campaigns needs.

Shapes, paths and error codes follow botocore's model of the service, the quotas AWS's documentation.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.api import Answer, ApiError, Call, Operation, Provider, Scene, json_answer, read_page, shown
from simulator.listing_faults import ListingFault
from simulator.quotas import Quota
from simulator.world import Campaign

_CODES = {
    400: "ValidationException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    429: "ThrottlingException",
    500: "InternalServerException",
}
_MAX_PAGE = 50
_MAX_BATCH = 25


@dataclass(frozen=True, kw_only=True)
class StateUnknown(ListingFault, kind="batch_error"):
    """GetCampaignStateBatch answers UnknownError for these campaigns (`item`: one of them), inside HTTP 200."""

    item: str = "*"


def refuse(error: ApiError, request_id: str) -> Answer:
    """An error as this API writes it: the code in a header, the message in the body."""
    headers = {
        "content-type": "application/json",
        "x-amzn-ErrorType": error.code or _CODES.get(error.status, "UnknownError"),
        "x-amzn-RequestId": request_id,
    }
    return Answer(error.status, json.dumps({"message": error.message}).encode(), headers)


def _list_campaigns(call: Call, scene: Scene) -> Answer:
    asked = _body(call)
    size = asked.get("maxResults", min(scene.page_sizes[call.operation], _MAX_PAGE))
    if not isinstance(size, int) or not 1 <= size <= _MAX_PAGE:
        raise ApiError(400, f"maxResults must be from 1 to {_MAX_PAGE}")
    instance_id = asked.get("filters", {}).get("instanceIdFilter", {}).get("value")
    listed = [it for it in _campaigns(call, scene) if instance_id in (None, it.instance_id)]
    if scene.world.ended.get("connect") == "empty":
        listed = []
    size = min(size, scene.largest_page)
    page, token = read_page(call, scene, listed, size=size, token=asked.get("nextToken"), show=_summary)
    return json_answer({"campaignSummaryList": page} | ({"nextToken": token} if token else {}))


def _get_state_batch(call: Call, scene: Scene) -> Answer:
    asked = _body(call).get("campaignIds", [])
    if not 1 <= len(asked) <= _MAX_BATCH:
        raise ApiError(400, f"campaignIds must hold 1 to {_MAX_BATCH} ids")
    known = {campaign.id: campaign for campaign in _campaigns(call, scene)}
    unknown = {fault.item for fault in scene.faults if isinstance(fault, StateUnknown)}
    failures = {id_: "ResourceNotFound" for id_ in asked if id_ not in known}
    failures |= {id_: "UnknownError" for id_ in asked if unknown & {"*", id_}}
    states = [(id_, {"campaignId": id_, "state": known[id_].state}) for id_ in asked if id_ not in failures]
    return json_answer(
        {
            "successfulRequests": shown(scene, [*states]),
            "failedRequests": [{"campaignId": id_, "failureCode": code} for id_, code in failures.items()],
        }
    )


def _get_state(call: Call, scene: Scene) -> Answer:
    campaign = _campaign(call, scene)
    return json_answer(shown(scene, [(campaign.id, {"state": campaign.state})])[0])


def _describe_campaign(call: Call, scene: Scene) -> Answer:
    campaign = _campaign(call, scene)
    return json_answer({"campaign": shown(scene, [(campaign.id, _common(campaign))])[0]})


def _campaigns(call: Call, scene: Scene) -> Sequence[Campaign]:
    ended = scene.world.ended.get("connect")
    if isinstance(ended, int):
        raise ApiError(ended, "Outbound campaigns are not available")
    site = scene.world.site_of(call.caller)
    return [campaign for campaign in scene.world.campaigns.values() if campaign.site == site]


def _campaign(call: Call, scene: Scene) -> Campaign:
    for campaign in _campaigns(call, scene):
        if campaign.id == call.journey:
            return campaign
    raise ApiError(404, f"Campaign {call.journey} not found")


def _body(call: Call) -> dict[str, Any]:
    try:
        body = json.loads(call.body or b"{}")
    except ValueError as error:
        raise ApiError(400, "The body is not JSON") from error
    if not isinstance(body, dict):
        raise ApiError(400, "The body is not an object")
    return body


def _summary(campaign: Campaign) -> dict[str, Any]:
    return {**_common(campaign), "channelSubtypes": ["EMAIL"]}


def _common(campaign: Campaign) -> dict[str, Any]:
    account, region = campaign.site
    shows = {
        "id": campaign.id,
        "arn": f"arn:aws:connect-campaigns:{region}:{account}:campaign/{campaign.id}",
        "name": campaign.name,
        "connectInstanceId": campaign.instance_id,
        "type": campaign.type,
        "schedule": {"startTime": _time(campaign.starts), "endTime": _time(campaign.ends)},
    }
    return shows | ({"lastModifiedTime": _time(campaign.modified)} if campaign.modified else {})


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _this_campaign(call: Call) -> Sequence[str]:
    return (f"campaign/{call.journey}",)


def _these_campaigns(call: Call) -> Sequence[str]:
    """Return `campaign/*` and each campaign: the call names them in its body alone, and AWS may judge it by either."""
    return ("campaign/*", *(f"campaign/{id_}" for id_ in _body(call).get("campaignIds", [])))


_STATES = Quota(per_second=5, burst=10)

CONNECT_CAMPAIGNS = Provider(
    "connect",
    (
        Operation("ListCampaigns", "POST", "/v2/campaigns-summary", _list_campaigns, _STATES),
        Operation(
            "GetCampaignStateBatch",
            "POST",
            "/v2/campaigns-state",
            _get_state_batch,
            _STATES,
            resources=_these_campaigns,
        ),
        Operation(
            "GetCampaignState",
            "GET",
            "/v2/campaigns/{campaign}/state",
            _get_state,
            _STATES,
            resources=_this_campaign,
        ),
        Operation(
            "DescribeCampaign",
            "GET",
            "/v2/campaigns/{campaign}",
            _describe_campaign,
            Quota(25, 35),
            resources=_this_campaign,
        ),
    ),
    refuse,
    iam_prefix="connect-campaigns",
)
