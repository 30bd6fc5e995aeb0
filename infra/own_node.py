"""The Node.js that `make install` puts into the virtual environment: the CDK command line runs on it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

NODE = Path(sys.prefix) / "bin" / "node"
"""Beside the Python that runs this; see tools/link-node."""


def with_own_node(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment with that Node.js first on the PATH."""
    return {**environ, "PATH": os.pathsep.join([str(NODE.parent), environ.get("PATH", os.defpath)])}
