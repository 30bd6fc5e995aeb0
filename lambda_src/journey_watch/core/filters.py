"""What rules, routes and mutes are about: all of them choose in the same way."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from journey_watch.core.conditions import ConditionKind
from journey_watch.core.patterns import matches
from journey_watch.core.runs import Lane, Scope, Status

ANY: Final = "*"
NEW: Final = "new"
"""The left side of a change has it for a run that was not known before."""


class Change(NamedTuple):
    """A change of status."""

    before: Status | None
    """None for a run that was not known before."""
    after: Status


News = Change | ConditionKind
"""What an alert tells of one journey."""


@dataclass(frozen=True, slots=True)
class What:
    """Some of all news: certain changes, or one kind of condition."""

    before: str = ANY
    """A status, `new`, or `*` for either."""
    after: str = ANY
    """A status, or `*`."""
    condition: str | None = None
    """The kind of a condition; then no change is meant."""

    def means(self, news: News) -> bool:
        """True if the news are among those."""
        if not isinstance(news, Change) or self.condition is not None:
            return news == self.condition
        return self.before in (ANY, NEW if news.before is None else news.before.value) and self.after in (
            ANY,
            news.after.value,
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alert is about, as far as filters look at it: a journey, a container's listing or a lane."""

    lane: Lane
    scope: Scope
    name: str | None = None
    """The journey's; None if it is not known."""
    journey_type: str | None = None
    """Its type, in its provider's words; None if it has none, or if that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """All that is given must match. Ids and names are patterns with `*` and `?`, as `core.patterns` has them."""

    journeys: tuple[str, ...] = (ANY,)
    """Ids or names."""
    container_id: str = ANY
    provider: str = ANY
    account: str = ANY
    region: str = ANY
    journey_types: tuple[str, ...] = ()
    """Empty for all. What is of no known type is of none of these."""

    def covers(self, subject: Subject) -> bool:
        """True if it is about the subject. A name that is not known matches nothing but `*`."""
        scope = subject.scope
        known_as = [scope.journey_id, *([subject.name] if subject.name is not None else [])]
        return (
            self.reaches(subject.lane)
            and matches(scope.container_id, self.container_id)
            and (not self.journey_types or subject.journey_type in self.journey_types)
            and any(matches(text, pattern) for pattern in self.journeys for text in known_as)
        )

    def reaches(self, lane: Lane) -> bool:
        """Return True if the filter can cover journeys of the lane."""
        return (
            self.provider in (ANY, lane.provider)
            and self.account in (ANY, lane.account)
            and self.region in (ANY, lane.region)
        )

    def covers_all_of(self, lanes: Iterable[Lane]) -> bool:
        """Return True if the filter covers whatever the lanes have."""
        return (
            not self.journey_types
            and matches("", self.container_id)
            and any(matches("", pattern) for pattern in self.journeys)
            and all(self.reaches(lane) for lane in lanes)
        )
