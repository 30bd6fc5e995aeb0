"""How many calls a poll makes: the exact part of what docs/performance.md promises.

Everything is real but AWS: moto in process for the table and the topic, the simulator for Pinpoint.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import boto3
import pytest
from moto import mock_aws

from benchmarks.meter import Meter
from benchmarks.our_poller import OurPoller
from benchmarks.stand_ins import STATE_TABLE, create_tables
from benchmarks.workload import APPLICATION, Workload
from journey_watch.channels.sns.mail_pace import MAILS_PER_SECOND
from journey_watch.channels.sns.notifier import ENTRIES_PER_BATCH
from journey_watch.polling.report import PollReport
from simulator import Simulation, running

JOURNEYS = 7
RUNS = 450
CHANNELS = 2
"""The mail, and the alerts for programs."""
PAGES = 3
"""Of 200 runs each."""
WORKLOAD = Workload(JOURNEYS, RUNS, changes=6, latency=0)
READS = Counter({"pinpoint.GetJourneyRuns": JOURNEYS * PAGES, "dynamodb.Query": 2})
"""The lane's state is one Query, the operators' mutes another."""


@dataclass(frozen=True)
class Observed:
    """A poller whose calls are counted, and its world."""

    poller: OurPoller
    meter: Meter
    simulation: Simulation

    def poll(self) -> PollReport:
        """Of this poll alone is counted."""
        self.meter.clear()
        return self.poller.poll()

    def cancel(self) -> None:
        for event in WORKLOAD.cancellations():
            self.simulation.play(event)


@pytest.fixture
def observed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Observed]:
    """Before its first poll."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "made-up")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.setattr("journey_watch.polling.side_by_side.WORKERS", 1)  # moto is not made for threads
    with running(WORKLOAD.scenario()) as simulator, mock_aws():
        monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", simulator.url)
        session, meter = boto3.Session(region_name="eu-west-1"), Meter()
        create_tables(session.client("dynamodb"))
        topic_arn = session.client("sns").create_topic(Name="alerts")["TopicArn"]
        meter.attach(session)
        poller = OurPoller(session, table=STATE_TABLE, topic_arn=topic_arn, application_id=APPLICATION)
        yield Observed(poller, meter, simulator.control)


def test_first_poll_writes_each_journey_once_and_sends_nothing(observed: Observed) -> None:
    report = observed.poll()
    listing = Counter({"pinpoint.ListJourneys": 1, "pinpoint.GetApp": 1})
    lane = Counter({"dynamodb.UpdateItem": 1})  # that every journey listed from now on is news
    assert observed.meter.calls == READS + listing + lane + Counter({"dynamodb.UpdateItem": JOURNEYS})
    assert report.delivery.delivered == 0


def test_quiet_poll_asks_for_each_page_once_and_writes_and_sends_nothing(observed: Observed) -> None:
    observed.poll()
    observed.poll()
    assert observed.meter.calls == READS


def test_changes_cost_a_transaction_and_for_each_channel_an_acknowledgement_and_few_publishes(
    observed: Observed,
) -> None:
    observed.poll()
    observed.cancel()
    report = observed.poll()
    changes = WORKLOAD.changes
    # Of mails as many as one reader can be sent in a second, of JSON as many as SNS takes.
    batches = ceil(changes / MAILS_PER_SECOND) + ceil(changes / ENTRIES_PER_BATCH)
    assert observed.meter.calls == READS + Counter(
        {
            "dynamodb.TransactWriteItems": changes,
            "sns.PublishBatch": batches,
            "dynamodb.UpdateItem": CHANNELS * changes,
        }
    )
    assert report.delivery.delivered == CHANNELS * changes


def test_what_changed_is_quiet_again_afterwards(observed: Observed) -> None:
    observed.poll()
    observed.cancel()
    observed.poll()
    observed.poll()
    assert observed.meter.calls == READS
