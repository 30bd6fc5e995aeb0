"""The command line: ``python -m simulator``."""

import signal
import sys
from pathlib import Path

import click

from journey_watch.core.errors import ConfigurationError
from simulator.judge import Judge
from simulator.scenario import Scenario, load_scenario
from simulator.server import SimulatorServer, listen, url_of
from simulator.simulation import Simulation

_HELP = """Serve a stand-in for the AWS APIs that Journey Watch polls, on 127.0.0.1 only.

\b
Examples:
  python -m simulator --scenario story.toml --check
  python -m simulator --scenario story.toml --port 8077 --start-clock
  AWS_ENDPOINT_URL_PINPOINT=http://127.0.0.1:8077 aws pinpoint get-apps
  curl -X PUT http://127.0.0.1:8077/_simulator/time -d '{"running": true}'

Exit codes: 0 stopped by SIGTERM or SIGINT, or the checked scenario is right; 1 the port cannot be used; 2 wrong
usage or scenario.
"""


class _WrongScenario(click.ClickException):
    exit_code = 2


@click.command(help=_HELP)
@click.option(
    "--scenario", "path", type=click.Path(path_type=Path), help="TOML file to play; without it, an empty world."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, show_default=True, help="0 takes a free port.")
@click.option(
    "--start-clock", is_flag=True, help="Play the events from now on; else a call to the control API starts it."
)
@click.option("--judge", "judge_url", help="Asked what a caller may do (see judge.py); without it, everything.")
@click.option("--check", is_flag=True, help="Check the scenario and exit.")
def main(path: Path | None, port: int, start_clock: bool, judge_url: str | None, check: bool) -> None:
    """Serves until a signal comes."""
    try:
        scenario = load_scenario(path) if path else Scenario()
    except ConfigurationError as error:
        raise _WrongScenario(str(error)) from error
    if check:
        click.echo(f"The scenario is right: {len(scenario.event)} events, {len(scenario.application)} applications")
        return
    judge = Judge(judge_url) if judge_url else None
    _serve(Simulation(scenario), port, start_clock=start_clock, judge=judge)


def _serve(simulation: Simulation, port: int, *, start_clock: bool, judge: Judge | None) -> None:
    # uvicorn shuts down on these signals and then raises them again, which would end the process by the signal.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    try:
        bound = listen(port)
    except OSError as error:
        raise click.ClickException(f"port {port} cannot be used ({error.strerror}); choose another, or 0") from error

    def announce() -> None:
        if start_clock:
            simulation.start_clock()
        click.echo(f"Simulator ready at {url_of(bound)} (control: {url_of(bound)}/_simulator/state)")

    SimulatorServer(simulation, on_listening=announce, judge=judge).run(sockets=[bound])


if __name__ == "__main__":
    main(prog_name="python -m simulator")
