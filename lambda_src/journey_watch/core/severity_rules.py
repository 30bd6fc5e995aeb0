"""Which changes alert, and how loudly."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from journey_watch.core.runs import Scope, Status
from journey_watch.core.severity import Severity

ANY = "*"
NEW = "new"
"""The left side of a rule has it for a run that was not known before."""


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One `[[alerts.rules]]` entry. Every filter must match; an id may hold the wildcards `*`, `?` and `[…]`."""

    before: str
    """A status, `new`, or `*` for either."""
    after: str
    """A status, or `*`."""
    severity: Severity
    journeys: tuple[str, ...] = (ANY,)
    container_id: str = ANY
    provider: str = ANY

    def matches(self, before: Status | None, after: Status, *, provider: str, journey: Scope) -> bool:
        return (
            self.before in (ANY, NEW if before is None else before.value)
            and self.after in (ANY, after.value)
            and fnmatchcase(provider, self.provider)
            and fnmatchcase(journey.container_id, self.container_id)
            and any(fnmatchcase(journey.journey_id, pattern) for pattern in self.journeys)
        )


def severity_of(
    before: Status | None,
    after: Status,
    *,
    provider: str,
    journey: Scope,
    rules: Iterable[AlertRule] = (),
) -> Severity:
    """How loud a change is: the first rule that matches decides, then the built-in ones."""
    for rule in rules:
        if rule.matches(before, after, provider=provider, journey=journey):
            return rule.severity
    if after in (Status.CANCELLED, Status.FAILED):
        return Severity.CRITICAL
    came_back = before is not None and before.is_terminal and not after.is_terminal
    if after is Status.UNKNOWN or came_back:
        return Severity.WARNING
    return Severity.INFO
