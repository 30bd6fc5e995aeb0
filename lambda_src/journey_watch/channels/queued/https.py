"""Posts to URLs that stand in a configuration: to public addresses alone, and no further than the first answer."""

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from socket import AF_INET, SOCK_STREAM, getaddrinfo
from typing import Final
from urllib.parse import urlsplit

import urllib3
from urllib3.util import create_urllib3_context

from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError

CONNECT_SECONDS: Final = 3.0
_MAX_ANSWER: Final = 2000
"""More bytes of an answer are not read."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    retry_after: str | None
    """The header, as it came."""
    body: bytes
    """The beginning, as far as it came at once."""

    @property
    def is_success(self) -> bool:
        return self.status // 100 == 2  # noqa: PLR2004 - HTTP's own classes


def is_public(address: str) -> bool:
    """True for an IPv4 address that whoever is on the internet may have, and nobody has at home."""
    known = ip_address(address)
    return known.is_global and not known.is_multicast


class Https:
    """Trusts the certificates that OpenSSL trusts, so SSL_CERT_FILE can name a company's own. Follows no redirect.

    `may_reach` decides about every address that a name has, before any is connected to. The connection goes to the
    address that was looked at, so that no second look-up can lead elsewhere; certificate and `Host` are the name's.
    """

    def __init__(self, *, read_timeout: float, may_reach: Callable[[str], bool] = is_public) -> None:
        self._timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=read_timeout)
        self._may_reach = may_reach
        self._context = create_urllib3_context()
        self._context.load_default_certs()
        # At DEBUG it logs the path of every request.
        logging.getLogger("urllib3").setLevel(logging.INFO)

    def post_json(self, url: str, body: str, headers: Mapping[str, str], *, recipient: str) -> Answer:
        """The answer, whatever its status. `recipient` is how errors call whom it went to.

        Raises RecipientUnavailableError if there was none (it may have been accepted all the same), and
        RecipientRefusedError if the URL leads to an address that is not public.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        try:
            address, port = self._resolved(host, parts.port or 443, recipient)
            pool = urllib3.HTTPSConnectionPool(
                address, port, timeout=self._timeout, retries=False, ssl_context=self._context, server_hostname=host
            )
            with closing(pool):
                response = pool.urlopen(
                    "POST",
                    f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}",
                    body=body.encode(),
                    headers={**headers, "Content-Type": "application/json", "Host": parts.netloc},
                    redirect=False,
                    preload_content=False,
                )
                return Answer(response.status, response.headers.get("Retry-After"), _beginning(response))
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            # Not chained: the error may hold the URL, which may hold a secret.
            raise RecipientUnavailableError(f"{recipient} did not answer ({type(error).__name__}).") from None

    def _resolved(self, host: str, port: int, recipient: str) -> tuple[str, int]:
        """By IPv4: a function that is in no network of its own has nothing else."""
        found = [(str(end[0]), int(end[1])) for *_, end in getaddrinfo(host, port, family=AF_INET, type=SOCK_STREAM)]
        for address, _ in found:
            if not self._may_reach(address):
                raise RecipientRefusedError(f"{recipient} is at {address}, which is no public address.")
        return found[0]


def _beginning(response: urllib3.BaseHTTPResponse) -> bytes:
    try:
        return response.read1(_MAX_ANSWER) or b""
    except (urllib3.exceptions.HTTPError, OSError):
        return b""
