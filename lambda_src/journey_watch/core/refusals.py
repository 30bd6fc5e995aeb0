"""What a failed call says: the deployment lacks something, the service is not there, or there is some other trouble."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from journey_watch.core.errors import SourceError
from journey_watch.core.watch_list import ALL, WatchTarget

DENIAL_HINT: Final = (
    "The poller's role and the watch list come from one configuration: deploy again (make deploy "
    "CDK_ARGS=--revert-drift also undoes what was changed by hand), and for another account deploy its reader role "
    "again. If AWS names a service control policy, a permissions boundary or an explicit deny, ask whoever set it."
)
"""What to do about a refusal that `is_denial`."""

_NOT_AUTHORIZED: Final = "not authorized to perform"
_DENIED_ACTION: Final = re.compile(r"not authorized to perform:? ([a-z0-9-]+:[A-Za-z]+)", re.IGNORECASE)
_CREDENTIALS_NOT_ACCEPTED: Final = (
    "AuthFailure",
    "ExpiredToken",
    "IncompleteSignature",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
)
_ABSENT_BY_CODE: Final = {
    "OptInRequired": "the account is not subscribed to the service",
    "SubscriptionRequiredException": "the account is not subscribed to the service",
    # The SDK's own name for an address that does not resolve, or at which nothing listens.
    "EndpointConnectionError": "nobody answers at the service's address",
}
_ABSENT_BY_STATUS: Final[Mapping[int, str]] = {
    HTTPStatus.FORBIDDEN: "the service refuses the account, and names no missing permission",
    HTTPStatus.NOT_FOUND: "it does not exist, or not any more",
    HTTPStatus.GONE: "it does not exist any more",
}


class FailureKind(StrEnum):
    """What a failed call says about the service that was called."""

    DENIED = "denied"
    """The service is there and refuses this deployment: a permission is missing, or its credentials are not taken."""
    ABSENT = "absent"
    """The service has ended, was never enabled, or does not have the thing that was asked for."""
    TROUBLE = "trouble"
    """Anything else, such as throttling, a time-out or an error of the service's own: it may be over in a minute."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A kind of failure, and the reason for choosing it, as a clause."""

    kind: FailureKind
    reason: str


def is_denial(refusal: str) -> bool:
    """True if a refusal, the error code and the words of AWS together, names a missing permission or bad credentials.

    AWS writes "User: ARN is not authorized to perform: ACTION" whatever the code: AccessDenied, AccessDeniedException,
    ForbiddenException, UnauthorizedOperation. Codes alone tell nothing: an account that a service was never enabled
    for is refused with AccessDeniedException too.
    """
    return _NOT_AUTHORIZED in refusal.casefold() or any(code in refusal for code in _CREDENTIALS_NOT_ACCEPTED)


def denied_action(refusal: str) -> str | None:
    """The action that a denial says is not allowed, such as `mobiletargeting:GetApps`; None if it names none."""
    found = _DENIED_ACTION.search(refusal)
    return found[1] if found else None


def is_absence(refusal: str) -> bool:
    """True if a refusal, in the words of `SourceError`, says that a service has ended or was never enabled."""
    statuses = (f"(HTTP {int(status)})" for status in _ABSENT_BY_STATUS)
    return not is_denial(refusal) and any(sign in refusal for sign in (*_ABSENT_BY_CODE, *statuses))


def judge_failure(*, http_status: int | None, code: str, message: str) -> Judgement:
    """Judge a failed call by its answer; without one (`http_status` None) by `code`, the name of the SDK's error.

    What is not known to say that a service is absent is trouble, which is told to somebody: it never passes for a
    service that nobody uses.
    """
    if is_denial(f"{code} {message}"):
        return Judgement(FailureKind.DENIED, "a permission is missing, or the credentials are not accepted")
    absent = _ABSENT_BY_CODE.get(code) or (_ABSENT_BY_STATUS.get(http_status) if http_status else None)
    if absent:
        return Judgement(FailureKind.ABSENT, absent)
    return Judgement(FailureKind.TROUBLE, "the service answers with an error" if http_status else "no answer came")


def why_not_in_use(targets: Iterable[WatchTarget], failures: Mapping[str, SourceError], *, known: bool) -> str | None:
    """Why a lane's provider counts as not in use there, in AWS's words; None if it is in use.

    Such a lane is no fault of anybody's: a configuration may watch everything of a provider that an account does not
    have. That holds only if every target watches everything (`*`), nothing of the lane is `known` (it was never read,
    and nobody was told that it is unreachable), and each of the failures to list it (at least one) says that the
    service is absent.
    """
    if known or not failures or any(target.container_id != ALL for target in targets):
        return None
    if not all(failure.absent for failure in failures.values()):
        return None
    return "; ".join(sorted({str(failure) for failure in failures.values()})[:3])
