"""`python -m verify_aws`: sees whether what this project promises is true in an account."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import click

from infra.deployment_config import DeploymentConfig
from journey_watch.core.errors import JourneyWatchError
from journey_watch.core.watch_list import lanes_of
from operator_cli.aws_errors import AWS_ERRORS, Options, explained
from operator_cli.aws_session import open_session
from operator_cli.deploy import USUAL_QUALIFIER
from operator_cli.terminal import Terminal, say
from tools.cost import Workload, lane_lines, shared_lines, total
from verify_aws.findings import Finding, Verdict
from verify_aws.on_aws import surroundings_on_aws
from verify_aws.on_this_machine import surroundings_on_this_machine
from verify_aws.report import summary, to_json
from verify_aws.run import Run
from verify_aws.screen import Screen
from verify_aws.surroundings import CLIENTS, CannotRunError, Surroundings
from verify_aws.waiting import Waiting

FOUND_FAILURES: Final = 1
COULD_NOT_RUN: Final = 2
HOURS_A_MONTH: Final = 730
OPTIONS: Final = Options("--profile", "--region", "docs/verify.md has all that this command needs.")


def _in_a_directory(_context: click.Context, _option: click.Parameter, report: Path | None) -> Path | None:
    if report is not None and not report.parent.is_dir():
        raise click.BadParameter(f"{report.parent} is no directory.")
    return report


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--profile", help="Whose credentials to use, of your AWS configuration.")
@click.option("--region", help="Where to deploy; the Region of your AWS configuration if not given.")
@click.option("--qualifier", default=USUAL_QUALIFIER, show_default=True, help="Of the CDK's bootstrap.")
@click.option("--local", is_flag=True, help="In a local cloud on this machine instead, as far as that goes.")
@click.option("--yes", is_flag=True, help="Do not ask before deploying.")
@click.option("--keep", is_flag=True, help="Leave the stack behind.")
@click.option(
    "--json",
    "report",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=_in_a_directory,
    help="Write the report to this file.",
)
@click.option(
    "--redact/--no-redact", default=True, show_default=True, help="Whether that file hides account ids and addresses."
)
def main(
    *,
    profile: str | None,
    region: str | None,
    qualifier: str,
    local: bool,
    yes: bool,
    keep: bool,
    report: Path | None,
    redact: bool,
) -> None:
    """Deploy a throw-away stack to your account, see whether all of it works, and destroy it.

    Takes about half an hour, an hour at most, nearly all of it waiting, and costs 2 cents. Nobody is mailed. Your
    credentials must be allowed to deploy with the CDK, and to look at what it made: docs/verify.md has the list.

    Exit codes: 0 nothing failed, 1 something did, 2 it could not be run, or not to its end.
    """
    # Whatever was inherited: Ctrl-C must take the stack away, also where a shell has started this in the background.
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGTERM, _interrupt)
    screen = Screen(Terminal())
    about: dict[str, Any] = {"began": datetime.now(UTC).isoformat(timespec="seconds"), "local": local}
    findings: list[Finding] = []
    code = COULD_NOT_RUN
    try:
        with _surroundings(profile, region, qualifier, local=local) as surroundings:
            about["region"] = surroundings.session.region_name
            _confirm(surroundings, yes=yes or local, keep=keep)
            _run(surroundings, screen, findings, keep=keep)
        code = FOUND_FAILURES if any(each.verdict is Verdict.FAILED for each in findings) else 0
        say(summary(findings))
    except (CannotRunError, JourneyWatchError) as error:
        say(f"error: {error}", err=True)
    except AWS_ERRORS as error:
        say(f"error: {explained(error, OPTIONS)}", err=True)
    except KeyboardInterrupt:
        click.echo("Interrupted.", err=True)
    finally:
        if report is not None and findings:
            _write(report, to_json(findings, {**about, "exit_code": code}, redact=redact))
    sys.exit(code)


def _write(report: Path, text: str) -> None:
    try:
        report.write_text(f"{text}\n", encoding="utf-8")
    except OSError as error:
        click.echo(f"error: The report cannot be written: {error}.", err=True)
    else:
        click.echo(f"The report is in {report}.")


@contextmanager
def _surroundings(profile: str | None, region: str | None, qualifier: str, *, local: bool) -> Iterator[Surroundings]:
    if not local:
        yield surroundings_on_aws(
            open_session(profile=profile, region=region, options=OPTIONS, clients=CLIENTS), qualifier=qualifier
        )
        return
    with surroundings_on_this_machine() as surroundings:
        yield surroundings


def _confirm(surroundings: Surroundings, *, yes: bool, keep: bool) -> None:
    config = surroundings.config
    if surroundings.is_local:
        click.echo(f"Deploying {config.name} into a local cloud on 127.0.0.1; nothing leaves this machine.")
        return
    end = "leaves it there" if keep else "destroys it within the hour"
    click.echo(
        f"Deploys {config.name} to account {surroundings.account}, {surroundings.session.region_name}, and {end}. "
        f"It costs about ${dollars_an_hour(config):.2f} an hour."
    )
    try:
        agreed = yes or click.confirm("Go on?")
    except click.Abort:
        agreed = False
    if not agreed:
        raise CannotRunError("Nothing was deployed. Where nobody can answer: --yes, or make verify-aws YES=1.")


def dollars_an_hour(config: DeploymentConfig) -> float:
    """What a stack costs while it stands: an hour's part of its monthly bill."""
    of_lane = lane_lines(every_seconds=int(config.every.total_seconds()), work=Workload(), per_journey_metrics=False)
    lanes = len(lanes_of(config.watch, own_account="own", own_region="own"))
    return (total(shared_lines(lanes=lanes)) + lanes * total(of_lane)) / HOURS_A_MONTH


def _run(surroundings: Surroundings, screen: Screen, findings: list[Finding], *, keep: bool) -> None:
    def tell(finding: Finding) -> None:
        findings.append(finding)
        screen.tell(finding)

    waiting = Waiting(progress=screen.progress, pause=surroundings.pause)
    with screen.shown():
        Run(surroundings=surroundings, waiting=waiting, tell=tell, begin=screen.begin, keep=keep).perform()


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main(prog_name="verify-aws")
