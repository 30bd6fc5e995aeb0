"""Which file is deployed if none is named, and adding a recipient to one."""

import tempfile
from pathlib import Path
from typing import Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError

DEFAULT: Final = Path("config/default.toml")
LOCAL: Final = Path("config/local.toml")
"""A checkout's own configuration, which git ignores. Where there is one, it is deployed if no other is named."""


def deployed_file(checkout: Path) -> Path:
    """The configuration, relative to the checkout, that is deployed if none is named."""
    return LOCAL if (checkout / LOCAL).exists() else DEFAULT


def add_recipient(path: Path, address: str) -> bool:
    """Add an e-mail address to a file, for alerts and for operators, beside all who are there; False if it was there.

    Comments and layout stay. Raises ConfigurationError, and leaves the file as it is, if that is no address, or if the
    file is written in a way in which nothing can be added safely.
    """
    before = DeploymentConfig.from_file(path)
    wanted = before.with_recipient(address)
    if wanted == before:
        return False
    # As bytes: reading text would turn the line ends of Windows into others.
    text = _with_recipient(path.read_bytes().decode(), before, address)
    if text is None or _read(text, path.name) != wanted:
        raise ConfigurationError(f"{path}: {address} cannot be added safely; add it by hand under [alerts] and [ops].")
    path.write_bytes(text.encode())
    return True


def _with_recipient(text: str, before: DeploymentConfig, address: str) -> str | None:
    lists = {"alerts": [reader.address for reader in before.alert_email], "ops": list(before.ops_email)}
    try:
        document = tomlkit.parse(text)
        for table, known in lists.items():
            if address not in known:
                section = document.setdefault(table, tomlkit.table())
                section.setdefault("email", tomlkit.array()).append(address)
        return tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, TypeError):
        return None


def _read(text: str, name: str) -> DeploymentConfig:
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / name
        copy.write_bytes(text.encode())
        return DeploymentConfig.from_file(copy)
