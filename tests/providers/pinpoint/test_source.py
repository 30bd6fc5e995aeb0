"""Reading the runs of Pinpoint journeys: the contract, and what Pinpoint's answers alone can do wrong."""

import json
from itertools import count
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import simulator
from journey_watch.aws.errors import BROKEN_ANSWER
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyKey, Observation, Status
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns
from journey_watch.providers.pinpoint.words import PINPOINT
from journey_watch.providers.token_paging import MAX_PAGES, MAX_SECONDS
from tests.aws.doubles import Clock, ScriptedAnswers, do_not_wait_between_retries
from tests.providers.pinpoint.doubles import SCENARIO, SimulatedPinpoint, page, run_item, scripted_source
from tests.providers.run_source_contract import FIRST, RunSourceContract

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
ALMOST_RUNS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "RunId": JSON | st.sampled_from(["run-1", "run-2"]),
        "Status": JSON | st.sampled_from(["RUNNING", "COMPLETED", "PAUSED"]),
        "CreationTime": JSON | st.just("2026-11-23T08:00:00Z"),
        "LastUpdateTime": JSON | st.just("2026-11-23T08:00:00Z"),
    },
)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    do_not_wait_between_retries(monkeypatch)


@pytest.fixture
def provider(server: simulator.RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> SimulatedPinpoint:
    server.control.load(SCENARIO)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    return SimulatedPinpoint(server.control)


def observe(source: PinpointJourneyRuns, journey: JourneyKey = FIRST) -> Observation | SourceError:
    readings = source.observe([journey])
    assert set(readings) == {journey}
    return readings[journey]


def seen(source: PinpointJourneyRuns) -> Observation:
    reading = observe(source)
    assert isinstance(reading, Observation)
    return reading


def failure(source: PinpointJourneyRuns) -> SourceError:
    reading = observe(source)
    assert isinstance(reading, SourceError)
    return reading


class TestContract(RunSourceContract):
    """On the simulator."""


def test_it_speaks_of_applications_journeys_and_runs() -> None:
    assert (PINPOINT.name, PINPOINT.subject) == ("pinpoint", "Journey Run")
    assert (PINPOINT.container_field, PINPOINT.journey_field, PINPOINT.run_field) == (
        "application_id",
        "journey_id",
        "run_id",
    )
    arn = PINPOINT.arn_format.format(
        partition="aws", region="eu-west-1", account="111122223333", container="A", journey="J"
    )
    assert arn == "arn:aws:mobiletargeting:eu-west-1:111122223333:apps/A/journeys/J"


class TestPaging:
    def test_every_page_is_read_once_and_in_order(self, provider: SimulatedPinpoint) -> None:
        reading = seen(provider.source())
        assert [run.run_id for run in reading.runs] == ["live", "history-4", "history-3", "history-2", "history-1"]
        assert reading.pages == provider.simulation.calls.count(operation="GetJourneyRuns") == 3

    def test_the_page_size_is_a_string_and_the_token_goes_back_as_it_came(self) -> None:
        source, script = scripted_source(page(run_item("a"), token="t/1 ü"), page(run_item("b")))
        assert seen(source).complete
        first, second = (str(request.url) for request in script.requests)
        assert urlsplit(first).path == "/v1/apps/container-1/journeys/journey-1/runs"
        assert parse_qs(urlsplit(first).query) == {"page-size": ["200"]}
        assert parse_qs(urlsplit(second).query) == {"page-size": ["200"], "token": ["t/1 ü"]}

    def test_a_page_size_that_pinpoint_refuses_is_left_to_pinpoint_from_then_on(self) -> None:
        refusal = (400, b'{"Message": "page-size must be at most 100"}')
        source, script = scripted_source(refusal, page(run_item()))
        assert seen(source).complete
        assert seen(source).complete
        assert ["page-size" in str(request.url) for request in script.requests] == [True, False, False]

    def test_a_call_that_is_wrong_anyway_keeps_the_page_size(self) -> None:
        refusal = (400, b'{"Message": "what is this journey?"}')
        source, script = scripted_source(refusal, refusal, page(run_item()))
        assert failure(source).code == "400"
        assert seen(source).complete
        assert "page-size" in str(script.requests[-1].url)

    def test_a_token_that_repeats_ends_the_listing_incomplete(self, provider: SimulatedPinpoint) -> None:
        provider.simulation.switch_on({"kind": "repeat_token"})
        reading = seen(provider.source())
        assert not reading.complete
        assert reading.problem is not None
        assert "repeats" in reading.problem
        assert provider.simulation.calls.count() <= 3

    def test_tokens_that_go_round_in_a_circle_end_the_listing_incomplete(self) -> None:
        source, script = scripted_source(*(page(run_item(), token=token) for token in "abca"))
        assert not seen(source).complete
        assert len(script.requests) == 4

    def test_tokens_without_end_are_followed_only_so_far(self) -> None:
        numbers = count()
        source, script = scripted_source(lambda _: page(token=f"t{next(numbers)}"))
        reading = seen(source)
        assert not reading.complete
        assert reading.pages == len(script.requests) == MAX_PAGES

    def test_a_listing_that_takes_too_long_is_left_where_it_is(self) -> None:
        clock, numbers = Clock(), count()

        def slow_page(_: object) -> tuple[int, bytes]:
            clock.at += MAX_SECONDS / 3
            return page(run_item(), token=f"t{next(numbers)}")

        source, _ = scripted_source(slow_page, clock=clock)
        reading = seen(source)
        assert (reading.complete, reading.pages) == (False, 3)

    @pytest.mark.parametrize("token", [7, ["t"], {"t": 1}, True])
    def test_a_token_that_is_no_string_ends_the_listing_and_hides_no_run(self, token: object) -> None:
        source, _ = scripted_source(page(run_item(), token=token))
        reading = seen(source)
        assert (reading.complete, [run.run_id for run in reading.runs]) == (False, ["run-1"])
        assert "NextToken is no string" in str(reading.problem)

    def test_an_empty_token_ends_the_listing(self) -> None:
        source, script = scripted_source(page(run_item(), token=""))
        assert seen(source).complete
        assert len(script.requests) == 1

    def test_a_run_on_two_pages_stands_twice_in_the_observation(self, provider: SimulatedPinpoint) -> None:
        provider.simulation.switch_on({"kind": "duplicate", "count": 2})
        runs = [run.run_id for run in seen(provider.source()).runs]
        assert len(runs) == len(set(runs)) + 1

    def test_no_runs_are_a_complete_answer_too(self, provider: SimulatedPinpoint) -> None:
        provider.simulation.play({"kind": "service_ends", "answer": "empty"})
        reading = seen(provider.source())
        assert reading.complete
        assert reading.runs == ()


class TestFailures:
    @pytest.mark.parametrize("status", [403, 404, 410])
    def test_what_is_gone_or_never_was_enabled_is_said_to_be_absent(
        self, provider: SimulatedPinpoint, status: int
    ) -> None:
        provider.simulation.play({"kind": "application_refuses", "application": "container-1", "status": status})
        error = failure(provider.source())
        assert error.absent
        assert not error.throttled
        assert str(status) in str(error)

    def test_a_throttle_that_outlasts_the_retries_is_said_to_be_one(self, provider: SimulatedPinpoint) -> None:
        provider.simulation.switch_on({"kind": "throttle"})
        source = provider.source()
        error = failure(source)
        assert (error.code, error.throttled, error.absent) == ("TooManyRequestsException", True, False)
        assert source.throttles == 5

    def test_throttles_that_a_retry_overcame_are_counted_too(self, provider: SimulatedPinpoint) -> None:
        provider.simulation.switch_on({"kind": "throttle", "count": 2})
        source = provider.source()
        assert seen(source).complete
        assert source.throttles == 2

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "error", "status": 500},
            {"kind": "error", "status": 503},
            {"kind": "drop", "when": "before_headers"},
            {"kind": "drop", "when": "mid_body"},
            {"kind": "malformed"},
            {"kind": "malformed", "body": ""},
            {"kind": "malformed", "body": "<html>maintenance</html>"},
        ],
        ids=str,
    )
    def test_a_fault_on_the_first_page_is_an_error_and_midway_an_incomplete_observation(
        self, provider: SimulatedPinpoint, fault: dict[str, object]
    ) -> None:
        source = provider.source()
        provider.simulation.switch_on({**fault, "operation": "GetJourneyRuns", "after": 1})
        reading = seen(source)
        assert not reading.complete
        assert [run.run_id for run in reading.runs] == ["live", "history-4"]
        assert (reading.pages, reading.malformed) == (1, 0)
        assert reading.problem
        error = failure(source)
        assert not error.absent
        assert error.code

    @pytest.mark.parametrize(
        "broken",
        [
            ConnectionClosedError(endpoint_url="https://pinpoint"),
            ReadTimeoutError(endpoint_url="https://pinpoint"),
            OSError("no route"),
        ],
        ids=lambda error: type(error).__name__,
    )
    def test_a_connection_that_breaks_is_an_error(self, broken: Exception) -> None:
        source, _ = scripted_source(broken)
        error = failure(source)
        assert not error.throttled
        assert not error.absent

    def test_an_address_at_which_nobody_answers_is_that_of_a_service_that_is_not_there(self) -> None:
        source, _ = scripted_source(EndpointConnectionError(endpoint_url="https://pinpoint"))
        assert failure(source).absent

    def test_a_missing_permission_is_no_absence(self) -> None:
        words = "User: arn:aws:sts::111122223333:assumed-role/P/f is not authorized to perform: mobiletargeting:GetApps"
        source, _ = scripted_source((403, json.dumps({"__type": "ForbiddenException", "Message": words}).encode()))
        error = failure(source)
        assert (error.denied, error.absent) == (True, False)
        assert words in str(error)

    @pytest.mark.parametrize("plain", [False, True])
    @pytest.mark.parametrize(
        "body",
        ["", "{}", "null", "[]", '"text"', "7", "{", '{"Item": null}', '{"Item": "runs"}', "[" * 10**5],
        ids=lambda body: body[:20],
    )
    def test_an_answer_that_is_no_listing_never_passes_for_an_empty_one(self, body: str, plain: bool) -> None:
        source, _ = scripted_source((200, body.encode()), plain=plain)
        assert failure(source).code == BROKEN_ANSWER

    def test_bytes_that_are_no_text_are_an_error(self) -> None:
        source, _ = scripted_source((200, b"\xff\xfe\x00"))
        assert failure(source).code == BROKEN_ANSWER

    @pytest.mark.parametrize("body", [b"[]", b'"no"', b"null", b'{"Message": null, "code": 7}', b"\xff"])
    @pytest.mark.parametrize("status", [400, 403, 500, 302])
    def test_errors_whose_body_makes_no_sense_are_errors(self, status: int, body: bytes) -> None:
        source, _ = scripted_source((status, body))
        assert failure(source).code

    def test_the_message_is_one_line_and_no_dump(self) -> None:
        source, _ = scripted_source((403, b"secret\n" * 10_000))
        message = str(failure(source))
        assert len(message) < 500
        assert "\n" not in message

    def test_a_failure_is_one_log_line_with_counts(
        self, provider: SimulatedPinpoint, caplog: pytest.LogCaptureFixture
    ) -> None:
        provider.simulation.switch_on({"kind": "malformed", "after": 1})
        seen(provider.source())
        (line,) = [record for record in caplog.records if "pinpoint" in record.name]
        said = vars(line)
        assert (said["journey"], said["pages"], said["runs"], said["code"]) == (str(FIRST), 1, 2, BROKEN_ANSWER)

    def test_what_goes_well_is_not_logged(self, provider: SimulatedPinpoint, caplog: pytest.LogCaptureFixture) -> None:
        seen(provider.source())
        assert not [record for record in caplog.records if "pinpoint" in record.name]


class TestRuns:
    @pytest.mark.parametrize("status", ["SCHEDULED", "RUNNING", "COMPLETED", "CANCELLED"])
    def test_the_documented_statuses_are_known(self, status: str) -> None:
        source, _ = scripted_source(page(run_item(status=status)))
        (run,) = seen(source).runs
        assert (run.status, run.raw_status) == (Status(status), status)

    @pytest.mark.parametrize("status", ["EXPLODED", "running", "PAUSED", "UNKNOWN", "Ünï"])
    def test_any_other_word_is_unknown_and_kept(self, status: str) -> None:
        source, _ = scripted_source(page(run_item(status=status)))
        reading = seen(source)
        (run,) = reading.runs
        assert (run.status, run.raw_status) == (Status.UNKNOWN, status)
        assert reading.complete

    @pytest.mark.parametrize(
        "item",
        [
            None,
            7,
            "run",
            [],
            {},
            run_item("") | {},
            run_item(status=""),
            {**run_item(), "RunId": None},
            {**run_item(), "Status": None},
            {**run_item(), "RunId": 7},
            {**run_item(), "Status": ["RUNNING"]},
            {**run_item(), "RunId": "\ud800"},
        ],
        ids=repr,
    )
    def test_an_entry_without_id_or_status_is_counted_and_the_rest_is_read(self, item: object) -> None:
        source, _ = scripted_source(page(run_item("before"), item, run_item("after")))
        reading = seen(source)
        assert [run.run_id for run in reading.runs] == ["before", "after"]
        assert reading.malformed == 1
        assert not reading.complete
        assert reading.problem == "1 entries could not be read."

    @pytest.mark.parametrize("value", [None, "", "soon", 7, "2026-11-23T08:00:00", []])
    def test_a_time_that_cannot_be_read_is_none_and_no_harm(self, value: object) -> None:
        source, _ = scripted_source(page(run_item(CreationTime=value, LastUpdateTime=value)))
        reading = seen(source)
        (run,) = reading.runs
        assert (run.creation_time, run.last_update_time) == (None, None)
        assert reading.complete

    def test_an_update_far_in_the_future_is_not_believed_but_a_scheduled_time_is(self) -> None:
        future = "2027-11-23T08:00:00Z"
        source, _ = scripted_source(page(run_item(CreationTime=future, LastUpdateTime=future)))
        (run,) = seen(source).runs
        assert run.creation_time is not None
        assert run.last_update_time is None


Scripted = tuple[PinpointJourneyRuns, ScriptedAnswers]


@pytest.fixture(scope="module")
def prepared() -> Scripted:
    return scripted_source(page())


@pytest.fixture(scope="module")
def plain() -> Scripted:
    return scripted_source(page(), plain=True)


# Both are fine for all examples: the script is set anew for each.
many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


@many
@given(entries=st.lists(ALMOST_RUNS, max_size=5))
def test_every_entry_is_a_run_or_counted(prepared: Scripted, entries: list[object]) -> None:
    source, script = prepared
    script.say(page(*entries))
    reading = seen(source)
    assert len(reading.runs) + reading.malformed == len(entries)
    assert reading.complete == (reading.malformed == 0)
    assert all(run.run_id.encode() and run.raw_status.encode() for run in reading.runs)


@many
@given(entries=st.lists(ALMOST_RUNS, max_size=5))
def test_with_a_client_nothing_was_done_to_nothing_raises_either(plain: Scripted, entries: list[object]) -> None:
    """The parser of botocore gives up on a whole page for one entry of the wrong type."""
    source, script = plain
    script.say(page(*entries))
    reading = observe(source)
    if isinstance(reading, SourceError):
        assert reading.code == BROKEN_ANSWER
    else:
        assert len(reading.runs) + reading.malformed == len(entries)


@many
@given(body=JSON.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=40))
def test_a_body_that_is_no_listing_is_an_error(prepared: Scripted, body: bytes) -> None:
    source, script = prepared
    script.say((200, body))
    assert isinstance(observe(source), SourceError)
