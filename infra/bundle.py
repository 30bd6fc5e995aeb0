"""Builds the function's bundle without Docker: what it imports, and of the AWS SDK only what it calls."""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from infra import aws_sdk_models
from infra.pip_settings import PipConfigurationError, pip_environment
from journey_watch import contract
from journey_watch.core.errors import JourneyWatchError
from journey_watch.settings import WatchConfig

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD_DIRECTORY: Final = ROOT / ".build"
KEEP_UNUSED_SECONDS: Final = 24 * 3600
PYTHON_VERSION: Final = (3, 13)
"""Of the deployed runtime."""
FILE_MODE: Final = 0o644
EXECUTABLE_MODE: Final = 0o755
"""Of directories too. Both as AWS documents them for the archive of a Lambda function."""

_SOURCES: Final = ROOT / "lambda_src"
_LOCK: Final = _SOURCES / "requirements.lock"
_LAMBDA_TASK_ROOT: Final = "/var/task"


class BundleError(JourneyWatchError):
    """The bundle cannot be built."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A directory to deploy."""

    path: Path
    digest: str
    """Of every file in it: path, mode and content. So whatever is deployed differently has another digest."""
    code: str = ""
    """What `shipped_code` says of it."""


def build_bundle(config: WatchConfig, *, build_directory: Path = BUILD_DIRECTORY) -> Bundle:
    """The bundle for a configuration; what was built before from the same inputs is used again, without the network.

    Compiled modules are included if this Python's version is the runtime's: without them a cold start takes 1.6 times
    as long. Raises BundleError if the dependencies cannot be installed, or the directory cannot be written.
    """
    try:
        return _bundle(config, build_directory)
    except OSError as error:
        raise BundleError(f"The function cannot be built in {build_directory}: {error}.") from error


def _bundle(config: WatchConfig, build_directory: Path) -> Bundle:
    dependencies = _dependencies(build_directory)
    sources = sorted(_SOURCES.rglob("*.py"))
    config_text = config.to_json()
    made_from = _digest(
        dependencies.digest,
        config_text,
        *(part for path in sources for part in (_name(path), path.read_bytes())),
    )

    def fill(directory: Path) -> None:
        shutil.copytree(dependencies.path, directory, dirs_exist_ok=True)
        for source in sources:
            target = directory / _name(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        (directory / contract.WATCH_CONFIG_FILE).write_text(config_text, encoding="utf-8")
        _compile(directory / "journey_watch", root=directory)

    _forget_unused(build_directory)
    return replace(_built_once(build_directory / f"bundle-{made_from[:16]}", fill), code=shipped_code())


def shipped_code() -> str:
    """Names the code that this checkout ships, whatever the configuration: twelve digits of a digest."""
    sources = (part for path in sorted(_SOURCES.rglob("*.py")) for part in (_name(path), path.read_bytes()))
    return _digest(_LOCK.read_bytes(), *sources)[:12]


def _forget_unused(build_directory: Path) -> None:
    """Each change of source or configuration leaves a bundle of some 20 MB behind: drop those of other days."""
    for bundle in build_directory.glob("bundle-*"):
        if time.time() - bundle.stat().st_mtime > KEEP_UNUSED_SECONDS:
            shutil.rmtree(bundle, ignore_errors=True)


def _dependencies(build_directory: Path) -> Bundle:
    recipe = (Path(__file__), Path(aws_sdk_models.__file__))
    made_from = _digest(*(path.read_bytes() for path in (_LOCK, *recipe)), sys.version)

    def fill(directory: Path) -> None:
        _install(directory)
        _drop_what_varies(directory)
        shutil.rmtree(directory / "boto3" / "data")  # resources: the functions use clients
        aws_sdk_models.trim(directory / "botocore" / "data")
        _compile(directory, root=directory)

    return _built_once(build_directory / f"dependencies-{made_from[:16]}", fill)


def _install(directory: Path) -> None:
    version = ".".join(map(str, PYTHON_VERSION))
    command = [
        # Only files whose hashes stand in the lock: a registry or mirror cannot put in others.
        *(sys.executable, "-m", "pip", "install", "--require-hashes", "--requirement", str(_LOCK)),
        *("--target", str(directory), "--quiet", "--no-compile"),
        *("--platform", "manylinux2014_aarch64", "--implementation", "cp", "--python-version", version),
        *("--only-binary", ":all:"),
    ]
    try:
        env = pip_environment(sys.executable)
    except PipConfigurationError as error:
        raise BundleError(f"The function's dependencies cannot be installed:\n{error}") from error
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603 - all of it is written above
    if done.returncode:
        raise BundleError(f"The function's dependencies cannot be installed:\n{done.stderr.strip()}")


def _drop_what_varies(directory: Path) -> None:
    """Drop what differs from machine to machine, and what was compiled elsewhere; nothing of it is used on Lambda."""
    shutil.rmtree(directory / "bin", ignore_errors=True)
    for cache in [*directory.rglob("__pycache__")]:
        shutil.rmtree(cache)
    # The path of the interpreter, and with it the hash of each program; and who installed it from where.
    for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
        for path in directory.glob(f"*.dist-info/{name}"):
            path.unlink()


def _compile(directory: Path, *, root: Path) -> None:
    """Compile for the runtime, in a process of its own: what this one has imported would change the result."""
    if sys.version_info[:2] != PYTHON_VERSION:
        return
    # The archive gives every file the same time, and nothing in it changes: no check of the source can help.
    command = [
        *(sys.executable, "-S", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"),
        *("-s", str(root), "-p", _LAMBDA_TASK_ROOT, str(directory)),
    ]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(  # noqa: S603 - all of it is written above
        command, capture_output=True, text=True, check=False, env=environment | {"PYTHONHASHSEED": "0"}
    )
    if done.returncode:
        raise BundleError(f"The function cannot be compiled:\n{(done.stdout + done.stderr).strip()}")


def _built_once(target: Path, fill: Callable[[Path], None]) -> Bundle:
    """Fill a directory under another name first, so that one that exists is whole, whatever else is building it."""
    if not target.is_dir():
        target.parent.mkdir(exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=target.parent))
        try:
            fill(unfinished)
            try:
                unfinished.rename(target)
            except OSError:
                if not target.is_dir():
                    raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    _set_modes(target)  # of one that was found too: it may have been copied here, or closed by hand
    return Bundle(target, _digest_of_files(target))


def _digest_of_files(directory: Path) -> str:
    """Digest every file: its path in the directory, its mode and its content. Times and the machine play no part."""
    return _digest(
        *(
            part
            for path in sorted(directory.rglob("*"))
            if not path.is_dir()
            for part in (
                path.relative_to(directory).as_posix(),
                f"{path.stat().st_mode & 0o777:o}",
                path.read_bytes(),
            )
        )
    )


def _set_modes(directory: Path) -> None:
    """Let everybody read what is built, whatever the umask: the archive keeps modes, and Lambda is another user."""
    directory.chmod(EXECUTABLE_MODE)
    for path in directory.rglob("*"):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(EXECUTABLE_MODE if executable else FILE_MODE)


def _name(source: Path) -> str:
    return source.relative_to(_SOURCES).as_posix()


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        encoded = part.encode() if isinstance(part, str) else part
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    return digest.hexdigest()
