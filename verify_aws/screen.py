"""What a person sees of the verification while it runs."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from verify_aws.findings import Finding
from verify_aws.report import COLOURS, SIGNS

SECONDS_BETWEEN_LINES: Final = 60.0
"""Of progress, where there is no terminal to show it on."""


@dataclass
class Screen:
    """A line for each finding; below them, on a terminal, what is waited for."""

    console: Console
    clock: Callable[[], float] = time.monotonic
    _status: Status | None = None
    _last_line: float = field(default=float("-inf"))

    @contextmanager
    def shown(self) -> Iterator[None]:
        """While the block runs, progress has its place."""
        with self.console.status("") as self._status:
            yield

    def begin(self, what: str) -> None:
        """Say what is looked at next."""
        self._update(f"Looking at {what} …")

    def tell(self, finding: Finding) -> None:
        """One finding, and the log that it rests on if it has one."""
        sign = f"[{COLOURS[finding.verdict]}]{SIGNS[finding.verdict]} {finding.verdict:<11}[/]"
        self._print(f"{sign} [bold]{escape(finding.about)}[/]: {escape(finding.text)}")
        if log := finding.evidence.get("log"):
            self._print(f"[dim]{escape(str(log))}[/]")

    def progress(self, text: str) -> None:
        """Something is waited for. Where there is no terminal, that is a line now and then, for a log."""
        self._update(text)
        if not self.console.is_terminal and self.clock() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = self.clock()
            self._print(f"[dim]  {escape(text)}[/]")

    def _update(self, text: str) -> None:
        if self._status is not None:
            self._status.update(escape(text))

    def _print(self, text: str) -> None:
        self.console.print(text, highlight=False, soft_wrap=True)
