"""Keeps a promise that a launcher cannot keep once it is killed: nothing it started outlives it.

Run as a script, by path: it must start in milliseconds and needs nothing but the standard library.

    supervisor.py run -- PROGRAM ARGUMENT...    run PROGRAM until it ends or stdin closes, then end its process group
    supervisor.py sweep DIRECTORY               wait until stdin closes, then remove DIRECTORY

The launcher holds the other end of stdin. The kernel closes it however the launcher ends, `kill -9` included; no
signal handler or exit hook does that on every system. The stdin of `sweep` is a pipe whose writing end every `run`
inherits (their programs do not), so that the directory goes only when nothing that writes into it is left.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

GRACE_SECONDS = 3.0
"""How long a program may take over SIGTERM before SIGKILL."""


def run(argv: list[str]) -> int:
    """Run a program under supervision; its exit status, shell fashion (128 + n if signal n ended it)."""
    # A group of its own: Ctrl-C in the terminal reaches the launcher alone, and its children can be ended with it.
    program = subprocess.Popen(argv, stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603 - not a shell
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    for wait in (wait_for_end_of_stdin, program.wait):
        threading.Thread(target=set_after, args=(over, wait), daemon=True).start()
    over.wait()
    end_group(program)
    return program.returncode if program.returncode >= 0 else 128 - program.returncode


def set_after(event: threading.Event, wait: Callable[[], object]) -> None:
    wait()
    event.set()


def wait_for_end_of_stdin() -> None:
    """Return once no process holds the writing end of stdin any more."""
    while os.read(sys.stdin.fileno(), 4096):
        pass


def end_group(program: subprocess.Popen[bytes]) -> None:
    """End the program and whatever it started: politely, then by force."""
    signal_group(program.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while program.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    signal_group(program.pid, signal.SIGKILL)
    program.wait()


def signal_group(group: int, number: signal.Signals) -> None:
    # Raised when nobody is left in it; macOS says "permission" when only a zombie is.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def sweep(directory: str) -> int:
    """Remove a directory once every process that held stdin's writing end is gone."""
    wait_for_end_of_stdin()
    shutil.rmtree(directory, ignore_errors=True)
    return 0


def main(arguments: list[str]) -> int:
    match arguments:
        case ["run", "--", *argv] if argv:
            return run(argv)
        case ["sweep", directory]:
            return sweep(directory)
        case _:
            sys.stderr.write(__doc__ or "")
            return 2


if __name__ == "__main__":
    # Not sys.exit: a daemon thread may still sit in a read of stdin, and need not be waited for.
    status = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(status)
