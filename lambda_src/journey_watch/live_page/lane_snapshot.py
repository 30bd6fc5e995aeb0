"""What the page is made from: the memory of each lane, and the alerts that were recorded lately."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from journey_watch.core.alerts import AlertKind
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, JourneyState, Lane, Scope
from journey_watch.core.severity import Severity
from journey_watch.live_page.last_polls import LastPoll
from journey_watch.messages.content import entities_of, severity_in_words

RESOLVED: Final = "RESOLVED"
ACKNOWLEDGED: Final = "ACKNOWLEDGED"


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded alert about a run, a journey or a lane, whether or not it was sent."""

    lane: Lane
    journey: JourneyKey | None
    journey_name: str | None
    container_name: str | None
    run_id: str | None
    """None if the provider has no runs, or if it is not about one."""
    before: str | None
    after: str | None
    """The status; None if the alert is not about a change of one."""
    of_journey: bool
    """True if it is the journey's own, which its runs have beside it."""
    before_since: datetime | None
    at: datetime
    """When it happened as far as the provider says, else when it was seen."""
    seen_at: datetime
    severity: Severity
    label: str
    """A word for what happened: the status, STUCK, RESOLVED."""
    summary: str
    """One sentence, harmless but not escaped."""
    muted_by: str | None = None
    """The id of the mute that held it back."""
    thread: str = ""
    """That of the alert."""

    @classmethod
    def from_envelope(cls, lane: Lane, envelope: Mapping[str, Any]) -> Self:
        detail = envelope["detail"]
        entities = entities_of(detail)
        container, journey = (entities[0], entities[1]) if len(entities) > 1 else (None, None)
        detail_type = str(envelope["detail-type"])
        is_status_change = detail_type.endswith(AlertKind.STATUS_CHANGE)
        seen = datetime.fromisoformat(detail["observed_time"])
        return cls(
            lane=lane,
            journey=JourneyKey(container.id, journey.id) if container and journey else None,
            journey_name=journey.name if journey else None,
            container_name=container.name if container else None,
            run_id=entities[2].id if len(entities) > 2 else None,  # noqa: PLR2004 - container, journey, run
            before=detail.get("previous_status") if is_status_change else None,
            after=detail.get("status") if is_status_change else None,
            of_journey=detail_type == AlertKind.JOURNEY_STATUS_CHANGE,
            before_since=_time(detail.get("previous_status_since")),
            at=(_time(detail.get("last_update_time")) if is_status_change else None) or seen,
            seen_at=seen,
            severity=severity_in_words(detail),
            label=str(detail["status"] if is_status_change else _label(detail)),
            summary=str(detail.get("summary") or envelope["detail-type"]),
            muted_by=detail.get("muted_by"),
            thread=str(detail.get("dedup_key", "")),
        )


@dataclass(frozen=True, slots=True)
class LaneSnapshot:
    """One lane, as its items in the table stood a moment ago."""

    lane: Lane
    provider: Provider
    journeys: Mapping[JourneyKey, JourneyState]
    changes: Sequence[Change] = ()
    """Newest first."""
    was_listed: bool = True
    """False if no listing of the lane was ever complete."""
    scopes: Mapping[Scope, JourneyState] = field(default_factory=dict)
    """What is remembered of the lane itself, and of containers' listings."""
    more_changes: bool = False
    """True if there are older ones in the time asked for."""
    unreadable_changes: int = 0
    """How many of them this version cannot read: they are left out."""
    unreadable: Mapping[Scope, str] = field(default_factory=dict)
    """What is remembered and this version cannot read, and why."""
    unlisted: AbstractSet[str] = frozenset()
    """Containers that could not be listed yet: nobody knows what is in them."""
    last_poll: LastPoll | None = None
    """None if that cannot be told."""

    @property
    def in_use(self) -> bool:
        """False if nothing was ever read here: the provider is probably not used in this account and Region."""
        unreachable = any(state.conditions for state in self.scopes.values())
        return bool(self.journeys or self.unreadable) or self.was_listed or unreachable

    def changes_of(self) -> Mapping[JourneyKey, list[Change]]:
        """By journey, oldest first."""
        found: dict[JourneyKey, list[Change]] = {}
        for change in reversed(self.changes):
            if change.journey is not None:
                found.setdefault(change.journey, []).append(change)
        return found

    def last_recorded(self) -> Iterator[datetime]:
        """When anything was recorded: a poll that finds nothing new writes nothing."""
        for state in self.journeys.values():
            yield from (run.recorded_at for run in state.runs.values())
        yield from (change.seen_at for change in self.changes[:1])


def _label(detail: Mapping[str, Any]) -> str:
    if "acknowledged" in detail:
        return ACKNOWLEDGED
    if "explains" in detail:
        return "WHO" if detail["found"] else "NOBODY FOUND"
    return RESOLVED if detail.get("phase") == "Resolved" else str(detail.get("condition", "NOTE"))


def _time(value: object) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None
