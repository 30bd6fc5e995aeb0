"""Who did it: which recorded call led to a change, and who made it. There is no guess: id, call and time must match.

CloudTrail's event history knows it "typically" five minutes later, now and then an hour. Its records are remote, hence
untrusted: what cannot be read is no record. The fields are those of the AWS CloudTrail User Guide, "CloudTrail record
contents" and "CloudTrail userIdentity element".
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from journey_watch.core.runs import JourneyKey, RecordedRun, Status
from journey_watch.core.searches import CallWindow, Search

SLACK: Final = timedelta(minutes=2)
"""A listing may show a status that is out of date by so much: a call may be that much older than the status before."""
CLOCK_SKEW: Final = timedelta(seconds=5)
"""How far the clocks of a provider and of CloudTrail may differ: a call that much later did not make a change."""
LOOK_BACK: Final = timedelta(hours=1)
"""What may happen to a journey again and again is explained by a call no older than this."""
ASKED_AT: Final = (1, 2, 4, 8, 16, 24)
"""How many times `attribution_after` an alert is old when CloudTrail is asked: two hours, if that is five minutes."""
GRACE: Final = 3
"""So many times `attribution_after` longer it is asked if it did not answer at the end."""
MAX_SEARCHES: Final = 50
"""Of one journey: an item of the table holds 400 KB."""
_MAX_TEXT: Final = 512
_MAX_RECORD: Final = 300_000
"""Characters. CloudTrail leaves out what makes a record larger than 256 KB."""
_USER_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_ROLE_ARN: Final = re.compile(r"arn:[^:]+:iam::\d{12}:role/((?:[^/]+/)*)([^/]+)")
_PERMISSION_SET: Final = re.compile(r"AWSReservedSSO_(.+)_[0-9a-f]{16}")
_SERVICE_LINKED_PATH: Final = "aws-service-role/"
_IDENTITY_CENTER_PATH: Final = "aws-reserved/sso.amazonaws.com/"
"""Only AWS creates roles under these two paths. Anyone may give a role any *name*, so a name proves nothing."""


class Attribution(StrEnum):
    """What a deployment wants to know of who did it."""

    ON = "on"
    WITHOUT_NAMES = "without-names"
    """What kind of caller, and which role; no person's name or address."""
    OFF = "off"


@dataclass(frozen=True, slots=True)
class ManagementCalls:
    """Which calls to a provider lead to which status, and where their records say which journey they are about."""

    event_source: str
    id_parameters: tuple[str, ...]
    """The names of the request's parameters that have the journey's id, or its ARN."""
    leading_to: Mapping[Status, tuple[str, ...]]
    """By the status that a journey or run gets: the names of calls that give it."""
    resuming: tuple[str, ...]
    """Those that lead from PAUSED to RUNNING."""
    deleting: tuple[str, ...]
    container_parameter: str | None = None
    """The request's parameter that has the container's id; None if the request does not name it."""
    creating: frozenset[str] = frozenset()
    """Calls whose answer, not their request, has the journey's id, as `Id`."""
    argument: str | None = None
    """The request's parameter that says which status is asked for; None if each call's name says it."""
    arguments: Mapping[Status, str] = field(default_factory=dict)
    """Its values."""
    schedule_starts_runs: bool = False
    """True if nobody's call starts a run: who has set the journey going is told with the journey's own change."""
    site_service: str | None = None
    """The service whose service-linked role the provider's own site calls with: the session's name is a user's id."""
    site_user: str = "site user"
    """What such a user is called: `Connect user`."""


class ActorKind(StrEnum):
    """What kind of caller made a call."""

    IAM_USER = "IAM_USER"
    ROOT = "ROOT"
    ROLE = "ROLE"
    IDENTITY_CENTER_USER = "IDENTITY_CENTER_USER"
    SITE_USER = "SITE_USER"
    """Somebody who was signed in to the provider's own site."""
    SERVICE = "SERVICE"
    FEDERATED_USER = "FEDERATED_USER"
    ACCOUNT = "ACCOUNT"
    """Another account, of which no more is known."""
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who made a call, as far as its record says."""

    kind: ActorKind
    name: str | None = None
    """Of a user or service; of a site's user their id, until somebody has asked for the name."""
    role: str | None = None
    session: str | None = None
    invoked_by: str | None = None
    """The service that made the call for them: an automation of theirs, such as cloudformation.amazonaws.com."""


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A call that succeeded, as CloudTrail has recorded it."""

    id: str
    name: str
    source: str
    time: datetime
    request: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)
    identity: Mapping[str, Any] = field(default_factory=dict)
    source_ip: str | None = None
    """An address, or the name of the service that called."""
    user_agent: str | None = None


def calls_behind(
    before: RecordedRun | None,
    after: Status,
    calls: ManagementCalls | None,
    *,
    of_journey: bool,
    created_at: datetime | None,
    changed_at: datetime | None,
    observed_at: datetime,
) -> CallWindow | None:
    """The calls that may have led to a change; None if no call does.

    `created_at` and `changed_at` are the provider's times of the run and of the change.
    """
    resumed = after is Status.RUNNING and before is not None and before.status is Status.PAUSED
    if calls is None or (after is Status.RUNNING and not resumed and not of_journey and calls.schedule_starts_runs):
        return None
    names = calls.resuming if resumed else calls.leading_to.get(after, ())
    if not names:
        return None
    if changed_at is not None and changed_at > observed_at + CLOCK_SKEW:
        changed_at = None  # the provider's clock is wrong
    at = changed_at or observed_at
    known_since = created_at if before is None else before.last_update_time or before.recorded_at
    earliest = known_since or at - LOOK_BACK
    # What was known ends once: whenever that was, nothing else can have done it.
    if before is None or not after.is_terminal:
        earliest = max(earliest, at - LOOK_BACK)
    # A call that was made after the change was seen did not make it either. With a time of the provider that is judged
    # by the provider's clock, for the poller's may be behind.
    latest = at + CLOCK_SKEW if changed_at else observed_at
    return CallWindow(names, calls.arguments.get(after, ""), min(earliest, at) - SLACK, latest, changed_at)


def calls_behind_deletion(
    calls: ManagementCalls | None, *, since: datetime, observed_at: datetime
) -> CallWindow | None:
    """The calls that may have deleted a journey that has been missing since then; None if there are none."""
    if calls is None or not calls.deleting:
        return None
    return CallWindow(calls.deleting, "", since - LOOK_BACK, observed_at)


def is_due(search: Search, now: datetime, *, after: timedelta, interval: timedelta) -> bool:
    """True if CloudTrail is to be asked now: at growing intervals, and in each poll while there is more to be read.

    The rule needs no memory: whether a poll was late or left out, of the two polls after a time one asks, and the last
    time lasts until the search has ended.
    """
    age = now - search.since
    return (
        search.read_to is not None
        or is_over(search, now, after=after)
        or any(after * times <= age < after * times + 2 * interval for times in ASKED_AT)
    )


def is_over(search: Search, now: datetime, *, after: timedelta) -> bool:
    """True if what is not found now was not recorded, or cannot be told from other calls."""
    return now >= ends_at(search.since, after)


def is_hopeless(search: Search, now: datetime, *, after: timedelta) -> bool:
    """True if it ends even if CloudTrail does not answer."""
    return now >= ends_at(search.since, after) + GRACE * after


def ends_at(since: datetime, after: timedelta) -> datetime:
    """When a search ends that began then."""
    return since + ASKED_AT[-1] * after


def time_of(event: object) -> datetime | None:
    """Return when an event of LookupEvents happened, a refused call's too; None if it does not say so."""
    time = event.get("EventTime") if isinstance(event, Mapping) else None
    if isinstance(time, datetime):
        return time.astimezone(UTC) if time.tzinfo else None
    if isinstance(time, int | float):  # as CloudTrail sends it: seconds since 1970
        try:
            return datetime.fromtimestamp(time, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    return _time(time)


def read_call(event: object) -> RecordedCall | None:
    """Read one event of LookupEvents; None if it is no record of a call that succeeded.

    The record itself is JSON in a string.
    """
    text = event.get("CloudTrailEvent") if isinstance(event, Mapping) else None
    if not isinstance(text, str) or len(text) > _MAX_RECORD:
        return None
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, dict) or record.get("errorCode") is not None or record.get("errorMessage") is not None:
        return None  # a call that was refused is recorded too
    event_id, name, source = (_text(record.get(key)) for key in ("eventID", "eventName", "eventSource"))
    time = _time(record.get("eventTime"))
    if event_id is None or name is None or source is None or time is None:
        return None
    return RecordedCall(
        event_id,
        name,
        source,
        time,
        request=_object(record.get("requestParameters")),
        response=_object(record.get("responseElements")),
        identity=_object(record.get("userIdentity")),
        source_ip=_text(record.get("sourceIPAddress")),
        user_agent=_text(record.get("userAgent")),
    )


def explanation(
    window: CallWindow, journey: JourneyKey, recorded: Iterable[RecordedCall], calls: ManagementCalls
) -> RecordedCall | None:
    """Return the call that led to a change of the journey; None if none did.

    That is the latest one. A call that was made after the change, within the skew of clocks, counts only if none was
    made shortly before it: another person's later call must not explain an earlier change.
    """
    matching = sorted(
        (call for call in recorded if _explains(call, window, journey, calls)), key=lambda call: (call.time, call.id)
    )
    changed_at = window.changed_at
    if changed_at is None:
        return matching[-1] if matching else None
    shortly_before = [call for call in matching if changed_at - SLACK <= call.time <= changed_at]
    later = [call for call in matching if call.time > changed_at]
    return next(iter([*shortly_before[-1:], *later[:1], *matching[-1:]]), None)


def _explains(call: RecordedCall, window: CallWindow, journey: JourneyKey, calls: ManagementCalls) -> bool:
    if call.source != calls.event_source or call.name not in window.names:
        return False
    if not window.earliest <= call.time <= window.latest:
        return False
    if window.argument and calls.argument and call.request.get(calls.argument) != window.argument:
        return False
    if calls.container_parameter and call.request.get(calls.container_parameter) != journey.container_id:
        return False
    if call.name in calls.creating:
        return call.response.get("Id") == journey.journey_id
    return any(_is_id(call.request.get(name), journey.journey_id) for name in calls.id_parameters)


def _is_id(value: object, journey_id: str) -> bool:
    """True for the id, and for an ARN that ends with it."""
    return value == journey_id or (
        isinstance(value, str) and value.startswith("arn:") and value.rpartition("/")[2] == journey_id
    )


def actor_of(call: RecordedCall, calls: ManagementCalls) -> Actor:
    """Who made the call."""
    identity, kind = call.identity, call.identity.get("type")
    invoked_by = _text(identity.get("invokedBy"))
    if kind == "AWSService" or (kind is None and invoked_by):
        return Actor(ActorKind.SERVICE, invoked_by)
    if kind == "AssumedRole":
        return _of_role(identity, calls, invoked_by)
    user_name = _text(identity.get("userName"))
    actor_kind, name = ActorKind.UNKNOWN, None
    match kind:
        case "Root":
            actor_kind = ActorKind.ROOT
        case "IAMUser":
            actor_kind, name = ActorKind.IAM_USER, user_name
        case "IdentityCenterUser":
            user_id = _text(_object(identity.get("onBehalfOf")).get("userId"))
            actor_kind, name = ActorKind.IDENTITY_CENTER_USER, user_id
        case "FederatedUser" | "SAMLUser" | "WebIdentityUser":
            in_arn = (_text(identity.get("arn")) or "").rpartition("/")[2]
            actor_kind, name = ActorKind.FEDERATED_USER, user_name or in_arn or None
        case "AWSAccount":
            actor_kind, name = ActorKind.ACCOUNT, _text(identity.get("accountId"))
    return Actor(actor_kind, name, invoked_by=invoked_by)


def _of_role(identity: Mapping[str, Any], calls: ManagementCalls, invoked_by: str | None) -> Actor:
    issuer = _object(_object(identity.get("sessionContext")).get("sessionIssuer"))
    arn = (_text(identity.get("arn")) or "").split("/")  # …:assumed-role/ROLE/SESSION
    role = _text(issuer.get("userName")) or (arn[1] if len(arn) > 2 else None)  # noqa: PLR2004
    principal = (_text(identity.get("principalId")) or "").partition(":")[2]
    session = principal or (arn[-1] if len(arn) > 2 else "") or None  # noqa: PLR2004
    if role is None:
        return Actor(ActorKind.UNKNOWN, session=session, invoked_by=invoked_by)
    path = _path_of(issuer)
    of_site = calls.site_service and path == f"{_SERVICE_LINKED_PATH}{calls.site_service}/"
    if of_site and session and _USER_ID.fullmatch(session):
        return Actor(ActorKind.SITE_USER, session)
    if path.startswith(_SERVICE_LINKED_PATH):
        return Actor(ActorKind.SERVICE, invoked_by or role)
    permission_set = _PERMISSION_SET.fullmatch(role)
    if permission_set and path.startswith(_IDENTITY_CENTER_PATH):
        return Actor(ActorKind.IDENTITY_CENTER_USER, session, role=permission_set[1], invoked_by=invoked_by)
    return Actor(ActorKind.ROLE, role=role, session=session, invoked_by=invoked_by)


def _path_of(issuer: Mapping[str, Any]) -> str:
    """The path in a role's ARN, like `aws-service-role/connect.amazonaws.com/`; empty if there is none."""
    found = _ROLE_ARN.fullmatch(_text(issuer.get("arn")) or "")
    return found[1] if found else ""


def _text(value: object) -> str | None:
    """The value if it is a text that can be stored; None if it is not, or empty; cut where it is too long."""
    if not isinstance(value, str) or not value.strip():
        return None
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")[:_MAX_TEXT]


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _time(value: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        return time.astimezone(UTC) if time and time.tzinfo else None
    except (ValueError, OverflowError):
        return None
