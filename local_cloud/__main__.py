"""`python -m local_cloud up`: a local cloud to look around in. `demo`: one that plays a story and tells what it saw."""

import signal
import sys
from pathlib import Path
from types import FrameType

import click

from local_cloud.cloud import LocalCloud
from local_cloud.demo.play import perform
from local_cloud.errors import LocalCloudError
from local_cloud.progress import Progress
from operator_cli.terminal import Terminal


@click.group()
def main() -> None:
    """A cloud on this machine, with the real stack deployed into it."""


@main.command()
@click.option(
    "--scenario", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="What the simulator plays."
)
@click.option("--config", default="config/demo.toml", show_default=True, help="The deployment to deploy.")
@click.option("--speed", default=30.0, show_default=True, help="At 30, a schedule of every minute fires every 2 s.")
@click.option("--region", default="eu-west-1", show_default=True)
@click.option("--keep", is_flag=True, help="Leave the directory with logs and data behind.")
def up(scenario: Path | None, config: str, speed: float, region: str, keep: bool) -> None:
    """Start a local cloud, deploy the stack, and run until Ctrl-C."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with LocalCloud.start(
            scenario=scenario, config=config, speed=speed, region=region, keep=keep, report=_say
        ) as cloud:
            click.echo(f"Logs, deliveries and data are in {cloud.directory}" + ("" if keep else " until the end"))
            cloud.deploy()
            click.echo("\nDeployed. To look around in another shell:\n")
            click.echo("".join(f"  export {name}={value}\n" for name, value in cloud.environment.items()))
            click.echo("".join(f"  {name:<22}{value}\n" for name, value in sorted(cloud.outputs.items())))
            click.echo(f"The simulator's control API is at {cloud.simulator.url}/_simulator. Ctrl-C stops everything.")
            signal.pause()
    except KeyboardInterrupt:
        click.echo("\nStopped.")
    except LocalCloudError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.option("--keep", is_flag=True, help="Leave everything running after the story, until Ctrl-C.")
@click.option("--verbose", is_flag=True, help="Show every alert in every form.")
def demo(keep: bool, verbose: bool) -> None:
    """Deploy the stack, let journeys run and go wrong, and tell of each alert; fails unless each came as it must."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        sys.exit(perform(keep=keep, verbose=verbose, console=Terminal()))
    except KeyboardInterrupt:
        # The shell's own code for a program that was interrupted: the story was not told to its end.
        click.echo("\nStopped.")
        sys.exit(128 + signal.SIGINT)
    except LocalCloudError as error:
        raise click.ClickException(str(error)) from error


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _say(progress: Progress) -> None:
    if progress.seconds is not None:
        click.echo(f"{progress.step:<12}{progress.seconds:6.1f} s")


if __name__ == "__main__":
    main()
