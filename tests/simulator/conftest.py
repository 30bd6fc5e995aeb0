"""The session's simulator, loaded anew by each test, and plain boto3 clients that don't retry."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.model import OperationModel
from mypy_boto3_pinpoint import PinpointClient

from simulator import RunningSimulator, Simulation
from tests.simulator.wire import wire_problems

NO_RETRIES = Config(retries={"total_max_attempts": 1, "mode": "standard"}, read_timeout=10)

SHOP = """
starts_at = 2026-11-01T08:00:00Z

[[application]]
id = "shop"
name = "The shop"

[[application.journey]]
id = "welcome"
name = "Welcome"
refresh_frequency = "PT1H"

[[application.journey.run]]
id = "r-1"
status = "RUNNING"
created_ago = "2h"
updated_ago = "1h"

[[application.journey.run]]
id = "r-2"
status = "SCHEDULED"
created_ago = "1m"

[[application.journey]]
id = "winback"
state = "PAUSED"

[[application.journey.history]]
runs = 10
id = "old-{n}"
"""


@pytest.fixture
def control(simulator: RunningSimulator) -> Simulation:
    """The control of a simulator that plays the SHOP scenario from its beginning."""
    simulator.control.load(SHOP)
    return simulator.control


@pytest.fixture(scope="session")
def new_client(simulator: RunningSimulator) -> Iterator[Callable[..., Any]]:
    """Makes boto3 clients of the simulator, for a service, a Region and an access key."""
    made = []

    def make(service: str, *, region: str = "eu-west-1", key: str = "AKIAEXAMPLE") -> Any:  # noqa: ANN401
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key="made-up", region_name=region)
        made.append(session.client(service, endpoint_url=simulator.url, config=NO_RETRIES))  # type: ignore[call-overload]
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture(scope="session")
def pinpoint(new_client: Callable[..., Any]) -> PinpointClient:
    """A Pinpoint client whose every successful answer must be one that the service's model allows."""
    client: PinpointClient = new_client("pinpoint")
    client.meta.events.register("before-parse.pinpoint", check_wire_format)
    return client


@pytest.fixture(scope="session")
def trusting_pinpoint(new_client: Callable[..., Any]) -> PinpointClient:
    """A Pinpoint client for answers that are wrong on purpose."""
    client: PinpointClient = new_client("pinpoint")
    return client


def check_wire_format(operation_model: OperationModel, response_dict: dict[str, Any], **_: object) -> None:
    """A botocore event handler: fails on a successful answer that the model does not allow."""
    if response_dict["status_code"] == 200:  # errors are raised by their code, which each test of an error checks
        assert wire_problems(operation_model, response_dict["body"]) == []
