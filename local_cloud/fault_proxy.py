"""An HTTP proxy that stands between the functions and one service, counts what passes, and can break it."""

import http.client
import re
import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from local_cloud.toolchain import LOOPBACK

UPSTREAM_TIMEOUT = 30.0
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_SMITHY_PATH = re.compile(r"/operation/(\w+)$")


class Harm(Enum):
    """What happens to a call."""

    DROP_REQUEST = "closes the connection; the service never hears of the call"
    DROP_ANSWER = "lets the service do it, then closes the connection instead of answering"
    ERROR = "answers an error; the service never hears of the call"


@dataclass(frozen=True, slots=True)
class Fault:
    """Harm, or mere delay, for calls of one operation."""

    operation: str
    """As AWS names it ("TransactWriteItems"), or "*"."""
    harm: Harm | None = None
    """None lets it pass."""
    status: int = 500
    """The HTTP status of an ERROR."""
    body: bytes = b""
    """The body of an ERROR, in the service's own format. Empty is what a load balancer in trouble answers."""
    delay: float = 0.0
    """Seconds that every such call waits before anything else happens."""
    until: threading.Event | None = None
    """What every such call waits for as well, so that a test decides what happens meanwhile: before the service hears
    of it or, if the answer is to be dropped, after the service has done it."""
    after: int = 0
    """How many such calls it leaves alone first."""
    times: int | None = None
    """How many calls it hits then; None means all, until `clear`."""
    reached: threading.Event = field(default_factory=threading.Event, init=False, compare=False)
    """Set once a call that it hits waits for `until`."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call that came, in the order of arrival."""

    operation: str
    size: int
    """Of the request's body, in bytes."""
    harm: Harm | None


class FaultProxy:
    """A proxy to one MiniStack. Its methods may be called from any thread while calls pass."""

    def __init__(self, upstream: str) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._matches: Counter[int] = Counter()  # by position in _faults
        self._calls: list[Call] = []
        self._server = _Server(self)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"

    @classmethod
    @contextmanager
    def before(cls, upstream: str) -> Iterator[Self]:
        """A proxy that runs, on a free port of 127.0.0.1, until the block ends."""
        proxy = cls(upstream)
        thread = threading.Thread(target=proxy._server.serve_forever, name="fault-proxy", daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy._server.shutdown()
            thread.join()
            proxy._server.server_close()

    def inject(self, fault: Fault) -> None:
        """Let a fault hit the calls to come. If several match a call, the first injected hits it, and it alone."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Forget all faults and all calls."""
        with self._lock:
            self._faults.clear()
            self._matches.clear()
            self._calls.clear()

    @property
    def calls(self) -> list[Call]:
        """The calls since the start or the last `clear`; retries count, dropped ones too."""
        with self._lock:
            return list(self._calls)

    @property
    def counts(self) -> Counter[str]:
        """How many calls came, by operation."""
        return Counter(call.operation for call in self.calls)

    def _meet(self, operation: str, size: int) -> Fault:
        """Count a call, and choose what happens to it."""
        with self._lock:
            for position, fault in enumerate(self._faults):
                if fault.operation in ("*", operation):
                    earlier = self._matches[position]
                    self._matches[position] += 1
                    if earlier >= fault.after and (fault.times is None or earlier < fault.after + fault.times):
                        break
            else:
                fault = Fault(operation)
            self._calls.append(Call(operation, size, fault.harm))
            return fault

    def _forward(self, method: str, path: str, headers: Message, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = http.client.HTTPConnection(self._upstream, timeout=UPSTREAM_TIMEOUT)
        try:
            connection.request(method, path, body, _end_to_end(headers))
            answer = connection.getresponse()
            return answer.status, _end_to_end(answer.headers), answer.read()
        finally:
            connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a client may keep its connection open for ever

    def __init__(self, proxy: FaultProxy) -> None:
        super().__init__((LOOPBACK, 0), _Handler)
        self.proxy = proxy

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has them
        """Say nothing of clients that are gone before their answer: they were killed, or lost patience, on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def _handle(self) -> None:
        proxy = self.server.proxy
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        fault = proxy._meet(operation_of(self.path, self.headers, body), len(body))  # noqa: SLF001 - its other half
        time.sleep(fault.delay)
        if fault.harm is Harm.DROP_ANSWER:
            self._forward(body)
        fault.reached.set()
        if fault.until:
            fault.until.wait()
        if fault.harm in (Harm.DROP_REQUEST, Harm.DROP_ANSWER):
            self._hang_up()
        elif fault.harm is Harm.ERROR:
            self._answer(fault.status, {}, fault.body)
        else:
            self._answer(*self._forward(body))

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _handle  # noqa: N815 - the names http.server looks for

    def _forward(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        return self.server.proxy._forward(self.command, self.path, self.headers, body)  # noqa: SLF001 - its other half

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Say nothing: `calls` tells more."""


def operation_of(path: str, headers: Message, body: bytes) -> str:
    """The operation of a call, in any of AWS's protocols that names it; else the path."""
    if target := headers.get("X-Amz-Target"):
        return str(target).rpartition(".")[2]
    if match := _SMITHY_PATH.search(path):
        return match[1]
    return parse_qs(body.decode(errors="replace")).get("Action", [path])[0]


def _end_to_end(headers: Message) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
