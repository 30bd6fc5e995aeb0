"""When the stored state of a journey ends.

Complete listings have lacked the journey for 30 days, and nothing is left to report.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from journey_watch.core.runs import JourneyKey, JourneyState

KEPT_FOR: Final = timedelta(days=30)
"""How long complete listings must lack a journey."""
GRACE: Final = timedelta(days=1)
"""The time between the decision and the end, in which the journey may be listed again."""
NEWS_FOR: Final = KEPT_FOR - GRACE
"""A run of an unknown journey that was last updated longer ago is recorded without an alert.

The journey may be one whose state has ended: its old runs must not be reported again.
"""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a STATE item is to say about the end of a state."""

    lacking_since: datetime | None = None
    expires_at: datetime | None = None


def due_marks(
    states: Mapping[JourneyKey, JourneyState],
    *,
    lacking: Collection[JourneyKey],
    listed: Collection[JourneyKey],
    now: datetime,
) -> Iterator[tuple[JourneyKey, Mark]]:
    """Yield the journeys whose marks change. `lacking` are those that a complete listing lacks.

    There are three changes: the first listing without the journey, the end of the 30 days, and the return of the
    journey, which comes first. A journey that is neither `lacking` nor `listed` keeps its mark.
    """
    for journey, state in states.items():
        if state.lacking_since is not None and journey in listed:
            yield journey, Mark()
    for journey, state in states.items():
        if journey not in lacking or state.expires_at is not None or not _is_finished(state, now):
            continue
        if state.lacking_since is None:
            yield journey, Mark(now)
        elif now - state.lacking_since >= KEPT_FOR:
            yield journey, Mark(state.lacking_since, now + GRACE)


def _is_finished(state: JourneyState, now: datetime) -> bool:
    """Return whether nothing is live, open, undelivered or acknowledged, and every run could be told from news.

    A run without times could not: if the journey came back, its old runs would look new.
    """
    return not (
        state.has_live_run
        or state.conditions
        or state.undelivered
        or state.searches
        or any(until > now for until in state.acknowledged.values())
        or any(None in (run.creation_time, run.last_update_time) for run in state.runs.values())
    )
