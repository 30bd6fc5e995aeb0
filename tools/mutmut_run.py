"""Runs mutmut so that its time-outs end nobody else. Run by path: mutmut must find its modules and not these.

mutmut 3.8.1 sends its signal by number when a mutant's time is over, whether or not the mutant ended long before:
https://github.com/boxed/mutmut, mutmut/workers/timeout.py. Numbers are given again, to threads too, so that with three
thousand mutants it ends somebody else now and then.
"""

import os
import select
import signal
import threading
from importlib import import_module


def end_later(pid: int, timeout_s: float) -> None:
    """Send SIGXCPU to this child after so many seconds, unless it has ended by then."""
    child = os.pidfd_open(pid)

    def wait() -> None:
        ended, _, _ = select.select([child], [], [], timeout_s)
        if not ended:
            signal.pidfd_send_signal(child, signal.SIGXCPU)
        os.close(child)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    if hasattr(os, "pidfd_open"):  # of Linux alone
        import_module("mutmut.workers.isolation").register_timeout = end_later  # type: ignore[attr-defined]
    import_module("mutmut.__main__").cli()
