"""Write every requirements.lock: all that a requirements.txt brings along, pinned, with the hashes of its files.

pip installs only from these (`--require-hashes`), so a mirror cannot put in another file of the same version.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
OLDEST_PYTHON: Final = "3.11"
"""The oldest that a developer may have."""
DEPLOYED_PYTHON: Final = "3.13"
"""Of the functions' runtime; tests compare it with the bundle's."""


@dataclass(frozen=True, slots=True)
class Lock:
    """One pair of files in a directory."""

    directory: Path
    options: Sequence[str]
    """For what the lock must hold: every platform and Python of a developer, or the functions' alone."""

    @property
    def requirements(self) -> Path:
        return self.directory / "requirements.txt"

    @property
    def path(self) -> Path:
        return self.directory / "requirements.lock"


_ANYWHERE: Final = ("--universal", "--python-version", OLDEST_PYTHON)
_AS_TESTED: Final = ("--constraint", str(ROOT / "requirements.lock"))
_ON_LAMBDA: Final = (
    *("--python-platform", "aarch64-manylinux2014", "--python-version", DEPLOYED_PYTHON),
    *_AS_TESTED,
)
LOCKS: Final = (
    Lock(ROOT, _ANYWHERE),
    Lock(ROOT / "lambda_src", _ON_LAMBDA),
    Lock(ROOT / "local_cloud", _ANYWHERE),
    Lock(ROOT / "tools", (*_ANYWHERE, *_AS_TESTED)),
)
"""In the order in which they are written: what ships follows what is tested."""


def write(lock: Lock) -> None:
    """Write one lock; versions that are in it already stay, unless its requirements name others."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes", "--no-annotate"]
    command += ["--no-header", "--no-emit-index-url", "--no-emit-find-links", *lock.options]
    command += [str(lock.requirements), "--output-file", str(lock.path)]
    subprocess.run(command, check=True, cwd=ROOT)  # noqa: S603 - all of it is written above
    source = lock.requirements.relative_to(ROOT).as_posix()
    heading = f"# Everything {source} brings along, pinned, with hashes. Written by `make lock`; not edited by hand.\n"
    lock.path.write_text(heading + lock.path.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    for each in LOCKS:
        write(each)
