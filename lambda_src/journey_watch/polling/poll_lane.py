"""One poll of one lane: `LanePoll.run` is the whole story.

The order is the promise. What is remembered is loaded before the first page is asked for, so an older listing never
meets a newer memory; and nothing is sent that was not committed together with the status it is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from aws_lambda_powertools import Logger

from journey_watch.core.alerts import PendingDelivery
from journey_watch.core.errors import JourneyWatchError, PollFailedError, SourceError, StoreUnavailableError
from journey_watch.core.expiry import due_marks
from journey_watch.core.poll_plan import (
    deleted,
    journeys_to_poll,
    lacking,
    listed_at_last,
    newly_listed,
    next_start,
    starting_state,
    unwatched,
)
from journey_watch.core.refusals import why_not_in_use
from journey_watch.core.runs import JourneyKey, JourneyState
from journey_watch.polling.attributing import attribute
from journey_watch.polling.committing import ChangeCommitter
from journey_watch.polling.delivery import Delivery, DigestPolicy
from journey_watch.polling.journey_poll import JourneyOutcome, JourneyPoll
from journey_watch.polling.lane_health import LaneHealth
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.report import PollReport
from journey_watch.polling.side_by_side import WORKERS, side_by_side
from journey_watch.polling.side_tasks import SideTasks
from journey_watch.ports import Discovery, LaneState

WIND_UP_SECONDS = 3.0
"""How long before the last moment to send the poll stops waiting for readings that are under way."""

MARKS_OF_A_POLL = 50
"""Writes about the ends of states that one poll makes; the next poll continues."""

logger = Logger(child=True)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What this poll sets out to read."""

    discovery: Discovery
    journeys: Sequence[JourneyKey]
    """The journeys in the order in which they are read."""
    states: Mapping[JourneyKey, JourneyState]
    """What the listing of each is compared with."""
    deleted: AbstractSet[JourneyKey]
    """Those that a complete listing lacks."""


class LanePoll:
    """One poll of one lane. Made for one run."""

    def __init__(self, context: PollContext) -> None:
        self._context = context
        self._throttles_before = context.source.throttles
        self._side_tasks = SideTasks()

    def run(self) -> PollReport:
        """Poll the journeys that the targets name, alert what changed, and say what was done.

        Raises StoreUnavailableError if the state cannot be read or nothing could be saved, and PollFailedError if
        the lane is blind. Everything else is counted in the report and logged.
        """
        context = self._context
        remembered = context.store.load(context.lane)
        committer = ChangeCommitter(context)
        health = LaneHealth(committer, dict(remembered.scopes), self._side_tasks)
        delivery = Delivery(context, DigestPolicy(context.config.digest_over, self._catch_up_after()), self._side_tasks)
        pending = delivery.claim_abandoned(remembered.states)
        pending += health.judge_mutes()
        plan = self._plan(remembered)
        pending += self._forget_what_is_unwatched(remembered, plan.discovery, health)
        outcomes = [*_unreadable(remembered), *self._observe_and_commit(plan, committer)]
        pending += [one for outcome in outcomes for one in outcome.pending]
        unused = self._why_not_in_use(plan, remembered, health)
        pending += health.assess_reachability(plan.states, plan.discovery, outcomes) if not unused else []
        delivery.send(pending)
        self._save_progress(plan, remembered, outcomes)
        delivery.send(attribute(remembered.states, context, committer, self._side_tasks))
        self._mark_ends(remembered, plan.discovery, committer)
        report = self._report(plan, outcomes, delivery, in_use=not unused)
        _raise_if_blind(report, blind=health.blind)
        return report

    def _catch_up_after(self) -> timedelta:
        return timedelta(seconds=min(target.thresholds.catch_up_after for target in self._context.targets))

    def _plan(self, remembered: LaneState) -> _Plan:
        targets, config = self._context.targets, self._context.config
        discovery = self._context.source.discover(targets)
        planned = journeys_to_poll(
            discovery.journeys,
            remembered.journeys,
            targets=targets,
            unlisted_containers=discovery.failures,
            excluded=discovery.excluded,
            resume_at=remembered.resume_at,
            poll_number=int(self._context.now().timestamp()) // config.every_seconds,
        )
        journeys = [journey for journey in planned if journey not in remembered.unreadable]
        states = {
            journey: starting_state(
                journey,
                remembered.journeys,
                targets=targets,
                listed=remembered.listed,
                unlisted=remembered.unlisted,
                now=self._context.now(),
            )
            for journey in journeys
        }
        gone = deleted(journeys, discovery.journeys, targets=targets, incomplete=discovery.incomplete)
        return _Plan(discovery, journeys, states, gone)

    def _forget_what_is_unwatched(
        self, remembered: LaneState, discovery: Discovery, health: LaneHealth
    ) -> list[PendingDelivery]:
        """Whatever is watched again later begins with a fresh look, not with news from the time between.

        Returns what is to be told about conditions that nobody watches any more.
        """
        pending: list[PendingDelivery] = []
        lane, targets, store = self._context.lane, self._context.targets, self._context.store
        configured = {target.marker for target in targets if target.lists_journeys}
        dropped = [marker for marker in remembered.listed if marker not in configured]
        if dropped:
            with self._side_tasks.attempt("entries that are gone could not be forgotten", entries=dropped):
                store.unmark_listed(lane, dropped)
        for journey in unwatched(remembered.journeys, targets, excluded=discovery.excluded):
            with self._side_tasks.attempt("a journey that is no longer watched is still known", journey=str(journey)):
                told, version = health.resolve_unwatched(journey, remembered.journeys[journey])
                pending += told
                if version is not None:  # forgotten before it was told, it would be told by nobody
                    result = store.forget_baseline(lane, journey, version)
                    logger.info("journey no longer watched", journey=str(journey), result=result.name)
        return pending

    def _observe_and_commit(self, plan: _Plan, committer: ChangeCommitter) -> Iterator[JourneyOutcome]:
        """Outcomes as they come. Stops waiting when the rest of the time is needed for sending."""
        journey_poll = JourneyPoll(committer, plan.states, plan.discovery.journeys, plan.deleted)
        size = self._context.source.batch_size
        # A call that hangs must not keep the others' alerts waiting. What it would commit later, the lease forbids.
        return side_by_side(
            [partial(journey_poll.poll, plan.journeys[at : at + size]) for at in range(0, len(plan.journeys), size)],
            patience=max(0.0, self._context.time_budget.sending_seconds - WIND_UP_SECONDS),
            name="poll",
        )

    def _why_not_in_use(self, plan: _Plan, remembered: LaneState, health: LaneHealth) -> str | None:
        """Why the provider counts as not in use in this lane, which is no fault of anybody's; None if it is in use."""
        ever_read = bool(plan.discovery.journeys or remembered.journeys or remembered.listed)
        known = ever_read or health.is_announced_unreachable
        reason = why_not_in_use(self._context.targets, plan.discovery.failures, known=known)
        if reason:
            logger.info(
                "this provider is not in use here: it was never read", lane=str(self._context.lane), reason=reason
            )
            health.drop_suspicion()
        return reason

    def _save_progress(self, plan: _Plan, remembered: LaneState, outcomes: Sequence[JourneyOutcome]) -> None:
        """Written only when it changes: a complete poll of known targets writes nothing here."""
        lane, store, discovery = self._context.lane, self._context.store, plan.discovery
        finished = {outcome.journey for outcome in outcomes}
        following = next_start(plan.journeys, finished, at_once=WORKERS * self._context.source.batch_size)
        known = {*remembered.journeys, *(outcome.journey for outcome in outcomes if outcome.remembered)}
        with self._side_tasks.attempt("progress not noted; the next poll notes it"):
            if following is not None:
                store.resume_at(lane, following)
            for marker, unlisted in newly_listed(
                self._context.targets,
                incomplete=discovery.incomplete,
                listed_before=remembered.listed,
                discovered=discovery.journeys,
                known=known,
            ).items():
                store.mark_listed(lane, marker, self._context.now(), unlisted)
                self._tell_of_first_listing(marker, unlisted, discovery, outcomes)
            for marker, containers in listed_at_last(
                remembered.unlisted, incomplete=discovery.incomplete, discovered=discovery.journeys, known=known
            ).items():
                store.listed_at_last(lane, marker, containers)

    def _mark_ends(self, remembered: LaneState, discovery: Discovery, committer: ChangeCommitter) -> None:
        """Let the states of journeys end that complete listings have lacked for long. A quiet poll writes nothing."""
        context, left = self._context, MARKS_OF_A_POLL
        gone = lacking(
            remembered.journeys,
            discovery.journeys,
            targets=context.targets,
            incomplete=discovery.incomplete,
            excluded=discovery.excluded,
        )
        marks = due_marks(remembered.journeys, lacking=gone, listed=discovery.journeys, now=context.now())
        with self._side_tasks.attempt("the end of a state could not be noted; a later poll notes it"):
            for journey, mark in marks:
                if journey in committer.stored:  # its commit has removed the marks
                    continue
                if not (left and context.time_budget.may_send):
                    break
                left -= 1
                result = context.store.mark_end(context.lane, journey, remembered.journeys[journey].version, mark)
                if mark.expires_at is not None:
                    logger.info("state of an unlisted journey expires", journey=str(journey), result=result.name)

    @staticmethod
    def _tell_of_first_listing(
        marker: str, unlisted: AbstractSet[str], discovery: Discovery, outcomes: Sequence[JourneyOutcome]
    ) -> None:
        """Said by the poll that sets a marker, and by no later one."""
        unread = [str(outcome.journey) for outcome in outcomes if not outcome.baselined]
        if unlisted or unread:
            logger.warning(
                "what could not be read yet begins silently whenever it can",
                entry=marker,
                containers=sorted(unlisted),
                journeys=unread,
            )
        elif not discovery.journeys:
            logger.info("nothing to watch yet: the provider lists no journey that is meant", entry=marker)

    def _report(
        self, plan: _Plan, outcomes: Sequence[JourneyOutcome], delivery: Delivery, *, in_use: bool
    ) -> PollReport:
        return PollReport(
            lane=self._context.lane,
            planned=len({*plan.journeys, *(outcome.journey for outcome in outcomes)}),
            outcomes=outcomes,
            unlisted=plan.discovery.failures,
            in_use=in_use,
            throttles=self._context.source.throttles - self._throttles_before,
            delivery=delivery.report,
            side_tasks_failed=self._side_tasks.failed,
            finished_at=self._context.now(),
        )


def _unreadable(remembered: LaneState) -> Iterator[JourneyOutcome]:
    """Journeys whose state this version cannot read: they are left alone, for nothing is known about them."""
    for scope, reason in remembered.unreadable.items():
        logger.error("what is remembered cannot be read, and is left alone", of=str(scope), reason=reason)
        if isinstance(scope, JourneyKey):
            yield JourneyOutcome(scope, failure=JourneyWatchError(f"Its stored state cannot be read: {reason}"))


def _raise_if_blind(report: PollReport, *, blind: bool) -> None:
    """Raise if the lane is blind, or if nothing was read for a reason other than a provider's answer.

    One journey or one container that cannot be read has a condition of its own, and is no failed poll.
    """
    if report.store_lost:
        raise StoreUnavailableError("No change could be saved in this poll; see the log lines before this one.")
    unanswered = sum(isinstance(failure, SourceError) for failure in report.failures)
    if report.in_use and (blind or (not report.observed and report.failed > unanswered)):
        reasons = "; ".join(sorted({str(failure) for failure in report.failures})[:3]) or "no time was left"
        raise PollFailedError(f"Nothing of lane {report.lane} could be read: {reasons}")
