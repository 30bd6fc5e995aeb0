"""CloudTrail's event history: who called what in the last 90 days. Always on, free, two requests a second for all."""

from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from journey_watch.aws.access import Access
from journey_watch.aws.clients import SOURCE_CONFIG, share_tls_context
from journey_watch.aws.errors import source_error
from journey_watch.aws.plain_json import read_as_json
from journey_watch.aws.rate_limit import Quota, RateLimit

if TYPE_CHECKING:
    from mypy_boto3_cloudtrail import CloudTrailClient

LOOKUPS: Final = Quota(per_second=1, burst=1)
"""Half of what an account and Region has (API reference, LookupEvents): the console and other tools share it."""
HISTORY_CONFIG: Final = SOURCE_CONFIG.merge(
    # It is slow in some Regions; whoever asks asks again in some minutes.
    Config(retries={"mode": "standard", "total_max_attempts": 1}, connect_timeout=2, read_timeout=3)
)
SDK_OPERATIONS: Final = {"cloudtrail": ("LookupEvents",)}
ACCESS: Final = Access(("cloudtrail:LookupEvents",), ("*",))
"""It takes no resource."""


def cloudtrail_client(session: boto3.Session) -> "CloudTrailClient":
    """A client for the event history: one attempt, three seconds, a rate limit of its own."""
    client = session.client("cloudtrail", config=HISTORY_CONFIG)
    share_tls_context(client)
    read_as_json(client)
    RateLimit(LOOKUPS).attach(client)
    return client


class EventHistory:
    """A CallHistory by LookupEvents, which filters by one attribute, the event's name; the rest is the caller's.

    Its client is made when it is first needed: most polls look for nobody. Safe for threads.
    """

    def __init__(
        self,
        make_client: "Callable[[], CloudTrailClient]",
        user_names: Callable[[str, str], str | None] = lambda _, __: None,
    ) -> None:
        self._make_client = make_client
        self._user_names = user_names
        self._made: CloudTrailClient | None = None
        self._lock = Lock()

    def user_name(self, container_id: str, user_id: str) -> str | None:
        """As CallHistory has it."""
        return self._user_names(container_id, user_id)

    def page(
        self, event_name: str, since: datetime, until: datetime, token: str | None = None
    ) -> tuple[Sequence[object], str | None]:
        """As CallHistory has it."""
        more: dict[str, Any] = {"NextToken": token} if token else {}
        try:
            answer = self._client().lookup_events(
                LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": event_name}],
                StartTime=since,
                EndTime=until,
                **more,
            )
            following: object = answer.get("NextToken")
            events: object = answer["Events"]
            return events if isinstance(events, list) else [], following if isinstance(
                following, str
            ) and following else None
        except Exception as error:
            raise source_error(error, f"Looking up {event_name} in CloudTrail") from error

    def _client(self) -> "CloudTrailClient":
        with self._lock:
            if self._made is None:
                self._made = self._make_client()
            return self._made
