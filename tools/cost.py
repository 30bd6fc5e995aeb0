"""What a deployment costs a month: `python -m tools.cost --config config/default.toml`.

Counts times prices, without free tiers. What cannot be read from the configuration is an assumption with a name.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.deployment_config import DeploymentConfig
from infra.watch_entries import MAX_LANES_APART
from journey_watch.core.errors import JourneyWatchError
from journey_watch.core.watch_list import lanes_of
from journey_watch.observability.metrics import PER_JOURNEY, PER_LANE, SERVICE_WIDE

PRICED_IN: Final = "us-east-1, November 2026"
METRIC: Final = 0.30
ALARM: Final = 0.10
COMPOSITE_ALARM: Final = 0.50
DASHBOARD: Final = 3.00
KEY: Final = 1.00
KEY_ROTATION: Final = 1.00
"""What each yearly rotation adds to a key's price a month."""
BILLED_ROTATIONS: Final = 2
"""AWS bills no further ones."""
LAMBDA_GB_SECOND: Final = 0.0000133334
LAMBDA_REQUEST: Final = 0.20 / 1e6
SCHEDULER_INVOCATION: Final = 1.00 / 1e6
DYNAMODB_READ_UNIT: Final = 0.125 / 1e6
DYNAMODB_WRITE_UNIT: Final = 0.625 / 1e6
SNS_EMAIL: Final = 2.00 / 100_000
LOG_GB: Final = 0.50

ALARMS_PER_LANE: Final = 3
"""As many kinds of them are there, and so many composite alarms ring for many lanes."""
ALARMS_OF_THE_REST: Final = 16
SECONDS_A_MONTH: Final = 730 * 3600
MEMORY_GB: Final = 0.5
READ_UNIT_BYTES: Final = 8_192
"""An eventually consistent read unit reads 8 KB."""


@dataclass(frozen=True, kw_only=True)
class Workload:
    """What a lane has to do. The defaults are the yardstick of 50 journeys with 24 runs each."""

    journeys: int = 50
    state_bytes_per_journey: int = 3_600
    """Of the STATE item: 24 recent runs, each of 100 bytes and an id of 32."""
    poll_seconds: float = 0.3
    """Billed for a quiet poll: 50 journeys at 20 ms in 8 threads, the load, and the parsing."""
    changes_a_day: int = 20
    write_units_per_change: float = 20.0
    """A transaction doubles both items, and the index gets a copy of one."""
    log_bytes_per_poll: int = 1_400
    """The summary line, the metrics, and Lambda's own lines."""
    emails_per_change: float = 1.0
    share_of_hours_with_changes: float = 0.5
    """A metric is billed by the hour in which it was sent, and the delay of changes is sent only with changes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill."""

    what: str
    count: float
    price: float
    """Of one, in dollars a month."""

    @property
    def dollars(self) -> float:
        return self.count * self.price


def shared_lines(*, lanes: int) -> list[Line]:
    """What a deployment with so many lanes costs without them."""
    return [
        Line("dashboard", 1, DASHBOARD),
        Line("encryption key", 1, KEY),
        Line("metrics of all lanes together", len(SERVICE_WIDE), METRIC),
        Line("alarms on what all lanes share", ALARMS_OF_THE_REST, ALARM),
        *([Line("composite alarms over all lanes", ALARMS_PER_LANE, COMPOSITE_ALARM)] * (lanes > MAX_LANES_APART)),
    ]


def lane_lines(*, every_seconds: int, work: Workload, per_journey_metrics: bool) -> list[Line]:
    """What each lane adds."""
    polls = SECONDS_A_MONTH / every_seconds
    changes = work.changes_a_day * 365 / 12
    read_units = work.journeys * work.state_bytes_per_journey / READ_UNIT_BYTES
    return [
        Line("metrics of a lane", len(PER_LANE) - 1 + work.share_of_hours_with_changes, METRIC),
        Line("alarms on a lane", ALARMS_PER_LANE, ALARM),
        *([Line("metrics of journeys", len(PER_JOURNEY) * work.journeys, METRIC)] if per_journey_metrics else []),
        Line("Scheduler invocations", polls, SCHEDULER_INVOCATION),
        Line("Lambda requests", polls, LAMBDA_REQUEST),
        Line("Lambda GB-seconds", polls * work.poll_seconds * MEMORY_GB, LAMBDA_GB_SECOND),
        Line("DynamoDB read units", polls * read_units, DYNAMODB_READ_UNIT),
        Line("DynamoDB write units", changes * work.write_units_per_change, DYNAMODB_WRITE_UNIT),
        Line("e-mails", changes * work.emails_per_change, SNS_EMAIL),
        Line("GB logged", polls * work.log_bytes_per_poll / 1e9, LOG_GB),
    ]


def total(lines: Iterable[Line]) -> float:
    return sum(line.dollars for line in lines)


def bill(config: DeploymentConfig, work: Workload) -> Iterator[str]:
    """The bill as lines of text."""
    lanes = len(lanes_of(config.watch, own_account="own", own_region="own"))
    shared = shared_lines(lanes=lanes)
    of_lane = lane_lines(
        every_seconds=int(config.every.total_seconds()),
        work=work,
        per_journey_metrics=config.watching.per_journey_metrics,
    )
    yield f"{config.name}: dollars a month ({PRICED_IN}, no free tier)"
    for title, lines in (("whatever is watched", shared), (f"each lane with {work.journeys} journeys", of_lane)):
        yield f"\n{title}"
        for line in lines:
            yield f"  {line.what:32}{line.count:>14,.5g} {line.dollars:>8.2f}"
        yield f"  {'':46} {total(lines):>8.2f}"
    first = total(shared) + lanes * total(of_lane)
    yield f"\n{lanes} {'lane' if lanes == 1 else 'lanes'} in all: {first:.2f}"
    for rotation in range(1, BILLED_ROTATIONS + 1):
        when = f"in year {rotation + 1}" if rotation < BILLED_ROTATIONS else f"from year {rotation + 1} on"
        yield f"{when}, with a key rotated each year: {first + rotation * KEY_ROTATION:.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.cost", description="What a deployment costs a month.")
    parser.add_argument("--config", type=Path, default=Path("config/default.toml"))
    parser.add_argument("--journeys", type=int, default=Workload.journeys, help="in each lane")
    arguments = parser.parse_args()
    try:
        config = DeploymentConfig.from_file(arguments.config)
    except JourneyWatchError as error:
        sys.exit(f"error: {error}")
    print("\n".join(bill(config, Workload(journeys=arguments.journeys))))  # noqa: T201 - a command


if __name__ == "__main__":
    main()
