"""How loud news are, and who is told: what rules and routes decide."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.filters import Change, Filter, News, Subject, What
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity

DEFAULT: Final = "default"
"""The recipient that `[alerts]` itself describes: whoever hears of what no route is about."""


@dataclass(frozen=True, slots=True)
class AlertRule(Filter):
    """One `[[alerts.rules]]` entry: how loud some news are about what the filter covers."""

    what: What
    severity: Severity


def severity_of(news: News, subject: Subject, rules: Iterable[AlertRule] = ()) -> Severity:
    """How loud news are: the first rule that matches decides, then the built-in ones.

    That the monitor is blind is critical whatever the rules say.
    """
    if news is ConditionKind.UNREACHABLE:
        return Severity.CRITICAL
    for rule in rules:
        if rule.what.means(news) and rule.covers(subject):
            return rule.severity
    if not isinstance(news, Change):
        return Severity.WARNING
    if news.after in (Status.CANCELLED, Status.FAILED):
        return Severity.CRITICAL
    came_back = news.before is not None and news.before.is_terminal and not news.after.is_terminal
    return Severity.WARNING if news.after is Status.UNKNOWN or came_back else Severity.INFO


@dataclass(frozen=True, slots=True)
class Route(Filter):
    """One `[[alerts.route]]` entry: who is told about what the filter covers."""

    to: tuple[str, ...]
    """Names of recipients."""
    what: What | None = None
    """None for all news."""
    min_severity: Severity = Severity.INFO
    """Quieter alerts are none of its."""
    goes_on: bool = False
    """True: the routes after it may add recipients."""
    attribution: bool = True
    """False: whoever hears of something by it alone is not told who did it."""

    def matches(self, news: News, severity: Severity, subject: Subject) -> bool:
        told = severity.reaches(self.min_severity) and (self.what is None or self.what.means(news))
        return told and self.covers(subject)


def recipients_of(news: News, severity: Severity, subject: Subject, routes: Iterable[Route]) -> tuple[str, ...]:
    """The recipients of an alert, in the order of the routes: of the first that matches, and of those it goes on to."""
    chosen = [name for route in _deciding(news, severity, subject, routes) for name in route.to]
    return tuple(dict.fromkeys(chosen)) or (DEFAULT,)


def unattributed_of(news: News, severity: Severity, subject: Subject, routes: Iterable[Route]) -> tuple[str, ...]:
    """Of the recipients of an alert, those who are not told who did it: no route lets them know."""
    deciding = list(_deciding(news, severity, subject, routes))
    may_know = {name for route in deciding if route.attribution for name in route.to}
    return tuple(dict.fromkeys(name for route in deciding for name in route.to if name not in may_know))


def _deciding(news: News, severity: Severity, subject: Subject, routes: Iterable[Route]) -> Iterator[Route]:
    for route in routes:
        if route.matches(news, severity, subject):
            yield route
            if not route.goes_on:
                return
