"""Many journeys under Pinpoint's quota of 300 requests a second.

The floor is what the quota itself allows: after a burst, so many a second.
"""

import os
import time
from typing import Final

import boto3
import click

from benchmarks.our_poller import OurPoller
from benchmarks.stand_ins import STATE_TABLE, stand_ins
from benchmarks.workload import APPLICATION, Workload
from journey_watch.providers.pinpoint.client import PINPOINT_READS
from local_cloud.simulator_control import SimulatorControl

QUIET_POLLS: Final = 3


@click.command(help=__doc__)
@click.option("--journeys", default=1000, show_default=True)
def quota(*, journeys: int) -> None:
    with stand_ins(Workload(journeys, runs=24), quotas=True) as services:
        os.environ.update(services.environment)
        session = boto3.Session()
        poller = OurPoller(session, table=STATE_TABLE, topic_arn=services.topic_arn, application_id=APPLICATION)
        poller.poll()  # writes everything; what follows only reads
        floor = (journeys - PINPOINT_READS.burst) / PINPOINT_READS.per_second
        click.echo(f"floor {floor:.2f} s")
        for _ in range(QUIET_POLLS):
            time.sleep(PINPOINT_READS.burst / PINPOINT_READS.per_second)  # as between two polls, bursts fill up again
            started = time.perf_counter()
            report = poller.poll()
            seconds = time.perf_counter() - started
            click.echo(
                f"{seconds:.2f} s, {seconds / floor:.2f} times the floor; "
                f"{report.observed} journeys read, {report.failed} failed, {report.throttles} throttled"
            )
        calls = SimulatorControl(services.simulator_url).control("GET", "/calls?operation=GetJourneyRuns")
        click.echo(f"answers by status: {calls['operations']['GetJourneyRuns']}")
