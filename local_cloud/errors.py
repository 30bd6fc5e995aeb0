"""What can go wrong between a checkout and a running local cloud, said so that one can act on it."""

from pathlib import Path


class LocalCloudError(Exception):
    """The local cloud cannot be started or used; the message says what to do next."""


class ToolMissingError(LocalCloudError):
    """Something the local cloud runs is not installed."""

    def __init__(self, what: str, where: str) -> None:
        super().__init__(f"{what} is missing ({where}). Run `make install`, then try again.")


class StepFailedError(LocalCloudError):
    """A program the local cloud runs has failed, or did not become ready in time."""

    def __init__(self, step: str, problem: str, log: Path, last_lines: str) -> None:
        super().__init__(f"{step} {problem}. The end of its log ({log}):\n\n{last_lines}\n")
        self.step = step
        self.log = log
