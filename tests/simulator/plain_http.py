"""Plain HTTP, for what boto3 hides."""

import http.client
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True)
class HttpAnswer:
    status: int
    headers: dict[str, str]
    """By lower-case name."""
    body: bytes


def ask(url: str, *, method: str = "GET", body: bytes | None = None) -> HttpAnswer:
    """One request on a connection of its own."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    try:
        connection.request(method, f"{parts.path}?{parts.query}", body)
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return HttpAnswer(response.status, headers, response.read())
    finally:
        connection.close()
