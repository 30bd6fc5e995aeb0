"""What PagerDuty makes of events: https://developer.pagerduty.com/docs/events-api-v2-overview."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Incidents:
    """The incidents of one service, by their keys."""

    open: set[str] = field(default_factory=set)
    opened: list[str] = field(default_factory=list)
    """Each opening; a trigger for one that is open adds to it and is none."""

    def take(self, events: Iterable[Mapping[str, Any]]) -> "Incidents":
        for event in events:
            key = event["dedup_key"]
            if event["event_action"] == "resolve":
                self.open.discard(key)  # one that is not open is dropped in silence
            elif key not in self.open:
                self.open.add(key)
                self.opened.append(key)
        return self
