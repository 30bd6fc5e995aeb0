"""`journey-watch routes test`: who would hear of an alert, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from infra.config_files import deployed_file
from infra.deployment_config import DeploymentConfig
from infra.news_entries import read_what
from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.filters import ANY, NEW, Change, Filter, News, Subject
from journey_watch.core.routing import Route, recipients_of, severity_of
from journey_watch.core.runs import JourneyKey, Lane, Status
from journey_watch.core.severity import Severity
from journey_watch.messages.content import entities_of
from strict_toml.tables import Place

CHECKOUT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Question:
    """An alert that somebody made up, or one that was recorded."""

    news: News
    subject: Subject

    @classmethod
    def of(
        cls, when: str, *, lane: Lane, container: str, journey: str, name: str | None, type_: str | None
    ) -> "Question":
        """`when` is written as in a rule. Raises ConfigurationError if it is not one change or condition."""
        what = read_what(when, Place("--when"))
        if what.condition is None and ANY in (what.before, what.after):
            raise ConfigurationError('--when: expected one change, like "RUNNING->CANCELLED", or one condition.')
        news: News = (
            Change(None if what.before == NEW else Status(what.before), Status(what.after))
            if what.condition is None
            else ConditionKind(what.condition)
        )
        return cls(news, Subject(lane, JourneyKey(container, journey), name, type_))

    @classmethod
    def about(cls, alert: Alert, *, type_: str | None) -> "Question":
        """The same news again. Raises ConfigurationError if routes do not decide about such an alert."""
        detail = alert.detail
        if alert.is_for_operators:
            raise ConfigurationError("That alert was for operators: [ops] says who they are, not a route.")
        if detail.get("phase") == Phase.RESOLVED:
            raise ConfigurationError("That alert told that something is over: who heard of it before hears of that.")
        news: News
        if alert.status is not None:
            before = detail["previous_status"]
            news = Change(None if before is None else Status(before), alert.status)
        elif alert.condition is not None:
            news = alert.condition
        else:
            raise ConfigurationError(
                f"That alert goes to whoever heard of what it is about: {detail['summary']} Ask about that one."
            )
        lane = Lane(detail["provider"], alert.envelope["account"], alert.envelope["region"])
        name = next((entity.name for entity in entities_of(detail)[1:2]), None)
        return cls(news, Subject(lane, alert.journey, name, type_))


@dataclass(frozen=True, slots=True)
class Step:
    """What became of the question at one rule or route."""

    at: str
    """Its place in the file."""
    matches: bool
    why: str
    """Why it does not match, or to whom it leads."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How loud it is, whom it reaches, and the way there."""

    severity: Severity
    recipients: Sequence[str]
    steps: Sequence[Step]
    told: Sequence[tuple[str, str, bool]]
    """Recipient, a way of telling it, and whether the alert is loud enough for that."""

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "severity": self.severity,
            "recipients": list(self.recipients),
            "steps": [{"at": one.at, "matches": one.matches, "why": one.why} for one in self.steps],
            "told": [{"recipient": name, "by": way, "told": told} for name, way, told in self.told],
        }


def configured(file: Path | None) -> DeploymentConfig:
    """The configuration in a file, or the one that is deployed if none is named."""
    return DeploymentConfig.from_file(file or CHECKOUT / deployed_file(CHECKOUT))


def answered(question: Question, config: DeploymentConfig) -> Answer:
    """What the poller would decide, step by step."""
    watching = config.watching
    severity = severity_of(question.news, question.subject, watching.rules)
    names = recipients_of(question.news, severity, question.subject, watching.routes)
    everybody = {recipient.name: recipient for recipient in config.everybody}
    told = [
        (name, way, severity.reaches(least))
        for name in names
        for way, least in everybody[name].least_severities.items()
    ]
    return Answer(severity, names, list(_steps(question, config, severity)), told)


def _steps(question: Question, config: DeploymentConfig, severity: Severity) -> Iterator[Step]:
    for index, rule in enumerate(config.watching.rules):
        if not rule.what.means(question.news):
            continue  # most are about something else altogether
        differs = _differs(rule, question.subject)
        yield Step(f"alerts.rules[{index}]", not differs, differs or f"makes it {rule.severity}")
        if not differs:
            break
    for index, route in enumerate(config.watching.routes):
        differs = _unrouted(route, question, severity)
        yield Step(f"alerts.route[{index}]", not differs, differs or _leads(route))
        if not differs and not route.goes_on:
            break


def _leads(route: Route) -> str:
    more = (", and goes on" if route.goes_on else "", "" if route.attribution else ", without who did it")
    return f"leads to {', '.join(route.to)}{''.join(more)}"


def _unrouted(route: Route, question: Question, severity: Severity) -> str:
    if route.what is not None and not route.what.means(question.news):
        return "is about other news"
    if not severity.reaches(route.min_severity):
        return f"is for {route.min_severity} and louder"
    return _differs(route, question.subject)


def _differs(chosen: Filter, subject: Subject) -> str:
    """Which part of a filter does not match; empty if it covers the subject."""
    for each in fields(Filter):
        value = getattr(chosen, each.name)
        if not Filter(**{each.name: value}).covers(subject):
            wanted = ", ".join(value) if isinstance(value, tuple) else value
            return f"is about {each.name.replace('_', ' ')} {wanted} only"
    return ""
