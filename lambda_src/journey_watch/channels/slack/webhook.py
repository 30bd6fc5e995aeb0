"""Posts messages to Slack's incoming webhooks.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. The URL is the secret: whoever has it can
write to the channel. So no log line and no error may hold it, nor what holds it.
"""

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from journey_watch.channels.queued.https import Https
from journey_watch.channels.queued.retry_after import retry_after_seconds
from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError

SECONDS: Final = 7.0
"""For one message, from the look-up of its name to the end of the answer."""
MAX_WAIT: Final = 900.0
"""Seconds: whatever Retry-After asks for, it is tried again by then."""

_SLACKS_OWN_WORD: Final = re.compile(r"[a-z_]{1,60}")
"""Like `channel_is_archived`. Anything else in an answer is not repeated: error pages like to quote the URL."""


class SlackWebhook:
    """Posts to the URL that a secret holds."""

    def __init__(self, https: Https) -> None:
        self._https = https

    def post(self, url: str, message: Mapping[str, Any]) -> None:
        """Post a message; returning means that it was accepted.

        Raises RecipientUnavailableError if there was no answer (it may have been accepted all the same), a web page, or
        one that asks to come back; RecipientRefusedError for any other.
        """
        answer = self._https.post_json(url, json.dumps(message), {}, recipient="Slack")
        if answer.status == HTTPStatus.OK:
            # Slack says "ok", and others that speak its webhooks something short too: a page is somebody in between.
            begins = answer.body.lstrip()
            if begins.startswith(b"<"):
                raise RecipientUnavailableError("A page came in place of Slack's answer: a proxy may stand in between.")
            if not begins and answer.is_cut_short:
                raise RecipientUnavailableError("Slack's answer did not come in time.")
            return
        said = f"Slack answered {answer.status}{_word(answer.body)}."
        asked = retry_after_seconds(answer.retry_after, most=MAX_WAIT)
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RecipientUnavailableError(said, retry_after=asked)
        raise RecipientRefusedError(
            f"{said} If the webhook is gone, put another one's URL into the secret.", retry_after=asked
        )


def _word(body: bytes) -> str:
    text = body[:100].decode("ascii", "replace").strip()
    return f" ({text})" if _SLACKS_OWN_WORD.fullmatch(text) else ""
