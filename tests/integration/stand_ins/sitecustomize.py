"""Runs first in every Python that has this folder in PYTHONPATH: names of the internet lead to servers of this machine.

What ships reaches public addresses alone and has no setting for that. A test that deploys it changes what an address
is, for the one function whose PYTHONPATH it sets; no bundle has this file.
"""

import json
import os
import socket
from ipaddress import IPv4Address
from typing import Any

PORTS: dict[str, int] = json.loads(os.environ["STAND_INS"])
_look_up = socket.getaddrinfo


def _leads_here(host: Any, port: Any, *args: Any, **options: Any) -> list[Any]:  # noqa: ANN401 - passed on
    return _look_up("127.0.0.1" if host in PORTS else host, PORTS.get(host, port), *args, **options)


socket.getaddrinfo = _leads_here
IPv4Address.is_global = property(lambda _: True)  # type: ignore[assignment]  # it is a property there too
