"""What a provider's file is made of: operations that answer calls, and its way of writing an error.

To add a provider, write one file that ends in a `Provider`, and name it in providers.py.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from simulator.listing_faults import Entry, Item, ListingFault
from simulator.paging import Token, UnknownTokenError
from simulator.quotas import Quota
from simulator.world import Site, World

JSON = {"content-type": "application/json"}


class ApiError(Exception):
    """A call is refused. An empty `code` stands for the provider's own code for this HTTP status."""

    def __init__(self, status: int, message: str, code: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code


@dataclass(frozen=True)
class Call:
    """One request, as far as any provider needs it."""

    operation: str
    caller: Site
    """The account and Region of the signature; those of the scenario where there is none."""
    access_key: str
    path: Mapping[str, str]
    """The parameters in the path, by their names in the operation's template."""
    query: Mapping[str, str]
    body: bytes

    @property
    def application(self) -> str:
        """The Pinpoint application that the path names; empty for none."""
        return self.path.get("application", "")

    @property
    def journey(self) -> str:
        """The Pinpoint journey, or Connect campaign, that the path names; empty for none."""
        return self.path.get("journey", self.path.get("campaign", ""))


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)


@dataclass(frozen=True)
class Session:
    """Somebody who assumed a role: the role's account and the ARN of the session."""

    account: str
    arn: str


@dataclass(frozen=True)
class Scene:
    """What an operation answers from: the world it sees, and the faults that touch what it shows."""

    world: World
    now: datetime
    """The scenario's time, UTC."""
    listing: int
    """A number that no other reading of a listing has."""
    page_sizes: Mapping[str, int]
    largest_page: int
    faults: Sequence[ListingFault]
    sessions: dict[str, Session]
    """By access key: whose credentials AssumeRole gave."""


def no_resource(_call: Call) -> Sequence[str]:
    """For operations that IAM judges by their action alone."""
    return ("*",)


@dataclass(frozen=True)
class Operation:
    """One operation of an API.

    `action` is its name in the form body, or in the header X-Amz-Target, for APIs that have a single path. `resources`
    says what IAM judges a call by: what follows the account in each ARN, by the resource types of the Service
    Authorization Reference.
    """

    name: str
    method: str
    path: str
    answer: Callable[[Call, Scene], Answer]
    quota: Quota | None = None
    action: str | None = None
    resources: Callable[[Call], Sequence[str]] = no_resource


@dataclass(frozen=True)
class Provider:
    """An AWS API. `refuse` writes an error as this API does; its last argument is the request's id.

    `iam_prefix` stands before the operations' names in policies; without one, no judge is asked.
    """

    name: str
    operations: Sequence[Operation]
    refuse: Callable[[ApiError, str], Answer]
    iam_prefix: str = ""


def json_answer(payload: object) -> Answer:
    """HTTP 200 with `payload` as JSON."""
    return Answer(200, json.dumps(payload).encode())


def shown(scene: Scene, entries: list[Entry], previous: Entry | None = None) -> list[dict[str, Any] | None]:
    """The entries as the scene's faults leave them."""
    for fault in scene.faults:
        entries = fault.touch(entries, previous)
    return [entry for _, entry in entries]


def read_page(
    call: Call,
    scene: Scene,
    items: Sequence[Item],
    *,
    size: int,
    token: str | None,
    show: Callable[[Item], dict[str, Any]],
) -> tuple[list[dict[str, Any] | None], str | None]:
    """One page of `items` and the token of the next, None after the last.

    Raises ApiError 400 for a token that this listing never gave.
    """
    scope = "/".join((call.operation, *call.caller, *call.path.values()))
    asked = _place(token, scope, scene)
    start = asked.offset
    for fault in scene.faults:
        items = fault.arrange(items, asked)
        start = fault.start(start)
    end = start + size
    following = Token(scope, asked.listing, end) if end < len(items) else None
    for fault in scene.faults:
        following = fault.following(asked, following, size)
    entries: list[Entry] = [(item.id, show(item)) for item in items[start:end]]
    previous: Entry | None = (items[start - 1].id, show(items[start - 1])) if 0 < start <= len(items) else None
    return shown(scene, entries, previous), following.encode() if following else None


def _place(token: str | None, scope: str, scene: Scene) -> Token:
    if token is None:
        return Token(scope, scene.listing, 0)
    try:
        return Token.decode(token, scope=scope)
    except UnknownTokenError as error:
        raise ApiError(400, "Token is not valid for this request") from error
