"""Posts to a recipient's URL: one deadline for everything, a bounded answer, no redirect."""

import ssl
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from io import BufferedReader, RawIOBase
from ipaddress import ip_address
from socket import AF_INET, SOCK_STREAM, create_connection, getaddrinfo
from string import punctuation
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlsplit

from urllib3.util import create_urllib3_context

from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CONNECT_SECONDS: Final = 3.0
_MAX_BODY: Final = 2000
"""Bytes of a body that are read."""
_MAX_RECEIVED: Final = 100_000
"""Bytes of an answer that are received, its headers and trailers among them; a longer one is no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: str | None
    """The header, as it came."""
    body: bytes
    """The beginning of the body, as far as it came before the deadline."""
    is_cut_short: bool = False
    """True if the connection ended, or the deadline came, within the beginning of the body."""

    @property
    def is_success(self) -> bool:
        return self.status // 100 == 2  # noqa: PLR2004 - HTTP's own classes


def is_public(address: str) -> bool:
    """True for an IPv4 address that whoever is on the internet may have, and nobody has at home."""
    known = ip_address(address)
    return known.is_global and not known.is_multicast


class Https:
    """Trusts the certificates that OpenSSL trusts, so SSL_CERT_FILE can name a company's own. Follows no redirect.

    `seconds` is the time for everything: look-up, connection, TLS, request, headers, body. A recipient that sends a
    byte now and then gets no more. `may_reach` decides about every address of a name before any is connected to. The
    connection goes to the address that was checked, so that no second look-up can lead elsewhere; certificate and
    `Host` are the name's.
    """

    def __init__(self, *, seconds: float, may_reach: Callable[[str], bool] = is_public) -> None:
        self._seconds = seconds
        self._may_reach = may_reach
        self._context = create_urllib3_context()
        self._context.load_default_certs()

    def post_json(self, url: str, body: str, headers: Mapping[str, str], *, recipient: str) -> Answer:
        """Return the answer, whatever its status. `recipient` is how errors name the other side.

        Raises RecipientUnavailableError if there was none in time (the recipient may have accepted it all the same),
        and RecipientRefusedError if `may_reach` refuses an address of the URL.
        """
        deadline = _Deadline(self._seconds)
        try:
            parts = urlsplit(url)
            host = (parts.hostname or "").encode("idna").decode()
            address = self._checked_address(host, parts.port or 443, deadline, recipient)
            target = quote(f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}", safe=punctuation)
            sent = {
                **headers,
                "Content-Type": "application/json",
                "Host": host if parts.port is None else f"{host}:{parts.port}",
                "User-Agent": "journey-watch",
            }
            with closing(self._connected(address, host, deadline)) as connected:
                connection = HTTPConnection(host)
                connection.sock = _TimedSocket(connected, deadline)
                connection.request("POST", target, body.encode(), sent)
                return _answer(connection.getresponse())
        except (HTTPException, OSError, ValueError) as error:
            # Not chained: the error may hold the URL, which may hold a secret.
            raise RecipientUnavailableError(f"{recipient} did not answer ({type(error).__name__}).") from None

    def _checked_address(self, host: str, port: int, deadline: "_Deadline", recipient: str) -> tuple[str, int]:
        """Return the first address, by IPv4: a function that is in no network of its own has nothing else."""
        ends = _look_up(host, port, deadline)
        for address, _ in ends:
            if not self._may_reach(address):
                raise RecipientRefusedError(f"{recipient} is at {address}, which is no public address.")
        return ends[0]

    def _connected(self, address: tuple[str, int], host: str, deadline: "_Deadline") -> ssl.SSLSocket:
        plain = create_connection(address, timeout=min(CONNECT_SECONDS, deadline.seconds_left()))
        try:
            plain.settimeout(deadline.seconds_left())  # of the whole handshake, not of each of its messages
            return self._context.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


class _Deadline:
    def __init__(self, seconds: float) -> None:
        self._at = monotonic() + seconds

    def seconds_left(self) -> float:
        """Raises TimeoutError if it has passed."""
        left = self._at - monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _look_up(host: str, port: int, deadline: _Deadline) -> list[tuple[str, int]]:
    """Look a name up in a thread of its own: getaddrinfo has no timeout, and a name's own servers may be slow."""
    found: list[tuple[str, int]] = []
    failed: list[OSError | ValueError] = []

    def look_up() -> None:
        try:
            ends = getaddrinfo(host, port, family=AF_INET, type=SOCK_STREAM)
            found.extend((str(end[0]), int(end[1])) for *_, end in ends)
        except (OSError, ValueError) as error:
            failed.append(error)

    thread = Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(deadline.seconds_left())
    if failed:
        raise failed[0]
    if not found:
        raise TimeoutError
    return found


class _TimedSocket:
    """A socket whose every wait ends at the deadline, as far as http.client uses one."""

    def __init__(self, connected: ssl.SSLSocket, deadline: _Deadline) -> None:
        self._connected = connected
        self._deadline = deadline

    def sendall(self, data: "ReadableBuffer") -> None:
        left = memoryview(data)
        while left:
            self._connected.settimeout(self._deadline.seconds_left())
            left = left[self._connected.send(left) :]

    def makefile(self, *_: Any, **__: Any) -> BufferedReader:  # noqa: ANN401 - it is always asked for "rb"
        return BufferedReader(_Received(self._connected, self._deadline))

    def close(self) -> None:
        """Leave the connection open: http.client closes it before the answer is read."""


class _Received(RawIOBase):
    """What comes from a socket until the deadline, up to _MAX_RECEIVED bytes."""

    def __init__(self, connected: ssl.SSLSocket, deadline: _Deadline) -> None:
        self._connected = connected
        self._deadline = deadline
        self._left = _MAX_RECEIVED

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        self._connected.settimeout(self._deadline.seconds_left())
        received = self._connected.recv_into(buffer)
        self._left -= received
        if self._left < 0:
            raise OSError("the answer is too long")
        return received


def _answer(response: HTTPResponse) -> Answer:
    """Read the beginning of the body. Whatever becomes of it, the status has been received."""
    body, is_cut_short = b"", False
    try:
        while len(body) < _MAX_BODY and (piece := response.read1(_MAX_BODY - len(body))):
            body += piece
    except (HTTPException, OSError, ValueError):
        is_cut_short = True
    return Answer(response.status, response.headers.get("Retry-After"), body, is_cut_short)
