"""What the poll needs from outside. Each port has an adapter for AWS; the store has one in memory as well."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Protocol

from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.errors import SourceError
from journey_watch.core.expiry import Mark
from journey_watch.core.mutes import Mute
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Lane, Observation, Scope
from journey_watch.core.severity import Severity
from journey_watch.core.transitions import StateChange
from journey_watch.core.watch_list import WatchTarget


@dataclass(frozen=True, slots=True)
class Discovery:
    """Which journeys the targets of a lane name."""

    journeys: Mapping[JourneyKey, JourneyInfo]
    """Every journey to poll, including the ones named by id; what is known of each."""
    incomplete: frozenset[str] = frozenset()
    """Containers whose listing was not read to its end (`*`: that of the containers, or of all there is at once)."""
    containers: frozenset[str] | None = None
    """Those that there are, as far as the targets need to know; None if the provider does not list them."""
    failures: Mapping[str, SourceError] = field(default_factory=dict)
    """Containers that could not be listed (`*` if not even their list could be had), and why."""
    excluded: frozenset[JourneyKey] = frozenset()
    """Journeys that are listed, and that the targets' patterns and types leave out."""


class RunSource(Protocol):
    """Reads what a provider says about journeys and their runs. Safe to call from several threads at once."""

    provider: Provider
    batch_size: int
    """How many journeys one `observe` call may take."""

    def discover(self, targets: Sequence[WatchTarget]) -> Discovery:
        """List what the targets name. A container that fails is a failure in the result, not an exception."""

    def observe(self, journeys: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        """Read the runs of at most `batch_size` journeys; one journey's failure is its value, never an exception.

        An incomplete reading that showed something is an Observation with `complete=False`.
        """

    def counters(self, journey: JourneyKey, run_id: str) -> Mapping[str, str]:
        """What the provider has counted of a run, by its own names; empty if it does not say so at once.

        Only decorates an alert: one attempt, a short time-out, never an exception.
        """

    @property
    def throttles(self) -> int:
        """How many answers asked for fewer calls since this source was made."""


class CommitResult(Enum):
    """What became of a conditional write."""

    DONE = auto()
    LOST_RACE = auto()
    """Another invocation committed first: nothing was written, and the next poll decides."""
    UNCERTAIN = auto()
    """No answer came: it may have been written. Publish nothing; the next poll finds the truth in the state."""


@dataclass(frozen=True, slots=True)
class LaneState:
    """All that is remembered of a lane, as loaded before the first page is asked for."""

    journeys: Mapping[JourneyKey, JourneyState]
    scopes: Mapping[Scope, JourneyState] = field(default_factory=dict)
    """What is remembered of the lane itself, and of containers' listings: their keys have `*` for what they lack."""
    listed: Mapping[str, datetime] = field(default_factory=dict)
    """By `WatchTarget.marker`: since when every journey the target lists is news when it is first listed."""
    unlisted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By `WatchTarget.marker`: containers that were there by then and could not be listed; it does not count there."""
    resume_at: str | None = None
    """The journey (as text) with which the next poll begins, if one was cut short."""
    unreadable: Mapping[Scope, str] = field(default_factory=dict)
    """What is remembered and this version cannot read, and why: it is left alone."""

    @property
    def states(self) -> dict[Scope, JourneyState]:
        """All that may owe something: the journeys, their containers and the lane."""
        states: dict[Scope, JourneyState] = dict(self.scopes)
        states.update(self.journeys.items())
        return states


@dataclass(frozen=True, slots=True)
class SetByOperators:
    """What operators have set while it runs, of all lanes."""

    mutes: Mapping[str, Mute | None] = field(default_factory=dict)
    """By id; None for one that is not readable."""
    acknowledgements: Sequence[Acknowledgement] = ()
    """Those that are readable."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Part of what was recorded in a lane."""

    alerts: Sequence[Alert]
    """Those that are readable."""
    following: str | None = None
    """The position of the next page; None if this is the last."""


class RunStore(Protocol):
    """The state of the lanes. Every method raises StoreUnavailableError if the store does not answer."""

    def load(self, lane: Lane) -> LaneState:
        """Read a whole lane. May be a stale read: a commit based on it then fails."""

    def commit(
        self,
        lane: Lane,
        change: StateChange,
        alerts: Sequence[Alert],
        owed: Sequence[PendingDelivery],
        lease_until: datetime,
    ) -> CommitResult:
        """Save one journey's next state, its alerts, and to which channels they are owed, in one write.

        An alert that is owed to no channel is recorded all the same. Raises StateTooLargeError if the item would not
        fit.
        """

    def fits(self, change: StateChange, owed: Sequence[PendingDelivery]) -> bool:
        """Return whether a commit would store the state: False if it would raise StateTooLargeError."""

    def claim(self, lane: Lane, journey: Scope, keys: Sequence[str], seen: datetime, until: datetime) -> bool:
        """Take over what is owed under these keys, all of it or nothing.

        False if the lease of any is no longer `seen`: another invocation was first.
        """

    def alerts(self, lane: Lane, journey: Scope, sort_keys: Sequence[str]) -> Mapping[str, Alert | None]:
        """Read back committed alerts, by sort key: None for one that this version cannot read.

        One that is no longer there is left out.
        """

    def acknowledge(self, lane: Lane, journey: Scope, keys: Sequence[str]) -> None:
        """Note that these are no longer owed. Neither tests nor bumps the version: it commutes with commits."""

    def give_up(self, lane: Lane, journey: Scope, keys: Sequence[str], channel: str) -> None:
        """Note that these are no longer owed to a channel that does not take them, and count them there."""

    def set_by_operators(self) -> SetByOperators:
        """What operators have set, expired things perhaps among it."""

    def history(self, lane: Lane, since: datetime, position: str = "") -> HistoryPage:
        """Return one page, of at most 1 MB, of what was recorded in a lane since then, sent or not, oldest first.

        With a position, the page begins there.
        """

    def forget_baseline(self, lane: Lane, journey: JourneyKey, seen_version: int) -> CommitResult:
        """Drop the state of a journey that is no longer watched, except `version`, `undelivered` and `acknowledged`."""

    def mark_end(self, lane: Lane, journey: JourneyKey, seen_version: int, mark: Mark) -> CommitResult:
        """Set the marks about the end of a state, unless something was committed or is undelivered.

        It does not bump the version: it commutes with commits, each of which removes the marks.
        """

    def mark_listed(self, lane: Lane, marker: str, at: datetime, unlisted: AbstractSet[str] = frozenset()) -> None:
        """Set a marker of `LaneState.listed`, with the containers for which it does not count, unless it is set."""

    def listed_at_last(self, lane: Lane, marker: str, containers: AbstractSet[str]) -> None:
        """Let a marker count for containers of `LaneState.unlisted`."""

    def unmark_listed(self, lane: Lane, markers: Sequence[str]) -> None:
        """Drop markers of targets that are no longer in the configuration."""

    def resume_at(self, lane: Lane, journey: JourneyKey) -> None:
        """Remember where the next poll begins."""


def whole_history(store: RunStore, lane: Lane, since: datetime) -> list[Alert]:
    """Return everything that was recorded in a lane since then. It has no bound: for commands, not for polls."""
    alerts: list[Alert] = []
    position: str | None = ""
    while position is not None:
        page = store.history(lane, since, position)
        alerts += page.alerts
        position = page.following
    return alerts


class CallHistory(Protocol):
    """Who called what in the account and Region of a lane, as far as that is recorded by now."""

    def page(
        self, event_name: str, since: datetime, until: datetime, token: str | None = None
    ) -> tuple[Sequence[object], str | None]:
        """Recorded events of that name, whatever their shape, the newest first; and the next page's token, if any.

        One attempt, a short time-out. Raises SourceError.
        """

    def user_name(self, container_id: str, user_id: str) -> str | None:
        """What a user of the provider's own site is called; None if that is not known. Raises SourceError."""


class Notifier(Protocol):
    """Sends alerts to one channel."""

    def publish(self, alerts: Sequence[Alert]) -> Mapping[str, str]:
        """Send all; returns why for each that was not accepted, by alert id. Never raises for a refused one.

        Alerts must come in the order their recipients should see them. If one is refused, or no answer came, later ones
        of its thread are held back and refused as well.
        """


@dataclass(frozen=True, slots=True)
class Channel:
    """Where alerts go, and which."""

    notifier: Notifier
    min_severity: Severity = Severity.INFO
    """What is quieter is not owed to this channel."""
    recipient: str | None = None
    """Whose it is; None for one whose readers choose by what a message says of its recipients."""
    for_operators: bool | None = False
    """True: it is owed the alerts about the monitor's own sight and no others; False: all the others; None: both."""
    at_once: int = 10
    """This many alerts are handed over together: what a notifier sends without a pause between."""
    formerly: tuple[str, ...] = ()
    """Names under which alerts may be owed to it that no channel has any more."""
    max_single: int = 1_000
    """More alerts than this in one poll become a digest, whatever the configuration says: it would take too long."""
    one_by_one: bool = False
    """True: it gets no digest, however many alerts there are."""

    def takes(self, alert: Alert) -> bool:
        """True if the alert is owed to it."""
        if not alert.severity.reaches(self.min_severity):
            return False
        if self.recipient is not None:
            return self.recipient in alert.recipients
        return self.for_operators in (None, alert.is_for_operators)
