"""Checks an answer's raw body against botocore's model of the service, which its own parser does not do."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (str,),
}


def wire_problems(operation: OperationModel, body: bytes) -> list[str]:
    """What is wrong with the body of a successful answer: nothing, for a true one."""
    shape = operation.output_shape
    assert isinstance(shape, StructureShape)
    if operation.service_model.protocol == "query":
        result = ET.fromstring(body)[0]  # noqa: S314 - the simulator's own answer
        assert _local_name(result) == shape.serialization["resultWrapper"]
        return list(shape_problems(shape, _as_json(result), operation.name))
    payload = shape.serialization.get("payload")
    return list(shape_problems(shape.members[payload] if payload else shape, json.loads(body), operation.name))


def shape_problems(shape: Shape, value: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Unknown members, wrong types, missing required members, values outside their enumeration."""
    if isinstance(shape, StructureShape):
        yield from _structure_problems(shape, value, where)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list):
            yield f"{where}: not a list"
            return
        for index, item in enumerate(value):
            yield from shape_problems(shape.member, item, f"{where}[{index}]")
    elif isinstance(shape, MapShape):
        for key, item in value.items():
            yield from shape_problems(shape.value, item, f"{where}.{key}")
    else:
        yield from _scalar_problems(shape, value, where)


def _structure_problems(shape: StructureShape, value: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    if not isinstance(value, dict):
        yield f"{where}: not an object"
        return
    by_wire_name = {member.serialization.get("name", name): (name, member) for name, member in shape.members.items()}
    for key in value.keys() - by_wire_name.keys():
        yield f"{where}.{key}: unknown member"
    for wire_name, (name, member) in by_wire_name.items():
        if wire_name in value:
            yield from shape_problems(member, value[wire_name], f"{where}.{wire_name}")
        elif name in shape.required_members:
            yield f"{where}.{wire_name}: missing"


def _scalar_problems(shape: Shape, value: Any, where: str) -> Iterator[str]:  # noqa: ANN401 - any JSON
    accepted = PYTHON_TYPES[shape.type_name]
    if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
        yield f"{where}: {value!r} is not a {shape.type_name}"
    elif getattr(shape, "enum", []) and value not in shape.enum:  # type: ignore[attr-defined]
        yield f"{where}: {value!r} is not one of {shape.enum}"  # type: ignore[attr-defined]
    elif shape.type_name == "timestamp" and datetime.fromisoformat(str(value)).tzinfo is None:
        yield f"{where}: {value!r} has no zone"


def _as_json(element: ET.Element) -> Any:  # noqa: ANN401 - any JSON
    return {_local_name(child): _as_json(child) for child in element} if len(element) else element.text


def _local_name(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]
