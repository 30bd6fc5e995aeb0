"""Programs that cannot outlive the one that started them (see supervisor.py), with their output in a log file."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Self, TypeVar

from local_cloud.errors import StepFailedError
from local_cloud.toolchain import LEFT_OVER
from local_cloud.waiting import patience

T = TypeVar("T")

SUPERVISOR = Path(__file__).with_name("supervisor.py")


class Workspace:
    """One temporary directory that holds everything a local cloud writes, and the programs that write into it."""

    def __init__(self, directory: Path, alive: int) -> None:
        self.directory = directory
        self._alive = alive

    @classmethod
    @contextmanager
    def open(cls, *, keep: bool = False) -> Iterator[Self]:
        """Make the directory, and remove it at the end, whatever the end is. With `keep` it stays."""
        directory = Path(tempfile.mkdtemp(prefix="journey-watch-local-cloud-"))
        reading, alive = os.pipe()
        sweeper = None if keep else _supervisor("sweep", str(directory), stdin=reading)
        os.close(reading)
        try:
            (directory / "logs").mkdir()
            yield cls(directory, alive)
        finally:
            os.close(alive)
            if sweeper is not None:
                sweeper.wait()

    def subdirectory(self, name: str) -> Path:
        """A directory of that name in the workspace, made at the first call."""
        path = self.directory / name
        path.mkdir(exist_ok=True)
        return path

    @contextmanager
    def running(
        self, name: str, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path | None = None
    ) -> Iterator["Program"]:
        """Run a program for as long as the block lasts. `env` is its whole environment."""
        log = self.directory / "logs" / f"{name}.log"
        with log.open("ab") as output:
            supervisor = subprocess.Popen(  # noqa: S603 - no shell, and the arguments are ours
                [sys.executable, "-I", str(SUPERVISOR), "run", "--", *argv],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(env),
                cwd=cwd or self.directory,
                pass_fds=(self._alive,),
                start_new_session=True,
            )
        assert supervisor.stdin is not None  # noqa: S101 - asked for above
        try:
            yield Program(name, log, supervisor)
        finally:
            supervisor.stdin.close()  # this stops the program
            supervisor.wait()


class Program:
    """A supervised program: whether it still runs, and what it has written."""

    def __init__(self, name: str, log: Path, supervisor: subprocess.Popen[bytes]) -> None:
        self.name = name
        self.log = log
        self._supervisor = supervisor

    def output(self) -> str:
        """Everything it has written to stdout and stderr so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def finish(self, *, timeout: float) -> None:
        """Wait for it to end.

        Raises StepFailedError if it fails, or is not done after `timeout` seconds, more on a slow machine.
        """
        seconds = timeout * patience()
        try:
            status = self._supervisor.wait(seconds)
        except subprocess.TimeoutExpired:
            raise self.failure(f"was not done after {seconds:.0f} s") from None
        if status != 0:
            raise self.failure(f"failed (exit status {status})")

    def wait_until(self, ready: Callable[[], T | None], *, timeout: float) -> T:
        """The first answer of `ready` that is not None, asked for up to `timeout` seconds, more on a slow machine.

        Raises StepFailedError if the program ends before, or the time is over.
        """
        seconds = timeout * patience()
        deadline = time.monotonic() + seconds
        while (answer := ready()) is None:
            if self._supervisor.poll() is not None:
                raise self.failure(f"ended by itself (exit status {self._supervisor.returncode})")
            if time.monotonic() > deadline:
                raise self.failure(f"was not ready after {seconds:.0f} s")
            time.sleep(0.02)
        return answer

    def failure(self, problem: str) -> StepFailedError:
        """The error for what went wrong, with the end of the log, which is copied to where it can be read later."""
        LEFT_OVER.mkdir(exist_ok=True)
        kept = Path(shutil.copy(self.log, LEFT_OVER))
        return StepFailedError(self.name, problem, kept, "\n".join(self.output().splitlines()[-30:]))


def _supervisor(*arguments: str, stdin: int) -> subprocess.Popen[bytes]:
    argv = [sys.executable, "-I", str(SUPERVISOR), *arguments]
    return subprocess.Popen(argv, stdin=stdin, start_new_session=True)  # noqa: S603 - as above
