"""One batch of journeys: read, compare, commit. Runs in a worker thread, so it shares nothing but its ports."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import Alert, Owed
from journey_watch.core.errors import JourneyWatchError, SourceError, StateTooLargeError, StoreUnavailableError
from journey_watch.core.messages import status_change
from journey_watch.core.policy import severity_of
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Lane, Observation, Status
from journey_watch.core.transitions import Comparison, StateChange, compare
from journey_watch.invocation import Invocation
from journey_watch.ports import Channel, Commit, RunSource, RunStore
from journey_watch.settings import WatchConfig

logger = Logger(child=True)


@dataclass(slots=True)
class JourneyOutcome:
    """What became of one journey."""

    journey: JourneyKey
    failure: JourneyWatchError | None = None
    """Why it could not be read whole, or its changes not saved."""
    observed: bool = False
    """Its listing was read, at least in part."""
    baselined: bool = False
    """It has had its first look, now or earlier."""
    committed: list[Alert] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    """To which channels the committed alerts have yet to be sent."""
    commits: Counter[Commit] = field(default_factory=Counter)
    runs: Counter[Status] = field(default_factory=Counter)
    """Live runs of the listing, by status."""
    pages: int = 0
    stale: int = 0
    malformed: int = 0


@dataclass(frozen=True, slots=True)
class JourneyPoll:
    """Polls batches of journeys of one lane."""

    lane: Lane
    source: RunSource
    store: RunStore
    channels: Mapping[str, Channel]
    config: WatchConfig
    invocation: Invocation

    def poll(
        self,
        batch: Sequence[JourneyKey],
        states: Mapping[JourneyKey, JourneyState],
        infos: Mapping[JourneyKey, JourneyInfo],
    ) -> list[JourneyOutcome]:
        """Poll up to `source.batch_size` journeys; never raises for one of them. Empty if no time is left."""
        if not self.invocation.may_read:
            return []
        readings = self.source.observe(batch)
        return [
            self._poll_one(journey, readings[journey], states[journey], infos.get(journey, JourneyInfo()))
            for journey in batch
        ]

    def _poll_one(
        self, journey: JourneyKey, reading: Observation | SourceError, state: JourneyState, info: JourneyInfo
    ) -> JourneyOutcome:
        outcome = JourneyOutcome(journey, baselined=state.baselined_at is not None)
        if isinstance(reading, SourceError):
            outcome.failure = reading
            return outcome
        outcome.observed = True
        if reading.problem is not None:
            outcome.failure = SourceError(reading.problem, code="IncompleteListing")
        outcome.pages, outcome.malformed = reading.pages, reading.malformed
        outcome.runs.update(run.status for run in reading.runs if not run.status.is_terminal)
        comparison = self._compare(state, reading, info)
        outcome.stale = comparison.stale
        try:
            self._commit_all(comparison, info, outcome)
        except (StateTooLargeError, StoreUnavailableError) as error:
            outcome.failure = error
            logger.error("changes could not be saved", journey=str(journey), reason=str(error))  # noqa: TRY400 - no trace: the reason says it
        return outcome

    def _compare(self, state: JourneyState, reading: Observation, info: JourneyInfo) -> Comparison:
        def compared(listing: Observation, confirmed: frozenset[tuple[str, Status]] = frozenset()) -> Comparison:
            return compare(
                state,
                listing,
                now=self.invocation.now(),
                confirmed=confirmed,
                alert_on_first_sight=self.config.alert_on_first_sight,
                journey_name=info.name,
            )

        comparison = compared(reading)
        if not comparison.unconfirmed:
            return comparison
        again = self.source.observe([reading.journey])[reading.journey]
        return comparison if isinstance(again, SourceError) else compared(again, comparison.unconfirmed)

    def _commit_all(self, comparison: Comparison, info: JourneyInfo, outcome: JourneyOutcome) -> None:
        for change in comparison.changes:
            if not self.invocation.may_send:
                return  # too late to send what would be committed: the next poll sees the same change
            alerts = self._alerts(change, info)
            owed = self._owed(alerts)
            result = self.store.commit(self.lane, change, alerts, owed, self.invocation.deadline)
            outcome.commits[result] += 1
            if result is not Commit.DONE:
                logger.info("commit not made", journey=str(change.journey), result=result.name)
                return
            outcome.baselined = change.state.baselined_at is not None
            outcome.committed += alerts
            outcome.owed += owed

    def _owed(self, alerts: Sequence[Alert]) -> list[Owed]:
        return [
            Owed(alert, name)
            for name, channel in self.channels.items()
            for alert in alerts
            if alert.severity.reaches(channel.min_severity)
        ]

    def _alerts(self, change: StateChange, info: JourneyInfo) -> list[Alert]:
        provider = self.source.provider
        return [
            status_change(
                transition,
                lane=self.lane,
                journey=change.journey,
                provider=provider,
                info=info,
                severity=severity_of(
                    transition.previous_status,
                    transition.run.status,
                    provider=provider.name,
                    journey=change.journey,
                    rules=self.config.rules,
                ),
                observed_at=self.invocation.now(),
            )
            for transition in change.transitions
        ]
