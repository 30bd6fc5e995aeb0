"""Posts messages to Slack's incoming webhooks.

https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks. The URL is the secret: whoever has it can
write to the channel. So no log line and no error may hold it, nor what holds it.
"""

import json
import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import urllib3

from journey_watch.channels.queued.retry_after import retry_after_seconds
from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError

CONNECT_SECONDS: Final = 2.0
READ_SECONDS: Final = 5.0
MAX_WAIT: Final = 900.0
"""Seconds: whatever Retry-After asks for, it is tried again by then."""

_SLACKS_OWN_WORD: Final = re.compile(r"[a-z_]{1,60}")
"""Like `channel_is_archived`. Anything else in an answer is not repeated: error pages like to quote the URL."""


class SlackWebhook:
    """Time-outs in seconds. Trusts the certificates that OpenSSL trusts, so SSL_CERT_FILE can name a company's own."""

    def __init__(self, *, connect_timeout: float = CONNECT_SECONDS, read_timeout: float = READ_SECONDS) -> None:
        timeout = urllib3.Timeout(connect=connect_timeout, read=read_timeout)
        self._http = urllib3.PoolManager(timeout=timeout, retries=False)
        # At DEBUG it logs the path of every request.
        logging.getLogger("urllib3").setLevel(logging.INFO)

    def post(self, url: str, message: Mapping[str, Any]) -> None:
        """Post a message; returning means that it was accepted.

        Raises RecipientUnavailableError if there was no answer (it may have been accepted all the same), a web page, or
        one that asks to come back; RecipientRefusedError for any other.
        """
        try:
            response = self._http.request(
                "POST",
                url,
                body=json.dumps(message).encode(),
                headers={"Content-Type": "application/json"},
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # Not chained: the error may hold the URL.
            raise RecipientUnavailableError(f"Slack did not answer ({type(error).__name__}).") from None
        if response.status == HTTPStatus.OK:
            # Slack says "ok", and others that speak its webhooks something short too: a page is somebody in between.
            if response.data.lstrip().startswith(b"<"):
                raise RecipientUnavailableError("A page came in place of Slack's answer: a proxy may stand in between.")
            return
        answer = f"Slack answered {response.status}{_word(response.data)}."
        if response.status == HTTPStatus.TOO_MANY_REQUESTS or response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise RecipientUnavailableError(
                answer, retry_after=retry_after_seconds(response.headers.get("Retry-After"), most=MAX_WAIT)
            )
        raise RecipientRefusedError(f"{answer} If the webhook is gone, put another one's URL into the secret.")


def _word(body: bytes) -> str:
    text = body[:100].decode("ascii", "replace").strip()
    return f" ({text})" if _SLACKS_OWN_WORD.fullmatch(text) else ""
