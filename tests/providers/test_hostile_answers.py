"""Whatever a provider answers, a lane is polled: what is sound is read and told, what is not is named."""

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.aws.rate_limit import Quota, RateLimit
from journey_watch.core.errors import JourneyWatchError, PollFailedError
from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.polling.poll_context import PollContext
from journey_watch.polling.poll_lane import LanePoll
from journey_watch.polling.time_budget import TimeBudget
from journey_watch.ports import Channel, RunSource
from journey_watch.providers.connect.client import campaigns_client
from journey_watch.providers.connect.source import ConnectCampaigns
from journey_watch.providers.pinpoint.client import pinpoint_client
from journey_watch.providers.pinpoint.counters import PinpointCounters
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns
from journey_watch.providers.registry import REGISTRY
from journey_watch.settings import WatchConfig
from journey_watch.store.memory import MemoryRunStore
from tests.aws.doubles import ScriptedAnswers, do_not_wait_between_retries, session
from tests.aws.hostile_answers import STATUSES, VALUES, modelled, no_answers, wrong
from tests.damage import damaged
from tests.polling.scripted import Clock, ScriptedChannel

UNTOUCHED: Final = "container-0"
"""What names this container in its URL is always answered as it should be."""
LISTINGS: Final = [
    ("pinpoint", "GetApps", "Item", ALL),
    ("pinpoint", "ListJourneys", "Item", "container-1"),
    ("connect", "ListCampaigns", "campaignSummaryList", ALL),
]
"""What shows what there is: under which name, and of which container."""

Answer = tuple[int, bytes]


@functools.cache
def sound(provider: str, operation: str, *, running: bool = True) -> Any:  # noqa: ANN401 - JSON
    """The true answer: two of everything, and all runs have the same status."""
    words: dict[str, dict[str, object]] = {
        "GetApps": {"Id": "container-{n}"},
        "GetApp": {"Id": "container-1"},
        "ListJourneys": {"Id": "journey-{n}", "State": "ACTIVE", "LastModifiedDate": "2026-11-01T00:00:00Z"},
        "GetJourneyRuns": {
            "RunId": "run-{n}",
            "Status": "RUNNING" if running else "CANCELLED",
            "CreationTime": "2026-11-23T08:00:00Z",
            "LastUpdateTime": "2026-11-23T09:00:00Z" if running else "2026-11-23T12:05:00Z",
        },
        "ListCampaigns": {"id": "journey-{n}", "connectInstanceId": "container-{n}"},
        "GetCampaignStateBatch": {
            "campaignId": "journey-{n}",
            "state": "Running" if running else "Stopped",
            "failedRequests": [],
        },
    }
    (service,) = REGISTRY[provider].sdk_operations
    return modelled(service, operation, {"NextToken": None, "nextToken": None, **words.get(operation, {})})


@functools.cache
def sound_body(provider: str, operation: str, *, running: bool = True) -> bytes:
    return json.dumps(sound(provider, operation, running=running)).encode()


@dataclass
class Lying:
    """A lane whose provider answers as it should, but for the operations in `instead`; polled on command."""

    provider: str
    clock: Clock = field(default_factory=Clock)
    channel: ScriptedChannel = field(default_factory=ScriptedChannel)
    store: MemoryRunStore = field(default_factory=MemoryRunStore)
    running: bool = True
    instead: Mapping[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = self._source()

    def _source(self) -> RunSource:
        limit = RateLimit(Quota(per_second=1e9, burst=1e9))
        client: Any = {"pinpoint": pinpoint_client, "connect": campaigns_client}[self.provider](session(), limit)
        client.meta.events.register("before-send", self._answer)
        if self.provider == "connect":
            return ConnectCampaigns(client, limit, clock=self._seconds)
        counters = PinpointCounters(lambda: client)
        return PinpointJourneyRuns(client, limit, counters, clock=self._seconds, now=self.clock.now)

    def _seconds(self) -> float:
        return self.clock.time.timestamp()

    def _answer(self, request: AWSPreparedRequest, event_name: str, **_: object) -> AWSResponse:
        operation = event_name.rpartition(".")[2]
        true = 200, sound_body(self.provider, operation, running=self.running)
        lied = self.instead.get(operation, true)
        return ScriptedAnswers(true if UNTOUCHED in str(request.url) else lied).answer(request)

    def poll(self, minutes: int = 1) -> None:
        """Poll once, so many minutes later; it may say that it is blind, and nothing else."""
        self.clock.advance(minutes=minutes)
        targets = [WatchTarget(self.provider, UNTOUCHED), WatchTarget(self.provider, ALL)]
        context = PollContext(
            Lane(self.provider, "111122223333", "eu-west-1"),
            targets,
            source=self.source,
            store=self.store,
            channels={"alerts": Channel(self.channel)},
            config=WatchConfig(watch=tuple(targets), digest_over=1_000),
            time_budget=TimeBudget(self.clock.now, self.clock.time + timedelta(seconds=50)),
        )
        failures: list[JourneyWatchError] = []
        try:
            report = LanePoll(context).run()
            failures += report.failures
            assert report.side_tasks_failed == 0
        except PollFailedError as blind:
            failures.append(blind)
        # What the poll itself has to catch, nobody has foreseen.
        assert not [failure for failure in map(str, failures) if " broke: " in failure]

    @property
    def told(self) -> dict[tuple[str, ...], list[str]]:
        """By container, journey and run: the statuses that were told of it. What lasts is another matter."""
        words = self.source.provider
        ids = [name for name in (words.container_field, words.journey_field, words.run_field) if name]
        found: dict[tuple[str, ...], list[str]] = defaultdict(list)
        for detail in self.channel.told:
            if "condition" not in detail:
                found[tuple(detail[name] for name in ids)].append(detail["status"])
        return found


RUNS: Final[dict[str, list[tuple[str, ...]]]] = {
    "pinpoint": [
        (container, journey, run)
        for container in (UNTOUCHED, "container-1")
        for journey in ("journey-0", "journey-1")
        for run in ("run-0", "run-1")
    ],
    "connect": [(UNTOUCHED, "journey-0"), ("container-1", "journey-1")],
}
"""Whatever runs, as `Lying.told` has it."""


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        do_not_wait_between_retries(patch)
        yield


def lies(provider: str, body: Callable[[str], st.SearchStrategy[bytes]]) -> st.SearchStrategy[dict[str, Answer]]:
    """For some operations what is answered instead."""
    (operations,) = REGISTRY[provider].sdk_operations.values()
    return st.lists(st.sampled_from(operations), min_size=1, max_size=2, unique=True).flatmap(
        lambda some: st.fixed_dictionaries({one: st.tuples(STATUSES, body(one)) for one in some})
    )


def assert_it_goes_on(lying: Lying, instead: Mapping[str, Answer]) -> None:
    """All runs end while the provider lies: what is about a container that is not lied about is told at once."""
    lying.poll()
    lying.running, lying.instead = False, instead
    for _ in range(2):
        lying.poll(minutes=6)
    if lying.provider == "pinpoint":
        assert all(lying.told[run] == ["CANCELLED"] for run in RUNS["pinpoint"] if UNTOUCHED in run)
    lying.instead = {}
    for _ in range(2):
        lying.poll(minutes=20)
    for run in RUNS[lying.provider]:
        assert lying.told[run][-1:] == ["CANCELLED"], lying.told[run]
        assert lying.told[run].count("CANCELLED") == 1


@pytest.mark.parametrize("provider", REGISTRY)
@given(data=st.data())
def test_an_answer_that_is_not_what_the_model_says_stops_no_poll(provider: str, data: st.DataObject) -> None:
    lying = Lying(provider)
    instead = data.draw(lies(provider, lambda operation: wrong(sound(provider, operation, running=False))))
    assert_it_goes_on(lying, instead)


@pytest.mark.parametrize("provider", REGISTRY)
@given(data=st.data())
def test_bytes_that_are_no_answer_stop_no_poll(provider: str, data: st.DataObject) -> None:
    lying = Lying(provider)
    instead = data.draw(lies(provider, lambda operation: no_answers(sound_body(provider, operation, running=False))))
    assert_it_goes_on(lying, instead)


@pytest.mark.parametrize(("provider", "operation", "member", "of"), LISTINGS)
@given(data=st.data())
def test_an_entry_that_cannot_be_read_hides_no_other_and_the_listing_is_named(
    provider: str, operation: str, member: str, of: str, data: st.DataObject
) -> None:
    whole, odd = sound(provider, operation)[member]
    answer = {member: [data.draw(damaged(odd, VALUES)), whole]}
    lying = Lying(provider, instead={operation: (200, json.dumps(answer).encode())})
    discovery = lying.source.discover([WatchTarget(provider, ALL)])
    container = UNTOUCHED if of == ALL else of
    assert JourneyKey(container, "journey-0") in discovery.journeys
    listed = {key.container_id if operation == "GetApps" else key for key in discovery.journeys}
    in_it = {one for one in listed if of in (ALL, getattr(one, "container_id", ALL))}
    assert len(in_it) == 2 or of in discovery.incomplete
