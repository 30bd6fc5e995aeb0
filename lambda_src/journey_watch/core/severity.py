"""How loud an alert is."""

from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How loud an alert is, from quiet to loud. NONE is recorded and not sent."""

    NONE = "none"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def loudness(self) -> int:
        """What severities are sorted by: greater is louder."""
        return list(Severity).index(self)

    def reaches(self, minimum: "Severity") -> bool:
        """True if a recipient who asked for `minimum` and louder is told of this."""
        return self.loudness >= minimum.loudness


SENT: Final = tuple(severity for severity in Severity if severity is not Severity.NONE)
"""Those that somebody may be told of, from quiet to loud."""
