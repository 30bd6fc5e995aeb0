"""Of the AWS SDK only what the functions call: with all of it a cold start costs half as much again."""

import gzip
import json
import shutil
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

from journey_watch.aws.event_history import SDK_OPERATIONS as EVENT_HISTORY
from journey_watch.channels.registry import REGISTRY as CHANNELS
from journey_watch.providers.registry import REGISTRY as PROVIDERS

_OWN_OPERATIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "cloudwatch": ("GetMetricData",),
    "dynamodb": ("BatchGetItem", "Query", "TransactWriteItems", "UpdateItem"),
    "sqs": ("ChangeMessageVisibility",),
    "secretsmanager": ("GetSecretValue",),
    "sts": ("AssumeRole",),
}


def sdk_operations() -> dict[str, tuple[str, ...]]:
    """What the functions may call. The models of all other services and operations, 25 MB, stay out of the bundle."""
    of_providers = [entry.sdk_operations for entry in PROVIDERS.values()]
    of_names = [entry.naming_operations for entry in PROVIDERS.values()]
    of_channels = [entry.sdk_operations for entry in CHANNELS]
    called: dict[str, tuple[str, ...]] = {}
    for calls in (*of_providers, *of_names, *of_channels, EVENT_HISTORY, _OWN_OPERATIONS):
        for service, names in calls.items():
            called[service] = tuple(dict.fromkeys((*called.get(service, ()), *names)))
    return called


def trim(data: Path) -> None:
    """Leave in botocore's `data` directory only the models of `sdk_operations`, cut to those operations."""
    kept = sdk_operations()
    for service in [path for path in data.iterdir() if path.is_dir()]:
        if service.name not in kept:
            shutil.rmtree(service)
            continue
        *outdated, version = sorted(path for path in service.iterdir() if path.is_dir())
        for directory in outdated:
            shutil.rmtree(directory)
        for unused in (*version.glob("examples-*"), *version.glob("waiters-*")):
            unused.unlink()
        compressed = version / "service-2.json.gz"
        model = json.loads(gzip.decompress(compressed.read_bytes()))
        compressed.unlink()
        cut = cut_model(model, kept[service.name])
        (version / "service-2.json").write_text(json.dumps(cut, separators=(",", ":")), encoding="utf-8")


def cut_model(model: Mapping[str, Any], operations: Collection[str]) -> dict[str, Any]:
    """A botocore service model with these operations and the shapes they reach, undocumented."""
    kept = {name: model["operations"][name] for name in operations}
    pending = [shape for operation in kept.values() for shape in _shapes_in(operation)]
    reached: set[str] = set()
    while pending:
        shape = pending.pop()
        if shape not in reached:
            reached.add(shape)
            pending.extend(_shapes_in(model["shapes"][shape]))
    shapes = {name: shape for name, shape in model["shapes"].items() if name in reached}
    return cast("dict[str, Any]", _undocumented({**model, "operations": kept, "shapes": shapes}))


def _shapes_in(node: object) -> Iterator[str]:
    """The shapes that an operation or a shape refers to: the values of its `shape` keys, at any depth."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "shape" and isinstance(value, str):
                yield value
            else:
                yield from _shapes_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from _shapes_in(value)


def _undocumented(node: object) -> object:
    if isinstance(node, dict):
        # A member may be called "documentation" too; then its value is a table.
        return {
            key: _undocumented(value)
            for key, value in node.items()
            if not (key == "documentation" and isinstance(value, str))
        }
    return [_undocumented(value) for value in node] if isinstance(node, list) else node
