"""One poller in a process of its own, measured: `python -m benchmarks.measured POLLER JSON`; prints JSON."""

import json
import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any, Final

import boto3

from benchmarks.meter import Meter
from benchmarks.our_poller import OurPoller
from benchmarks.stand_ins import STATE_TABLE, TEXTBOOK_TABLE
from benchmarks.textbook_poller import TextbookPoller
from benchmarks.workload import APPLICATION, LIVE_RUN, Workload
from local_cloud.simulator_control import SimulatorControl

OURS: Final = "ours"
TEXTBOOK: Final = "textbook"
MINISTACK_SECONDS: Final = 0.004
"""What MiniStack takes by itself; the rest of the latency is slept."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one poll."""

    calls: dict[str, int]
    """By "service.Operation"."""
    read_units: float
    write_units: float
    bytes_sent: int
    bytes_received: int


@dataclass(slots=True)
class Measurement:
    """Of one poller."""

    quiet: Cost
    """A poll in which nothing had changed."""
    changed: Cost
    """A poll that met all changes of the workload."""
    quiet_seconds: float
    """Median."""
    quiet_cpu_seconds: float
    """Median, of all threads of this process."""
    changed_seconds: float
    started_mib: float
    """Peak memory once everything was imported and clients were made."""
    peak_mib: float
    first: Cost | None = None
    """Its very first poll; None for the textbook poller, whose table is filled beforehand to save time."""
    walls: list[float] = field(default_factory=list)
    """Of each quiet poll."""


def measure(which: str, workload: Workload, *, polls: int, topic_arn: str, simulator_url: str) -> Measurement:
    meter, session = Meter(), boto3.Session()
    session.events.register("before-send.dynamodb", _delay(workload.latency))
    session.events.register("before-send.sns", _delay(workload.latency))
    meter.attach(session)
    poll = _ours(session, topic_arn) if which == OURS else _textbook(session, topic_arn, workload)
    started = peak_mib()

    def counted() -> tuple[float, float, Cost]:
        meter.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        poll()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        cost = Cost(dict(meter.calls), meter.read_units, meter.write_units, meter.bytes_sent, meter.bytes_received)
        return wall, cpu, cost

    first = counted()[2] if which == OURS else None
    quiet = [counted() for _ in range(polls)]
    simulator = SimulatorControl(simulator_url)
    for event in workload.cancellations():
        simulator.control("POST", "/events", event)
    changed_seconds, _, changed = counted()
    return Measurement(
        quiet=quiet[-1][2],
        changed=changed,
        quiet_seconds=median(wall for wall, _, _ in quiet),
        quiet_cpu_seconds=median(cpu for _, cpu, _ in quiet),
        changed_seconds=changed_seconds,
        started_mib=started,
        peak_mib=peak_mib(),
        first=first,
        walls=[wall for wall, _, _ in quiet],
    )


def _ours(session: boto3.Session, topic_arn: str) -> Callable[[], object]:
    return OurPoller(session, table=STATE_TABLE, topic_arn=topic_arn, application_id=APPLICATION).poll


def _textbook(session: boto3.Session, topic_arn: str, workload: Workload) -> Callable[[], object]:
    poller = TextbookPoller(session, table=TEXTBOOK_TABLE, topic_arn=topic_arn, application_id=APPLICATION)
    _fill_table(workload)
    return lambda: poller.poll(workload.journey_ids)


def _fill_table(workload: Workload) -> None:
    """As the textbook poller's first poll leaves it, which takes as many writes, one after another."""
    dynamodb = boto3.Session().client("dynamodb")
    statuses = {LIVE_RUN: "RUNNING"} | {f"history-{n}": "COMPLETED" for n in range(1, workload.runs)}
    puts: list[Any] = [
        {"PutRequest": {"Item": {"id": {"S": f"{journey_id}#{run_id}"}, "status": {"S": status}}}}
        for journey_id in workload.journey_ids
        for run_id, status in statuses.items()
    ]
    batches = [{TEXTBOOK_TABLE: puts[at : at + 25]} for at in range(0, len(puts), 25)]
    with ThreadPoolExecutor(4) as pool:
        for answer in pool.map(lambda batch: dynamodb.batch_write_item(RequestItems=batch), batches):
            assert not answer["UnprocessedItems"]  # noqa: S101 - MiniStack never leaves any


def _delay(latency: float) -> Callable[..., None]:
    def sleep(**_: object) -> None:
        time.sleep(max(0.0, latency - MINISTACK_SECONDS))

    return sleep


def peak_mib() -> float:
    """The most memory this process has had."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


if __name__ == "__main__":
    arguments = json.loads(sys.argv[2])
    measurement = measure(sys.argv[1], Workload(**arguments.pop("workload")), **arguments)
    sys.stdout.write(json.dumps(asdict(measurement)))
