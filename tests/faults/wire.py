"""Faults as an SDK meets them on the wire: each takes the place of one call to AWS."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from xml.sax.saxutils import escape

import botocore.handlers
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

from journey_watch.aws.clients import READ_SECONDS

XML: Final = frozenset({"sns", "sts"})
"""Services that answer in XML; the others answer in JSON."""
A_PAGE: Final = b"<html><body>Your session has ended. Please log in again.</body></html>"
SLOW_SECONDS: Final = 3.0
"""Less than the patience of any client."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call on its way to a service, once for each attempt of the SDK."""

    service: str
    """As botocore's events name it: `secrets-manager`."""
    operation: str
    request: AWSPreparedRequest
    wait: Callable[[float], None]
    """Lets so many seconds pass."""
    carry_out: Callable[[], AWSResponse | None]
    """What would happen without a fault. None: a real HTTP request follows, to the simulator."""


Fault = Callable[[Call], AWSResponse | None]
"""Answers in place of the service, raises what the HTTP client would, or lets the call be carried out."""


def asked(request: AWSPreparedRequest) -> dict[str, Any]:
    """What a request in JSON asks for."""
    assert isinstance(request.body, str | bytes)
    parameters: dict[str, Any] = json.loads(request.body)
    return parameters


def answers(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> Fault:
    """Whatever is asked; the service never hears of it."""

    def fault(call: Call) -> AWSResponse:
        http_headers = HTTPHeaders()
        for name, value in (headers or {}).items():
            http_headers[name] = value
        return AWSResponse(call.request.url, status, http_headers, MockRawResponse(body))

    return fault


def refuses(code: str, message: str, status: int = HTTPStatus.BAD_REQUEST) -> Fault:
    """An error in the form of the service."""
    details = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
    xml = f"<ErrorResponse><Error><Type>Sender</Type>{details}</Error><RequestId>r</RequestId></ErrorResponse>"
    in_json = json.dumps({"__type": code, "message": message, "Message": message})

    def fault(call: Call) -> AWSResponse | None:
        body = xml if call.service in XML else in_json
        return answers(status, body.encode(), {"x-amzn-ErrorType": code})(call)

    return fault


def is_slow(call: Call) -> AWSResponse | None:
    """Every answer takes SLOW_SECONDS."""
    call.wait(SLOW_SECONDS)
    return call.carry_out()


def hangs(call: Call) -> AWSResponse | None:
    """It never answers, and nothing is done."""
    call.wait(READ_SECONDS)
    raise ReadTimeoutError(endpoint_url=call.request.url)


def cannot_be_reached(call: Call) -> AWSResponse | None:
    """It refuses the connection."""
    raise EndpointConnectionError(endpoint_url=call.request.url)


def answer_is_cut(call: Call) -> AWSResponse | None:
    """It does what it is asked, and the connection breaks within the answer."""
    call.carry_out()
    raise ConnectionClosedError(endpoint_url=call.request.url)


answers_with_a_page: Final = answers(HTTPStatus.OK, A_PAGE, {"Content-Type": "text/html"})
"""A proxy answers in its place."""


def any_service(*, throttled: Fault, denied: Fault, gone: Fault | None) -> dict[str, Fault]:
    """What may be wrong with any service of AWS, in words and on the wire. `gone` is None for one that cannot go."""
    unwell = refuses("InternalServerError", "We encountered an internal error.", HTTPStatus.INTERNAL_SERVER_ERROR)
    troubles: dict[str, Fault | None] = {
        "throttles every call": throttled,
        "answers 500": unwell,
        "answers 503 with an empty page": answers(HTTPStatus.SERVICE_UNAVAILABLE, b""),
        "takes 3 s for each answer": is_slow,
        "never answers": hangs,
        "cannot be reached": cannot_be_reached,
        "does it, and its answer is cut off": answer_is_cut,
        "answers with a proxy's page": answers_with_a_page,
        "refuses: a permission is missing": denied,
        "is gone": gone,
    }
    return {what: fault for what, fault in troubles.items() if fault}


@dataclass
class Wire:
    """Where all calls of boto3 pass. Only those meet a fault that are made while one is on."""

    wait: Callable[[float], None]
    faults: Mapping[tuple[str, str], Fault]
    """By service and operation; the operation may be `*`."""
    _put: list[str] = field(default_factory=list)

    @contextmanager
    def tapped(self) -> Iterator[None]:
        """Clients that are made while it lasts send their calls this way. moto listens at the end of it."""
        tapped = [
            (event, self._send if handler is botocore_stubber else handler, *rest)
            for event, handler, *rest in botocore.handlers.BUILTIN_HANDLERS
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(botocore.handlers, "BUILTIN_HANDLERS", tapped)
            yield

    def put_events(self) -> list[str]:
        """The details of the events that the bus has got since this was last asked. moto hands them on to nobody."""
        put, self._put = self._put, []
        return put

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
        _before_send, service, operation = event_name.split(".")

        def carry_out() -> AWSResponse | None:
            if (service, operation) == ("eventbridge", "PutEvents"):
                self._put += [entry["Detail"] for entry in asked(request)["Entries"]]
            answer: AWSResponse | None = botocore_stubber(event_name, request)
            return answer

        fault = self.faults.get((service, operation)) or self.faults.get((service, "*"))
        return fault(Call(service, operation, request, self.wait, carry_out)) if fault else carry_out()
