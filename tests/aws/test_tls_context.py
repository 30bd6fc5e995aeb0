"""One TLS context for all clients, which reads a CA bundle once, and still trusts nobody else."""

import http.server
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import SSLError

from benchmarks.self_signed import Certificate, self_signed
from journey_watch.aws import clients as aws_clients
from journey_watch.aws.clients import SOURCE_CONFIG, share_tls_context
from journey_watch.aws.rate_limit import RateLimit
from journey_watch.providers.pinpoint.client import PINPOINT_READS, pinpoint_client
from tests.aws.doubles import do_not_wait_between_retries

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient


class _EmptyListing(http.server.BaseHTTPRequestHandler):
    """HTTP/1.0: a new connection, and so a new handshake, for each request."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"Item": []}')

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        del format, args


class _TlsServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address  # a client that refuses the certificate


Serve = Callable[[Certificate, Path], None]
"""Start a server that shows this certificate, and let the clients trust that bundle."""
MakeClient = Callable[[], "PinpointClient"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    do_not_wait_between_retries(monkeypatch)


@pytest.fixture(autouse=True)
def _fresh_context() -> None:
    """A process keeps one context, and would trust here what the test before trusted: all issuers have one name."""
    aws_clients._tls_context.cache_clear()  # noqa: SLF001 - only a test starts a process anew


@pytest.fixture
def trusted(tmp_path: Path) -> Certificate:
    return self_signed(tmp_path)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    servers = []

    def start(shown: Certificate, bundle: Path) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(shown.path, shown.key_path)
        server = _TlsServer(("127.0.0.1", 0), _EmptyListing)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        servers.append((server, thread))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"https://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("AWS_CA_BUNDLE", str(bundle))

    yield start
    for server, thread in servers:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def client() -> Iterator[MakeClient]:
    made = []

    def make() -> "PinpointClient":
        own = boto3.Session(aws_access_key_id="made", aws_secret_access_key="up", region_name="eu-west-1")
        made.append(pinpoint_client(own, RateLimit(PINPOINT_READS)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_the_bundle_is_read_once_for_all_connections_of_all_clients(
    serve: Serve, client: MakeClient, trusted: Certificate
) -> None:
    serve(trusted, trusted.path)
    client().get_apps()
    trusted.path.unlink()
    assert client().get_journey_runs(ApplicationId="A", JourneyId="J")["JourneyRunsResponse"] == {"Item": []}


def test_botocore_itself_reads_it_each_time(serve: Serve, trusted: Certificate) -> None:
    """Or the test above would show nothing."""
    serve(trusted, trusted.path)
    plain = boto3.Session(aws_access_key_id="made", aws_secret_access_key="up").client(
        "pinpoint", region_name="eu-west-1", config=SOURCE_CONFIG
    )
    plain.get_apps()
    trusted.path.unlink()
    with pytest.raises(SSLError, match="No such file"):
        plain.get_apps()
    plain.close()


def test_a_certificate_of_nobody_known_is_refused(
    serve: Serve, client: MakeClient, trusted: Certificate, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    serve(self_signed(tmp_path / "other"), trusted.path)
    with pytest.raises(SSLError):
        client().get_apps()


def test_a_certificate_for_another_name_is_refused(serve: Serve, client: MakeClient, tmp_path: Path) -> None:
    elsewhere = self_signed(tmp_path, address="127.0.0.2")
    serve(elsewhere, elsewhere.path)
    with pytest.raises(SSLError):
        client().get_apps()


def test_a_client_whose_insides_moved_is_left_as_it_is() -> None:
    class Moved:
        """Has none of what botocore's client has."""

    share_tls_context(Moved())  # type: ignore[arg-type]
