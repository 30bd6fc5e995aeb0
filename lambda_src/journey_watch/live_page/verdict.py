"""The one sentence at the top. It never takes what is left out, late or unknown for well."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from journey_watch.core.severity import Severity
from journey_watch.live_page.problems import Problem
from journey_watch.live_page.times import ViewerClock
from journey_watch.live_page.view import View


@dataclass(frozen=True, slots=True)
class Verdict:
    tone: str
    """The class that colours it: critical, warning, info, good."""
    headline: str
    more: str


def verdict_on(view: View, clock: ViewerClock) -> Verdict:
    """Good only if nothing is wrong anywhere, whatever is selected, and all that might be wrong was looked at."""
    if view.problems or view.hidden:
        return _trouble(view)
    if not any(reading.in_use for reading in view.lanes):
        more = "Either no poll has been completed, or the provider is not in use here"
        return Verdict("info", "Nothing has been read yet", more)
    doubts = _doubts(view)
    if doubts:
        return Verdict("info", "Nothing wrong is recorded", " · ".join(doubts))
    since = clock.text(view.known_since)
    return Verdict("good", "Nothing is wrong", f"No open condition, nothing alarming since {since}, every lane polled")


def _trouble(view: View) -> Verdict:
    tone = _tone([*view.problems, *view.hidden])
    hidden = f"{_counted(view.hidden)} hidden"
    if not view.problems:
        return Verdict(tone, f"Nothing wrong in this selection; {hidden}", _by_severity(view.hidden))
    more = [_by_severity(view.problems), *([f"{hidden} by this selection"] if view.hidden else [])]
    looked_after = ", looked after" if all(problem.acknowledged for problem in view.problems) else ""
    return Verdict(tone, f"{_counted(view.problems)}{looked_after}", " · ".join(more))


def _tone(problems: Sequence[Problem]) -> str:
    """Of what nobody looks after."""
    severities = {problem.severity for problem in problems if problem.acknowledged is None}
    if not severities:
        return "info"
    return "critical" if Severity.CRITICAL in severities else "warning"


def _counted(problems: Sequence[Problem]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def _by_severity(problems: Sequence[Problem]) -> str:
    """How loud they are, how many of them nobody is told of, and how many somebody looks after."""
    counts = Counter(problem.severity for problem in problems)
    said = [
        f"{counts[severity]} {severity}{'s' if severity is Severity.WARNING and counts[severity] > 1 else ''}"
        for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
        if counts[severity]
    ]
    muted = sum(problem.mute is not None for problem in problems)
    acknowledged = sum(problem.acknowledged is not None for problem in problems)
    quiet = [*([f"{muted} muted"] if muted else []), *([f"{acknowledged} acknowledged"] if acknowledged else [])]
    return " · ".join([*said, *quiet])


def _doubts(view: View) -> list[str]:
    """What may be wrong for all that this page knows."""
    lanes = [str(reading.lane) for reading in view.lanes if reading.last_poll is None]
    which = lanes[0] if len(lanes) == 1 else f"{len(lanes)} lanes"
    mutes = sum(line.mute is None for line in view.mutes)
    return [
        *([f"Nobody can tell here when {which} had its last poll"] if len(lanes) == 1 else []),
        *([f"Nobody can tell here when {which} had their last polls"] if len(lanes) > 1 else []),
        *([f"{mutes} of the mutes cannot be read"] if mutes else []),
    ]
