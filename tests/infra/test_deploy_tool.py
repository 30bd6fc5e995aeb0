"""`make deploy`: which file it deploys, and that an address given once is still known the next time."""

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from tests.infra.conftest import ROOT


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, working on a checkout of its own."""
    loader = SourceFileLoader("deploy_tool", str(ROOT / "tools/deploy"))
    monkeypatch.setattr("sys.dont_write_bytecode", True)
    spec = importlib.util.spec_from_loader("deploy_tool", loader)
    assert spec
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/default.toml").write_bytes((ROOT / "config/default.toml").read_bytes())
    monkeypatch.setattr(module, "ROOT", tmp_path)
    return module


def test_the_first_address_is_written_down_for_alerts_and_for_operators(tool: ModuleType, tmp_path: Path) -> None:
    chosen = tool.choose_config("you@example.com")

    written = DeploymentConfig.from_file(tmp_path / chosen)
    default = DeploymentConfig.from_file(ROOT / "config/default.toml")
    assert str(chosen) == "config/local.toml"
    assert written == default.with_reader("you@example.com")


def test_later_deployments_use_what_was_written(tool: ModuleType) -> None:
    first = tool.choose_config("you@example.com")

    assert tool.choose_config(None) == first
    assert tool.choose_config("you@example.com") == first


def test_another_address_is_not_dropped_silently(tool: ModuleType) -> None:
    tool.choose_config("you@example.com")

    with pytest.raises(ConfigurationError, match=r"does not name me@example\.com: add it there"):
        tool.choose_config("me@example.com")


def test_without_an_address_the_default_is_deployed(tool: ModuleType, tmp_path: Path) -> None:
    assert str(tool.choose_config(None)) == "config/default.toml"
    assert not (tmp_path / "config/local.toml").exists()


def test_what_is_no_address_is_refused_and_nothing_written(tool: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected an e-mail address"):
        tool.choose_config("you")

    assert not (tmp_path / "config/local.toml").exists()


def test_without_a_region_it_says_what_to_set(tool: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(ConfigurationError, match="set AWS_REGION"):
        tool.open_session()
