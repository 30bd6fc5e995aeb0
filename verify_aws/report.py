"""The findings as people and programs read them."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from verify_aws.findings import Finding, Verdict

ACCOUNT: Final = "<account>"
EMAIL: Final = "<e-mail>"
_ACCOUNT_ID: Final = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_EMAIL_ADDRESS: Final = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")
COLOURS: Final[Mapping[Verdict, str]] = {
    Verdict.OK: "green",
    Verdict.FAILED: "bold red",
    Verdict.NOT_CHECKED: "yellow",
}
SIGNS: Final[Mapping[Verdict, str]] = {Verdict.OK: "✓", Verdict.FAILED: "✗", Verdict.NOT_CHECKED: "·"}


def redacted(text: str) -> str:
    """The text without account ids and e-mail addresses."""
    return _EMAIL_ADDRESS.sub(EMAIL, _ACCOUNT_ID.sub(ACCOUNT, text))


def to_json(findings: Sequence[Finding], about: Mapping[str, Any], *, redact: bool) -> str:
    """The report: what it was run with, how many findings of each kind, and every finding."""
    counts = Counter(each.verdict.value for each in findings)
    document = {**about, "counts": counts, "findings": [asdict(each) for each in findings]}
    text = json.dumps(document, indent=1, ensure_ascii=False, default=str)
    return redacted(text) if redact else text


def summary(findings: Sequence[Finding]) -> str:
    """How many of each, in a sentence."""
    counts = Counter(each.verdict for each in findings)
    return ", ".join(f"{counts[verdict]} {verdict.value}" for verdict in Verdict)
