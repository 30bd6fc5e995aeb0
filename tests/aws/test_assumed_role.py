"""Sessions in another account: assumed when needed, renewed in time, and a clear error when refused."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

import simulator
from journey_watch.aws.assumed_role import ASK_AGAIN_AFTER, ROLE_NOT_ASSUMED, ROLE_SESSION_NAME, session_for_role
from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.errors import SourceError
from journey_watch.core.runs import JourneyKey, Observation
from journey_watch.providers.pinpoint.client import PINPOINT_READS, pinpoint_client
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns
from tests.aws.doubles import Clock, ScriptedAnswers, do_not_wait_between_retries
from tests.providers.pinpoint.doubles import page, run_item

ROLE = "arn:aws:iam::444455556666:role/JourneyWatchReader"
JOURNEYS = [JourneyKey("A", f"J{number}") for number in range(3)]
REFUSED = (
    403,
    b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>",
)


def granted(*, for_: timedelta = timedelta(hours=1), key: str = "ASSUMED") -> tuple[int, bytes]:
    expires = (datetime.now(UTC) + for_).isoformat()
    return 200, (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
        f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>made-up</SecretAccessKey>"
        f"<SessionToken>token</SessionToken><Expiration>{expires}</Expiration></Credentials>"
        f"<AssumedRoleUser><Arn>{ROLE.replace(':iam:', ':sts:').replace('role', 'assumed-role')}/x</Arn>"
        "<AssumedRoleId>id</AssumedRoleId></AssumedRoleUser></AssumeRoleResult></AssumeRoleResponse>"
    ).encode()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    do_not_wait_between_retries(monkeypatch)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def base() -> boto3.Session:
    return boto3.Session(aws_access_key_id="OWN", aws_secret_access_key="made-up", region_name="us-east-1")


class Lane:
    """A source that acts as the role; what STS is asked, and what Pinpoint is."""

    def __init__(
        self, base: boto3.Session, clock: Clock, *sts: ScriptedAnswers.Answer, external_id: str | None
    ) -> None:
        self.sts = ScriptedAnswers(*sts).attach(base)
        limit = RateLimit(PINPOINT_READS)
        client = pinpoint_client(session_for_role(ROLE, external_id, "eu-west-1", base=base, clock=clock), limit)
        self.pinpoint = ScriptedAnswers(page(run_item())).attach(client)
        self.source = PinpointJourneyRuns(client, limit)

    def poll(self) -> list[Observation | SourceError]:
        return [self.source.observe([journey])[journey] for journey in JOURNEYS]

    def asked(self, number: int) -> dict[str, list[str]]:
        """The form of one call to STS."""
        return parse_qs(str(self.sts.requests[number].body))


MakeLane = Callable[..., Lane]


@pytest.fixture
def lane(base: boto3.Session, clock: Clock) -> MakeLane:
    """Takes what STS answers."""
    return lambda *sts, external_id=None: Lane(base, clock, *sts, external_id=external_id)


def test_nothing_is_assumed_before_it_is_needed(lane: MakeLane) -> None:
    assert lane(granted()).sts.requests == []


def test_the_role_is_assumed_once_and_its_credentials_sign_the_calls(lane: MakeLane) -> None:
    made = lane(granted(key="FROM-STS"))
    assert all(isinstance(reading, Observation) for reading in made.poll())
    assert len(made.sts.requests) == 1
    signatures = [str(request.headers["Authorization"]) for request in made.pinpoint.requests]
    assert all("Credential=FROM-STS/" in signature and "/eu-west-1/" in signature for signature in signatures)


def test_sts_is_asked_in_the_lanes_region_under_a_name_cloudtrail_can_show(lane: MakeLane) -> None:
    made = lane(granted())
    made.poll()
    assert str(made.sts.requests[0].url) == "https://sts.eu-west-1.amazonaws.com/"
    assert made.asked(0)["RoleArn"] == [ROLE]
    assert made.asked(0)["RoleSessionName"] == [ROLE_SESSION_NAME]


@pytest.mark.parametrize(("external_id", "sent"), [(None, None), ("", None), ("secret-1", ["secret-1"])])
def test_the_external_id_is_sent_if_there_is_one(
    lane: MakeLane, external_id: str | None, sent: list[str] | None
) -> None:
    made = lane(granted(), external_id=external_id)
    made.poll()
    assert made.asked(0).get("ExternalId") == sent


def test_credentials_are_renewed_before_they_expire(lane: MakeLane) -> None:
    made = lane(granted(for_=timedelta(minutes=5), key="OLD"), granted(key="NEW"))
    made.poll()
    assert len(made.sts.requests) == 2
    assert "Credential=NEW/" in str(made.pinpoint.requests[-1].headers["Authorization"])


def test_a_role_that_stops_being_assumable_is_still_used_while_its_last_credentials_hold(lane: MakeLane) -> None:
    made = lane(granted(for_=timedelta(minutes=14)), REFUSED)
    assert all(isinstance(reading, Observation) for reading in made.poll())
    assert len(made.sts.requests) == 2  # renewed in good time, as far as STS let it


def test_a_role_that_stops_being_assumable_is_an_error_once_they_do_not(lane: MakeLane, clock: Clock) -> None:
    made = lane(granted(for_=timedelta(minutes=5)), REFUSED)
    first, *later = made.poll()
    assert isinstance(first, Observation)
    for reading in later:
        assert isinstance(reading, SourceError)
        assert (reading.code, reading.denied) == (ROLE_NOT_ASSUMED, True)
        assert ROLE in str(reading)
    made.sts.say(granted())
    clock.at += ASK_AGAIN_AFTER
    assert all(isinstance(reading, Observation) for reading in made.poll())


def test_a_role_that_cannot_be_assumed_is_every_journeys_error_and_says_what_to_do(lane: MakeLane) -> None:
    made = lane(REFUSED, external_id="secret-1")
    for reading in made.poll():
        assert isinstance(reading, SourceError)
        assert reading.code == ROLE_NOT_ASSUMED
        assert reading.denied
        assert ROLE in str(reading)
        assert "external id" in str(reading)
        assert "secret-1" not in str(reading)
    assert made.pinpoint.requests == []


@pytest.mark.parametrize("answer", [EndpointConnectionError(endpoint_url="https://sts"), (200, b"<html>")], ids=repr)
def test_sts_that_does_not_answer_is_an_error_too(lane: MakeLane, answer: Exception | tuple[int, bytes]) -> None:
    made = lane(answer)
    readings, asked = made.poll(), len(made.sts.requests)
    made.poll()
    assert len(made.sts.requests) == asked  # what it said is remembered for a while
    for reading in readings:
        assert isinstance(reading, SourceError)
        assert reading.code == ROLE_NOT_ASSUMED
        assert not reading.denied
        assert not reading.absent  # it is STS that nobody reaches, not the provider


def test_the_journeys_of_one_poll_share_one_refusal_and_the_next_poll_asks_again(lane: MakeLane, clock: Clock) -> None:
    made = lane(REFUSED, granted())
    made.poll()
    assert len(made.sts.requests) == 1
    clock.at += ASK_AGAIN_AFTER
    assert all(isinstance(reading, Observation) for reading in made.poll())


def test_without_credentials_of_its_own_it_says_so(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    made = Lane(boto3.Session(region_name="us-east-1"), clock, granted(), external_id=None)
    for reading in made.poll():
        assert isinstance(reading, SourceError)
        assert reading.code == ROLE_NOT_ASSUMED


@pytest.mark.parametrize(("external_id", "accepted"), [("agreed", True), ("guessed", False), (None, False)])
def test_a_role_whose_trust_demands_an_external_id_is_assumed_only_with_it(
    monkeypatch: pytest.MonkeyPatch, base: boto3.Session, external_id: str | None, accepted: bool
) -> None:
    scenario = f"""
    role = [{{ arn = "{ROLE}", external_id = "agreed" }}]
    application = [{{ id = "A", account = "444455556666", journey = [{{ id = "J0" }}] }}]
    """
    with simulator.running(scenario) as aws:
        monkeypatch.setenv("AWS_ENDPOINT_URL", aws.url)
        limit = RateLimit(PINPOINT_READS)
        client = pinpoint_client(session_for_role(ROLE, external_id, "eu-west-1", base=base), limit)
        reading = PinpointJourneyRuns(client, limit).observe(JOURNEYS[:1])[JOURNEYS[0]]
        client.close()
    assert isinstance(reading, Observation) == accepted
    assert aws.control.calls.count(account="444455556666") == int(accepted)
