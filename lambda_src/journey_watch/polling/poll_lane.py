"""poll_lane(): one poll of one lane, the whole story.

The order is the promise. What is remembered is loaded before the first page is asked for, so an older listing never
meets a newer memory; and nothing is sent that was not committed together with the status it is about.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import suppress
from datetime import datetime, timedelta

from aws_lambda_powertools import Logger

from journey_watch.core.errors import PollFailedError, StoreUnavailableError
from journey_watch.core.poll_plan import journeys_to_poll, newly_listed, starting_state, unwatched
from journey_watch.core.refusals import why_not_in_use
from journey_watch.core.runs import JourneyKey, JourneyState, Lane
from journey_watch.core.watch_list import WatchTarget
from journey_watch.polling.delivery import Delivery, DigestPolicy
from journey_watch.polling.time_budget import Invocation
from journey_watch.polling.journey_poll import JourneyOutcome, JourneyPoll
from journey_watch.polling.lane_health import LaneHealth
from journey_watch.ports import Channel, Discovery, LaneState, RunSource, RunStore
from journey_watch.polling.committing import ChangeCommitter
from journey_watch.polling.report import PollReport
from journey_watch.settings import WatchConfig

WORKERS = 8
"""The interpreter lock binds boto3 from about 16 on; 8 at 20 ms an answer already exceed Pinpoint's quota."""

WIND_UP_SECONDS = 3.0
"""How long before the last moment to send the poll stops waiting for readings that are under way."""

logger = Logger(child=True)


def poll_lane(
    lane: Lane,
    targets: Sequence[WatchTarget],
    *,
    source: RunSource,
    store: RunStore,
    channels: Mapping[str, Channel],
    config: WatchConfig,
    invocation: Invocation,
) -> PollReport:
    """Poll the journeys that the targets name, alert what changed, and say what was done.

    Raises StoreUnavailableError if the state cannot be read or nothing could be saved, and PollFailedError if nothing
    of what is watched could be read. Everything else is counted in the report and logged.
    """
    throttles_before = source.throttles
    remembered = store.load(lane)
    mutes = [*config.mutes, *store.mutes()]
    committer = ChangeCommitter(lane, source, store, channels, mutes, config, invocation)
    lane_health = LaneHealth(committer, dict(remembered.scopes))
    delivery = Delivery(
        lane,
        provider=source.provider,
        store=store,
        channels=channels,
        invocation=invocation,
        digest_policy=DigestPolicy(config.digest_over, _catch_up_after(targets)),
    )
    owed = delivery.claim_leftovers({**remembered.journeys, **remembered.scopes})
    owed += lane_health.note_mutes()

    discovery = source.discover(targets)
    _forget_what_is_unwatched(lane, targets, store, remembered, discovery)
    plan = journeys_to_poll(
        discovery.journeys,
        remembered.journeys,
        targets=targets,
        unlisted_containers=discovery.failures,
        excluded=discovery.excluded,
        resume_at=remembered.resume_at,
        poll_number=int(invocation.now().timestamp()) // config.every_seconds,
    )
    states = {
        journey: starting_state(journey, remembered.journeys, targets=targets, listed=remembered.listed)
        for journey in plan
    }
    journey_poll = JourneyPoll(lane, targets, source, committer, config, invocation)
    outcomes = list(_in_parallel(journey_poll, plan, states, discovery))
    ever_read = bool(discovery.journeys or remembered.journeys or remembered.listed)
    not_in_use = why_not_in_use(targets, discovery.failures, known=ever_read or lane_health.is_told_unreachable)
    owed += [one for outcome in outcomes for one in outcome.owed]
    if not_in_use:
        logger.info("this provider is not in use here: it was never read", lane=str(lane), reason=not_in_use)
        lane_health.drop_suspicion(journey_poll)
    else:
        owed += lane_health.assess_reachability(journey_poll, states, discovery, outcomes)

    delivery.send(owed)
    _note_progress(
        lane,
        targets,
        store,
        remembered=remembered,
        discovery=discovery,
        plan=plan,
        outcomes=outcomes,
        at=invocation.now(),
    )
    report = PollReport(
        lane=lane,
        planned=len(plan),
        outcomes=outcomes,
        unlisted=discovery.failures,
        in_use=not not_in_use,
        throttles=source.throttles - throttles_before,
        delivery=delivery.report,
        finished_at=invocation.now(),
    )
    _raise_if_blind(report)
    return report


def _catch_up_after(targets: Sequence[WatchTarget]) -> timedelta:
    return timedelta(seconds=min(target.thresholds.catch_up_after for target in targets))


def _forget_what_is_unwatched(
    lane: Lane, targets: Sequence[WatchTarget], store: RunStore, remembered: LaneState, discovery: Discovery
) -> None:
    """So that whatever is watched again later begins with a fresh look, not with news from the time between."""
    configured = {target.marker for target in targets if target.lists_journeys}
    dropped = [marker for marker in remembered.listed if marker not in configured]
    if dropped:
        store.unmark_listed(lane, dropped)
    for journey in unwatched(remembered.journeys, targets, excluded=discovery.excluded):
        result = store.forget_baseline(lane, journey, remembered.journeys[journey].version)
        logger.info("journey no longer watched", journey=str(journey), result=result.name)


def _in_parallel(
    journey_poll: JourneyPoll,
    plan: Sequence[JourneyKey],
    states: Mapping[JourneyKey, JourneyState],
    discovery: Discovery,
) -> Iterator[JourneyOutcome]:
    """Outcomes as they come. Stops waiting when the rest of the time is needed for sending."""
    size, invocation = journey_poll.source.batch_size, journey_poll.invocation
    pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="poll")
    try:
        futures: list[Future[list[JourneyOutcome]]] = [
            pool.submit(journey_poll.poll, plan[at : at + size], states, discovery.journeys)
            for at in range(0, len(plan), size)
        ]
        patience = max(0.0, invocation.sending_seconds - WIND_UP_SECONDS)
        with suppress(TimeoutError):
            for future in as_completed(futures, timeout=patience):
                yield from future.result()
    finally:
        # A call that hangs must not keep the others' alerts waiting. What it would commit later, the lease forbids.
        pool.shutdown(wait=False, cancel_futures=True)


def _note_progress(
    lane: Lane,
    targets: Sequence[WatchTarget],
    store: RunStore,
    *,
    remembered: LaneState,
    discovery: Discovery,
    plan: Sequence[JourneyKey],
    outcomes: Sequence[JourneyOutcome],
    at: datetime,
) -> None:
    """Written only when it changes: a complete poll of known targets writes nothing here."""
    done = {outcome.journey for outcome in outcomes}
    left = [journey for journey in plan if journey not in done]
    baselined = {journey for journey, state in remembered.journeys.items() if state.baselined_at is not None}
    baselined.update(outcome.journey for outcome in outcomes if outcome.baselined)
    try:
        if left:
            store.resume_at(lane, left[0])
        for marker in newly_listed(
            targets,
            listed_completely=discovery.listed_completely,
            listed_before=remembered.listed,
            discovered=discovery.journeys,
            baselined=baselined,
        ):
            store.mark_listed(lane, marker, at)
            if not discovery.journeys:
                # Said by the poll that sets the marker, and by no later one.
                logger.info("nothing to watch yet: the provider lists no journey that is meant", entry=marker)
    except StoreUnavailableError as error:
        logger.warning("progress not noted; the next poll notes it", reason=str(error))


def _raise_if_blind(report: PollReport) -> None:
    if report.store_lost:
        raise StoreUnavailableError("No change could be saved in this poll; see the log lines before this one.")
    if report.in_use and report.failed and not report.observed:
        reasons = "; ".join(sorted({str(failure) for failure in report.failures})[:3]) or "no time was left"
        raise PollFailedError(f"Nothing of lane {report.lane} could be read: {reasons}")
