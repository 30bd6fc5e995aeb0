"""The clients: how often they try, whom they ask, and what they hand over. Their TLS is in test_tls_context.py."""

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

import simulator
from journey_watch.aws import clients as aws_clients
from journey_watch.aws.clients import PUBLISH_TIME_OUTS, SOURCE_ATTEMPTS, SOURCE_TIME_OUTS
from journey_watch.aws.rate_limit import RateLimit
from journey_watch.providers.pinpoint.client import PINPOINT_READS, pinpoint_client
from tests.aws.doubles import Clock, ScriptedAnswers, do_not_wait_between_retries, session
from tests.providers.pinpoint.doubles import page, run_item

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_pinpoint import PinpointClient


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    return do_not_wait_between_retries(monkeypatch)


def prepared() -> "PinpointClient":
    clock = Clock()
    return pinpoint_client(session(), RateLimit(PINPOINT_READS, clock=clock, sleep=clock.sleep))


def get_runs(client: "PinpointClient") -> dict[str, Any]:
    return dict(client.get_journey_runs(ApplicationId="A", JourneyId="J"))


class TestAttempts:
    def test_a_source_is_asked_five_times(self, waits: list[float]) -> None:
        client = prepared()
        script = ScriptedAnswers((500, b"{}")).attach(client)
        with pytest.raises(ClientError):
            client.get_apps()
        assert len(script.requests) == SOURCE_ATTEMPTS == len(waits) + 1

    @pytest.mark.parametrize("hang", [ReadTimeoutError, ConnectTimeoutError])
    def test_a_source_that_hangs_is_asked_twice(
        self, waits: list[float], hang: type[ReadTimeoutError | ConnectTimeoutError]
    ) -> None:
        client = prepared()
        script = ScriptedAnswers(hang(endpoint_url="https://pinpoint")).attach(client)
        with pytest.raises(hang):
            client.get_apps()
        assert len(script.requests) == SOURCE_TIME_OUTS == len(waits) + 1

    def test_a_source_that_hangs_once_is_heard(self, waits: list[float]) -> None:
        client = prepared()
        script = ScriptedAnswers(ReadTimeoutError(endpoint_url="https://pinpoint"), page(run_item())).attach(client)
        assert get_runs(client)["JourneyRunsResponse"]["Item"]
        assert len(script.requests) == 2
        assert len(waits) == 1

    @pytest.mark.parametrize("hang", [ReadTimeoutError, ConnectTimeoutError])
    def test_what_is_published_and_hangs_is_left_to_a_later_poll(
        self, waits: list[float], hang: type[ReadTimeoutError | ConnectTimeoutError]
    ) -> None:
        """It may have been accepted, and the other channels wait for their turn."""
        sns, events = aws_clients.sns_client(session()), aws_clients.events_client(session(), "eu-west-1")
        calls: list[tuple[Any, Callable[[], object]]] = [
            (
                sns,
                lambda: sns.publish_batch(
                    TopicArn="arn:aws:sns:eu-west-1:111122223333:a", PublishBatchRequestEntries=[]
                ),
            ),
            (events, lambda: events.put_events(Entries=[{"Source": "s"}])),
        ]
        for client, publish in calls:
            script = ScriptedAnswers(hang(endpoint_url="https://channel")).attach(client)
            with pytest.raises(hang):
                publish()
            assert len(script.requests) == PUBLISH_TIME_OUTS == 1
        assert waits == []

    @pytest.mark.parametrize("make", ["dynamodb_client", "sns_client"])
    def test_every_client_is_bounded_in_time_and_wide_enough(self, make: str) -> None:
        own = getattr(aws_clients, make)(session())
        for client in (own, prepared()):
            config: Any = client.meta.config  # the stubs do not know its options
            assert config.connect_timeout + config.read_timeout <= 10
            assert config.max_pool_connections >= 8
            assert config.retries["mode"] == "standard"


class TestEndpoints:
    @pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_PINPOINT"])
    def test_the_environment_says_whom_to_ask(self, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
        with simulator.running('[[application]]\nid = "A"') as aws:
            monkeypatch.setenv(variable, aws.url)
            (application,) = prepared().get_apps()["ApplicationsResponse"]["Item"]
            assert application["Id"] == "A"
            assert aws.control.calls.count() == 1

    def test_otherwise_it_is_aws(self) -> None:
        assert prepared().meta.endpoint_url == "https://pinpoint.eu-west-1.amazonaws.com"


class TestHandOver:
    """With and without the hook a client gives and raises the same."""

    @pytest.fixture
    def plain(self) -> "PinpointClient":
        return session().client("pinpoint", config=aws_clients.SOURCE_CONFIG)

    @pytest.mark.parametrize(
        "answer",
        [
            page(),
            page(run_item(), run_item("run-2", "EXPLODED"), token="more"),
            (200, b""),
            (200, b"{"),
            (200, b"<html>"),
            (200, b"{}"),
            (202, page(run_item())[1]),
        ],
        ids=str,
    )
    def test_the_same_answer(self, plain: "PinpointClient", answer: tuple[int, bytes]) -> None:
        client = prepared()
        ScriptedAnswers(answer, headers={"x-amzn-RequestId": "r-1"}).attach(plain)
        ScriptedAnswers(answer, headers={"x-amzn-RequestId": "r-1"}).attach(client)
        assert _without_nulls(get_runs(client)) == get_runs(plain)

    @pytest.mark.usefixtures("waits")
    @pytest.mark.parametrize("status", [400, 403, 404, 429, 500, 503])
    @pytest.mark.parametrize("body", [b'{"Message": "no", "RequestID": "r"}', b"", b"{", b"<html>no</html>"], ids=str)
    def test_the_same_error(self, plain: "PinpointClient", status: int, body: bytes) -> None:
        raised = []
        for client in (plain, prepared()):
            ScriptedAnswers((status, body), headers={"x-amzn-ErrorType": "SomeException:"}).attach(client)
            with pytest.raises(ClientError) as caught:
                get_runs(client)
            raised.append((type(caught.value).__name__, caught.value.response))
        assert raised[0] == raised[1]

    def test_one_entry_of_the_wrong_type_does_not_cost_the_others(self, plain: "PinpointClient") -> None:
        client = prepared()
        for each in (plain, client):
            ScriptedAnswers(page(run_item(), "surprise")).attach(each)
        assert get_runs(client)["JourneyRunsResponse"]["Item"] == [run_item(), "surprise"]
        with pytest.raises(AttributeError):
            get_runs(plain)


def _without_nulls(answer: dict[str, Any]) -> dict[str, Any]:
    """What is null on the wire, botocore leaves out."""
    body = answer["JourneyRunsResponse"]
    return {**answer, "JourneyRunsResponse": {key: value for key, value in body.items() if value is not None}}
