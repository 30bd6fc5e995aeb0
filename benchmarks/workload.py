"""What is polled: so many journeys with so many runs each, of which some are cancelled later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

APPLICATION: Final = "shop"
LIVE_RUN: Final = "live"


@dataclass(frozen=True, slots=True)
class Workload:
    journeys: int
    runs: int
    """Of each journey: one is running, the others ended, one an hour."""
    changes: int = 0
    """In so many journeys the running run is cancelled."""
    latency: float = 0.02
    """Of every service, in seconds."""

    @property
    def journey_ids(self) -> list[str]:
        return [f"journey-{number:04}" for number in range(self.journeys)]

    def scenario(self, *, quotas: bool = False) -> str:
        """For the simulator. `quotas`: whether it throttles as AWS does."""
        journeys = "\n".join(
            f'[[application.journey]]\nid = "{journey_id}"\nrun = [{{ id = "{LIVE_RUN}", status = "RUNNING" }}]\n'
            f"history = [{{ runs = {self.runs - 1} }}]"
            for journey_id in self.journey_ids
        )
        return (
            f"aws_quotas = {str(quotas).lower()}\nmax_page_size = 200\n"
            f'[[fault]]\nkind = "latency"\ndelay = "{self.latency * 1000:g}ms"\n'
            f'[[application]]\nid = "{APPLICATION}"\n{journeys}\n'
        )

    def cancellations(self) -> list[Mapping[str, object]]:
        """Events for the simulator."""
        place = {"kind": "run_status", "application": APPLICATION, "run": LIVE_RUN, "status": "CANCELLED"}
        return [{**place, "journey": journey_id} for journey_id in self.journey_ids[: self.changes]]
