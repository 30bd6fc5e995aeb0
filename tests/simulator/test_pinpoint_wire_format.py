"""Every answer is what botocore's model of Pinpoint allows, and carries what the world holds."""

import json

import pytest
from botocore.exceptions import ClientError
from botocore.session import get_session
from mypy_boto3_pinpoint import PinpointClient

from simulator import RunningSimulator, Simulation
from simulator.api import Operation
from simulator.pinpoint_api import PINPOINT
from tests.simulator.plain_http import ask
from tests.simulator.wire import shape_problems, wire_problems

MODEL = get_session().get_service_model("pinpoint")


def test_the_check_itself_sees_unknown_missing_mistyped_and_misspelt() -> None:
    run = {"Status": "EXPLODED", "LastUpdateTime": 3, "RunId": "r", "Extra": ""}
    assert wire_problems(MODEL.operation_model("GetJourneyRuns"), json.dumps({"Item": [run]}).encode()) == [
        "GetJourneyRuns.Item[0].Extra: unknown member",
        "GetJourneyRuns.Item[0].CreationTime: missing",
        "GetJourneyRuns.Item[0].LastUpdateTime: 3 is not a string",
        "GetJourneyRuns.Item[0].Status: 'EXPLODED' is not one of ['SCHEDULED', 'RUNNING', 'COMPLETED', 'CANCELLED']",
    ]


@pytest.mark.parametrize("operation", PINPOINT.operations, ids=lambda operation: operation.name)
def test_paths_and_methods_are_the_models(operation: Operation) -> None:
    http = MODEL.operation_model(operation.name).http
    names = {"application": "application-id", "journey": "journey-id", "run": "run-id"}
    path = operation.path.format(**{ours: f"{{{theirs}}}" for ours, theirs in names.items()})
    assert (operation.method, path) == (http["method"], http["requestUri"])


def test_get_apps_lists_applications(control: Simulation, pinpoint: PinpointClient) -> None:
    assert control.world.applications.keys() == {"shop"}
    assert pinpoint.get_apps()["ApplicationsResponse"]["Item"] == [
        {
            "Id": "shop",
            "Arn": "arn:aws:mobiletargeting:eu-west-1:111122223333:apps/shop",
            "Name": "The shop",
            "CreationDate": "2026-08-03T08:00:00.000Z",
        }
    ]


@pytest.mark.usefixtures("control")
def test_get_app_shows_one_application(pinpoint: PinpointClient) -> None:
    assert pinpoint.get_app(ApplicationId="shop")["ApplicationResponse"]["Name"] == "The shop"


@pytest.mark.usefixtures("control")
def test_list_journeys_shows_names_and_states(pinpoint: PinpointClient) -> None:
    journeys = pinpoint.list_journeys(ApplicationId="shop")["JourneysResponse"]["Item"]
    assert [(journey["Name"], journey["State"]) for journey in journeys] == [
        ("Welcome", "ACTIVE"),
        ("winback", "PAUSED"),
    ]
    assert journeys[0]["LastModifiedDate"] == "2026-10-02T08:00:00.000Z"


@pytest.mark.usefixtures("control")
def test_get_journey_shows_one_journey(pinpoint: PinpointClient) -> None:
    journey = pinpoint.get_journey(ApplicationId="shop", JourneyId="welcome")["JourneyResponse"]
    assert (journey["Id"], journey["ApplicationId"], journey["RefreshFrequency"]) == ("welcome", "shop", "PT1H")


@pytest.mark.usefixtures("control")
def test_get_journey_runs_lists_the_newest_first(pinpoint: PinpointClient) -> None:
    answer = pinpoint.get_journey_runs(ApplicationId="shop", JourneyId="welcome")["JourneyRunsResponse"]
    assert "NextToken" not in answer
    assert answer["Item"] == [
        {
            "RunId": "r-2",
            "Status": "SCHEDULED",
            "CreationTime": "2026-11-01T07:59:00.000Z",
            "LastUpdateTime": "2026-11-01T07:59:00.000Z",
        },
        {
            "RunId": "r-1",
            "Status": "RUNNING",
            "CreationTime": "2026-11-01T06:00:00.000Z",
            "LastUpdateTime": "2026-11-01T07:00:00.000Z",
        },
    ]


@pytest.mark.usefixtures("control")
def test_run_execution_metrics_are_a_map_of_strings(pinpoint: PinpointClient) -> None:
    answer = pinpoint.get_journey_run_execution_metrics(ApplicationId="shop", JourneyId="welcome", RunId="r-1")
    metrics = answer["JourneyRunExecutionMetricsResponse"]
    assert metrics["Metrics"]["ENDPOINT_PRODUCED"] == "100"
    assert metrics["LastEvaluatedTime"] == "2026-11-01T07:00:00.000Z"


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_app", {"ApplicationId": "nowhere"}),
        ("list_journeys", {"ApplicationId": "nowhere"}),
        ("get_journey", {"ApplicationId": "shop", "JourneyId": "nowhere"}),
        ("get_journey_runs", {"ApplicationId": "shop", "JourneyId": "nowhere"}),
        ("get_journey_runs", {"ApplicationId": "nowhere", "JourneyId": "welcome"}),
        (
            "get_journey_run_execution_metrics",
            {"ApplicationId": "shop", "JourneyId": "welcome", "RunId": "nowhere"},
        ),
    ],
)
def test_what_is_not_there_is_not_found(pinpoint: PinpointClient, operation: str, parameters: dict[str, str]) -> None:
    with pytest.raises(pinpoint.exceptions.NotFoundException):
        getattr(pinpoint, operation)(**parameters)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadRequestException"),
        (403, "ForbiddenException"),
        (404, "NotFoundException"),
        (405, "MethodNotAllowedException"),
        (413, "PayloadTooLargeException"),
        (429, "TooManyRequestsException"),
        (500, "InternalServerErrorException"),
    ],
)
def test_each_modelled_error_is_raised_as_its_class(
    control: Simulation, pinpoint: PinpointClient, status: int, code: str
) -> None:
    control.switch_on({"kind": "error", "status": status})
    with pytest.raises(getattr(pinpoint.exceptions, code)) as raised:
        pinpoint.get_apps()
    response = raised.value.response
    assert (response["Error"]["Code"], response["Error"]["Message"]) == (code, "A simulated fault")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_error_bodies_have_the_members_of_the_model(control: Simulation, simulator: RunningSimulator) -> None:
    control.switch_on({"kind": "error", "status": 500})
    answer = ask(f"{simulator.url}/v1/apps")
    assert answer.status == 500
    assert answer.headers["x-amzn-errortype"] == "InternalServerErrorException"
    shape = MODEL.shape_for("InternalServerErrorException")
    assert list(shape_problems(shape, json.loads(answer.body), "error")) == []


@pytest.mark.usefixtures("control")
def test_an_operation_it_does_not_serve_is_refused_and_counted(control: Simulation, pinpoint: PinpointClient) -> None:
    with pytest.raises(ClientError, match="no such operation"):
        pinpoint.get_segments(ApplicationId="shop")
    assert control.calls.by_operation() == {"unknown": {"404": 1}}
