"""Where a configured URL can lead, and what comes of it: over real TLS."""

import socket
from pathlib import Path
from typing import Any

import pytest

from journey_watch.channels.queued.https import Https, is_public
from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError
from tests.channels.queued.https_stand_in import REFUSES_CONNECTIONS, found_at, https_stand_in

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
        https = Https(read_timeout=5, may_reach=anywhere)
        answer = https.post_json(URL, "{}", {"X-One": "1"}, recipient="It")
        with pytest.raises(RecipientUnavailableError, match=r"^It did not answer \(SSLError\)\.$"):
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
        Https(read_timeout=5, may_reach=only_here).post_json(URL, "{}", {}, recipient="It")

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
        Https(read_timeout=5).post_json(url, "{}", {}, recipient="It")


def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]

    monkeypatch.setattr("journey_watch.channels.queued.https.getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it connected"))

    with pytest.raises(RecipientRefusedError, match=r"10\.0\.0\.1"):
        Https(read_timeout=5).post_json(URL, "{}", {}, recipient="It")


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
        answer = Https(read_timeout=5, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")

    assert answer.status == status
    assert server.seen == 1


def test_no_more_of_an_answer_is_read_than_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with https_stand_in(tmp_path, name=NAME, usual=200, answers=[(500, {"Retry-After": "7"}, b"x" * 10**6)]) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        found_at(monkeypatch, **{NAME: server.port})
        answer = Https(read_timeout=5, may_reach=anywhere).post_json(URL, "{}", {}, recipient="It")

    assert (answer.status, answer.retry_after) == (500, "7")
    assert len(answer.body) <= 2000


def test_nobody_there_is_unavailable_and_no_error_holds_the_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = f"https://{NAME}/private"
    with https_stand_in(tmp_path, name=NAME, usual=REFUSES_CONNECTIONS) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        found_at(monkeypatch, **{NAME: server.port})
        https = Https(read_timeout=5, may_reach=anywhere)
        for url in (secret, "https://nowhere.example/private"):
            with pytest.raises(RecipientUnavailableError) as caught:
                https.post_json(url, "{}", {}, recipient="It")
            assert "private" not in str(caught.value)
            assert caught.value.__cause__ is None
