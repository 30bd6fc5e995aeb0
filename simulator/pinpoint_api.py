"""Amazon Pinpoint's read operations on applications, journeys and runs, in the wire format of its REST API.

Shapes, paths and error codes follow botocore's model of the service. Undocumented, so chosen here: listings come
newest first, and a page holds at most `largest_page` items whatever is asked for.
"""

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from simulator.api import Answer, ApiError, Call, Operation, Provider, Scene, json_answer, read_page, shown
from simulator.listing_faults import Item
from simulator.quotas import Quota
from simulator.world import Application, Journey, NotInWorldError, Run

_CODES = {
    400: "BadRequestException",
    403: "ForbiddenException",
    404: "NotFoundException",
    405: "MethodNotAllowedException",
    410: "GoneException",
    413: "PayloadTooLargeException",
    429: "TooManyRequestsException",
    500: "InternalServerErrorException",
    503: "ServiceUnavailableException",
}


def refuse(error: ApiError, request_id: str) -> Answer:
    """An error as Pinpoint writes it: the code in a header, the message in the body."""
    code = error.code or _CODES.get(error.status, "UnknownError")
    body = {"RequestID": request_id, "Message": error.message}
    headers = {"content-type": "application/json", "x-amzn-ErrorType": code}
    return Answer(error.status, json.dumps(body).encode(), headers)


def _get_apps(call: Call, scene: Scene) -> Answer:
    if not scene.world.lists_applications:
        _check_service(scene)
    site = scene.world.site_of(call.caller)
    gone = (404, 410)
    listed = [app for app in scene.world.applications.values() if app.site == site and app.refusal not in gone]
    return _page_answer(call, scene, listed, _show_application)


def _get_app(call: Call, scene: Scene) -> Answer:
    application = _application(call, scene, check_service=not scene.world.lists_applications)
    return _single_answer(scene, application.id, _show_application(application))


def _list_journeys(call: Call, scene: Scene) -> Answer:
    application = _application(call, scene)
    return _page_answer(
        call, scene, list(application.journeys.values()), lambda journey: _show_journey(application, journey)
    )


def _get_journey(call: Call, scene: Scene) -> Answer:
    application, journey = _journey(call, scene)
    return _single_answer(scene, journey.id, _show_journey(application, journey))


def _get_journey_runs(call: Call, scene: Scene) -> Answer:
    _, journey = _journey(call, scene)
    listed = [run for run in journey.runs.values() if run.listed][::-1]
    return _page_answer(call, scene, listed, _show_run)


def _get_run_metrics(call: Call, scene: Scene) -> Answer:
    application, journey = _journey(call, scene)
    run = journey.runs.get(call.path["run"])
    if run is None or not run.listed:
        raise ApiError(404, f"Run {call.path['run']} not found")
    return _single_answer(
        scene,
        run.id,
        {
            "ApplicationId": application.id,
            "JourneyId": journey.id,
            "RunId": run.id,
            "LastEvaluatedTime": _time(run.updated),
            "Metrics": dict(run.metrics),
        },
    )


def _check_service(scene: Scene) -> None:
    ended = scene.world.ended.get("pinpoint")
    if isinstance(ended, int):
        raise ApiError(ended, "Amazon Pinpoint is no longer available")


def _application(call: Call, scene: Scene, *, check_service: bool = True) -> Application:
    if check_service:
        _check_service(scene)
    application = scene.world.applications.get(call.application)
    if application is None or application.site != scene.world.site_of(call.caller):
        raise ApiError(404, f"Application {call.application} not found")
    if application.refusal:
        raise ApiError(application.refusal, f"Application {call.application} is not available")
    return application


def _journey(call: Call, scene: Scene) -> tuple[Application, Journey]:
    application = _application(call, scene)
    try:
        return application, application.journey(call.journey)
    except NotInWorldError as error:
        raise ApiError(404, f"Journey {call.journey} not found") from error


def _page_answer(call: Call, scene: Scene, items: Sequence[Item], show: Callable[[Item], dict[str, Any]]) -> Answer:
    if scene.world.ended.get("pinpoint") == "empty":
        items = []
    page, token = read_page(call, scene, items, size=_page_size(call, scene), token=call.query.get("token"), show=show)
    return json_answer({"Item": page, "NextToken": token} if token else {"Item": page})


def _single_answer(scene: Scene, id_: str, payload: dict[str, Any]) -> Answer:
    return json_answer(shown(scene, [(id_, payload)])[0])


def _page_size(call: Call, scene: Scene) -> int:
    asked = call.query.get("page-size")
    if asked is None:
        return min(scene.page_sizes[call.operation], scene.largest_page)
    if not asked.isascii() or not asked.isdecimal() or int(asked) < 1:
        raise ApiError(400, f"page-size must be a positive whole number, not {asked!r}")
    return min(int(asked), scene.largest_page)


def _show_application(application: Application) -> dict[str, Any]:
    account, region = application.site
    return {
        "Id": application.id,
        "Arn": f"arn:aws:mobiletargeting:{region}:{account}:apps/{application.id}",
        "Name": application.name,
        "CreationDate": _time(application.created),
    }


def _show_journey(application: Application, journey: Journey) -> dict[str, Any]:
    shows = {
        "ApplicationId": application.id,
        "Id": journey.id,
        "Name": journey.name,
        "State": journey.state,
        "CreationDate": _time(journey.created),
        "LastModifiedDate": _time(journey.modified),
    }
    return shows | ({"RefreshFrequency": journey.refresh_frequency} if journey.refresh_frequency else {})


def _show_run(run: Run) -> dict[str, Any]:
    return {
        "RunId": run.id,
        "Status": run.status,
        "CreationTime": _time(run.created),
        "LastUpdateTime": _time(run.updated),
    }


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _every_application(_call: Call) -> Sequence[str]:
    return ("apps/*",)


def _this_application(call: Call) -> Sequence[str]:
    """ListJourneys too, by the reference; Pinpoint's older guide adds "/journeys"."""
    return (f"apps/{call.application}",)


def _this_journey(call: Call) -> Sequence[str]:
    return (f"apps/{call.application}/journeys/{call.journey}",)


_READS = Quota(per_second=300, burst=300)
"""Pinpoint's documented quota for journey reads; the older ones for applications are assumed to be the same."""
_APP = "/v1/apps/{application}"
_JOURNEY = f"{_APP}/journeys/{{journey}}"

PINPOINT = Provider(
    "pinpoint",
    (
        Operation("GetApps", "GET", "/v1/apps", _get_apps, _READS, resources=_every_application),
        Operation("GetApp", "GET", _APP, _get_app, _READS, resources=_this_application),
        Operation("ListJourneys", "GET", f"{_APP}/journeys", _list_journeys, _READS, resources=_this_application),
        Operation("GetJourney", "GET", _JOURNEY, _get_journey, _READS, resources=_this_journey),
        Operation("GetJourneyRuns", "GET", f"{_JOURNEY}/runs", _get_journey_runs, _READS, resources=_this_journey),
        Operation(
            "GetJourneyRunExecutionMetrics",
            "GET",
            f"{_JOURNEY}/runs/{{run}}/execution-metrics",
            _get_run_metrics,
            _READS,
            resources=_this_journey,
        ),
    ),
    refuse,
    iam_prefix="mobiletargeting",
)
