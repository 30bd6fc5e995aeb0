"""The troubles of the fault table: which dependency, what is wrong with it, and how that looks on the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from botocore.awsrequest import AWSResponse

from journey_watch.core.runs import Lane
from tests.faults.wire import Call, Fault, answer_is_cut, answers, answers_with_a_page, any_service, refuses
from tests.permissions.deployment import WATCHED

PINPOINT_LANE: Final = next(iter(WATCHED))
CONNECT_LANE: Final = next(lane for lane in WATCHED if lane.provider == "connect")
UNREACHABLE_MINUTES: Final = 18
"""A trouble at a provider lasts so long that operators are told that it cannot be reached."""
ASKED_MINUTES: Final = 14
"""Within them CloudTrail is asked twice who ended it."""
READER_LANE: Final = next(lane for lane, targets in WATCHED.items() if targets[0].role_arn)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One line of the table."""

    dependency: str
    what: str
    """What is wrong with it."""
    faults: Mapping[tuple[str, str], Fault]
    """By service and operation, as `Wire` has them."""
    lane: Lane = PINPOINT_LANE
    """Which lane is polled meanwhile."""
    minutes: int = 9
    """How long it lasts: long enough for every alarm that it moves."""
    may_repeat: bool = False
    """True if something is carried out whose answer gets lost."""
    at_cold_start: bool = False
    """True if it meets an instance of the function that has called nothing yet."""

    def __str__(self) -> str:
        return f"{self.dependency}: {self.what}"


def _everywhere(service: str, fault: Fault) -> Mapping[tuple[str, str], Fault]:
    return {(service, "*"): fault}


def _of(
    dependency: str,
    service: str,
    *,
    lane: Lane = PINPOINT_LANE,
    minutes: int = 9,
    at_cold_start: bool = False,
    throttled: Fault,
    denied: Fault,
    gone: Fault | None,
) -> list[Trouble]:
    return [
        Trouble(
            dependency,
            what,
            _everywhere(service, fault),
            lane,
            minutes,
            may_repeat=fault is answer_is_cut,
            at_cold_start=at_cold_start,
        )
        for what, fault in any_service(throttled=throttled, denied=denied, gone=gone).items()
    ]


def _denied(action: str, status: int = HTTPStatus.BAD_REQUEST, code: str = "AccessDeniedException") -> Fault:
    return refuses(code, f"User: poller is not authorized to perform: {action}", status)


def _xml(operation: str, result: str) -> Fault:
    body = f"<{operation}Response><{operation}Result>{result}</{operation}Result></{operation}Response>"
    return answers(HTTPStatus.OK, body.encode())


def _half_of_a_batch_fails(call: Call) -> AWSResponse | None:
    """SNS accepts nothing of what it is given, entry by entry."""
    failed = "<member><Id>0</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member>"
    return _xml("PublishBatch", f"<Successful/><Failed>{failed}</Failed>")(call)


_NO_EVENT: Final = {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "InternalFailure", "ErrorMessage": "Try again."}]}
_CONFLICT: Final = {
    "__type": "TransactionCanceledException",
    "Message": "Transaction cancelled",
    "CancellationReasons": [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}],
}
_NO_STATE: Final = {
    "successfulRequests": [],
    "failedRequests": [{"campaignId": "survey", "failureCode": "UnknownError"}],
}

POLLERS: Final = (
    *_of(
        "Pinpoint",
        "pinpoint",
        throttled=refuses("TooManyRequestsException", "Too many requests", HTTPStatus.TOO_MANY_REQUESTS),
        denied=_denied("mobiletargeting:GetApps", HTTPStatus.FORBIDDEN),
        gone=refuses("NotFoundException", "Resource not found", HTTPStatus.NOT_FOUND),
        minutes=UNREACHABLE_MINUTES,
    ),
    Trouble(
        "Pinpoint",
        "the runs of one journey cannot be read",
        {
            ("pinpoint", "GetJourneyRuns"): refuses(
                "InternalServerErrorException", "x", HTTPStatus.INTERNAL_SERVER_ERROR
            )
        },
        minutes=UNREACHABLE_MINUTES,
    ),
    *_of(
        "Connect",
        "connectcampaignsv2",
        throttled=refuses("ThrottlingException", "Rate exceeded", HTTPStatus.TOO_MANY_REQUESTS),
        denied=_denied("connect-campaigns:ListCampaigns", HTTPStatus.FORBIDDEN),
        gone=refuses("ResourceNotFoundException", "Not found", HTTPStatus.NOT_FOUND),
        lane=CONNECT_LANE,
        minutes=UNREACHABLE_MINUTES,
    ),
    Trouble(
        "Connect",
        "the state of a campaign is left out",
        {("connectcampaignsv2", "GetCampaignStateBatch"): answers(HTTPStatus.OK, json.dumps(_NO_STATE).encode())},
        CONNECT_LANE,
        UNREACHABLE_MINUTES,
    ),
    *_of(
        "STS",
        "sts",
        throttled=refuses("Throttling", "Rate exceeded"),
        denied=_denied("sts:AssumeRole", HTTPStatus.FORBIDDEN, "AccessDenied"),
        gone=None,
        lane=READER_LANE,
        minutes=UNREACHABLE_MINUTES,
        at_cold_start=True,
    ),
    *_of(
        "CloudTrail",
        "cloudtrail",
        throttled=refuses("ThrottlingException", "Rate exceeded"),
        denied=_denied("cloudtrail:LookupEvents"),
        gone=None,
        minutes=ASKED_MINUTES,
    ),
    *_of(
        "DynamoDB",
        "dynamodb",
        throttled=refuses("ThrottlingException", "Throughput exceeds the current capacity"),
        denied=_denied("dynamodb:Query"),
        gone=refuses("ResourceNotFoundException", "Requested resource not found"),
    ),
    Trouble(
        "DynamoDB",
        "every commit conflicts",
        {("dynamodb", "TransactWriteItems"): answers(HTTPStatus.BAD_REQUEST, json.dumps(_CONFLICT).encode())},
    ),
    Trouble(
        "DynamoDB",
        "a proxy's page comes for each write",
        {("dynamodb", "TransactWriteItems"): answers_with_a_page, ("dynamodb", "UpdateItem"): answers_with_a_page},
    ),
    Trouble(
        "DynamoDB",
        "acknowledgements are carried out, and their answers cut off",
        {("dynamodb", "UpdateItem"): answer_is_cut},
    ),
    Trouble(
        "DynamoDB",
        "acknowledgements are refused",
        {("dynamodb", "UpdateItem"): _denied("dynamodb:UpdateItem")},
        may_repeat=True,
    ),
    *_of(
        "SNS",
        "sns",
        throttled=refuses("Throttled", "Rate exceeded"),
        denied=_denied("sns:Publish", HTTPStatus.FORBIDDEN, "AuthorizationError"),
        gone=refuses("NotFound", "Topic does not exist", HTTPStatus.NOT_FOUND),
    ),
    Trouble("SNS", "takes none of a batch", {("sns", "PublishBatch"): _half_of_a_batch_fails}),
    *_of(
        "EventBridge",
        "eventbridge",
        throttled=refuses("ThrottlingException", "Rate exceeded"),
        denied=_denied("events:PutEvents"),
        gone=refuses("ResourceNotFoundException", "Event bus does not exist"),
    ),
    Trouble(
        "EventBridge",
        "takes none of a batch",
        _everywhere("eventbridge", answers(HTTPStatus.OK, json.dumps(_NO_EVENT).encode())),
    ),
    Trouble(
        "KMS",
        "the table's key is disabled",
        _everywhere("dynamodb", refuses("AccessDeniedException", "KMS key access denied error: the key is disabled")),
    ),
    Trouble("KMS", "the topics' key is disabled", _everywhere("sns", refuses("KMSDisabled", "The key is disabled"))),
    Trouble("KMS", "throttles SNS", _everywhere("sns", refuses("KMSThrottling", "Rate exceeded"))),
    Trouble(
        "KMS",
        "the grant on the topics' key is removed",
        _everywhere("sns", refuses("KMSAccessDenied", "The key is not accessible")),
    ),
)
