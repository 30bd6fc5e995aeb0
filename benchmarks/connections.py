"""The work of a new TLS connection in the deployed bundle, with and without the shared context of `aws.clients`.

A server on this machine closes each connection after one answer. The trusted bundle is botocore's own, and the server's
certificate behind it. Few connections are counted and many; the difference is the connections alone.
"""

import http.server
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import botocore
import click

from benchmarks.effort import UNIT, effort
from benchmarks.parsing import ENVIRONMENT
from benchmarks.self_signed import self_signed
from infra.bundle import ROOT, build_bundle
from journey_watch.core.watch_list import WatchTarget
from journey_watch.settings import WatchConfig

FEW: Final = 2
MANY: Final = 22
CALLS: Final = """
import boto3
from journey_watch.aws import clients
if not {shared}:
    clients.share_tls_context = lambda client: None
client = clients.dynamodb_client(boto3.Session(region_name="eu-west-1"))
for _ in range({calls}):
    client.update_item(TableName="state", Key={{"pk": {{"S": "a"}}, "sk": {{"S": "b"}}}})
"""


class _Table(http.server.BaseHTTPRequestHandler):
    """HTTP/1.0: a new connection, and so a new handshake, for each request."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        del format, args


@click.command(help=__doc__)
def connections() -> None:
    bundle = build_bundle(WatchConfig(watch=(WatchTarget("pinpoint", "*"),)), build_directory=ROOT / ".build")
    with tempfile.TemporaryDirectory() as folder, _served(Path(folder)) as served:
        env = {**ENVIRONMENT, **served, "PYTHONPATH": str(bundle.path)}
        alone, shared = (_per_connection(env, shared=shared) for shared in (False, True))
    click.echo(f"{UNIT} a connection: {alone:.4g}, with a shared context {shared:.4g}, ratio {alone / shared:.1f}")


def _per_connection(env: dict[str, str], *, shared: bool) -> float:
    few, many = (effort("-c", CALLS.format(shared=shared, calls=calls), env=env) for calls in (FEW, MANY))
    return (many - few) / (MANY - FEW)


@contextmanager
def _served(folder: Path) -> Iterator[dict[str, str]]:
    """What leads a client to a server that shows a certificate of its own."""
    shown = self_signed(folder)
    trusted = folder / "trusted.pem"
    trusted.write_bytes((Path(botocore.__file__).parent / "cacert.pem").read_bytes() + shown.path.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.path, shown.key_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Table) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield {"AWS_ENDPOINT_URL": f"https://127.0.0.1:{server.server_port}", "AWS_CA_BUNDLE": str(trusted)}
        server.shutdown()
