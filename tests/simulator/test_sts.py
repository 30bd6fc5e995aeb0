"""AssumeRole honours each role's trust; what its credentials see is the role's account."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from mypy_boto3_sts import STSClient

from simulator import RunningSimulator, Simulation
from tests.simulator.conftest import NO_RETRIES, check_wire_format

READER = "arn:aws:iam::222233334444:role/JourneyWatchReader"
ROLES = f"""
[[role]]
arn = "{READER}"
external_id = "secret-word"
[[role]]
arn = "arn:aws:iam::222233334444:role/Open"
[[application]]
id = "theirs"
account = "222233334444"
[[application]]
id = "ours"
"""


@pytest.fixture
def sts(control: Simulation, new_client: Callable[..., Any]) -> STSClient:
    """A client whose every successful answer must be one that the service's model allows."""
    control.load(ROLES)
    client: STSClient = new_client("sts")
    client.meta.events.register("before-parse.sts", check_wire_format)
    return client


def test_an_assumed_role_sees_its_own_account(sts: STSClient, simulator: RunningSimulator) -> None:
    answer = sts.assume_role(RoleArn=READER, RoleSessionName="poller", ExternalId="secret-word")
    credentials = answer["Credentials"]
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::222233334444:assumed-role/JourneyWatchReader/poller"
    assert timedelta(minutes=59) < credentials["Expiration"] - datetime.now(UTC) <= timedelta(hours=1)
    session = boto3.Session(
        credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], "eu-west-1"
    )
    theirs = session.client("pinpoint", endpoint_url=simulator.url, config=NO_RETRIES)
    assert [app["Id"] for app in theirs.get_apps()["ApplicationsResponse"]["Item"]] == ["theirs"]
    identity = session.client("sts", endpoint_url=simulator.url, config=NO_RETRIES)
    assert identity.get_caller_identity()["Arn"] == answer["AssumedRoleUser"]["Arn"]
    theirs.close()
    identity.close()


@pytest.mark.parametrize(
    ("role", "external_id"),
    [(READER, "guess"), (READER, "Secret-Word"), ("arn:aws:iam::222233334444:role/Nobody", "any")],
)
def test_a_role_that_does_not_trust_the_caller_is_denied(sts: STSClient, role: str, external_id: str) -> None:
    with pytest.raises(ClientError, match="is not authorized to perform: sts:AssumeRole") as raised:
        sts.assume_role(RoleArn=role, RoleSessionName="poller", ExternalId=external_id)
    assert raised.value.response["Error"]["Code"] == "AccessDenied"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_a_role_with_an_external_id_denies_who_names_none(sts: STSClient) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=READER, RoleSessionName="poller")


def test_a_role_without_an_external_id_trusts_anyone(sts: STSClient) -> None:
    assert sts.assume_role(RoleArn="arn:aws:iam::222233334444:role/Open", RoleSessionName="poller")["Credentials"]


def test_a_role_stops_being_assumable_and_is_again(sts: STSClient, control: Simulation) -> None:
    control.play({"kind": "role_trust", "role": READER, "assumable": False})
    with pytest.raises(ClientError, match="AccessDenied"):
        sts.assume_role(RoleArn=READER, RoleSessionName="poller", ExternalId="secret-word")
    control.play({"kind": "role_trust", "role": READER, "assumable": True})
    assert sts.assume_role(RoleArn=READER, RoleSessionName="poller", ExternalId="secret-word")["Credentials"]


def test_a_session_longer_than_12_hours_is_a_validation_error(sts: STSClient) -> None:
    with pytest.raises(ClientError, match="ValidationError"):
        sts.assume_role(RoleArn=READER, RoleSessionName="poller", DurationSeconds=43201)


def test_an_unassumed_caller_is_in_the_scenarios_account(sts: STSClient) -> None:
    assert sts.get_caller_identity()["Account"] == "111122223333"


def test_faults_hit_sts_too(sts: STSClient, control: Simulation) -> None:
    control.switch_on({"kind": "throttle", "operation": "AssumeRole"})
    with pytest.raises(ClientError, match="Throttling"):
        sts.assume_role(RoleArn=READER, RoleSessionName="poller")
    assert control.calls.by_operation() == {"AssumeRole": {"429": 1}}


def test_an_action_it_does_not_serve_is_refused(sts: STSClient) -> None:
    with pytest.raises(ClientError, match="no such operation"):
        sts.get_session_token()
