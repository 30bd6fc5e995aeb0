"""Clients of Pinpoint, how often they may call, and a faster way to read long answers."""

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import boto3

from journey_watch.aws.clients import IMPATIENT_CONFIG, SOURCE_CONFIG, prepare_source
from journey_watch.aws.rate_limit import Quota, RateLimit

if TYPE_CHECKING:
    from botocore.model import OperationModel
    from mypy_boto3_pinpoint import PinpointClient

PINPOINT_READS: Final = Quota(per_second=300, burst=300)
"""Each journey operation has it: https://docs.aws.amazon.com/pinpoint/latest/developerguide/quotas.html"""
READ_AS_JSON: Final = {"GetJourneyRuns": "JourneyRunsResponse", "ListJourneys": "JourneysResponse"}
"""Pinpoint's operations with long answers, and under which name boto3 shows the body of each."""


def pinpoint_client(session: boto3.Session, rate_limit: RateLimit) -> "PinpointClient":
    """A client for PinpointJourneyRuns; its calls wait for the rate limit."""
    client = session.client("pinpoint", config=SOURCE_CONFIG)
    prepare_source(client, rate_limit)
    for operation in READ_AS_JSON:
        client.meta.events.register(f"before-parse.pinpoint.{operation}", hand_over_json)
    return client


def impatient_pinpoint_client(session: boto3.Session, rate_limit: RateLimit) -> "PinpointClient":
    """A client for what is good to have and must keep nothing waiting: one attempt, a second or two."""
    client = session.client("pinpoint", config=IMPATIENT_CONFIG)
    prepare_source(client, rate_limit)
    return client


def hand_over_json(
    *,
    operation_model: "OperationModel",
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    """Handle botocore's before-parse event: the body as `json` reads it takes the place of the modelled one.

    Fitting each run to the model takes more than half the instructions of a page, and fails as a whole if one entry has
    the wrong type. Errors, and bodies that are not a JSON object, are left to botocore.
    """
    if response_dict["status_code"] != HTTPStatus.OK:
        return
    try:
        body = json.loads(response_dict["body"])
    except (ValueError, RecursionError):
        return
    if isinstance(body, dict):
        customized_response_dict[READ_AS_JSON[operation_model.name]] = body
        response_dict["body"] = b""
