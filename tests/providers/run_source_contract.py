"""What every RunSource does. A test module subclasses it and provides the fixture `provider`: a simulated one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from journey_watch.core.errors import SourceError
from journey_watch.core.provider import Provider
from journey_watch.core.runs import JourneyKey, Observation
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.ports import RunSource

FIRST, SECOND = JourneyKey("container-1", "journey-1"), JourneyKey("container-1", "journey-2")
ELSEWHERE = JourneyKey("container-2", "journey-3")
JOURNEYS = (FIRST, SECOND, ELSEWHERE)
"""What the simulated provider holds: two containers, three journeys, and at least one run of each."""
UNHEARD_OF = JourneyKey("container-1", "journey-9")


class SimulatedProvider(Protocol):
    """What the contract needs to be able to do to the provider. Journeys and containers are those above."""

    def source(self) -> RunSource:
        """A new source with nothing remembered."""

    def refuse_runs_of(self, journey: JourneyKey) -> None:
        """From now on reading this journey fails altogether."""

    def cut_short_runs_of(self, journey: JourneyKey) -> None:
        """From now on answers about this journey lack a part of what belongs in them."""

    def refuse_listing(self, container_id: str) -> None:
        """From now on the container's journeys cannot be listed; `*`: what there is everywhere cannot."""

    def break_everything(self) -> None:
        """From now on no answer can be read."""

    def let_time_pass(self) -> None:
        """As much as it takes until a source asks again for what it remembers."""


def target(source: RunSource, container_id: str, *journey_ids: str) -> WatchTarget:
    return WatchTarget(source.provider.name, container_id, journey_ids or (ALL,))


def observe_all(source: RunSource, journeys: Sequence[JourneyKey]) -> dict[JourneyKey, Observation | SourceError]:
    """As the poll does it: no more journeys at once than the source says."""
    seen: dict[JourneyKey, Observation | SourceError] = {}
    for at in range(0, len(journeys), source.batch_size):
        seen |= source.observe(journeys[at : at + source.batch_size])
    return seen


def complete(reading: Observation | SourceError) -> bool:
    return isinstance(reading, Observation) and reading.complete


class RunSourceContract:
    """Observing: every journey asked for gets its own answer."""

    def test_it_says_how_its_provider_speaks(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        assert isinstance(source.provider, Provider)
        assert source.batch_size >= 1

    def test_every_journey_asked_for_is_answered_and_no_other(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        batch = JOURNEYS[: source.batch_size]
        assert set(source.observe(batch)) == set(batch)

    def test_a_journey_read_to_its_end_is_complete(self, provider: SimulatedProvider) -> None:
        for journey, reading in observe_all(provider.source(), JOURNEYS).items():
            assert isinstance(reading, Observation)
            assert reading.journey == journey
            assert reading.complete
            assert reading.problem is None
            assert reading.runs

    def test_times_are_aware_and_in_utc(self, provider: SimulatedProvider) -> None:
        for reading in observe_all(provider.source(), JOURNEYS).values():
            assert isinstance(reading, Observation)
            times = [time for run in reading.runs for time in (run.creation_time, run.last_update_time) if time]
            assert all(time.utcoffset() is not None and not time.utcoffset() for time in times)

    def test_one_journeys_failure_is_never_anothers(self, provider: SimulatedProvider) -> None:
        provider.refuse_runs_of(FIRST)
        readings = observe_all(provider.source(), JOURNEYS)
        assert isinstance(readings[FIRST], SourceError)
        assert complete(readings[SECOND])
        assert complete(readings[ELSEWHERE])

    def test_what_was_cut_short_is_never_complete(self, provider: SimulatedProvider) -> None:
        provider.cut_short_runs_of(FIRST)
        readings = observe_all(provider.source(), JOURNEYS)
        cut = readings[FIRST]
        assert isinstance(cut, SourceError) or (not cut.complete and cut.problem)
        assert complete(readings[SECOND])

    def test_a_journey_nobody_heard_of_is_an_error_that_says_it_is_gone(self, provider: SimulatedProvider) -> None:
        reading = observe_all(provider.source(), [UNHEARD_OF])[UNHEARD_OF]
        assert isinstance(reading, SourceError)
        assert reading.absent
        assert reading.code

    def test_answers_that_cannot_be_read_are_errors_not_exceptions(self, provider: SimulatedProvider) -> None:
        provider.break_everything()
        readings = observe_all(provider.source(), JOURNEYS)
        assert all(isinstance(reading, SourceError) for reading in readings.values())

    def test_two_threads_at_once_see_the_same(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        targets = [target(source, ALL)]
        with ThreadPoolExecutor(4) as pool:
            readings = list(pool.map(lambda _: observe_all(source, JOURNEYS), range(4)))
            discoveries = list(pool.map(lambda _: source.discover(targets), range(4)))
        assert all(reading == readings[0] for reading in readings)
        assert all(discovery == discoveries[0] for discovery in discoveries)

    def test_nobody_was_throttled_yet(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        observe_all(source, JOURNEYS)
        assert source.throttles == 0


class RunSourceDiscoveryContract:
    """Discovering: what is listed, what is named, and what could not be had."""

    def test_everything_is_found_everywhere(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        everything = target(source, ALL)
        discovery = source.discover([everything])
        assert set(discovery.journeys) == set(JOURNEYS)
        assert not discovery.incomplete
        assert not discovery.failures

    def test_a_container_named_is_listed_alone(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        here = target(source, FIRST.container_id)
        discovery = source.discover([here])
        assert set(discovery.journeys) == {FIRST, SECOND}
        assert not discovery.incomplete

    def test_journeys_have_their_names(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        named = source.discover([target(source, FIRST.container_id, FIRST.journey_id)]).journeys
        assert named[FIRST].name

    def test_journeys_named_by_id_are_polled_whether_listed_or_not(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        discovery = source.discover([target(source, FIRST.container_id, FIRST.journey_id, UNHEARD_OF.journey_id)])
        assert set(discovery.journeys) == {FIRST, UNHEARD_OF}
        assert not discovery.incomplete
        assert not discovery.failures

    def test_without_their_names_they_are_polled_all_the_same(self, provider: SimulatedProvider) -> None:
        provider.break_everything()
        source = provider.source()
        discovery = source.discover([target(source, FIRST.container_id, FIRST.journey_id)])
        assert set(discovery.journeys) == {FIRST}
        assert not discovery.failures

    def test_overlapping_targets_name_a_journey_once(self, provider: SimulatedProvider) -> None:
        source = provider.source()
        discovery = source.discover([target(source, ALL), target(source, FIRST.container_id, FIRST.journey_id)])
        assert set(discovery.journeys) == set(JOURNEYS)

    def test_a_container_that_fails_disturbs_no_other(self, provider: SimulatedProvider) -> None:
        provider.refuse_listing(FIRST.container_id)
        source = provider.source()
        failing, fine = target(source, FIRST.container_id), target(source, ELSEWHERE.container_id)
        discovery = source.discover([failing, fine])
        assert set(discovery.journeys) == {ELSEWHERE}
        assert discovery.incomplete == {FIRST.container_id}
        assert set(discovery.failures) == {FIRST.container_id}

    def test_containers_that_cannot_be_listed_are_a_failure_of_their_own(self, provider: SimulatedProvider) -> None:
        provider.refuse_listing(ALL)
        source = provider.source()
        discovery = source.discover([target(source, ALL), target(source, FIRST.container_id)])
        assert set(discovery.journeys) == {FIRST, SECOND}
        assert set(discovery.failures) == {ALL}
        assert discovery.incomplete == {ALL}

    def test_what_was_listed_is_still_polled_when_it_cannot_be_listed_again(self, provider: SimulatedProvider) -> None:
        assert_still_polled(provider, ALL)

    def test_nothing_watched_is_nothing_found(self, provider: SimulatedProvider) -> None:
        assert not provider.source().discover([]).journeys


class ContainerByContainerContract:
    """Discovering everything, of a source that lists the containers first, and then what is in each."""

    def test_a_container_that_fails_is_all_that_is_incomplete(self, provider: SimulatedProvider) -> None:
        provider.refuse_listing(FIRST.container_id)
        source = provider.source()
        discovery = source.discover([target(source, ALL)])
        assert ELSEWHERE in discovery.journeys
        assert discovery.incomplete == {FIRST.container_id}
        assert FIRST.container_id in discovery.failures

    def test_what_was_listed_in_one_container_is_still_polled(self, provider: SimulatedProvider) -> None:
        assert_still_polled(provider, FIRST.container_id)


def assert_still_polled(provider: SimulatedProvider, lost: str) -> None:
    source = provider.source()
    everything = target(source, ALL)
    source.discover([everything])
    provider.refuse_listing(lost)
    provider.let_time_pass()
    discovery = source.discover([everything])
    assert set(discovery.journeys) == set(JOURNEYS)
    assert set(discovery.failures) == {lost}
    assert discovery.incomplete
