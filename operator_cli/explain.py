"""What is known of one alert: what it said, what else stands in its thread, who is still owed it, who did it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from journey_watch.core.alerts import Alert, AlertKind, channel_of
from journey_watch.core.runs import JourneyState
from journey_watch.core.severity import Severity
from journey_watch.messages.content import readable_time
from journey_watch.messages.untrusted_text import one_line

_MAX_REASON: Final = 300
_WHY_NOT: Final = (
    "CloudTrail may have been later than that, now and then an hour; it may not record such a call, as is not known of "
    "those that Connect's own site makes; or it was made in another account or Region, or by nobody."
)


@dataclass(frozen=True, slots=True)
class Explanation:
    alert: Alert
    thread: Sequence[Alert]
    """Everything recorded in its thread, oldest first, itself among them."""
    owed: Sequence[str]
    """Channels that have yet to accept it."""

    @classmethod
    def of(cls, alert: Alert, history: Iterable[Alert], state: JourneyState | None) -> Self:
        """`history` is what was recorded in the alert's lane, oldest first; `state` is its journey's."""
        owed = [] if state is None else [channel_of(key) for key in state.undelivered if key.startswith(f"{alert.id}@")]
        return cls(alert, [one for one in history if one.thread == alert.thread], sorted(owed))

    @property
    def told(self) -> str:
        """Who was told."""
        if self.alert.muted_by is not None:
            return f'nobody: the mute "{one_line(self.alert.muted_by, _MAX_REASON)}" held it back'
        if self.alert.severity is Severity.NONE:
            return "nobody: it has the severity none, which is recorded and not sent"
        if self.owed:
            return f"not yet accepted by {', '.join(self.owed)}; every other channel that takes {self._loudness} has it"
        return f"every channel that takes {self._loudness}"

    @property
    def _loudness(self) -> str:
        whose = "operators' alerts" if self.alert.is_for_operators else "alerts"
        return f"{whose} of severity {self.alert.severity}"

    def who_did_it(self, now: datetime) -> str:
        """What is known of that, or why it is not."""
        detail = self.alert.detail
        answers = [one for one in self.thread if one.kind is AlertKind.ATTRIBUTED]
        answer = next((one for one in answers if one.detail["explains"] == self.alert.id), None)
        until = detail.get("attribution_until")
        if answer is not None and answer.detail["found"]:
            return str(answer.detail["summary"])
        if answer is not None:
            return f"nobody was found: {one_line(answer.detail['reason'], _MAX_REASON)} {_WHY_NOT}"
        if until is not None:
            looking = datetime.fromisoformat(until) > now
            by = readable_time(until)
            return f"still being looked for, until {by}" if looking else f"nobody was found by {by}. {_WHY_NOT}"
        if self.alert.kind is not AlertKind.ATTRIBUTED and detail.get("cloudtrail_url"):
            return f"nobody looked; CloudTrail may show it: {detail['cloudtrail_url']}"
        return "no call is known to do that"

    def to_json(self, now: datetime) -> dict[str, Any]:
        return {
            "alert": self.alert.envelope,
            "thread": [one.id for one in self.thread],
            "owed_to": list(self.owed),
            "told": self.told,
            "who_did_it": self.who_did_it(now),
        }
