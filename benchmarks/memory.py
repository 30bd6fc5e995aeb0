"""Peak memory over many long listings.

Against memory after start, which is that of imports and clients.
"""

import json
import os
import subprocess
import sys
from typing import Final

import boto3
import click

from benchmarks.measured import peak_mib
from benchmarks.our_poller import UNLIMITED, OurPoller
from benchmarks.stand_ins import STATE_TABLE, stand_ins
from benchmarks.workload import APPLICATION, Workload

POLLS: Final = ("the first look", "a quiet poll")


def measure(topic_arn: str) -> None:
    """Print, as JSON, the peak after start and after each poll."""
    session = boto3.Session()
    poller = OurPoller(session, table=STATE_TABLE, topic_arn=topic_arn, application_id=APPLICATION, quota=UNLIMITED)
    peaks = [peak_mib()]
    for _ in POLLS:
        report = poller.poll()
        assert not report.failed, report.failures  # noqa: S101 - else less was read than is claimed
        peaks.append(peak_mib())
    click.echo(json.dumps(peaks))


@click.command(help=__doc__)
@click.option("--journeys", default=1000, show_default=True)
@click.option("--runs", default=720, show_default=True, help="Of each journey.")
def memory(*, journeys: int, runs: int) -> None:
    with stand_ins(Workload(journeys, runs, latency=0)) as services:
        env = {**os.environ, **services.environment, "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
        argv = [sys.executable, "-m", "benchmarks.memory", services.topic_arn]
        done = subprocess.run(argv, env=env, stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own words
    started, *peaks = json.loads(done.stdout)
    click.echo(f"after start: {started:.0f} MiB")
    for poll, peak in zip(POLLS, peaks, strict=True):
        click.echo(f"peak after {poll}: {peak:.0f} MiB, ratio {peak / started:.2f}")


if __name__ == "__main__":
    measure(sys.argv[1])  # the process that `memory` starts
