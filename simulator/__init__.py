"""An HTTP stand-in for the AWS APIs that Journey Watch polls, with timed scenarios and faults. See README.md."""

from simulator.scenario import Scenario, load_scenario, parse_scenario
from simulator.server import RunningSimulator, running
from simulator.simulation import Simulation
from simulator.world import NotInWorldError

__all__ = [
    "NotInWorldError",
    "RunningSimulator",
    "Scenario",
    "Simulation",
    "load_scenario",
    "parse_scenario",
    "running",
]
