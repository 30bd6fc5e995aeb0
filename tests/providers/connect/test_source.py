"""Reading Connect campaigns: the contract, and what Connect's answers alone can do wrong."""

import json
from datetime import timedelta

import pytest
from botocore.exceptions import ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulator
from journey_watch.aws.errors import BROKEN_ANSWER
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyKey, Observation, ObservedRun, Status
from journey_watch.core.watch_list import ALL, WatchTarget
from journey_watch.providers.connect.answers import MAX_BATCH
from journey_watch.providers.connect.client import CONNECT_READS
from journey_watch.providers.connect.source import ConnectCampaigns
from journey_watch.providers.connect.words import CONNECT
from tests.aws.doubles import Clock, ScriptedAnswers, do_not_wait_between_retries
from tests.providers.connect.doubles import (
    SCENARIO,
    SimulatedConnect,
    batch,
    failure,
    scripted_source,
    state,
    summaries,
    summary,
)
from tests.providers.run_source_contract import FIRST, SECOND, RunSourceContract, RunSourceDiscoveryContract

EVERYTHING = WatchTarget("connect", ALL)
ALL_CAMPAIGNS = ("journey-1", "journey-2", "journey-3")
FIRST_INSTANCE = WatchTarget("connect", FIRST.container_id)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    do_not_wait_between_retries(monkeypatch)


@pytest.fixture
def provider(server: simulator.RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> SimulatedConnect:
    server.control.load(SCENARIO)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return SimulatedConnect(server.control)


def failed(source: ConnectCampaigns, journey: JourneyKey = FIRST) -> SourceError:
    reading = source.observe([journey])[journey]
    assert isinstance(reading, SourceError)
    return reading


def seen(source: ConnectCampaigns, journey: JourneyKey = FIRST) -> ObservedRun:
    reading = source.observe([journey])[journey]
    assert isinstance(reading, Observation)
    assert reading.complete
    (run,) = reading.runs
    return run


class TestContract(RunSourceContract, RunSourceDiscoveryContract):
    """On the simulator."""


def test_it_speaks_of_instances_and_campaigns_and_never_of_runs() -> None:
    assert (CONNECT.name, CONNECT.subject, CONNECT.run_field) == ("connect", "Campaign", None)
    assert (CONNECT.container_field, CONNECT.journey_field) == ("instance_id", "campaign_id")


class TestStates:
    @pytest.mark.parametrize(
        ("word", "status"),
        [
            ("Initialized", Status.SCHEDULED),
            ("Running", Status.RUNNING),
            ("Paused", Status.PAUSED),
            ("Stopped", Status.CANCELLED),
            ("Failed", Status.FAILED),
            ("Completed", Status.COMPLETED),
            ("Exploded", Status.UNKNOWN),
            ("RUNNING", Status.UNKNOWN),
        ],
    )
    def test_a_campaign_is_one_run_under_its_own_id_without_times(self, word: str, status: Status) -> None:
        source, _ = scripted_source(batch(state(FIRST.journey_id, word)))
        assert seen(source) == ObservedRun(FIRST.journey_id, status, word, creation_time=None, last_update_time=None)

    def test_a_start_that_has_passed_does_not_make_an_initialized_campaign_run(
        self, provider: SimulatedConnect
    ) -> None:
        assert seen(provider.source(), SECOND).status is Status.SCHEDULED

    def test_a_batch_is_one_call(self, provider: SimulatedConnect) -> None:
        source = provider.source()
        assert set(source.observe([FIRST, SECOND])) == {FIRST, SECOND}
        assert provider.simulation.calls.count(operation="GetCampaignStateBatch") == 1


class TestFailures:
    def test_a_campaign_that_is_gone_is_said_to_be_absent(self) -> None:
        source, _ = scripted_source(batch(failed=[failure(FIRST.journey_id, "ResourceNotFound")]))
        error = failed(source)
        assert (error.code, error.absent) == ("ResourceNotFound", True)
        assert FIRST.journey_id in str(error)

    @pytest.mark.parametrize("code", ["UnknownError", "SomethingNew"])
    def test_any_other_failure_is_worth_another_try(self, code: str) -> None:
        source, _ = scripted_source(batch(failed=[failure(FIRST.journey_id, code)]))
        error = failed(source)
        assert (error.code, error.absent, error.throttled) == (code, False, False)

    @pytest.mark.parametrize(
        "answer",
        [
            batch(),
            batch(state(SECOND.journey_id, "Running")),
            batch({"campaignId": FIRST.journey_id}),
            batch(state(FIRST.journey_id, "Running"), state(FIRST.journey_id, "Stopped")),
            batch(None),
            batch(7),
            (200, b"{}"),
            (200, b""),
            (200, b"<html>maintenance</html>"),
            (200, b'{"successfulRequests": "none"}'),
        ],
        ids=str,
    )
    def test_what_an_answer_does_not_say_clearly_is_a_broken_answer(self, answer: tuple[int, bytes]) -> None:
        source, _ = scripted_source(answer)
        assert failed(source).code == BROKEN_ANSWER

    def test_a_failure_beside_a_state_is_the_one_that_is_believed(self) -> None:
        source, _ = scripted_source(
            batch(state(FIRST.journey_id, "Stopped"), failed=[failure(FIRST.journey_id, "UnknownError")])
        )
        assert failed(source).code == "UnknownError"

    def test_what_was_said_twice_alike_or_not_asked_for_does_no_harm(self) -> None:
        twice = state(FIRST.journey_id, "Running")
        source, _ = scripted_source(batch(twice, twice, state("stranger", "Failed"), failed=[failure("other", "X")]))
        assert source.observe([FIRST]).keys() == {FIRST}
        assert seen(source).status is Status.RUNNING

    def test_a_call_that_fails_is_every_campaigns_error(self) -> None:
        source, _ = scripted_source(ReadTimeoutError(endpoint_url="https://connect"))
        readings = source.observe([FIRST, SECOND])
        assert all(isinstance(reading, SourceError) for reading in readings.values())

    def test_a_throttle_that_outlasts_the_retries_is_said_to_be_one(self, provider: SimulatedConnect) -> None:
        provider.simulation.switch_on({"kind": "throttle", "operation": "GetCampaignStateBatch"})
        source = provider.source()
        assert failed(source).throttled
        assert source.throttles == 5

    @pytest.mark.parametrize("status", [403, 410])
    def test_a_service_that_is_not_to_be_had_is_said_to_be_absent(
        self, provider: SimulatedConnect, status: int
    ) -> None:
        provider.simulation.play({"kind": "service_ends", "provider": "connect", "answer": status})
        assert failed(provider.source()).absent

    def test_an_id_that_connect_finds_malformed_hides_no_other(self) -> None:
        campaigns = [JourneyKey(FIRST.container_id, f"c-{number}") for number in range(MAX_BATCH)]
        source, script = scripted_source(_refusing("c-7"))
        readings = source.observe(campaigns)
        assert [key for key, reading in readings.items() if isinstance(reading, SourceError)] == [campaigns[7]]
        assert len(script.requests) < MAX_BATCH / 2

    def test_a_failure_is_one_log_line_for_the_batch(self, caplog: pytest.LogCaptureFixture) -> None:
        source, _ = scripted_source(batch(failed=[failure(FIRST.journey_id, "UnknownError")]))
        source.observe([FIRST, SECOND])
        (line,) = [record for record in caplog.records if "connect.source" in record.name]
        assert vars(line)["campaigns"] == {FIRST.journey_id: "UnknownError", SECOND.journey_id: BROKEN_ANSWER}


def _refusing(malformed: str) -> ScriptedAnswers.Answer:
    def answer(request: object) -> tuple[int, bytes]:
        ids = json.loads(vars(request)["body"])["campaignIds"]
        if malformed in ids:
            return 400, b'{"message": "Invalid campaign id"}'
        return batch(*(state(id_, "Running") for id_ in ids))

    return answer


class TestListing:
    def test_all_instances_are_one_listing_read_to_its_end(self, provider: SimulatedConnect) -> None:
        discovery = provider.source().discover([EVERYTHING])
        assert len(discovery.journeys) == 3
        assert provider.simulation.calls.count(operation="ListCampaigns") == 2  # pages of two

    def test_what_was_listed_is_not_asked_for_again_within_minutes(self, provider: SimulatedConnect) -> None:
        source, calls = provider.source(), provider.simulation.calls
        first = source.discover([FIRST_INSTANCE])
        asked = calls.count()
        assert source.discover([FIRST_INSTANCE]) == first
        assert calls.count() == asked
        provider.let_time_pass()
        source.discover([FIRST_INSTANCE])
        assert calls.count() == 2 * asked

    def test_a_new_campaign_is_noticed(self, provider: SimulatedConnect) -> None:
        source = provider.source()
        source.discover([FIRST_INSTANCE])
        provider.simulation.play({"kind": "campaign_created", "instance": "container-1", "campaign": "new"})
        provider.let_time_pass()
        assert JourneyKey("container-1", "new") in source.discover([FIRST_INSTANCE]).journeys

    def test_a_campaign_says_when_it_is_to_start_and_to_end(self, provider: SimulatedConnect) -> None:
        planned = {"instance": "container-1", "campaign": "planned", "starts_in": "1d"}
        provider.simulation.play({"kind": "campaign_created", **planned})
        info = provider.source().discover([FIRST_INSTANCE]).journeys[JourneyKey("container-1", "planned")]
        assert info.starts_at is not None
        assert info.ends_at == info.starts_at + timedelta(days=7)
        assert abs(info.starts_at - provider.simulation.now - timedelta(days=1)) < timedelta(minutes=1)

    @pytest.mark.parametrize(
        "odd",
        [
            {"schedule": None, "lastModifiedTime": None},
            {"schedule": {"startTime": None, "endTime": None}},
            {"schedule": {"startTime": "2026-11-23T08:00:00", "endTime": "2026-11-24T08:00:00"}},
            {"name": None},
            {"type": "FUTURE"},
            {"channelSubtypes": None},
        ],
        ids=str,
    )
    def test_all_but_the_ids_may_be_missing_or_new(self, odd: dict[str, object]) -> None:
        source, _ = scripted_source(summaries(summary() | odd))
        discovery = source.discover([FIRST_INSTANCE])
        assert set(discovery.journeys) == {FIRST}
        assert not discovery.incomplete

    @pytest.mark.parametrize("broken", [{"id": None}, {"id": ""}, {"connectInstanceId": None}], ids=str)
    def test_a_campaign_without_its_ids_makes_the_listing_incomplete(self, broken: dict[str, object]) -> None:
        source, _ = scripted_source(summaries(summary(), summary("x") | broken))
        discovery = source.discover([FIRST_INSTANCE])
        assert set(discovery.journeys) == {FIRST}
        assert set(discovery.failures) == {FIRST.container_id}
        assert discovery.incomplete

    def test_campaigns_of_another_instance_are_not_taken_for_this_ones(self) -> None:
        source, _ = scripted_source(summaries(summary(), summary("x", connectInstanceId="elsewhere")))
        assert set(source.discover([FIRST_INSTANCE]).journeys) == {FIRST}

    @pytest.mark.parametrize(
        ("target", "chosen"),
        [
            (WatchTarget("connect", ALL, ("Wel*",)), {"journey-1"}),
            (WatchTarget("connect", ALL, ("*-2", "*-3")), {"journey-2", "journey-3"}),
            (WatchTarget("connect", FIRST.container_id, ("*-2", "*-3")), {"journey-2"}),
            (WatchTarget("connect", ALL, journey_types=("JOURNEY",)), {"journey-3"}),
            (WatchTarget("connect", ALL, ("Wel*",), journey_types=("JOURNEY",)), set()),
        ],
    )
    def test_wildcards_and_types_choose_among_what_is_listed(
        self, provider: SimulatedConnect, target: WatchTarget, chosen: set[str]
    ) -> None:
        discovery = provider.source().discover([target])
        assert {key.journey_id for key in discovery.journeys} == chosen
        reachable = {"journey-1", "journey-2"} if target.container_id == FIRST.container_id else set(ALL_CAMPAIGNS)
        assert {key.journey_id for key in discovery.excluded} == reachable - chosen
        assert not discovery.incomplete

    def test_what_one_target_leaves_out_another_may_choose(self, provider: SimulatedConnect) -> None:
        discovery = provider.source().discover(
            [WatchTarget("connect", "container-1", ("Wel*",)), WatchTarget("connect", "container-2")]
        )
        assert {key.journey_id for key in discovery.journeys} == {"journey-1", "journey-3"}
        assert {key.journey_id for key in discovery.excluded} == {"journey-2"}

    def test_ids_and_all_leave_nothing_out(self, provider: SimulatedConnect) -> None:
        by_id = WatchTarget("connect", FIRST.container_id, (FIRST.journey_id,))
        for target in (by_id, EVERYTHING):
            assert provider.source().discover([target]).excluded == set()

    def test_a_campaign_that_the_listing_does_not_show_is_not_left_out(self, provider: SimulatedConnect) -> None:
        provider.refuse_listing(FIRST.container_id)
        discovery = provider.source().discover([WatchTarget("connect", FIRST.container_id, ("black-*",))])
        assert discovery.excluded == set()
        assert set(discovery.failures) == {FIRST.container_id}

    def test_a_listing_that_moved_while_it_was_read_is_no_failure_but_not_complete(
        self, provider: SimulatedConnect
    ) -> None:
        provider.simulation.switch_on({"kind": "duplicate", "operation": "ListCampaigns"})
        discovery = provider.source().discover([EVERYTHING])
        assert not discovery.failures
        assert discovery.incomplete

    @pytest.mark.parametrize("fault", ["repeat_token", "endless_tokens"])
    def test_tokens_that_lead_nowhere_end_the_listing(self, provider: SimulatedConnect, fault: str) -> None:
        provider.simulation.switch_on({"kind": fault, "operation": "ListCampaigns"})
        discovery = provider.source().discover([EVERYTHING])
        assert set(discovery.failures) == {ALL}
        assert len(discovery.journeys) == 3

    def test_a_failure_is_one_log_line_and_names_that_cannot_be_had_are_none(
        self, provider: SimulatedConnect, caplog: pytest.LogCaptureFixture
    ) -> None:
        provider.refuse_listing(FIRST.container_id)
        provider.source().discover([WatchTarget("connect", FIRST.container_id, (FIRST.journey_id,))])
        assert not [record for record in caplog.records if "connect" in record.name]
        provider.source().discover([FIRST_INSTANCE])
        (line,) = [record for record in caplog.records if "connect" in record.name]
        assert vars(line)["instance_id"] == FIRST.container_id


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
ALMOST = JSON | st.fixed_dictionaries(
    {},
    optional={
        "campaignId": JSON | st.just(FIRST.journey_id),
        "state": JSON | st.sampled_from(["Running", "Stopped", "Odd"]),
        "failureCode": JSON | st.just("UnknownError"),
    },
)


Scripted = tuple[ConnectCampaigns, ScriptedAnswers]


@pytest.fixture(scope="module")
def prepared() -> Scripted:
    """Fine for all examples: the script is set anew for each."""
    return scripted_source(batch())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(states=st.lists(ALMOST, max_size=4), failures=st.lists(ALMOST, max_size=3))
def test_whatever_connect_answers_each_campaign_gets_a_reading(
    prepared: Scripted, states: list[object], failures: list[object]
) -> None:
    source, script = prepared
    script.say(batch(*states, failed=failures))
    readings = source.observe([FIRST, SECOND])
    assert readings.keys() == {FIRST, SECOND}
    assert isinstance(readings[SECOND], SourceError)  # nothing is ever said of it


FIVE_HUNDRED = '[[instance]]\nid = "big"\n' + "".join(
    f'[[instance.campaign]]\nid = "c-{number:03}"\n' for number in range(500)
)


def test_five_hundred_campaigns_take_twenty_calls_and_no_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulator holds AWS's quota by the same clock that the rate limit waits by."""
    clock = Clock()
    with simulator.running(FIVE_HUNDRED, monotonic=clock) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        provider = SimulatedConnect(server.control, clock)
        source = provider.source()
        for _ in range(3):
            found = sorted(source.discover([WatchTarget("connect", "big")]).journeys)
            for at in range(0, len(found), source.batch_size):
                readings = source.observe(found[at : at + source.batch_size])
                assert all(isinstance(reading, Observation) for reading in readings.values())
        calls = server.control.calls
        assert len(found) == 500
        assert calls.count(operation="ListCampaigns") == 10
        assert calls.count(operation="GetCampaignStateBatch") == 3 * 20
        assert calls.count(status="429") == source.throttles == 0
        # No faster than the quota, and no slower than the share of it that is used.
        assert 60 / CONNECT_READS.per_second - 10 < sum(clock.slept) < 20
