"""Which journeys a poll reads, in which order, and from what each is compared."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from zlib import crc32

from journey_watch.core.runs import JourneyInfo, JourneyKey, JourneyState
from journey_watch.core.watch_list import ALL, WatchTarget

DORMANT_EVERY = 10
"""A dormant journey is read in one of so many polls."""


def journeys_to_poll(
    discovered: Mapping[JourneyKey, JourneyInfo],
    remembered: Mapping[JourneyKey, JourneyState],
    *,
    targets: Sequence[WatchTarget],
    unlisted_containers: Collection[str],
    excluded: Collection[JourneyKey] = (),
    resume_at: str | None,
    poll_number: int,
) -> list[JourneyKey]:
    """What is listed, and what is remembered with a live run, beginning where the last poll was cut short.

    Where a container could not be listed (`unlisted_containers`, `*` for all of them), all that is remembered of it is
    polled instead. What the targets' patterns and types leave out (`excluded`) is never polled. `poll_number` is any
    number that grows by one from poll to poll: it spreads dormant journeys.
    """

    def still_of_interest(journey: JourneyKey, state: JourneyState) -> bool:
        unlisted = ALL in unlisted_containers or journey.container_id in unlisted_containers
        watched = journey not in excluded and any(target.covers(journey) for target in targets)
        return watched and (state.has_live_run or unlisted)

    def due(journey: JourneyKey) -> bool:
        info, state = discovered.get(journey), remembered.get(journey)
        if info is None or not info.dormant or state is None or state.baselined_at is None or state.has_live_run:
            return True
        return crc32(str(journey).encode()) % DORMANT_EVERY == poll_number % DORMANT_EVERY

    wanted = {journey for journey, state in remembered.items() if still_of_interest(journey, state)}
    ordered = sorted((journey for journey in wanted.union(discovered) if due(journey)), key=str)
    start = next((n for n, journey in enumerate(ordered) if str(journey) >= (resume_at or "")), 0)
    return ordered[start:] + ordered[:start]


def next_start(planned: Sequence[JourneyKey], finished: Collection[JourneyKey], *, at_once: int) -> JourneyKey | None:
    """The journey with which the next poll begins; None if this one finished all that it planned.

    It is the one after the last that was finished: to begin with the first that was not would let journeys that hang
    starve all the others. If none was finished, the `at_once` journeys that are read side by side are skipped.
    """
    if all(journey in finished for journey in planned):
        return None
    last = max((n for n, journey in enumerate(planned) if journey in finished), default=at_once - 1)
    return planned[(last + 1) % len(planned)]


def starting_state(
    journey: JourneyKey,
    remembered: Mapping[JourneyKey, JourneyState],
    *,
    targets: Iterable[WatchTarget],
    listed: Mapping[str, datetime],
) -> JourneyState:
    """What a journey's listing is compared with.

    A journey that appears after its `*` target was once listed completely is new, so all its runs are news: it starts
    empty. Any other unknown journey begins with a silent first look.
    """
    state = remembered.get(journey)
    if state is not None:
        return state
    since = [
        listed[target.marker]
        for target in targets
        if target.lists_journeys and target.covers(journey) and target.marker in listed
    ]
    return JourneyState(baselined_at=min(since, default=None))


def unwatched(
    remembered: Mapping[JourneyKey, JourneyState],
    targets: Sequence[WatchTarget],
    *,
    excluded: Collection[JourneyKey] = (),
) -> list[JourneyKey]:
    """Journeys that are remembered and that no target names any more, or that its patterns and types leave out."""
    return [
        journey
        for journey, state in remembered.items()
        if state.baselined_at is not None
        and (journey in excluded or not any(target.covers(journey) for target in targets))
    ]


def newly_listed(
    targets: Iterable[WatchTarget],
    *,
    listed_completely: Collection[str],
    listed_before: Collection[str],
    discovered: Iterable[JourneyKey],
    baselined: Collection[JourneyKey],
) -> list[str]:
    """Markers of the `*` targets of which every journey of a complete listing has had its first look by now."""
    journeys = list(discovered)
    return [
        target.marker
        for target in targets
        if target.lists_journeys
        and target.marker in listed_completely
        and target.marker not in listed_before
        and all(journey in baselined for journey in journeys if target.covers(journey))
    ]
