"""AWS CloudTrail: LookupEvents, with what makes it awkward: late, slow to be asked, one attribute, JSON in a string."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from simulator.api import Answer, ApiError, Call, Operation, Provider, Scene, read_page
from simulator.callers import user_name
from simulator.quotas import Quota
from simulator.world import RecordedCall

_CODES = {400: "ValidationException", 403: "AccessDeniedException", 429: "ThrottlingException"}
_TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"
_JSON = {"content-type": "application/x-amz-json-1.1"}
_MAX_PAGE = 50
_ATTRIBUTES: Final[Mapping[str, Callable[[RecordedCall], str]]] = {
    "EventId": lambda call: call.id,
    "EventName": lambda call: str(call.record["eventName"]),
    "EventSource": lambda call: str(call.record["eventSource"]),
    "Username": lambda call: user_name(call.record["userIdentity"]),
}


def refuse(error: ApiError, request_id: str) -> Answer:
    """An error as this API writes it: its code in the body, and HTTP 400 for whatever is the caller's."""
    code = error.code or _CODES.get(error.status, "InternalFailure")
    status = 400 if error.status < 500 else error.status  # noqa: PLR2004 - the HTTP server errors
    body = {"__type": code, "message": error.message}
    return Answer(status, json.dumps(body).encode(), {**_JSON, "x-amzn-RequestId": request_id})


def _lookup_events(call: Call, scene: Scene) -> Answer:
    asked = _body(call)
    attributes = asked.get("LookupAttributes", [])
    size, since, until = asked.get("MaxResults", _MAX_PAGE), _time(asked, "StartTime"), _time(asked, "EndTime")
    if len(attributes) > 1 or any(each.get("AttributeKey") not in _ATTRIBUTES for each in attributes):
        raise ApiError(400, "One lookup attribute is supported", "InvalidLookupAttributesException")
    if not isinstance(size, int) or not 1 <= size <= _MAX_PAGE:
        raise ApiError(400, f"MaxResults must be from 1 to {_MAX_PAGE}", "InvalidMaxResultsException")
    if since and until and since > until:
        raise ApiError(400, "The end is before the start", "InvalidTimeRangeException")
    site = scene.world.site_of(call.caller)
    newest_first = [
        recorded
        for recorded in sorted(scene.world.calls, key=lambda each: each.time, reverse=True)
        if recorded.site == site
        and recorded.time + scene.world.record_delay <= scene.now
        and (since is None or since <= recorded.time)
        and (until is None or recorded.time <= until)
        and all(_ATTRIBUTES[each["AttributeKey"]](recorded) == each["AttributeValue"] for each in attributes)
    ]
    page, token = read_page(
        call, scene, newest_first, size=min(size, scene.largest_page), token=asked.get("NextToken"), show=_event
    )
    answer = {"Events": page} | ({"NextToken": token} if token else {})
    return Answer(200, json.dumps(answer).encode(), _JSON)


def _event(recorded: RecordedCall) -> dict[str, Any]:
    record = recorded.record
    return {
        "EventId": recorded.id,
        "EventName": record["eventName"],
        "ReadOnly": str(record["readOnly"]).lower(),
        "EventTime": recorded.time.timestamp(),
        "EventSource": record["eventSource"],
        "Username": user_name(record["userIdentity"]),
        "Resources": [],
        "CloudTrailEvent": json.dumps(record),
    }


def _body(call: Call) -> dict[str, Any]:
    try:
        body = json.loads(call.body or b"{}")
    except ValueError as error:
        raise ApiError(400, "The body is not JSON", "SerializationException") from error
    return body if isinstance(body, dict) else {}


def _time(asked: dict[str, Any], name: str) -> datetime | None:
    return None if name not in asked else datetime.fromtimestamp(float(asked[name]), UTC)


CLOUDTRAIL = Provider(
    "cloudtrail",
    # Per account and Region, for whatever is looked up.
    (Operation("LookupEvents", "POST", "/", _lookup_events, Quota(per_second=2, burst=2), action=_TARGET),),
    refuse,
    iam_prefix="cloudtrail",
)
