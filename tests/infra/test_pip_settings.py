"""pip keeps the user's index, and loses what names another place, version or kind of package."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.pip_settings import PipConfigurationError, index_settings, pip_environment

INDEX = {
    "PIP_INDEX_URL": "https://pip.example.com/simple",
    "PIP_EXTRA_INDEX_URL": "https://a.example.com https://b.example.com",
    "PIP_PROXY": "http://proxy.example.com:3128",
    "PIP_CERT": "/etc/company.pem",
    "PIP_TRUSTED_HOST": "pip.example.com",
}
HARMFUL = {
    "PIP_USER": "yes",
    "PIP_PREFIX": "/tmp/prefix",  # noqa: S108 - never written to
    "PIP_TARGET": "/tmp/target",  # noqa: S108 - never written to
    "PIP_ROOT": "/tmp/root",  # noqa: S108 - never written to
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_NO_BINARY": ":all:",
    "PIP_PLATFORM": "win_amd64",
    "PIP_PYTHON": "/nonexistent/python",
    "PIP_DRY_RUN": "1",
    "PIP_CONSTRAINT": "/nonexistent/constraints.txt",
    "PYTHONUSERBASE": "/tmp/base",  # noqa: S108 - never written to
    "PYTHONPATH": "/nonexistent",
    "PYTHONHOME": "/nonexistent",
}
CONFIGURED = """\
[global]
index-url = https://pip.example.com/simple
extra-index-url =
    https://a.example.com
    https://b.example.com
require-virtualenv = true
[install]
user = true
prefix = /tmp/prefix
trusted-host = pip.example.com
"""


def pip_says(environ: dict[str, str]) -> list[str]:
    """Return what pip is configured with in an environment."""
    command = [sys.executable, "-m", "pip", "config", "list"]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    return sorted(line.partition("=")[0] for line in done.stdout.splitlines())


def test_variables_that_reach_an_index_stay_and_no_others() -> None:
    plain = {"PATH": os.environ["PATH"], "HTTPS_PROXY": "http://proxy.example.com:3128", "PIP_CONFIG_FILE": os.devnull}

    env = pip_environment(sys.executable, plain | INDEX | HARMFUL)

    assert {name: value for name, value in env.items() if name in INDEX} == INDEX
    assert not HARMFUL.keys() & env.keys()
    assert env["HTTPS_PROXY"] == "http://proxy.example.com:3128"


def test_a_configuration_file_is_read_for_the_index_alone(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text(CONFIGURED, encoding="utf-8")

    env = pip_environment(sys.executable, {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": str(file)})

    assert env["PIP_INDEX_URL"] == "https://pip.example.com/simple"
    assert env["PIP_EXTRA_INDEX_URL"].split() == ["https://a.example.com", "https://b.example.com"]
    assert env["PIP_TRUSTED_HOST"] == "pip.example.com"
    assert [name for name in pip_says(env) if "user" in name or "prefix" in name or "virtualenv" in name] == []


def test_a_variable_wins_over_a_file_and_the_section_of_a_command_over_the_global_one() -> None:
    listed = ":env:.index-url='c'\nglobal.cert='a'\nglobal.index-url='a'\ninstall.cert='b'\ninstall.index-url='b'\n"

    assert index_settings(listed) == {"PIP_INDEX_URL": "c", "PIP_CERT": "b"}


def test_a_configuration_that_pip_cannot_read_is_said(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global\n", encoding="utf-8")

    with pytest.raises(PipConfigurationError, match=r"pip\.conf"):
        pip_environment(sys.executable, {"PATH": os.environ["PATH"], "PIP_CONFIG_FILE": str(file)})
