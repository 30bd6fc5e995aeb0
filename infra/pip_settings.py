"""An environment in which pip reaches the user's package index, and installs where it is told to.

Variables and configuration files of pip may also name another place to install to (PIP_USER, PIP_TARGET, PIP_PREFIX),
other versions or other kinds of packages. Those are for the user's own packages, not for this checkout.

Standard library only: `tools/install` uses this before anything is installed.
"""

import ast
import os
import subprocess
from collections.abc import Mapping
from typing import Final

KEPT: Final = frozenset({
    "cache-dir", "cert", "client-cert", "default-timeout", "extra-index-url", "find-links", "index-url",
    "keyring-provider", "no-cache-dir", "no-index", "proxy", "resume-retries", "retries", "timeout", "trusted-host",
    "use-deprecated", "use-feature",
})  # fmt: skip
"""Settings that say how an index is reached."""
_VARIABLES: Final = tuple(f"PIP_{key.upper().replace('-', '_')}" for key in KEPT)
_SECTIONS: Final = ("global", "install", ":env:")
"""Sections of `pip config list` that count for `pip install`; a later one wins."""


class PipConfigurationError(Exception):
    """pip cannot read its configuration; the message is pip's own."""


def pip_environment(python: str, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment for that interpreter's pip, and for the processes that pip starts.

    Raises PipConfigurationError.
    """
    others = {name: value for name, value in environ.items() if not name.startswith(("PYTHON", "PIP_"))}
    asked = {name: environ[name] for name in (*_VARIABLES, "PIP_CONFIG_FILE") if name in environ}
    done = subprocess.run(  # noqa: S603 - our own words
        [python, "-I", "-m", "pip", "config", "list"], env=others | asked, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PipConfigurationError(done.stderr.strip())
    return {
        **others,
        **index_settings(done.stdout),
        "PIP_CONFIG_FILE": os.devnull,  # pip then reads no configuration file at all
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",  # nobody sees a question
        "PYTHONUNBUFFERED": "1",  # what pip does is shown when it does it
    }


def index_settings(listed: str) -> dict[str, str]:
    """Return the index settings of a `pip config list` as environment variables."""
    found: dict[str, str] = {}
    for section in _SECTIONS:
        for line in listed.splitlines():
            name, separator, value = line.partition("=")
            key = name.removeprefix(f"{section}.")
            if separator and name != key and key in KEPT:
                found[f"PIP_{key.upper().replace('-', '_')}"] = str(ast.literal_eval(value))
    return found
