"""Posts events to PagerDuty's Events API v2.

https://developer.pagerduty.com/docs/events-api-v2-overview. The routing key is a secret: whoever has it can page
people. No log line and no error may hold it.
"""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from journey_watch.channels.queued.https import Answer, Https
from journey_watch.channels.queued.retry_after import retry_after_seconds
from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError
from journey_watch.messages.untrusted_text import one_line

URLS: Final[Mapping[str, str]] = {
    "us": "https://events.pagerduty.com/v2/enqueue",
    "eu": "https://events.eu.pagerduty.com/v2/enqueue",
}
"""By PagerDuty's service region: an account is in one of them."""
SECONDS: Final = 8.0
"""For one event, from the look-up of the name to the end of the answer."""
WAIT_AFTER_THROTTLING: Final = 180.0
"""Seconds: "preferably with a backoff of a few minutes"."""
MAX_WAIT: Final = 300.0
"""Seconds: whatever Retry-After asks for, it is tried again by then."""
_MAX_REASON: Final = 200


class EventsApi:
    """Of one service region, `us` or `eu`, at a time."""

    def __init__(self, https: Https) -> None:
        self._https = https

    def send(self, event: Mapping[str, Any], *, routing_key: str, region: str) -> None:
        """Send an event; returning means that PagerDuty has it.

        Raises RecipientUnavailableError if there was no answer (it may have it all the same), another's, or one that
        asks to come back; RecipientRefusedError if the event or the key is wrong.
        """
        body = json.dumps({"routing_key": routing_key, **event}, separators=(",", ":"))
        answer = self._https.post_json(URLS[region], body, {}, recipient="PagerDuty")
        if answer.status == HTTPStatus.ACCEPTED:
            return
        said = f"PagerDuty answered {answer.status}"
        asked = retry_after_seconds(answer.retry_after, most=MAX_WAIT)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise RecipientUnavailableError(f"{said}.", retry_after=asked or WAIT_AFTER_THROTTLING)
        if answer.status // 100 != 4:  # noqa: PLR2004 - HTTP's own classes
            raise RecipientUnavailableError(f"{said}, or somebody in between did.", retry_after=asked)
        raise RecipientRefusedError(
            f"{said}{_reason(answer, routing_key)}. Is the routing key in the secret right?", retry_after=asked
        )


def _reason(answer: Answer, routing_key: str) -> str:
    """What PagerDuty found wrong, if it is its own list of errors and does not quote the key."""
    try:
        errors = json.loads(answer.body)["errors"]
        reason = one_line("; ".join(errors), _MAX_REASON)
    except (LookupError, TypeError, ValueError):
        return ""
    return f": {reason}" if reason and routing_key not in reason else ""
