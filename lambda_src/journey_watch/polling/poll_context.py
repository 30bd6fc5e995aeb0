"""What one poll of one lane works with. It travels as one through everything in this folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from journey_watch.core.commit_plan import CommitLimits
from journey_watch.core.condition_rules import AssessmentContext
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.filters import Subject
from journey_watch.core.provider import Provider
from journey_watch.core.routing import severity_of
from journey_watch.core.runs import JourneyInfo, Lane, Scope
from journey_watch.core.watch_list import Thresholds, WatchTarget
from journey_watch.messages.envelope import AlertContext, Deployment
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import CallHistory, Channel, RunSource, RunStore
from journey_watch.settings import WatchConfig


@dataclass(frozen=True, slots=True)
class PollContext:
    """The lane, its ports, its configuration and its time. Safe for threads, as the ports are."""

    lane: Lane
    targets: Sequence[WatchTarget]
    """Those of the configuration's entries that are in this lane."""
    source: RunSource
    store: RunStore
    channels: Mapping[str, Channel]
    """By name: each is owed, sent to and acknowledged by itself."""
    config: WatchConfig
    time_budget: TimeBudget
    call_history: CallHistory | None = None
    """None if nobody wants to know who did it."""
    commit_limits: CommitLimits = field(default_factory=CommitLimits)
    """What one commit may hold."""
    history_pages: int = 20
    """How many pages of the history, of at most 1 MB, a poll reads for the summaries of mutes that have ended."""

    lanes: Sequence[Lane] = ()
    """All lanes of the deployment; empty if this is the only one."""

    @property
    def provider(self) -> Provider:
        """Whose lane it is, and its words."""
        return self.source.provider

    def now(self) -> datetime:
        """The wall clock, in UTC."""
        return self.time_budget.now()

    def thresholds_of(self, journey: Scope) -> Thresholds:
        """The patience that the configuration has with a journey."""
        # No target need cover a whole lane: then the least patient of them decides.
        shortest = min((target.thresholds for target in self.targets), key=lambda one: one.unreachable_after)
        target = self._target_of(journey)
        return target.thresholds if target else shortest

    def _target_of(self, journey: Scope) -> WatchTarget | None:
        return next((target for target in self.targets if target.covers(journey)), None)

    def subject(self, journey: Scope, info: JourneyInfo) -> Subject:
        """A journey as filters see it."""
        return Subject(self.lane, journey, info.name, info.journey_type)

    def assessment(
        self,
        journey: Scope,
        info: JourneyInfo,
        *,
        begun: datetime,
        acknowledged: Mapping[str, datetime],
        muted: bool,
        confirmed: bool,
    ) -> AssessmentContext:
        """What conditions of a journey are assessed with, now. `begun` is when reading it began."""
        subject = self.subject(journey, info)
        return AssessmentContext(
            now=self.now(),
            begun=begun,
            interval=timedelta(seconds=self.config.every_seconds),
            thresholds=self.thresholds_of(journey),
            severities={kind: severity_of(kind, subject, self.config.rules) for kind in ConditionKind},
            acknowledged=acknowledged,
            muted=muted,
            confirmed=confirmed,
        )

    def alert(self, journey: Scope, info: JourneyInfo) -> AlertContext:
        """What alerts about a journey are built from, now."""
        target = self._target_of(journey)
        site_url = target.site_url if target else None
        return AlertContext(self.lane, self.provider, self.now(), journey, info, self.deployment, site_url)

    @property
    def deployment(self) -> Deployment:
        """What alerts say of this deployment."""
        return Deployment(self.config.label, self.config.time_zone)
