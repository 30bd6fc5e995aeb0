"""Virtual time in which several polls run at once, one step at a time, in an order that a seed decides.

Each poll has a thread of its own, and only one of them ever runs: whoever waits hands over to the engine, which goes on
with whatever is due next. So a trial takes the same course whenever it is played again.
"""

import heapq
import threading
from collections.abc import Callable
from typing import Final

PATIENCE_SECONDS: Final = 30.0
"""A step of a task takes microseconds: one that has not come back by then never will."""


class Killed(BaseException):
    """The runtime ends the invocation here."""


class Task:
    """A poll that is under way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_over = False
        self.error: Exception | None = None
        """What it raised, if it did."""
        self.doomed = False
        """It dies where it goes on."""
        self.may_run = threading.Semaphore(0)


class Engine:
    """A queue of what happens when, and the time, in seconds since the trial began."""

    def __init__(self) -> None:
        self.now = 0.0
        self._until = 0.0
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._count = 0
        self._current: Task | None = None
        self._tasks: list[Task] = []
        self._handed_over = threading.Semaphore(0)

    def at(self, time: float, action: Callable[[], object]) -> None:
        """Have something happen; what is due at the same time happens in the order of asking."""
        self._count += 1
        heapq.heappush(self._due, (time, self._count, action))

    def start(self, name: str, work: Callable[[], None]) -> Task:
        """Run something that may sleep."""
        task = Task(name)
        self._tasks.append(task)

        def run() -> None:
            task.may_run.acquire()
            try:
                if not task.doomed:
                    work()
            except Killed:
                pass
            except Exception as error:  # noqa: BLE001 - whoever started it judges what it raises
                task.error = error
            task.is_over = True
            self._handed_over.release()

        threading.Thread(target=run, name=name, daemon=True).start()
        self.at(self.now, lambda: self._go_on(task))
        return task

    def sleep(self, seconds: float) -> None:
        """Let time pass for the task that is running. Raises Killed if it dies meanwhile."""
        task = self._current
        if task is None:
            raise RuntimeError("only a task can sleep")
        wakes = self.now + seconds
        if wakes < min(self._until, self._due[0][0] if self._due else self._until):
            self.now = wakes  # nothing happens before: to switch threads would cost most of the time of a trial
            return
        self.at(self.now + seconds, lambda: self._go_on(task))
        self._handed_over.release()
        task.may_run.acquire()
        if task.doomed:
            raise Killed

    def run(self, until: float) -> None:
        """Let everything happen up to a time, and end what is then still under way."""
        self._until = until
        while self._due and self._due[0][0] <= until:
            self.now, _, action = heapq.heappop(self._due)
            action()
        self.now = until
        for task in self._tasks:
            task.doomed = True
            self._go_on(task)
            if task.error is not None:
                raise task.error  # the simulation itself is broken

    def _go_on(self, task: Task) -> None:
        if task.is_over:
            return
        before, self._current = self._current, task
        task.may_run.release()
        if not self._handed_over.acquire(timeout=PATIENCE_SECONDS):
            raise RuntimeError(f"{task.name} neither waits nor ends")
        self._current = before
