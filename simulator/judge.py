"""Asks somebody else what a caller may do: the simulator itself knows no roles and no policies."""

import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from simulator.api import ApiError

_TIMEOUT = 30.0
"""Seconds."""


@dataclass(frozen=True)
class Verdict:
    """What the judge says about a call."""

    account: str | None
    """Of the caller's role; None for a caller that has none."""
    refusal: ApiError | None
    """How the call is refused; None lets it pass."""


class Judge:
    """A judge at an http URL. Safe to use from any thread.

    It is posted {"access_key", "region", "action", "resources"} and answers {"account", "refusal"}, where a refusal is
    null or {"code", "message"}. A resource is "*" or what follows the account in its ARN. A caller without a role who
    is let pass may do everything, and is not asked about again.
    """

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._idle: list[http.client.HTTPConnection] = []
        self._free: set[str] = set()

    def verdict(self, access_key: str, region: str, action: str, resources: Sequence[str]) -> Verdict:
        """Whether this caller may do this to all of these resources. Raises OSError if the judge does not answer."""
        if access_key in self._free:
            return Verdict(None, None)
        asked = {"access_key": access_key, "region": region, "action": action, "resources": list(resources)}
        said = json.loads(self._post(json.dumps(asked)))
        refusal = said["refusal"]
        if said["account"] is None and refusal is None:
            self._free.add(access_key)
        return Verdict(said["account"], refusal and ApiError(403, refusal["message"], refusal["code"]))

    def close(self) -> None:
        """Close the connections that are kept for the next question."""
        while self._idle:
            self._idle.pop().close()

    def _post(self, body: str) -> bytes:
        while True:
            connection, kept = self._taken()
            try:
                connection.request("POST", self._address.path, body, {"Content-Type": "application/json"})
                answer = connection.getresponse().read()
            except ConnectionError:
                connection.close()
                if not kept:  # else the other end has closed it meanwhile
                    raise
            else:
                self._idle.append(connection)
                return answer

    def _taken(self) -> tuple[http.client.HTTPConnection, bool]:
        try:
            return self._idle.pop(), True
        except IndexError:
            return http.client.HTTPConnection(self._address.netloc, timeout=_TIMEOUT), False
