"""Calls that CloudTrail records: those behind other events, which say `by` whom, and any other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.callers import UnknownCallerError, user_identity
from simulator.events import Event
from simulator.world import NotInWorldError, RecordedCall, Site, World


@dataclass(frozen=True, kw_only=True)
class CallIsRecorded(Event, kind="call"):
    """CloudTrail records a call that changes nothing here: a lookalike, a refused one, an automation's."""

    name: str
    source: str
    by: str
    request: dict[str, str] = field(default_factory=dict)
    response: dict[str, str] = field(default_factory=dict)
    invoked_by: str = ""
    error_code: str = ""
    account: str | None = None
    region: str | None = None

    def apply(self, world: World, now: datetime) -> World:
        site = Site(self.account or world.home.account, self.region or world.home.region)
        more: dict[str, Any] = {"errorCode": self.error_code, "errorMessage": "Denied"} if self.error_code else {}
        if self.response:
            more["responseElements"] = self.response
        return recorded(
            world,
            now,
            site,
            by=self.by,
            name=self.name,
            source=self.source,
            request=self.request,
            invoked_by=self.invoked_by,
            **more,
        )


def recorded(
    world: World,
    now: datetime,
    site: Site,
    *,
    by: str,
    name: str,
    source: str,
    request: Mapping[str, str],
    invoked_by: str = "",
    **more: object,
) -> World:
    """The world in which CloudTrail has this call, to be shown when its delay is over. NotInWorldError for nobody."""
    try:
        identity = user_identity(by, site, invoked_by)
    except UnknownCallerError as error:
        raise NotInWorldError(str(error)) from error
    call_id = f"call-{len(world.calls) + 1}"
    through = identity.get("invokedBy")
    record = {
        "eventVersion": "1.11",
        "userIdentity": identity,
        "eventTime": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": site.region,
        "sourceIPAddress": through or "203.0.113.7",
        "userAgent": through or "aws-cli/2.31.0",
        "requestParameters": dict(request),
        "responseElements": None,
        "eventID": call_id,
        "readOnly": False,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": site.account,
        "eventCategory": "Management",
        **more,
    }
    return world.with_call(RecordedCall(call_id, site, now, record))
