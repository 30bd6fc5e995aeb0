"""Slack's webhook and its answers, over real TLS."""

from pathlib import Path
from time import monotonic

import pytest

from journey_watch.channels.queued.https import Https
from journey_watch.channels.slack.webhook import SlackWebhook
from journey_watch.core.errors import RecipientRefusedError, RecipientUnavailableError
from tests.channels.queued.https_stand_in import found_at, https_stand_in
from tests.channels.queued.slow_stand_in import slow_stand_in

NAME = "hooks.example"
URL = f"https://{NAME}/services/x"
OK = b"HTTP/1.1 200 OK\r\n"


def post(monkeypatch: pytest.MonkeyPatch, port: int, certificate: Path, *, seconds: float = 5.0) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    found_at(monkeypatch, **{NAME: port})
    SlackWebhook(Https(seconds=seconds, may_reach=lambda _: True)).post(URL, {"text": "x"})


def test_an_answer_of_any_length_is_read_no_further_than_its_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of 1.5 GB filled the memory of the function."""
    with slow_stand_in(tmp_path, name=NAME, at_once=OK + b"\r\nok", then=b"x" * 100_000, every=0) as server:
        post(monkeypatch, *server, seconds=30)


@pytest.mark.parametrize("head", [OK, OK + b"Content-Length: 1000\r\n\r\n"])
def test_an_answer_of_which_nothing_comes_in_time_is_none(
    head: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with slow_stand_in(tmp_path, name=NAME, at_once=head, then=b" ") as server:
        began = monotonic()
        with pytest.raises(RecipientUnavailableError):
            post(monkeypatch, *server, seconds=0.6)
    assert monotonic() - began < 4


def test_an_answer_without_a_body_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with https_stand_in(tmp_path, name=NAME, usual=200) as server:
        post(monkeypatch, server.port, server.certificate)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "header", "wait"),
    [
        (404, None, None),
        (403, "40", 40.0),
        (429, "40", 40.0),
        (429, "0", 1.0),
        (500, "0", 1.0),
        (503, "99999", 900.0),
        (302, "40", 40.0),
    ],
)
def test_whatever_refuses_may_say_when_to_come_back(
    status: int, header: str | None, wait: float | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = (status, {"Retry-After": header} if header else {}, b"no")
    with (
        https_stand_in(tmp_path, name=NAME, usual=200, answers=[answer]) as server,
        pytest.raises((RecipientRefusedError, RecipientUnavailableError)) as caught,
    ):
        post(monkeypatch, server.port, server.certificate)
    assert caught.value.retry_after == wait
