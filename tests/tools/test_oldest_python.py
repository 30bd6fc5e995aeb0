"""Rules of the oldest supported Python that a newer one does not enforce.

ruff checks the syntax; `.ci/run` runs the quick tests under that Python.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from local_cloud.toolchain import CHECKOUT

PACKAGES = ("lambda_src", "infra", "operator_cli", "simulator", "strict_toml", "local_cloud", "verify_aws", "proof")


def class_attributes(path: Path) -> Iterator[ast.AnnAssign]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef):
            yield from (field for field in node.body if isinstance(field, ast.AnnAssign))


def test_no_dataclass_has_a_mapping_proxy_as_a_default() -> None:
    """Python 3.11 refuses to import the module: a mapping proxy has no hash there, so it counts as mutable."""
    files = [path for package in PACKAGES for path in sorted((CHECKOUT / package).rglob("*.py"))]
    wrong = [
        f"{path.relative_to(CHECKOUT)}:{field.lineno}"
        for path in files
        for field in class_attributes(path)
        if isinstance(field.value, ast.Call) and ast.unparse(field.value.func) == "MappingProxyType"
    ]
    assert wrong == []
