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
    everything = [*view.problems, *view.hidden]
    tone = "critical" if any(problem.severity is Severity.CRITICAL for problem in everything) else "warning"
    hidden = f"{_counted(view.hidden)} hidden"
    if not view.problems:
        return Verdict(tone, f"Nothing wrong in this selection; {hidden}", _by_severity(view.hidden))
    more = [_by_severity(view.problems), *([f"{hidden} by this selection"] if view.hidden else [])]
    return Verdict(tone, _counted(view.problems), " · ".join(more))


def _counted(problems: Sequence[Problem]) -> str:
    return "1 problem" if len(problems) == 1 else f"{len(problems)} problems"


def _by_severity(problems: Sequence[Problem]) -> str:
    """How loud they are, and how many of them nobody is told of."""
    counts = Counter(problem.severity for problem in problems)
    said = [
        f"{counts[severity]} {severity}{'s' if severity is Severity.WARNING and counts[severity] > 1 else ''}"
        for severity in (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
        if counts[severity]
    ]
    muted = sum(problem.mute is not None for problem in problems)
    return " · ".join([*said, *([f"{muted} muted"] if muted else [])])


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
