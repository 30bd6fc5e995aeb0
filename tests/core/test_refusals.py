"""What a failed call says about the deployment and about the service, and when a provider is not in use."""

import pytest

from journey_watch.core.errors import SourceError
from journey_watch.core.refusals import FailureKind, judge_failure, why_not_in_use
from journey_watch.core.watch_list import WatchTarget

DENIED, ABSENT, TROUBLE = FailureKind.DENIED, FailureKind.ABSENT, FailureKind.TROUBLE
USER = "User: arn:aws:sts::111122223333:assumed-role/Poller/poller"
GONE = SourceError("404: it is gone", code="NotFoundException", absent=True)
NO_GRANT = SourceError("403: no grant", code="AccessDeniedException", denied=True)
BUSY = SourceError("429: slow down", code="TooManyRequestsException", throttled=True)


@pytest.mark.parametrize(
    ("http_status", "code", "message", "kind"),
    [
        # A missing permission, whatever the code and the status; DynamoDB and others say it with HTTP 400.
        (403, "ForbiddenException", f"{USER} is not authorized to perform: mobiletargeting:GetApps", DENIED),
        (403, "AccessDeniedException", f"{USER} is not authorized to perform: connect-campaigns:ListCampaigns", DENIED),
        (400, "AccessDeniedException", f"{USER} is not authorized to perform: dynamodb:Query on resource: R", DENIED),
        (403, "AccessDenied", f"{USER} is not authorized to perform: sts:AssumeRole on resource: R", DENIED),
        (403, "UnauthorizedOperation", "You are not authorized to perform this operation.", DENIED),
        (403, "AccessDeniedException", f"{USER} Is Not Authorized To Perform: x with an explicit deny", DENIED),
        # Credentials that are not taken: a Region that the account has not enabled, a clock that is wrong.
        (403, "UnrecognizedClientException", "The security token included in the request is invalid.", DENIED),
        (403, "InvalidClientTokenId", "The security token included in the request is invalid", DENIED),
        (403, "SignatureDoesNotMatch", "Signature expired", DENIED),
        (400, "ExpiredTokenException", "The security token included in the request is expired", DENIED),
        # A service that has ended or was never enabled.
        (403, "ForbiddenException", "Forbidden", ABSENT),
        (403, "AccessDeniedException", "Your account is not enabled for Amazon Pinpoint", ABSENT),
        (403, "AccessDeniedException", "Account 111122223333 is not authorized to use this service", ABSENT),
        (403, "MissingAuthenticationTokenException", "Missing Authentication Token", ABSENT),
        (403, "OptInRequired", "The AWS Access Key Id needs a subscription for the service", ABSENT),
        (400, "SubscriptionRequiredException", "The account is not subscribed to the service", ABSENT),
        (404, "NotFoundException", "Resource not found", ABSENT),
        (404, "404", "no reason given", ABSENT),
        (410, "GoneException", "Gone", ABSENT),
        (None, "EndpointConnectionError", 'Could not connect to the endpoint URL: "https://pinpoint"', ABSENT),
        # Anything else may be over in a minute, and if it is not, somebody is told.
        (400, "BadRequestException", "PageSize is wrong", TROUBLE),
        (405, "MethodNotAllowedException", "Method not allowed", TROUBLE),
        (500, "InternalServerErrorException", "Internal error", TROUBLE),
        (503, "ServiceUnavailableException", "Service unavailable", TROUBLE),
        (None, "ReadTimeoutError", "Read timeout", TROUBLE),
        (None, "ConnectTimeoutError", "Connect timeout", TROUBLE),
        (None, "NoCredentialsError", "Unable to locate credentials", TROUBLE),
    ],
)
def test_kind_of_a_failure(http_status: int | None, code: str, message: str, kind: FailureKind) -> None:
    judgement = judge_failure(http_status=http_status, code=code, message=message)
    assert judgement.kind is kind
    assert judgement.reason


EVERYTHING = WatchTarget("pinpoint", "*")
IN_ANOTHER_ACCOUNT = WatchTarget("pinpoint", "*", role_arn="arn:aws:iam::444455556666:role/Reader")


@pytest.mark.parametrize(
    ("targets", "failures", "known", "reason"),
    [
        ([EVERYTHING], {"*": GONE}, False, "404: it is gone"),
        ([EVERYTHING], {"app-1": GONE, "app-2": GONE}, False, "404: it is gone"),
        ([IN_ANOTHER_ACCOUNT], {"*": GONE}, False, "404: it is gone"),
        ([EVERYTHING], {}, False, None),
        ([EVERYTHING], {"*": GONE}, True, None),
        ([EVERYTHING], {"*": NO_GRANT}, False, None),
        ([EVERYTHING], {"*": BUSY}, False, None),
        ([EVERYTHING], {"app-1": GONE, "app-2": NO_GRANT}, False, None),
        ([WatchTarget("pinpoint", "app-1")], {"app-1": GONE}, False, None),
        ([EVERYTHING, WatchTarget("pinpoint", "app-1")], {"app-1": GONE}, False, None),
    ],
)
def test_why_a_provider_is_not_in_use(
    targets: list[WatchTarget], failures: dict[str, SourceError], known: bool, reason: str | None
) -> None:
    assert why_not_in_use(targets, failures, known=known) == reason
