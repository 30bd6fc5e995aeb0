"""Counts what the clients of a session do, and what DynamoDB would bill for it."""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import boto3
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from botocore.model import OperationModel

READ_UNIT = 4096
"""Bytes that one read unit reads consistently; half a unit reads as much eventually consistently."""


@dataclass(slots=True)
class Meter:
    """Of all clients that the session makes after `attach`. Attempts count, not calls. Safe for threads."""

    calls: Counter[str] = field(default_factory=Counter)
    """By "service.Operation"."""
    bytes_sent: int = 0
    bytes_received: int = 0
    """Of bodies, both."""
    _tables: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    """What DynamoDB answered, by operation; weighed only when asked for, not while the poller runs."""

    def attach(self, session: "boto3.Session") -> None:
        session.events.register("before-parameter-build.dynamodb", self._ask_for_capacity)
        session.events.register_first("before-send", self._sent)  # before whatever answers in the network's place
        session.events.register("after-call", self._answered)

    def clear(self) -> None:
        self.calls.clear()
        self.bytes_sent = self.bytes_received = 0
        self._tables.clear()

    @property
    def read_units(self) -> float:
        return sum(_read_units(answer) for operation, answer in self._tables if operation in _READS)

    @property
    def write_units(self) -> float:
        return sum(
            sum(capacity["CapacityUnits"] for capacity in _as_list(answer["ConsumedCapacity"]))
            for operation, answer in self._tables
            if operation not in _READS and "ConsumedCapacity" in answer
        )

    def _ask_for_capacity(self, params: dict[str, Any], model: "OperationModel", **_: object) -> None:
        if model.input_shape and "ReturnConsumedCapacity" in model.input_shape.members:
            params["ReturnConsumedCapacity"] = "TOTAL"

    def _sent(self, request: "AWSPreparedRequest", event_name: str, **_: object) -> None:
        body = request.body
        service, operation = event_name.split(".")[1:]
        self.calls[f"{service}.{operation}"] += 1
        self.bytes_sent += len(body) if isinstance(body, bytes | str) else 0

    def _answered(
        self, http_response: "AWSResponse", parsed: dict[str, Any], model: "OperationModel", **_: object
    ) -> None:
        self.bytes_received += len(http_response.content)
        if model.service_model.service_name == "dynamodb":
            self._tables.append((model.name, parsed))


_READS = frozenset({"GetItem", "Query"})


def _as_list(value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - one or many, as DynamoDB answers
    return value if isinstance(value, list) else [value]


def _read_units(answer: dict[str, Any]) -> float:
    """Of an eventually consistent read: sizes are summed before they are rounded, and nothing found costs as much."""
    items = answer.get("Items") or [answer.get("Item", {})]
    return max(1, math.ceil(sum(map(_item_bytes, items)) / READ_UNIT)) / 2


def _item_bytes(item: dict[str, Any]) -> int:
    """As DynamoDB counts.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + len(content) + _item_bytes(content)
    if kind == "N":
        return math.ceil(len(content) / 2) + 1
    return len(str(content).encode())
