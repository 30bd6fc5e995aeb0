"""No text of a configuration reaches the template as a reference that CloudFormation or the CDK would resolve."""

import json
import tomllib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from strict_toml.tables import Place
from tests.infra.conftest import ROOT
from tests.infra.synthesis import Synthesized

REFERENCES = (
    "{{resolve:secretsmanager:prod/database}}",
    "{{resolve:ssm-secure:/key:1}}@example.com",
    "https://example.com/?{{resolve:ssm:/x}}",
    "VIP {{resolve:ssm:/x}}*",
    "${AWS::AccountId}",
    "${Token[AWS.StackName.1]}",
    "\u007b\u007bresolve:ssm:/x}}",
)
Node = Any


def full_document() -> Node:
    """A configuration that has nearly every key there is."""
    text = (ROOT / "config/example.toml").read_text(encoding="utf-8")
    entry = {
        "name": "night",
        "from": "22:00",
        "to": "06:00",
        "time_zone": "Europe/London",
        "weekdays": ["saturday"],
        "name_pattern": ["VIP*"],
    }
    return {**tomllib.loads(text), "label": "shop", "extra": [entry]}


def with_each_text_replaced(root: Node, by: str) -> Iterator[tuple[str, Node]]:
    """(path, copy) for each text of a document, keys left alone."""

    def walk(node: Node, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        if isinstance(node, str):
            yield path
        for key, each in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            yield from walk(each, (*path, key))

    for path in walk(root, ()):
        changed = deepcopy(root)
        parent = changed
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = by
        yield ".".join(map(str, path)), changed


@pytest.mark.parametrize("reference", REFERENCES)
def test_a_reference_is_refused_wherever_a_text_stands(reference: str) -> None:
    places = 0
    for path, document in with_each_text_replaced(full_document(), reference):
        marker = "${" if reference.startswith("${") else "{{"
        with pytest.raises(ConfigurationError) as refused:
            DeploymentConfig.from_toml(tomlkit.dumps(document), Place("local.toml"))
        assert f'has "{marker}"' in str(refused.value), path
        places += 1

    assert places > 20


def test_a_reference_is_refused_as_a_key_too(tmp_path: Path) -> None:
    file = tmp_path / "local.toml"
    file.write_text('"{{resolve:ssm:/x}}" = 1\n', encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r'has "\{\{"'):
        DeploymentConfig.from_file(file)


def test_an_address_of_the_command_line_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r'^EMAIL has "\{\{"'):
        DeploymentConfig().with_recipient("{{resolve:ssm:/x}}@example.com")


def test_single_braces_are_no_reference() -> None:
    refused_by_nobody = 'label = "shop"\n[ops]\nemail = ["{ops}@example.com"]\n'

    assert DeploymentConfig.from_toml(refused_by_nobody, Place("local.toml")).ops_email == ("{ops}@example.com",)


def test_the_template_resolves_nothing(everything: Synthesized) -> None:
    assert "{{" not in json.dumps(everything.template)
