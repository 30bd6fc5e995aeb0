"""Answers that no service would give: made from botocore's own model of it and then damaged, or no answers at all."""

import gzip
import json
from collections.abc import Mapping
from typing import Any, Final

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StructureShape
from hypothesis import strategies as st

from tests.damage import cut_or_changed, damaged

DEEPEST: Final = 2
"""A journey's activities hold activities: further down the model is not followed."""
ENTRIES: Final = 2
"""So many entries a list has."""

VALUES: Final[tuple[Any, ...]] = (
    None,
    True,
    0,
    -1,
    10**400,
    1.5,
    float("nan"),
    float("inf"),
    "",
    " \t",
    "EXPLODED",
    "*",
    "a#b",
    "../..",
    "\x00\x1b[2J\u202e",
    "\ud800",
    "x" * 10_000,
    "0000-00-00T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    [],
    [None, 7, "x", [[]]],
    {},
    {"Id": {"Id": [{"id": None}]}, "": []},
)
"""What stands where something else belongs."""


def modelled(service: str, operation: str, words: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """The body with which an operation answers, with every member that the model has.

    `words` are what members of these names hold, in which a `{n}` is the entry's number; None leaves a member out.
    """
    output = botocore.session.Session().get_service_model(service).operation_model(operation).output_shape
    assert output is not None
    payload = output.serialization.get("payload")
    return _sample(output.members[payload] if payload else output, words, "", 0, DEEPEST)


def _sample(shape: Shape, words: Mapping[str, Any], name: str, number: int, deeper: int) -> Any:  # noqa: ANN401 - JSON
    if name in words:
        word = words[name]
        return word.replace("{n}", str(number)) if isinstance(word, str) else word
    if isinstance(shape, StructureShape):
        members = shape.members.items() if deeper else ()
        on_the_wire = ((member.serialization.get("name", name), member) for name, member in members)
        sampled = ((name, _sample(member, words, name, number, deeper - 1)) for name, member in on_the_wire)
        return {name: value for name, value in sampled if value is not None}
    if isinstance(shape, ListShape):
        return [_sample(shape.member, words, "", at, deeper) for at in range(ENTRIES)]
    if isinstance(shape, MapShape):
        return {"key": _sample(shape.value, words, "", number, deeper)}
    enum = getattr(shape, "enum", None)
    values = {"string": enum[0] if enum else f"{name}-{number}", "timestamp": "2026-11-23T08:00:00Z", "boolean": False}
    return values.get(shape.type_name, 1)


def wrong(document: object) -> st.SearchStrategy[bytes]:
    """Bodies that are JSON, and almost this document."""
    return damaged(document, VALUES).map(lambda whole: json.dumps(whole).encode())


PROXY: Final = b"<!DOCTYPE html><html><head><title>502</title></head><body>Bad gateway &nbsp;</body></html>"
JUNK: Final = (
    b"",
    b"null",
    b"[]",
    b'"ok"',
    b"{}",
    b"7" * 5_000,
    b"[" * 10_000,
    b'{"a":' * 5_000,
    b"\xff\xfe{\x00}\x00",
    b"\xef\xbb\xbf{}",
    gzip.compress(b'{"Item": []}', mtime=0),
    PROXY,
    b'{"__type": "ThrottlingException", "message": "slow down"}',
    b'{"__type": [], "message": {"message": 7}, "code": null}',
    b'{"Error": {"Code": ["x"], "Message": null}}',
    b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>",
    b"<ErrorResponse><Error>",
)
"""What is no answer of any service."""


def no_answers(sound: bytes) -> st.SearchStrategy[bytes]:
    """Bodies that are junk, or what is left of a sound one."""
    return st.sampled_from(JUNK) | cut_or_changed(sound)


STATUSES: Final = st.sampled_from((200, 200, 200, 200, 202, 204, 302, 400, 403, 404, 418, 429, 500, 503))
"""Of HTTP; mostly the one under which a body is believed."""


def hostile(document: object) -> st.SearchStrategy[tuple[int, bytes]]:
    """Status and body of any answer where this document belongs."""
    return st.tuples(STATUSES, wrong(document) | no_answers(json.dumps(document).encode()))
