"""How loud an alert is."""

from enum import StrEnum


class Severity(StrEnum):
    """From quiet to loud. NONE is recorded and not sent."""

    NONE = "none"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    def reaches(self, minimum: "Severity") -> bool:
        """True if a reader who asked for `minimum` and louder is told of this."""
        return _LOUDNESS.index(self) >= _LOUDNESS.index(minimum)


_LOUDNESS = tuple(Severity)
