"""The core, the poll and the stores work for any provider: none of them knows one by name."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import journey_watch
from journey_watch.providers.registry import REGISTRY

PACKAGE = Path(journey_watch.__file__).parent
SPECIFIC = ("providers", "aws", "composition.py")
"""Rooms, and files anywhere, in which a provider is at home."""
NEUTRAL = [path for path in PACKAGE.rglob("*.py") if not {*path.relative_to(PACKAGE).parts} & {*SPECIFIC}]


def words(tree: ast.AST) -> Iterator[str]:
    """Names, and texts that are not documentation."""
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr


@pytest.mark.parametrize("path", NEUTRAL, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_provider_is_named(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert [word for word in words(tree) if word.lower() in REGISTRY] == []
