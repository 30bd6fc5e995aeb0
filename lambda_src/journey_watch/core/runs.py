"""Identities, statuses, what a source showed (observed) and what is remembered (recorded).

Every `datetime` in this project is aware and in UTC.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, Self

from journey_watch.core.conditions import Condition
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.searches import Search


class Status(StrEnum):
    """One vocabulary for all providers; an adapter maps the provider's value and keeps it as `raw_status`."""

    SCHEDULED = "SCHEDULED"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"
    """A value nobody knew when this was written."""

    @property
    def is_terminal(self) -> bool:
        """True if the run has ended. UNKNOWN counts as live: a run that may be alive is still watched."""
        return self in _TERMINAL

    @property
    def progress(self) -> int:
        """How far through its life a run with this status is; a step to a smaller number goes backwards."""
        if self is Status.SCHEDULED:
            return 0
        return 2 if self.is_terminal else 1


_TERMINAL = frozenset({Status.COMPLETED, Status.CANCELLED, Status.FAILED})


@dataclass(frozen=True, slots=True, order=True)
class Lane:
    """One provider in one account and Region: the unit of scheduling, quota, credentials and failure."""

    provider: str
    account: str
    region: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `provider/account/region`, the form used in the schedule's event and in metrics.

        Raises ConfigurationError if the text has another form.
        """
        parts = text.split("/")
        if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - provider, account, region
            raise ConfigurationError(
                f'"{text}" is not a lane; write provider/account/region, like "pinpoint/111122223333/eu-west-1".'
            )
        return cls(*parts)

    def __str__(self) -> str:
        return f"{self.provider}/{self.account}/{self.region}"


@dataclass(frozen=True, slots=True, order=True)
class JourneyKey:
    """A journey (Pinpoint) or campaign (Connect) within a lane."""

    container_id: str
    """The Pinpoint application or Connect instance."""
    journey_id: str

    def __str__(self) -> str:
        return f"{self.container_id}/{self.journey_id}"


@dataclass(frozen=True, slots=True, order=True)
class ContainerScope:
    """The listing of a container: what is remembered and told of it, and of none of its journeys."""

    container_id: str

    @property
    def journey_id(self) -> str:
        """What stands for it in the state table, in place of a journey's id."""
        return "*"

    def __str__(self) -> str:
        return f"{self.container_id}/*"


@dataclass(frozen=True, slots=True, order=True)
class LaneScope:
    """A lane as a whole: what is remembered and told of it, and of nothing in it."""

    @property
    def container_id(self) -> str:
        """What stands for it in the state table, in place of a container's id."""
        return "*"

    @property
    def journey_id(self) -> str:
        """What stands for it in the state table, in place of a journey's id."""
        return "*"

    def __str__(self) -> str:
        return "*/*"


Scope = JourneyKey | ContainerScope | LaneScope
"""What a state, a condition or an alert is about, if it is not about a run."""
LANE_ITSELF: Final = LaneScope()


def scope_of(container_id: str, journey_id: str) -> Scope:
    """The scope under these ids in the state table. No provider has a journey that is called `*`."""
    if journey_id != "*":
        return JourneyKey(container_id, journey_id)
    return LANE_ITSELF if container_id == "*" else ContainerScope(container_id)


@dataclass(frozen=True, slots=True)
class ObservedRun:
    """A run as a source listed it. Remote, hence untrusted: only `run_id` and `status` are sure to be there."""

    run_id: str
    status: Status
    raw_status: str
    """The provider's own word, kept as it came."""
    creation_time: datetime | None = None
    """When the run was created *or scheduled*, by the provider's clock; None if missing or unreadable."""
    last_update_time: datetime | None = None
    """When the provider last changed it, by its own clock; None if missing or unreadable."""


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run as the last commit about it left it. Nothing here changes while its status stays the same."""

    status: Status
    recorded_at: datetime
    """When this status was committed, by the poller's clock."""
    creation_time: datetime | None = None
    last_update_time: datetime | None = None
    """The provider's time of this status as it was when recorded: since when the run has it, as far as known."""


@dataclass(frozen=True, slots=True)
class DeliveryLease:
    """An alert that is owed: committed, and not yet known to be accepted by its channel."""

    sort_key: str
    """The sort key of the TRANSITION item that holds the envelope."""
    lease_until: datetime
    """Until then the invocation that committed or claimed it may be sending it; afterwards anyone may claim it."""


def _nothing() -> Mapping[Any, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class JourneyState:
    """What is remembered of one journey: the STATE item."""

    version: int = 0
    """Bumped by every commit; 0 means that no item exists."""
    baselined_at: datetime | None = None
    """When its runs were first compared against; None until a complete listing was recorded."""
    runs: Mapping[str, RecordedRun] = field(default_factory=_nothing)
    """Live and recently ended runs, by run id."""
    settled_before: datetime | None = None
    """The greatest creation time among the ended runs that were dropped from `runs`."""
    settled_update: datetime | None = None
    """The greatest last update time among them."""
    undelivered: Mapping[str, DeliveryLease] = field(default_factory=_nothing)
    """Alerts that are owed, by PendingDelivery.key: `id@channel`."""
    journey_name: str | None = None
    """Its name as of the last commit."""
    conditions: Mapping[str, Condition] = field(default_factory=_nothing)
    """What is wrong, or suspected to be, by Condition.key."""
    given_up: Mapping[str, int] = field(default_factory=_nothing)
    """By channel, how many alerts were given up for it: it had refused too many of one journey's."""
    durations: tuple[int, ...] = ()
    """For how many seconds each of the latest runs that completed had been RUNNING, the oldest first."""
    itself: RecordedRun | None = None
    """The status of the journey itself, if the provider gives it one beside those of its runs."""
    acknowledged: Mapping[str, datetime] = field(default_factory=_nothing)
    """By thread, until when an operator has acknowledged what is told in it."""
    mutes: Mapping[str, datetime] = field(default_factory=_nothing)
    """The mutes in force at the last poll of a lane, by their ids, and since when; only the lane itself has them."""
    mute_tallies: Mapping[str, MuteTally] = field(default_factory=_nothing)
    """By id, what a mute that has ended suppressed, while the history is not read to its end."""
    searches: tuple[Search, ...] = ()
    """Alerts of which it is still looked for whose call they are about, the oldest first."""
    lacking_since: datetime | None = None
    """When a complete listing first lacked the journey, with nothing left to report; None while it is listed."""
    expires_at: datetime | None = None
    """When the store may drop the state; None if it is kept. Every commit clears this time and `lacking_since`."""

    @property
    def has_live_run(self) -> bool:
        return any(not run.status.is_terminal for run in self.runs.values())


@dataclass(frozen=True, slots=True)
class Observation:
    """What one reading of a journey's listing showed."""

    journey: JourneyKey
    runs: tuple[ObservedRun, ...]
    """They stand in listing order; one may stand in it twice, if the listing moved while its pages were read."""
    complete: bool
    """True if every page was read. Only a complete listing can show that something is missing."""
    malformed: int = 0
    """Entries that could not be read; they are left out of `runs`, so the listing is not complete either."""
    pages: int = 1
    problem: str | None = None
    """Why it is not complete, in words; None if it is."""
    deleted: bool = False
    """True if the provider does not have the journey any more: there is nothing to list."""

    @property
    def shows_everything(self) -> bool:
        """True if what is not in it is not there."""
        return self.complete and lists_each_once(run.run_id for run in self.runs)


@dataclass(frozen=True, slots=True)
class JourneyInfo:
    """What discovery knows about a journey, for the reader, for pacing, and to tell whether it is late."""

    name: str | None = None
    container_name: str | None = None
    journey_type: str | None = None
    """In its provider's words; None if it has none, or if that is not known."""
    dormant: bool = False
    """True if the provider says that the journey ended long ago, so that new runs are not expected: polled rarely."""
    starts_at: datetime | None = None
    """When the provider's schedule says that it is to start (the first time, if it repeats); UTC."""
    ends_at: datetime | None = None
    """When the provider's schedule says that it is to end for good; UTC."""
    repeats_every: timedelta | None = None
    """How often it starts again after `starts_at`; None if it does not, or if that is not known."""
    itself: ObservedRun | None = None
    """The status of the journey itself, if the provider gives it one beside those of its runs; `run_id` is its own."""


def lists_each_once(ids: Iterable[str]) -> bool:
    """False if an id repeats: it moved between two pages, and another may have slipped through between them."""
    listed = list(ids)
    return len(set(listed)) == len(listed)
