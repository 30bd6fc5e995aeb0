"""An HTTPS server on this machine that answers as it is told, and the names by which it is found."""

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from benchmarks.self_signed import self_signed

REFUSES_CONNECTIONS = 0
"""In place of a status: closes the connection without an answer."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: str


@dataclass
class HttpsStandIn:
    port: int
    certificate: Path
    answers: list[tuple[int, dict[str, str], bytes]]
    """What each request in turn gets; afterwards `usual`."""
    usual: tuple[int, dict[str, str], bytes]
    requests: list[Request] = field(default_factory=list)
    """Those that got a success."""
    seen: int = 0


@contextmanager
def https_stand_in(
    directory: Path, *, name: str, usual: int, answers: Sequence[int | tuple[int, dict[str, str], bytes]] = ()
) -> Iterator[HttpsStandIn]:
    """A server that has a certificate for `name`."""
    certificate = self_signed(directory, name=name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path, certificate.key_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    told = [(one, {}, b"") if isinstance(one, int) else one for one in answers]
    stand_in = HttpsStandIn(server.server_port, certificate.path, told, (usual, {}, b""))
    server.stand_in = stand_in  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def found_at(patch: pytest.MonkeyPatch, **ports: int) -> list[tuple[str, int]]:
    """Let names lead to ports of this machine, whatever the port of the URL; every look-up is listed."""
    asked: list[tuple[str, int]] = []

    def getaddrinfo(host: str, port: int, **_: object) -> list[Any]:
        asked.append((host, port))
        if host not in ports:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", ports[host]))]

    patch.setattr("journey_watch.channels.queued.https.getaddrinfo", getaddrinfo)
    return asked


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: TCP would hold its second one back for a while

    def do_POST(self) -> None:
        stand_in: HttpsStandIn = self.server.stand_in  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        stand_in.seen += 1
        status, headers, answer = stand_in.answers.pop(0) if stand_in.answers else stand_in.usual
        if status == REFUSES_CONNECTIONS:
            self.close_connection = True
            return
        if status // 100 == 2:
            found = {name.lower(): value for name, value in self.headers.items()}
            stand_in.requests.append(Request(self.path, found, body))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: what came of requests is what the tests look at."""
