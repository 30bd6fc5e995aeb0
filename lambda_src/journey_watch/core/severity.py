"""How loud an alert is."""

from enum import StrEnum


class Severity(StrEnum):
    """From quiet to loud. NONE is recorded and not sent."""

    NONE = "none"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def loudness(self) -> int:
        """To sort by: greater is louder."""
        return list(Severity).index(self)

    def reaches(self, minimum: "Severity") -> bool:
        """True if a reader who asked for `minimum` and louder is told of this."""
        return self.loudness >= minimum.loudness
