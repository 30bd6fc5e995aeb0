"""What one poll did, counted: the source of its log line and its metrics."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from journey_watch import contract
from journey_watch.core.alerts import Alert
from journey_watch.core.errors import JourneyWatchError, SourceError, StoreUnavailableError
from journey_watch.core.runs import Lane, Status
from journey_watch.polling.delivery import DeliveryReport
from journey_watch.polling.journey_poll import JourneyOutcome
from journey_watch.ports import CommitResult


@dataclass(frozen=True, slots=True)
class PollReport:
    lane: Lane
    planned: int
    """Journeys this poll set out to read."""
    outcomes: Sequence[JourneyOutcome]
    """What became of the journeys it came to; the rest had no time."""
    unlisted: Mapping[str, SourceError]
    """Containers that could not be listed, and why."""
    in_use: bool
    """False if the provider is not there in this lane, and never was: `core.refusals.why_not_in_use`."""
    throttles: int
    delivery: DeliveryReport
    side_tasks_failed: int
    """What accompanies a poll and did not work; each has its line in the log."""
    finished_at: datetime

    @property
    def observed(self) -> int:
        """Journeys whose listing was read, at least in part."""
        return sum(outcome.observed for outcome in self.outcomes)

    @property
    def failures(self) -> list[JourneyWatchError]:
        failures = [outcome.failure for outcome in self.outcomes if outcome.failure is not None]
        return [*failures, *self.unlisted.values()]

    @property
    def failed(self) -> int:
        """Journeys not read whole or not saved, or that no time was left for; and containers not listed.

        A race lost to another invocation counts too: it is rare, and a journey whose races are all lost is not watched.
        """
        unsaved = sum(outcome.unsaved and outcome.failure is None for outcome in self.outcomes)
        return len(self.failures) + unsaved + self.planned - len(self.outcomes)

    @property
    def store_lost(self) -> bool:
        """True if there was something to save and the store took none of it."""
        refused = any(isinstance(outcome.failure, StoreUnavailableError) for outcome in self.outcomes)
        return refused and not self.commits[CommitResult.DONE]

    @property
    def commits(self) -> Counter[CommitResult]:
        return sum((outcome.commits for outcome in self.outcomes), Counter())

    @property
    def live_runs(self) -> Counter[Status]:
        return sum((outcome.runs for outcome in self.outcomes), Counter())

    @property
    def _changes(self) -> list[Alert]:
        alerts = [alert for outcome in self.outcomes for alert in outcome.committed]
        return [alert for alert in alerts if alert.kind.is_change]

    def measurements(self) -> dict[str, float]:
        """The contract's metrics by name, times in seconds; `DetectionDelay` and `PollDuration` are kept elsewhere."""
        after = [change.status for change in self._changes]
        oldest = self.delivery.oldest_undelivered
        age = (self.finished_at - oldest).total_seconds() if oldest else 0.0
        conditions = [one for outcome in self.outcomes for one in outcome.conditions.values()]
        return {
            "JourneysPolled": self.observed,
            contract.METRIC_JOURNEYS_FAILED: self.failed,
            "PagesRead": sum(outcome.pages for outcome in self.outcomes),
            contract.METRIC_THROTTLES: self.throttles,
            "RunsScheduled": self.live_runs[Status.SCHEDULED],
            contract.METRIC_RUNS_RUNNING: self.live_runs[Status.RUNNING],
            "RunsPaused": self.live_runs[Status.PAUSED],
            "Transitions": len(after),
            contract.METRIC_RUNS_CANCELLED: sum(status in (Status.CANCELLED, Status.FAILED) for status in after),
            "AlertsDelivered": self.delivery.delivered,
            contract.METRIC_ALERTS_UNDELIVERED: len(self.delivery.refused),
            contract.METRIC_OLDEST_UNDELIVERED_AGE: max(0.0, age),
            "AlertsGivenUp": self.delivery.given_up,
            "SideTasksFailed": self.side_tasks_failed,
            contract.METRIC_CONDITIONS_OPEN: sum(condition.opened_at is not None for condition in conditions),
        }

    @property
    def detection_delays(self) -> list[float]:
        """Seconds from the provider's time of each change to the poll that saw it, where that time is known."""
        delays = [change.detection_delay for change in self._changes]
        return [delay.total_seconds() for delay in delays if delay is not None]
