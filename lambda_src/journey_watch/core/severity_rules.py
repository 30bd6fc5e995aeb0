"""Which changes and conditions alert, and how loudly."""

from collections.abc import Iterable
from dataclasses import dataclass

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.filters import Change, Filter, News, Subject, What
from journey_watch.core.runs import Status
from journey_watch.core.severity import Severity


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
