"""Which journeys a poll reads, in which order, and from what each is compared."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from zlib import crc32

from journey_watch.core.expiry import NEWS_FOR
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
    """What is listed, and what is remembered with a live run or a condition, from where the last poll was cut short.

    Where a container could not be listed (`unlisted_containers`, `*` for all of them), all that is remembered of it is
    polled instead, except journeys that complete listings have lacked with nothing left to report. What the targets'
    patterns and types leave out (`excluded`) is never polled. `poll_number` is any number that grows by one from poll
    to poll: it spreads dormant journeys.
    """

    def still_of_interest(journey: JourneyKey, state: JourneyState) -> bool:
        unlisted = ALL in unlisted_containers or journey.container_id in unlisted_containers
        watched = journey not in excluded and any(target.covers(journey) for target in targets)
        return watched and (state.has_live_run or bool(state.conditions) or (unlisted and state.lacking_since is None))

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
    unlisted: Mapping[str, Collection[str]],
    now: datetime,
) -> JourneyState:
    """What a journey's listing is compared with.

    A journey that appears after its `*` target was once listed completely is new, so all its runs are news: it starts
    empty; what it shows of the time before `NEWS_FOR` is recorded silently, for the journey may be one whose state has
    ended. Any other unknown journey begins with a silent first look. `listed` and `unlisted` are those of a LaneState.
    """
    state = remembered.get(journey)
    if state is not None:
        return state
    since = [
        listed[target.marker]
        for target in targets
        if target.lists_journeys
        and target.covers(journey)
        and target.marker in listed
        and journey.container_id not in unlisted.get(target.marker, ())
    ]
    return JourneyState(baselined_at=max(min(since), now - NEWS_FOR) if since else None)


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
        if (state.baselined_at is not None or state.conditions)
        and (journey in excluded or not any(target.covers(journey) for target in targets))
    ]


def deleted(
    planned: Iterable[JourneyKey],
    discovered: Collection[JourneyKey],
    *,
    targets: Sequence[WatchTarget],
    incomplete: Collection[str],
) -> frozenset[JourneyKey]:
    """Journeys that a complete listing lacks, of those that are polled all the same.

    Where the provider says of one that it does not exist, that is not blindness: somebody has deleted it. `incomplete`
    is that of a Discovery.
    """

    def lacking(journey: JourneyKey) -> bool:
        return any(
            target.lists_journeys and target.covers(journey) and target.container_id not in incomplete
            for target in targets
        )

    return frozenset(
        journey
        for journey in planned
        if journey not in discovered and journey.container_id not in incomplete and lacking(journey)
    )


def lacking(
    remembered: Iterable[JourneyKey],
    discovered: Collection[JourneyKey],
    *,
    targets: Sequence[WatchTarget],
    incomplete: Collection[str],
    excluded: Collection[JourneyKey],
) -> frozenset[JourneyKey]:
    """Return the remembered journeys that a complete listing lacks and that no target names by id."""
    if ALL in incomplete:
        return frozenset()
    gone = deleted(remembered, discovered, targets=targets, incomplete=incomplete)
    return frozenset(
        journey
        for journey in gone.difference(excluded)
        if not any(target.covers(journey) and journey.journey_id in target.journey_ids for target in targets)
    )


def newly_listed(
    targets: Iterable[WatchTarget],
    *,
    incomplete: Collection[str],
    listed_before: Collection[str],
    discovered: Iterable[JourneyKey],
    known: Collection[JourneyKey],
) -> dict[str, frozenset[str]]:
    """Markers of the `*` targets that are set now, each with the containers for which it does not count yet.

    A target is marked when every journey of a complete listing is `known`: it had its first look, or it is remembered
    as one that could not be read whole. Containers that could not be listed do not keep the others waiting.
    """
    journeys = list(discovered)
    markers: dict[str, frozenset[str]] = {}
    for target in targets:
        if not target.lists_journeys or target.marker in listed_before or target.container_id in incomplete:
            continue
        waiting = frozenset(incomplete) - {ALL} if target.container_id == ALL else frozenset()
        listed = [one for one in journeys if target.covers(one) and one.container_id not in waiting]
        if all(one in known for one in listed):
            markers[target.marker] = waiting
    return markers


def listed_at_last(
    unlisted: Mapping[str, Collection[str]],
    *,
    incomplete: Collection[str],
    discovered: Iterable[JourneyKey],
    known: Collection[JourneyKey],
) -> dict[str, frozenset[str]]:
    """By marker, the containers for which it counts from now on: they are listed, and all their journeys are known."""
    waiting = {journey.container_id for journey in discovered if journey not in known}.union(incomplete)
    found = {marker: frozenset(containers) - waiting for marker, containers in unlisted.items()}
    return {marker: containers for marker, containers in found.items() if containers and ALL not in incomplete}
