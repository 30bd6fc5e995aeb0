"""Which file is deployed if none is named, and adding a recipient to one."""

import codecs
import os
import shutil
from pathlib import Path
from typing import Final

import tomlkit
from tomlkit.exceptions import TOMLKitError

from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import ConfigurationError
from strict_toml.tables import Place

DEFAULT: Final = Path("config/default.toml")
LOCAL: Final = Path("config/local.toml")
"""A checkout's own configuration, which git ignores. Where there is one, it is deployed if no other is named."""


def deployed_file(checkout: Path) -> Path:
    """The configuration, relative to the checkout, that is deployed if none is named."""
    # A link that leads nowhere is one too: to deploy something else in its place would be a surprise.
    return LOCAL if os.path.lexists(checkout / LOCAL) else DEFAULT


def copy_default(checkout: Path) -> Path:
    """Make a checkout's own configuration, a copy of the default one. Raises ConfigurationError if it cannot."""
    DeploymentConfig.from_file(checkout / DEFAULT)  # which says it better if it cannot be read
    _write(checkout / LOCAL, (checkout / DEFAULT).read_bytes())
    return checkout / LOCAL


def add_recipient(path: Path, address: str) -> bool:
    """Add an e-mail address to a file, for alerts and for operators, beside all who are there; False if it was there.

    Comments and layout stay. Raises ConfigurationError, and leaves the file as it is, if that is no address, if the
    file is written in a way in which nothing can be added safely, or if it may not be written.
    """
    before = DeploymentConfig.from_file(path)
    wanted = before.with_recipient(address)
    if wanted == before:
        return False
    # As bytes: reading text would turn the line ends of Windows into others.
    content = path.read_bytes()
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    text = _with_recipient(content.removeprefix(mark).decode(), before, address)
    if text is None or DeploymentConfig.from_toml(text, Place(str(path))) != wanted:
        raise ConfigurationError(f"{path}: {address} cannot be added safely; add it by hand under [alerts] and [ops].")
    _write(path, mark + text.encode())
    return True


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing: a full disk must not cost a configuration."""
    file = path.resolve()
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        try:
            unfinished.write_bytes(content)
            if file.exists():
                shutil.copymode(file, unfinished)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be written: {error.strerror}. Mend that, or name another file with CONFIG=PATH."
        ) from error


def _with_recipient(text: str, before: DeploymentConfig, address: str) -> str | None:
    lists = {"alerts": [reader.address for reader in before.default.email], "ops": list(before.ops_email)}
    try:
        document = tomlkit.parse(text)
        for table, known in lists.items():
            if address not in known:
                section = document.setdefault(table, tomlkit.table())
                section.setdefault("email", tomlkit.array()).append(address)
        return tomlkit.dumps(document)
    except (TOMLKitError, AttributeError, TypeError):
        return None
