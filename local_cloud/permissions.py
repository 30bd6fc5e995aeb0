"""What deployed roles were allowed and refused, call by call: MiniStack's evaluator writes it down."""

import json
import math
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from local_cloud.errors import LocalCloudError


@dataclass(frozen=True, slots=True)
class Permission:
    """What a role did, or may do."""

    role: str
    """Its ARN."""
    action: str
    """As in policies: "dynamodb:Query"."""
    resource: str
    """An ARN, or "*" for actions that take no resource."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that was refused."""

    time: float
    """In epoch seconds."""
    permission: Permission
    """What the role may not do."""
    message: str
    """What the caller was told."""

    def __str__(self) -> str:
        what = self.permission
        return f"{what.role} was refused {what.action} on {what.resource}: {self.message}"


def told_once(refusals: Sequence[Refusal]) -> list[str]:
    """A line for each refusal, and one for as many as say the same."""
    counts = Counter(map(str, refusals))
    return [line if count == 1 else f"{line} ({count} times)" for line, count in counts.items()]


class RefusedError(LocalCloudError):
    """Deployed roles were refused what the code that runs under them does."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        told = "\n".join(f"  {line}" for line in told_once(refusals))
        super().__init__(f"Calls were refused that nobody expected to be; see the grants in infra/:\n{told}")


@dataclass(slots=True)
class _Expectation:
    """Refusals that are part of the play."""

    actions: Sequence[str]
    resource: str
    begins: float
    ends: float = math.inf

    def covers(self, refusal: Refusal) -> bool:
        refused = refusal.permission
        return (
            any(fnmatchcase(refused.action, action) for action in self.actions)
            and fnmatchcase(refused.resource, self.resource)
            and self.begins <= refusal.time <= self.ends
        )


class PermissionRecord:
    """All judgements since MiniStack started, and which refusals are part of the play."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._expectations: list[_Expectation] = []
        self._told: set[Refusal] = set()

    def used(self) -> set[Permission]:
        """Everything that a role was allowed to do and did."""
        return {_permission(line) for line in self._lines() if line["refused"] is None}

    def refusals(self) -> list[Refusal]:
        """Every call of a role that was refused, oldest first."""
        return [
            Refusal(line["time"], _permission(line), line["refused"])
            for line in self._lines()
            if line["refused"] is not None
        ]

    @contextmanager
    def expecting_refusals(self, *actions: str, resource: str = "*") -> Iterator[None]:
        """Take refusals of these actions on this resource, each with wildcards, for a part of the play meanwhile."""
        expectation = _Expectation(actions, resource, begins=time.time())
        self._expectations.append(expectation)
        try:
            yield
        finally:
            expectation.ends = time.time()

    def unexpected(self) -> list[Refusal]:
        """The refusals that are no part of the play, oldest first; each is told once."""
        new = [
            refusal
            for refusal in self.refusals()
            if refusal not in self._told and not any(known.covers(refusal) for known in self._expectations)
        ]
        self._told |= set(new)
        return new

    def check(self) -> None:
        """Raise RefusedError if there are unexpected refusals."""
        if new := self.unexpected():
            raise RefusedError(new)

    def _lines(self) -> list[dict[str, Any]]:
        if not self._file.exists():
            return []
        lines = self._file.read_text(encoding="utf-8").split("\n")[:-1]  # what follows the last is still being written
        return [json.loads(line) for line in lines]


def _permission(line: dict[str, Any]) -> Permission:
    return Permission(line["role"], line["action"], line["resource"])
