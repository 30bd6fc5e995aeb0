"""Stands in for time and for the network under a real boto3 client."""

import functools
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

if TYPE_CHECKING:
    from botocore.client import BaseClient

REGION: Final = "eu-west-1"


@functools.cache  # it keeps the service models it has read
def session(account: str = "111122223333") -> boto3.Session:
    """Made-up credentials; the simulator takes a key of twelve digits for an account."""
    return boto3.Session(aws_access_key_id=account, aws_secret_access_key="made-up", region_name=REGION)


class Clock:
    """Monotonic seconds that only pass when told, or slept."""

    def __init__(self) -> None:
        self.at = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept.append(seconds)
            self.at += seconds


def do_not_wait_between_retries(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Skip botocore's back-off; returns the list of what it would have slept."""
    waits: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=waits.append))
    return waits


class _Body:
    """What AWSResponse reads its content from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


class ScriptedAnswers:
    """Answers a client's HTTP requests one after another, the last one for ever; its parser and retries are real.

    An answer is (status, body), an exception that the connection fails with, or something to call for either.
    """

    Answer = tuple[int, bytes] | Exception | Callable[[AWSPreparedRequest], tuple[int, bytes]]

    def __init__(self, *answers: Answer, headers: dict[str, str] | None = None) -> None:
        self._answers = list(answers)
        self._headers = headers or {}
        self.requests: list[AWSPreparedRequest] = []

    def attach(self, client: "BaseClient | boto3.Session") -> "ScriptedAnswers":
        """Answer for this client, or for all that the session makes from now on."""
        events = client.events if isinstance(client, boto3.Session) else client.meta.events
        events.register("before-send", self.answer)  # type: ignore[arg-type]  # may answer
        return self

    def say(self, *answers: Answer) -> None:
        """Forget the script; these come next."""
        self._answers = list(answers)

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """The next answer, to this request."""
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer(request) if callable(answer) else answer
        headers = HTTPHeaders()
        for name, value in self._headers.items():
            headers[name] = value
        return AWSResponse(request.url, status, headers, _Body(body))
