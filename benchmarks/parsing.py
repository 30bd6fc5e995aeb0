"""The work of reading a page of 200 runs.

Plain boto3 and the source's client as far as dictionaries, and the source as far as its checked ObservedRuns. Each is
counted reading few pages and many; the difference is the pages alone.
"""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import boto3
import click
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks.effort import UNIT, effort
from benchmarks.our_poller import UNLIMITED
from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.runs import JourneyKey
from journey_watch.providers.pinpoint.client import pinpoint_client
from journey_watch.providers.pinpoint.source import PinpointJourneyRuns

if TYPE_CHECKING:
    from mypy_boto3_pinpoint import PinpointClient

RUNS: Final = 200
FEW: Final = 5
MANY: Final = 25
ENVIRONMENT: Final = {
    "AWS_ACCESS_KEY_ID": "made-up",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def page() -> bytes:
    """One page as Pinpoint sends it."""
    created = datetime(2026, 11, 1, tzinfo=UTC)
    times = [(created + timedelta(hours=n)).isoformat(timespec="milliseconds") for n in range(RUNS + 1)]
    runs = [
        {
            "RunId": f"0a1b2c3d4e5f60718293a4b5c6d7e{number:03}",
            "Status": "COMPLETED",
            "CreationTime": times[number],
            "LastUpdateTime": times[number + 1],
        }
        for number in range(RUNS)
    ]
    return json.dumps({"Item": runs}).encode()


class _Body:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self) -> Iterator[bytes]:
        yield self._content


def answered_session() -> boto3.Session:
    """A session whose calls never leave the process."""
    body, session = page(), boto3.Session()

    def answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        return AWSResponse(request.url, 200, HTTPHeaders(), _Body(body))

    session.events.register("before-send", answer)  # type: ignore[arg-type]  # may answer
    return session


def read_with(client: "PinpointClient", pages: int) -> None:
    for _ in range(pages):
        answer = client.get_journey_runs(ApplicationId="shop", JourneyId="welcome", PageSize=str(RUNS))
        assert len(answer["JourneyRunsResponse"]["Item"]) == RUNS  # noqa: S101 - what is measured is what is meant


def read_as_boto3_does(pages: int) -> None:
    read_with(answered_session().client("pinpoint"), pages)


def read_as_its_client_does(pages: int) -> None:
    read_with(pinpoint_client(answered_session(), RateLimit(UNLIMITED)), pages)


def read_as_the_source_does(pages: int) -> None:
    limit = RateLimit(UNLIMITED)
    source = PinpointJourneyRuns(pinpoint_client(answered_session(), limit), limit)
    journey = JourneyKey("shop", "welcome")
    for _ in range(pages):
        observation = source.observe([journey])[journey]
        assert len(getattr(observation, "runs", ())) == RUNS  # noqa: S101 - as above


READERS: Final = {
    "boto3": read_as_boto3_does,
    "the source's client": read_as_its_client_does,
    "the source": read_as_the_source_does,
}


def per_page(reader: str) -> float:
    """In effort.UNIT."""
    few, many = (effort("-m", "benchmarks.parsing", reader, str(pages), env=ENVIRONMENT) for pages in (FEW, MANY))
    return (many - few) / (MANY - FEW)


@click.command(help=__doc__)
def parsing() -> None:
    counted = {reader: per_page(reader) for reader in READERS}
    for reader, amount in counted.items():
        click.echo(f"{reader}: {amount:.3f} {UNIT} a page, ratio {amount / counted['boto3']:.2f}")


if __name__ == "__main__":
    READERS[sys.argv[1]](int(sys.argv[2]))  # the process that `per_page` counts
