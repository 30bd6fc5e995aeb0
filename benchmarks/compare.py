"""The project's poller and the textbook's, side by side, in one run against the same stand-ins."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import click
from rich.console import Console
from rich.table import Table

from benchmarks.measured import OURS, TEXTBOOK
from benchmarks.stand_ins import StandIns, stand_ins
from benchmarks.workload import Workload

Measured = dict[str, Any]
"""A Measurement as JSON."""


@click.command(help=__doc__)
@click.option("--journeys", default=50, show_default=True)
@click.option("--runs", default=24, show_default=True, help="Of each journey.")
@click.option("--changes", default=5, show_default=True, help="Runs that are cancelled, each of another journey.")
@click.option("--latency", default=20.0, show_default=True, help="Of every service, in milliseconds.")
@click.option("--polls", default=15, show_default=True, help="Quiet polls of this project's, for the median.")
@click.option("--textbook-polls", default=1, show_default=True, help="And of the textbook's, which are slow.")
@click.option("--json", "as_json", is_flag=True, help="Print everything measured as JSON.")
def compare(
    *, journeys: int, runs: int, changes: int, latency: float, polls: int, textbook_polls: int, as_json: bool
) -> None:
    workload = Workload(journeys, runs, changes, latency / 1000)
    measured = {
        which: run(which, workload, polls=count) for which, count in ((TEXTBOOK, textbook_polls), (OURS, polls))
    }
    if as_json:
        click.echo(json.dumps({"workload": asdict(workload), **measured}, indent=1))
    else:
        Console().print(table_of(workload, measured[TEXTBOOK], measured[OURS]))


def run(which: str, workload: Workload, *, polls: int) -> Measured:
    """Measure one poller in a process of its own, against fresh stand-ins."""
    with stand_ins(workload) as services:
        return _run(services, which, workload, polls)


def _run(services: StandIns, which: str, workload: Workload, polls: int) -> Measured:
    arguments = {
        "workload": asdict(workload),
        "polls": polls,
        "topic_arn": services.topic_arn,
        "simulator_url": services.simulator_url,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "benchmarks.measured", which, json.dumps(arguments)],
        env={**inherited, **services.environment, "POWERTOOLS_LOG_LEVEL": "CRITICAL"},
        stdout=subprocess.PIPE,
        check=True,
    )
    measured: Measured = json.loads(done.stdout)
    return measured


def _calls(poll: str, *operations: str) -> Callable[[Measured], float]:
    return lambda measured: sum(measured[poll]["calls"].get(operation, 0) for operation in operations)


def _of(poll: str, name: str) -> Callable[[Measured], float]:
    return lambda measured: float(measured[poll][name])


READS: Final = ("dynamodb.GetItem", "dynamodb.Query", "dynamodb.BatchGetItem")
WRITES: Final = ("dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.TransactWriteItems")
SENDS: Final = ("sns.Publish", "sns.PublishBatch")
ROWS: Final[tuple[tuple[str, Callable[[Measured], float]], ...]] = (
    ("quiet poll: GetJourneyRuns", _calls("quiet", "pinpoint.GetJourneyRuns")),
    ("quiet poll: table reads", _calls("quiet", *READS)),
    ("quiet poll: table writes", _calls("quiet", *WRITES)),
    ("quiet poll: publishes", _calls("quiet", *SENDS)),
    ("quiet poll: read units", _of("quiet", "read_units")),
    ("quiet poll: bytes sent", _of("quiet", "bytes_sent")),
    ("quiet poll: bytes received", _of("quiet", "bytes_received")),
    ("quiet poll: seconds (median)", lambda measured: measured["quiet_seconds"]),
    ("quiet poll: CPU seconds (median)", lambda measured: measured["quiet_cpu_seconds"]),
    ("poll with changes: table writes", _calls("changed", *WRITES)),
    ("poll with changes: write units", _of("changed", "write_units")),
    ("poll with changes: publishes", _calls("changed", *SENDS)),
    ("poll with changes: seconds", lambda measured: measured["changed_seconds"]),
    ("memory after start, MiB", lambda measured: measured["started_mib"]),
    ("peak memory, MiB", lambda measured: measured["peak_mib"]),
)


def table_of(workload: Workload, textbook: Measured, ours: Measured) -> Table:
    title = (
        f"{workload.journeys} journeys of {workload.runs} runs, {workload.changes} cancelled, "
        f"{workload.latency * 1000:g} ms latency"
    )
    table = Table(title=title)
    for column in ("", "textbook", "Journey Watch", "ratio"):
        table.add_column(column, justify="right" if column else "left")
    for name, value in ROWS:
        theirs, own = value(textbook), value(ours)
        table.add_row(name, f"{theirs:,.4g}", f"{own:,.4g}", f"{theirs / own:,.1f}" if own else "")
    return table
