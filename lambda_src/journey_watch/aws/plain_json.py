"""Reads a service's JSON answers without fitting them to botocore's model.

botocore fails on a whole answer if one field has the wrong type: `"endTime": ""` hides every other campaign of the
page. Read as plain JSON, a bad field spoils only itself, and a long page takes half the time.
"""

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel

_ERRORS: Final = 300
"""The first HTTP status of an error; botocore reads errors."""
_LONGEST_NUMBER: Final = 40
"""More digits are no number of any service; Python refuses to read some thousands."""


def read_as_json(client: "BaseClient") -> None:
    """Let every successful answer to the client be what `json` reads. The service must speak JSON."""
    service = client.meta.service_model.service_id.hyphenize()
    client.meta.events.register(f"before-parse.{service}", hand_over_json)


def hand_over_json(
    *,
    operation_model: "OperationModel",
    response_dict: dict[str, Any],
    customized_response_dict: dict[str, Any],
    **_: object,
) -> None:
    """Handle botocore's before-parse event: put the body as `json` reads it in place of the modelled one.

    Errors, and bodies that are not a JSON object, are left to botocore.
    """
    shape = operation_model.output_shape
    if response_dict["status_code"] >= _ERRORS or shape is None:
        return
    try:
        body = _decoder.decode(response_dict["body"].decode("utf-8-sig", "surrogateescape"))
    except (ValueError, RecursionError):
        return
    if isinstance(body, dict):
        payload = shape.serialization.get("payload")
        body.pop("ResponseMetadata", None)  # botocore's own
        customized_response_dict.update({payload: body} if payload else body)
        response_dict["body"] = b""


def _whole_number(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


_decoder: Final = json.JSONDecoder(parse_int=_whole_number)
