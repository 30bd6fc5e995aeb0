"""Judges the calls of real boto3 clients under the role whose credentials sign them, and answers a refusal as AWS does.

It hears of every client through botocore's events, so that what is judged is the code as it ships.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import botocore.handlers
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.model import OperationModel
from botocore.signers import RequestSigner

from infra.deployed_stack import DeployedStack
from infra.operations import Operation, with_called_on_behalf
from tests.permissions.calls import Site, permissions
from tests.permissions.policy import Statement, allows

_PARAMETERS: Final = "parameters as given"
_CODES: Final = {"sns": "AuthorizationError", "sqs": "AccessDenied", "sts": "AccessDenied"}
"""Where a refusal is not called AccessDeniedException."""
SETTING_UP: Final = "set-up"
"""The access key of the test's own calls. They are not judged."""


@dataclass(frozen=True)
class Principal:
    """A role, in the stack that has it."""

    name: str
    stack: DeployedStack
    statements: Sequence[Statement]


@dataclass
class Judge:
    """What was called, under which role, and what was refused."""

    principal_of: Callable[[str], Principal | None]
    """By access key."""
    heard: set[tuple[str, str]] = field(default_factory=set)
    """Service and operation, as botocore calls them, of all that was called."""
    made: dict[str, set[Operation]] = field(default_factory=dict)
    """By role: what its calls needed, and what services then call of KMS."""
    refused: list[str] = field(default_factory=list)
    """Action, resource and role of each refusal, and calls that could not be judged."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _rulings: dict[tuple[str, frozenset[Operation]], tuple[frozenset[Operation], list[str]]] = field(
        default_factory=dict
    )
    """By role and what a call needs: what services then call too, and what is refused of all that."""

    @contextmanager
    def sitting(self, *more: tuple[str, Callable[..., object]]) -> Iterator[None]:
        """Judges the calls of all sessions that are made from now on; `more` handle botocore's events after that."""
        handlers = [
            *botocore.handlers.BUILTIN_HANDLERS,
            ("before-parameter-build", _keep_parameters),
            ("before-call", self._judge),
            *more,
        ]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
            yield

    def _judge(
        self, *, model: OperationModel, context: Mapping[str, Any], request_signer: RequestSigner, **_: object
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        """Handle botocore's before-call event: an answer takes the place of the call."""
        # Nothing public tells whose client it is. It is asked late: credentials may have to be had first.
        credentials = request_signer._credentials  # type: ignore[attr-defined]  # noqa: SLF001
        access_key = credentials.access_key if credentials else ""
        if access_key == SETTING_UP:
            return None
        service, region = model.service_model.service_name, str(request_signer.region_name)
        principal = self.principal_of(access_key)
        with self._lock:
            self.heard.add((service, model.name))
            if principal is None:
                self.refused.append(f"{service}.{model.name} is signed by {access_key!r}, which is no role's")
                return _refusal(service, self.refused[-1])
            try:
                needed = permissions(service, model.name, context[_PARAMETERS], Site(principal.stack.account, region))
            except KeyError as error:
                self.refused.append(str(error))
                return _refusal(service, self.refused[-1])
            return self._ruling(principal, service, needed)

    def _ruling(
        self, principal: Principal, service: str, needed: Sequence[Operation]
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        asked = principal.name, frozenset(needed)
        if asked not in self._rulings:
            complete = with_called_on_behalf(principal.stack, needed)
            self._rulings[asked] = (
                complete,
                [
                    f"{principal.name} is not authorized to perform: {operation}"
                    for operation in sorted(complete)
                    if not allows(principal.statements, operation)
                ],
            )
        complete, refused = self._rulings[asked]
        self.made.setdefault(principal.name, set()).update(complete)
        self.refused += refused
        return _refusal(service, refused[0]) if refused else None


def _keep_parameters(*, params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
    context[_PARAMETERS] = params


def _refusal(service: str, message: str) -> tuple[AWSResponse, dict[str, Any]]:
    error = {"Code": _CODES.get(service, "AccessDeniedException"), "Message": f"User: {message}"}
    response = AWSResponse("https://refused.invalid", HTTPStatus.FORBIDDEN, HTTPHeaders(), None)
    return response, {"Error": error, "ResponseMetadata": {"HTTPStatusCode": HTTPStatus.FORBIDDEN, "HTTPHeaders": {}}}
