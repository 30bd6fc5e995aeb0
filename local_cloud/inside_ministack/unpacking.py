"""Unpacks the code of functions once, where MiniStack would for each of their processes: 2,000 files at every start."""

import hashlib
import threading
import zipfile
from collections.abc import Callable, Iterable
from os import PathLike
from pathlib import Path
from types import SimpleNamespace

from local_cloud.inside_ministack.private_names import core


def unpack_once(directory: Path, adapt: Callable[[Path], None]) -> None:
    """Keep what is unpacked in a directory, and give each process links to it. Functions may not write there.

    `adapt` is given the directory of each function's code before any process sees it.
    """
    lock = threading.Lock()

    class SharedArchive(zipfile.ZipFile):
        def extractall(
            self,
            path: str | PathLike[str] | None = None,
            members: Iterable[str | zipfile.ZipInfo] | None = None,
            pwd: bytes | None = None,
        ) -> None:
            content = Path(str(self.filename)).read_bytes()
            unpacked = directory / hashlib.sha256(content).hexdigest()
            with lock:
                if not unpacked.exists():
                    unfinished = unpacked.with_suffix(".unfinished")
                    super().extractall(unfinished, members, pwd)
                    adapt(unfinished)
                    unfinished.rename(unpacked)
            for entry in unpacked.iterdir():
                (Path(path or ".") / entry.name).symlink_to(entry)

    runtime = core("lambda_runtime")
    runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedArchive})
