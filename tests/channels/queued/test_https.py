"""Where a configured URL can lead, and what comes of it: over real TLS."""

import socket
import threading
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from journey_watch.channels.queued.https import Https, is_public
from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError
from tests.channels.queued.https_stand_in import REFUSES_CONNECTIONS, found_at, https_stand_in
from tests.channels.queued.slow_stand_in import slow_stand_in

NAME = "alerts.example"
URL = f"https://{NAME}/in?team=a"


def anywhere(_: str) -> bool:
    return True


def test_the_name_stands_in_the_request_and_its_certificate_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with https_stand_in(tmp_path, name=NAME, usual=204) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        asked = found_at(monkeypatch, **{NAME: server.port, "other.example": server.port})
        https = Https(seconds=5, may_reach=anywhere)
        answer = https.post_json(URL, "{}", {"X-One": "1"}, recipient="It")
        with pytest.raises(RecipientUnavailableError, match=r"^It did not answer \(SSLCertVerificationError\)\.$"):
            https.post_json("https://other.example/", "{}", {}, recipient="It")

    assert answer.is_success
    (request,) = server.requests
    assert (request.path, request.body, request.headers["host"]) == ("/in?team=a", "{}", NAME)
    assert request.headers["x-one"] == "1"
    assert request.headers["content-type"] == "application/json"
    assert asked == [(NAME, 443), ("other.example", 443)]


def test_the_name_is_looked_up_once_and_the_address_that_was_looked_at_is_the_one_that_is_reached(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second look-up could lead elsewhere: DNS rebinding."""
    looked_at: list[str] = []

    def only_here(address: str) -> bool:
        looked_at.append(address)
        return True

    with https_stand_in(tmp_path, name=NAME, usual=200) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        asked = found_at(monkeypatch, **{NAME: server.port})
        Https(seconds=5, may_reach=only_here).post_json(URL, "{}", {}, recipient="It")

    assert looked_at == ["127.0.0.1"]
    assert len(asked) == 1


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/", "https://localhost/", "https://2130706433/", "https://0/", "https://169.254.169.254/"]
)
def test_a_url_that_leads_home_is_refused_before_anything_is_connected_to(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))

    with pytest.raises(RecipientRefusedError, match="which is no public address"):
        Https(seconds=5).post_json(url, "{}", {}, recipient="It")


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr("journey_watch.channels.queued.https.getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))

    with pytest.raises(RecipientRefusedError, match=r"10\.0\.0\.1"):
        Https(seconds=5).post_json(URL, "{}", {}, recipient="It")


@pytest.mark.parametrize(
    "address",
    [
        *("0.1.2.3", "10.1.2.3", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.0.2.1"),
        *("192.168.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
    ],
)
def test_an_address_that_is_not_on_the_internet_is_not_public(address: str) -> None:
    assert not is_public(address)


def test_one_that_is_is() -> None:
    assert is_public("8.8.8.8")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_redirect_is_followed(status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with https_stand_in(tmp_path, name=NAME, usual=200, answers=[(status, {"Location": URL}, b"")]) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        found_at(monkeypatch, **{NAME: server.port})
        answer = Https(seconds=5, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")

    assert answer.status == status
    assert server.seen == 1


def test_no_more_of_an_answer_is_read_than_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with https_stand_in(tmp_path, name=NAME, usual=200, answers=[(500, {"Retry-After": "7"}, b"x" * 10**6)]) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        found_at(monkeypatch, **{NAME: server.port})
        answer = Https(seconds=5, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")

    assert (answer.status, answer.retry_after) == (500, "7")
    assert len(answer.body) <= 2000


def test_nobody_there_is_unavailable_and_no_error_holds_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = f"https://{NAME}/private"
    with https_stand_in(tmp_path, name=NAME, usual=REFUSES_CONNECTIONS) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        found_at(monkeypatch, **{NAME: server.port})
        https = Https(seconds=5, may_reach=anywhere)
        for url in (secret, "https://nowhere.example/private"):
            with pytest.raises(RecipientUnavailableError) as caught:
                https.post_json(url, "{}", {}, recipient="It")
            assert "private" not in str(caught.value)
            assert caught.value.__cause__ is None


@pytest.mark.parametrize("netloc", [NAME, f"{NAME}:8443", f"{NAME}:443", f"user:secret@{NAME}:8443"])
def test_host_header_has_the_port_of_the_url_and_no_credentials(
    netloc: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with https_stand_in(tmp_path, name=NAME, usual=200) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        asked = found_at(monkeypatch, **{NAME: server.port})
        Https(seconds=5, may_reach=anywhere).post_json(f"https://{netloc}/", "{}", {}, recipient="It")

    assert server.requests[0].headers["host"] == netloc.rpartition("@")[2]
    assert asked == [(NAME, 8443 if "8443" in netloc else 443)]


def test_path_of_any_letters_arrives_as_it_was_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with https_stand_in(tmp_path, name=NAME, usual=200) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        found_at(monkeypatch, **{NAME: server.port})
        url = f"https://{NAME}/pr\u00fcfung/a b%20c?x=1&y=[2]"
        Https(seconds=5, may_reach=anywhere).post_json(url, "{}", {}, recipient="It")

    assert server.requests[0].path == "/pr%C3%BCfung/a%20b%20c?x=1&y=[2]"


# One deadline, one bound

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SECONDS = 0.6


@pytest.mark.parametrize(
    ("at_once", "then", "tls"),
    [
        (b"\x16\x03\x03\x40\x00", b"\x02", False),
        (b"", b"", True),
        (b"", b"H", True),
        (OK, b"x", True),
        (OK, b"X-One: 1\r\n", True),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", True),
    ],
    ids=["handshake", "silence", "status", "header", "headers", "continue"],
)
def test_recipient_that_drips_has_not_answered_by_the_deadline(
    at_once: bytes, then: bytes, tls: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte would be in time for a timeout of its own."""
    with slow_stand_in(tmp_path, name=NAME, at_once=at_once, then=then, tls=tls) as (port, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found_at(monkeypatch, **{NAME: port})
        began = monotonic()
        with pytest.raises(RecipientUnavailableError, match="Timeout"):
            Https(seconds=SECONDS, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")

    assert monotonic() - began < SECONDS + 3


@pytest.mark.parametrize(
    ("at_once", "then", "body"),
    [
        (OK + b"\r\n", b"x", b"x"),
        (OK + b"Content-Length: 1000000\r\n\r\n", b"x", b"x"),
        (CHUNKED, b"1\r\nx\r\n", b"x"),
        (CHUNKED, b"1", b""),
        (CHUNKED + b"2\r\nok\r\n0\r\n", b"X-One: 1\r\n", b"ok"),
    ],
    ids=["body", "length", "chunks", "chunk size", "trailers"],
)
def test_body_that_drips_is_cut_at_the_deadline_and_the_status_counts(
    at_once: bytes, then: bytes, body: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_stand_in(tmp_path, name=NAME, at_once=at_once, then=then) as (port, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found_at(monkeypatch, **{NAME: port})
        began = monotonic()
        answer = Https(seconds=SECONDS, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")

    assert monotonic() - began < SECONDS + 3
    assert (answer.status, answer.is_cut_short) == (200, True)
    assert answer.body.startswith(body)


@pytest.mark.parametrize(
    ("at_once", "then"),
    [
        (OK, b"X-One: " + b"1" * 60_000 + b"\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n" + b"X-One: 1\r\n" * 50 + b"\r\n"),
    ],
    ids=["headers", "continue"],
)
def test_answer_without_end_is_no_answer(
    at_once: bytes, then: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_stand_in(tmp_path, name=NAME, at_once=at_once, then=then, every=0) as (port, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found_at(monkeypatch, **{NAME: port})
        with pytest.raises(RecipientUnavailableError):
            Https(seconds=30, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")


@pytest.mark.parametrize("head", [OK + b"\r\n", CHUNKED + b"ffffffff\r\n"])
def test_body_without_end_is_read_no_further_than_its_beginning(
    head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_stand_in(tmp_path, name=NAME, at_once=head, then=b"x" * 100_000, every=0) as (port, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found_at(monkeypatch, **{NAME: port})
        answer = Https(seconds=30, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")

    assert (answer.status, len(answer.body), answer.is_cut_short) == (200, 2000, False)


def test_recipient_that_does_not_read_the_request_has_not_answered_by_the_deadline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_stand_in(tmp_path, name=NAME, reads=False) as (port, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        found_at(monkeypatch, **{NAME: port})
        began = monotonic()
        with pytest.raises(RecipientUnavailableError, match="Timeout"):
            Https(seconds=SECONDS, may_reach=anywhere).post_json(URL, "x" * 30_000_000, {}, recipient="It")

    assert monotonic() - began < SECONDS + 3


def test_name_that_is_not_looked_up_in_time_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        gate.wait(20)
        return []

    monkeypatch.setattr("journey_watch.channels.queued.https.getaddrinfo", getaddrinfo)
    began = monotonic()
    with pytest.raises(RecipientUnavailableError, match="Timeout"):
        Https(seconds=0.1).post_json(URL, "{}", {}, recipient="It")
    gate.set()
    assert monotonic() - began < 3
