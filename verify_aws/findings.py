"""What the verification finds, one line each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    OK = "ok"
    FAILED = "failed"
    NOT_CHECKED = "not checked"
    """It could not be found out here; the text says why. No failure."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    verdict: Verdict
    about: str
    """What was looked at, in a word or two; findings of one step share it."""
    text: str
    """A whole sentence: what was seen."""
    evidence: Mapping[str, Any] = field(default_factory=dict)
    """What the sentence rests on, as JSON can hold it: what AWS answered, in its own words."""


def ok(about: str, text: str, **evidence: object) -> Finding:
    return Finding(Verdict.OK, about, text, evidence)


def failed(about: str, text: str, **evidence: object) -> Finding:
    return Finding(Verdict.FAILED, about, text, evidence)


def not_checked(about: str, text: str, **evidence: object) -> Finding:
    return Finding(Verdict.NOT_CHECKED, about, text, evidence)
