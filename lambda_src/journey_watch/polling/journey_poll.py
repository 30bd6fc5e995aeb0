"""One batch of journeys: read, compare, commit. Runs in a worker thread, so it shares nothing but its ports."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from aws_lambda_powertools import Logger

from journey_watch.core.acknowledgements import newly_given
from journey_watch.core.alerts import Alert, PendingDelivery
from journey_watch.core.condition_rules import Assessment, assess_reading
from journey_watch.core.conditions import Condition
from journey_watch.core.errors import JourneyWatchError, SourceError, StateTooLargeError, StoreUnavailableError
from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState, Observation, Status
from journey_watch.core.transitions import Comparison, compare, with_assessment
from journey_watch.polling.committing import ChangeCommitter, Committed
from journey_watch.polling.poll_context import PollContext
from journey_watch.ports import CommitResult

_NO_READING: Final = SourceError("The reading says nothing about it.", code="NoReading")

logger = Logger(child=True)


@dataclass(slots=True)
class JourneyOutcome:
    """What became of one journey."""

    journey: JourneyKey
    failure: JourneyWatchError | None = None
    """Why it could not be read whole, or its changes not saved."""
    observed: bool = False
    """Its listing was read, at least in part."""
    deleted: bool = False
    """The provider does not have it any more: it is neither readable nor unreadable."""
    baselined: bool = False
    """It has had its first look, now or earlier."""
    remembered: bool = False
    """This poll has saved something about it."""
    committed: list[Alert] = field(default_factory=list)
    pending: list[PendingDelivery] = field(default_factory=list)
    """The channels to which the committed alerts have yet to be sent."""
    commits: Counter[CommitResult] = field(default_factory=Counter)
    runs: Counter[Status] = field(default_factory=Counter)
    """Live runs of the listing, by status."""
    muted: int = 0
    """Alerts that a mute holds back."""
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    """What is wrong with it from now on, or suspected to be."""
    pages: int = 0
    stale: int = 0
    malformed: int = 0

    @property
    def unsaved(self) -> bool:
        """It has changes that another invocation may have saved, but not certainly this one."""
        return self.commits.total() > self.commits[CommitResult.DONE]


@dataclass(frozen=True, slots=True)
class JourneyPoll:
    """Polls batches of journeys of one lane."""

    committer: ChangeCommitter
    states: Mapping[JourneyKey, JourneyState]
    """What the listing of each journey is compared with."""
    infos: Mapping[JourneyKey, JourneyInfo]
    """What discovery knows about them; one that is not listed any more is not among them."""
    deleted: AbstractSet[JourneyKey]
    """Those that a complete listing lacks."""

    @property
    def _context(self) -> PollContext:
        return self.committer.context

    def poll(self, batch: Sequence[JourneyKey]) -> list[JourneyOutcome]:
        """Poll up to `source.batch_size` journeys; never raises. Empty if no time is left."""
        if not self._context.time_budget.may_read:
            return []
        begun = self._context.now()
        try:
            readings = self._read(batch)
        except Exception as error:
            logger.exception("reading broke", journeys=[str(journey) for journey in batch])
            broken = SourceError(f"Reading broke: {error!r}", code=type(error).__name__)
            readings = dict.fromkeys(batch, broken)
        return [self._poll_one(journey, readings.get(journey, _NO_READING), begun) for journey in batch]

    def _read(self, batch: Sequence[JourneyKey]) -> Mapping[JourneyKey, Observation | SourceError]:
        """Read a batch. What the provider does not have, and does not list, is no failure: it was deleted."""
        readings = dict(self._context.source.observe(batch))
        for journey, reading in readings.items():
            if isinstance(reading, SourceError) and reading.absent and journey in self.deleted:
                readings[journey] = Observation(journey, (), complete=True, deleted=True)
        return readings

    def _poll_one(self, journey: JourneyKey, reading: Observation | SourceError, begun: datetime) -> JourneyOutcome:
        state = self.states[journey]
        outcome = JourneyOutcome(journey, baselined=state.baselined_at is not None, conditions=state.conditions)
        try:
            self._compare_and_commit(reading, state, begun, outcome)
        except Exception as error:
            outcome.failure = JourneyWatchError(f"Polling it broke: {error!r}")
            logger.exception("polling a journey broke", journey=str(journey))
        return outcome

    def _compare_and_commit(
        self, reading: Observation | SourceError, state: JourneyState, begun: datetime, outcome: JourneyOutcome
    ) -> None:
        journey, info = outcome.journey, self.infos.get(outcome.journey, JourneyInfo())
        if isinstance(reading, SourceError):
            outcome.failure = reading
            return
        outcome.observed, outcome.deleted = True, reading.deleted
        if reading.problem is not None:
            outcome.failure = SourceError(reading.problem, code="IncompleteListing")
        outcome.pages, outcome.malformed = reading.pages, reading.malformed
        outcome.runs.update(run.status for run in reading.runs if not run.status.is_terminal)
        comparison, assessment = self._judge(state, reading, info, begun)
        outcome.stale, outcome.conditions = comparison.stale, assessment.conditions
        given = newly_given(state.acknowledged, self.committer.acknowledgements_of(journey), self._context.now())
        final = with_assessment(comparison.after, assessment)
        if given:
            final = replace(final, acknowledged=self.committer.acknowledged(journey, state))
        committed = self.committer.commit(
            journey,
            state,
            [*comparison.transitions, *assessment.events, *given],
            final,
            info,
            pruned=comparison.pruned,
        )
        self._note(committed, outcome)

    def _judge(
        self, state: JourneyState, reading: Observation, info: JourneyInfo, begun: datetime
    ) -> tuple[Comparison, Assessment]:
        """Compare, and read a second time whatever is believed only if two readings show it."""
        named = replace(info, name=info.name or state.journey_name)
        muted = self.committer.muted_by(reading.journey, named) is not None
        acknowledged = self.committer.acknowledged(reading.journey, state)

        def judged(
            listing: Observation, confirmed: frozenset[tuple[str, Status]], *, again: bool
        ) -> tuple[Comparison, Assessment]:
            comparison = compare(
                state,
                listing,
                now=self._context.now(),
                confirmed=confirmed,
                alert_on_first_sight=self._context.config.alert_on_first_sight,
                journey_name=info.name,
                itself=info.itself,
            )
            assessed = self._context.assessment(
                reading.journey, named, begun=begun, acknowledged=acknowledged, muted=muted, confirmed=again
            )
            return comparison, assess_reading(state.conditions, comparison.after, listing, assessed, info)

        comparison, assessment = judged(reading, frozenset(), again=False)
        if not comparison.unconfirmed and not assessment.unconfirmed:
            return comparison, assessment
        second = self._read([reading.journey])[reading.journey]
        if isinstance(second, SourceError):
            return comparison, assessment  # a failed second reading confirms nothing
        return judged(second, comparison.unconfirmed, again=True)

    @staticmethod
    def _note(committed: Committed, outcome: JourneyOutcome) -> None:
        if committed.results[CommitResult.DONE]:
            outcome.remembered = True
            outcome.baselined = committed.state.baselined_at is not None
        outcome.commits += committed.results
        outcome.committed += committed.alerts
        outcome.pending += committed.pending
        outcome.muted += committed.muted
        if committed.error is not None:
            outcome.failure = committed.error
        if isinstance(committed.error, StateTooLargeError | StoreUnavailableError):  # others have been logged
            reason = str(committed.error)
            logger.error("changes could not be saved", journey=str(outcome.journey), reason=reason)
