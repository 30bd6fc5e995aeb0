"""`journey-watch ack`: which alerts are meant."""

from collections.abc import Iterator, Mapping, Sequence

from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.runs import JourneyState, Scope
from journey_watch.core.severity import Severity
from journey_watch.ports import LaneState


def meant_by(text: str, history: Sequence[Alert], state: LaneState) -> list[Alert]:
    """The alerts of a lane, oldest first in `history`, that are meant by an alert's id, or a run's or campaign's.

    Of a run these are the openings of what is wrong with it now, and how it ended, if that was told loudly. Raises
    ConfigurationError if the alert is there, and what it told is over.
    """
    alert = next((one for one in history if one.id == text), None)
    if alert is None:
        return list(_of_run(text, history, state.states))
    if alert.condition is not None and alert.thread not in _open_threads(state.states.get(alert.journey)):
        raise ConfigurationError(f"What that alert told is over: {alert.detail['summary']}")
    return [alert]


def _of_run(run: str, history: Sequence[Alert], states: Mapping[Scope, JourneyState]) -> Iterator[Alert]:
    of_it = [one for one in history if run in (one.detail.get("run_id"), one.detail.get("campaign_id"))]
    for one in of_it:
        opens = one.condition is not None and one.detail["phase"] == Phase.OPENED
        if opens and one.thread in _open_threads(states.get(one.journey)):
            yield one
    changes = [one for one in of_it if one.status is not None]
    if changes and changes[-1].severity in (Severity.WARNING, Severity.CRITICAL):
        yield changes[-1]


def _open_threads(state: JourneyState | None) -> set[str]:
    return {one.opened_by for one in state.conditions.values() if one.opened_at} if state else set()
