"""What went wrong with a call to AWS, in the core's words."""

from http import HTTPStatus
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from journey_watch.core.errors import SourceError
from journey_watch.core.refusals import FailureKind, judge_failure

BROKEN_ANSWER: Final = "BrokenAnswer"
"""The code of an answer with status 200 that is not what the API documents."""
THROTTLING_CODES: Final = frozenset(
    {
        "LimitExceededException",
        "RequestLimitExceeded",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_MAX_MESSAGE: Final = 300
"""The message of an unreadable error answer is its whole body."""


def source_error(error: Exception, doing: str) -> SourceError:
    """Translate whatever a boto3 call raised; `doing` says what was tried, such as `Listing the runs of A/J`.

    That is not only what boto3 documents: its parser fails with the likes of AttributeError when an answer has a string
    where an object belongs.
    """
    if isinstance(error, SourceError):
        return error
    if isinstance(error, ClientError):
        return _refused_by_service(error, doing)
    if isinstance(error, BotoCoreError):
        code = type(error).__name__
        kind = judge_failure(http_status=None, code=code, message=str(error)).kind
        return SourceError(f"{doing} failed: {_short(error)}", code=code, absent=kind is FailureKind.ABSENT)
    return SourceError(f"{doing} failed: the answer cannot be read ({_short(repr(error))}).", code=BROKEN_ANSWER)


def is_throttle(http_status: object, code: object) -> bool:
    """True if an answer asks to be called less often."""
    return http_status == HTTPStatus.TOO_MANY_REQUESTS or (isinstance(code, str) and code in THROTTLING_CODES)


def http_status_of(error: Exception) -> int | None:
    """The HTTP status that a service refused a call with; None if there was no such answer."""
    if not isinstance(error, ClientError):
        return None
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")


def _refused_by_service(error: ClientError, doing: str) -> SourceError:
    status = http_status_of(error)
    details = error.response.get("Error", {})
    code = str(details.get("Code") or status or "Unknown")
    message = str(details.get("Message") or "no reason given")
    throttled = is_throttle(status, code)
    kind = FailureKind.TROUBLE if throttled else judge_failure(http_status=status, code=code, message=message).kind
    return SourceError(
        f"{doing} was refused with {code} (HTTP {status}): {_short(message)}",
        code=code,
        throttled=throttled,
        denied=kind is FailureKind.DENIED,
        absent=kind is FailureKind.ABSENT,
    )


def _short(text: object) -> str:
    line = " ".join(str(text).split())
    return line if len(line) <= _MAX_MESSAGE else line[:_MAX_MESSAGE] + "…"
