"""Steers the simulator of a local cloud over its control API."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

from local_cloud.errors import LocalCloudError


class SimulatorControl:
    """The simulator at `url`. Its control API is described in simulator/control_api.py."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opener = build_opener(ProxyHandler({}))  # it is on this machine, whatever proxy the user has

    def control(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """One call, for example `control("PUT", "/time", {"running": True})`; what it answers, decoded.

        Raises LocalCloudError with the simulator's own words when it refuses.
        """
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{self.url}/_simulator{path}", data=data, method=method)  # noqa: S310 - our own http URL
        try:
            with self._opener.open(request, timeout=10) as answer:
                return json.load(answer)
        except HTTPError as refusal:
            with refusal:
                raise LocalCloudError(f"The simulator refuses {method} {path}: {refusal.read().decode()}") from None
