"""Runs MiniStack as it comes, but for its clock, which is LOCAL_CLOUD_SPEED times as fast. Functions keep true time.

Started as `python -m local_cloud.fast_clock` with MiniStack's own Python: it needs nothing but the standard library.
"""

import os
import runpy
import time
from typing import Final


def speed_up(speed: float) -> None:
    """From now on `time.time` runs, and `time.sleep` is over, `speed` times as fast in this process."""
    start: Final = time.time()
    true_time, true_sleep = time.time, time.sleep
    time.time = lambda: start + (true_time() - start) * speed
    time.sleep = lambda seconds: true_sleep(float(seconds) / speed)


if __name__ == "__main__":
    speed_up(float(os.environ["LOCAL_CLOUD_SPEED"]))
    runpy.run_module("ministack", run_name="__main__", alter_sys=True)
