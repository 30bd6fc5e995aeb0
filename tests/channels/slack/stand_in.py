"""Slack's side of an incoming webhook, over real TLS, in every mood."""

import json
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from benchmarks.self_signed import self_signed

TOKEN: Final = "T0SECRET/B0SECRET/x0x0secretx0x0"
"""Makes up the path of the webhook; no log may hold it."""

OK: Final = "ok"
BUSY: Final = "429 with Retry-After"
BROKEN: Final = "500"
DROPPED: Final = "closes the connection without reading"
DROPPED_AFTER: Final = "accepts, and closes the connection without an answer"
HANGS: Final = "accepts, and does not answer"
GONE: Final = "404 no_service"
GOSSIP: Final = "502 with a page that quotes the path"
PROXY: Final = "200 with a page that is not Slack's"
RETRY_AFTER: Final = 40


@dataclass
class SlackStandIn:
    url: str
    moods: list[str]
    """What each request in turn meets; afterwards all is well."""
    accepted: list[dict[str, Any]] = field(default_factory=list)
    requests: int = 0
    released: threading.Event = field(default_factory=threading.Event)
    """Ends what hangs."""

    def mood(self) -> str:
        self.requests += 1
        return self.moods.pop(0) if self.moods else OK

    @property
    def alert_ids(self) -> Counter[str]:
        """How often each alert was accepted."""
        found = (message["blocks"][-1]["elements"][-1]["text"] for message in self.accepted)
        return Counter(text.removeprefix("Alert id ") for text in found)


@contextmanager
def slack_stand_in(directory: Path, moods: Sequence[str] = ()) -> Iterator[tuple[SlackStandIn, Path]]:
    """A stand-in, and the certificate to trust for it."""
    certificate = self_signed(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path, certificate.key_path)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
    stand_in = SlackStandIn(f"https://127.0.0.1:{server.server_port}/services/{TOKEN}", list(moods))
    server.stand_in = stand_in  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield stand_in, certificate.path
    finally:
        stand_in.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # an answer in one piece: TCP would hold its second one back for a while

    def do_POST(self) -> None:
        stand_in: SlackStandIn = self.server.stand_in  # type: ignore[attr-defined]
        mood = stand_in.mood()
        if mood == DROPPED:
            self.close_connection = True
            return
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path != f"/services/{TOKEN}":
            mood = GONE
        if mood in (OK, DROPPED_AFTER, HANGS):
            stand_in.accepted.append(message)
        if mood == HANGS:
            stand_in.released.wait(10)
        if mood in (DROPPED_AFTER, HANGS):
            self.close_connection = True
            return
        self._answer(mood)

    def _answer(self, mood: str) -> None:
        status, body = {
            OK: (200, "ok"),
            BUSY: (429, "rate_limited"),
            BROKEN: (500, "server_error"),
            GONE: (404, "no_service"),
            GOSSIP: (502, f"<h1>Cannot POST {self.path}</h1>"),
            PROXY: (200, f"<h1>Log in to go on to {self.path}</h1>"),
        }[mood]
        self.send_response(status)
        if mood == BUSY:
            self.send_header("Retry-After", str(RETRY_AFTER))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_request(self, code: object = "-", size: object = "-") -> None:
        """Nothing: what came of requests is what the tests look at."""
