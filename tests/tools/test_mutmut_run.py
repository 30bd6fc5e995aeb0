"""A mutant whose time is over ends, and nobody who has its number after it."""

import os
import signal
import subprocess
import sys
import threading

import pytest

from tools.mutmut_run import end_later

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="Linux alone names a process for good.")


def test_what_takes_too_long_is_ended() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:  # noqa: S607 - wherever it is
        end_later(child.pid, 0.0)
        assert child.wait(timeout=30) == -signal.SIGXCPU


def test_what_has_ended_is_waited_for_no_longer() -> None:
    before = set(threading.enumerate())
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        end_later(child.pid, 3600.0)
        waiting = set(threading.enumerate()) - before
        child.wait(timeout=30)
    for thread in waiting:
        thread.join(timeout=30)
    assert not any(thread.is_alive() for thread in waiting)
