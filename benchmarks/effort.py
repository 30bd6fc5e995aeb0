"""How much work a program is: instructions, if valgrind is there, which are exact; else CPU seconds."""

import os
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

VALGRIND: Final = shutil.which("valgrind")
UNIT: Final = "million instructions" if VALGRIND else "CPU seconds"


def effort(*argv: str, env: Mapping[str, str]) -> float:
    """Of Python with these arguments, from its start to its end, in UNIT."""
    # Hashing by the same seed, so that dictionaries are walked alike each time.
    env = {**os.environ, **env, "PYTHONHASHSEED": "0"}
    if VALGRIND is None:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *argv], env=env, check=True)  # noqa: S603 - our own words
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    callgrind = [VALGRIND, "--tool=callgrind", "--callgrind-out-file=/dev/null", sys.executable, *argv]
    done = subprocess.run(callgrind, env=env, check=True, stderr=subprocess.PIPE, text=True)  # noqa: S603 - our own words
    collected = re.search(r"Collected : (\d+)", done.stderr)
    assert collected, done.stderr  # noqa: S101 - every callgrind says so at its end
    return int(collected[1]) / 1e6
