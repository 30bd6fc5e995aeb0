"""A TLS server on this machine that sends its answer as slowly, or as endlessly, as a test says."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from benchmarks.self_signed import self_signed

LONGEST_SECONDS: Final = 20.0
"""The server gives up by itself after so long: a client without a deadline fails its test, and does not hang."""


@contextmanager
def slow_stand_in(
    directory: Path,
    *,
    name: str,
    at_once: bytes = b"",
    then: bytes = b"",
    every: float = 0.02,
    tls: bool = True,
    reads: bool = True,
) -> Iterator[tuple[int, Path]]:
    """Serve one connection: send `at_once`, then `then` again and again, every so many seconds, while anybody reads.

    Without `tls` it never finishes the handshake. Without `reads` it never reads the request. Gives the port, and the
    certificate to trust.
    """
    certificate = self_signed(directory, name=name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.path, certificate.key_path)
    ended = threading.Event()

    def serve(listening: socket.socket) -> None:
        with suppress(OSError):
            accepted, _ = listening.accept()
            accepted.settimeout(LONGEST_SECONDS)
            with closing(context.wrap_socket(accepted, server_side=True) if tls else accepted) as connection:
                if reads:
                    connection.recv(65536)
                connection.sendall(at_once)
                for _ in range(int(LONGEST_SECONDS / max(every, 0.0001))):
                    if ended.wait(every) or not then:
                        break
                    connection.sendall(then)
                ended.wait(LONGEST_SECONDS)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        try:
            yield listening.getsockname()[1], certificate.path
        finally:
            ended.set()
            thread.join()
