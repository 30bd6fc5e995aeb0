"""`journey-watch`: test alerts, diagnosis, what runs now, mutes."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from getpass import getuser
from itertools import starmap
from typing import Any, Final, NoReturn

import boto3
import click
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from journey_watch.core.durations import parse_duration
from journey_watch.core.errors import JourneyWatchError
from journey_watch.core.mutes import Mute
from journey_watch.core.severity_rules import ANY
from journey_watch.store.items import iso
from operator_cli.deployment import AWS_ERRORS, Deployment
from operator_cli.doctor import Level, examine
from operator_cli.status import Row, rows_of

FOUND_PROBLEMS: Final = 1
COULD_NOT_LOOK: Final = 3
"""2 is click's, for a command that is not understood."""
_COLOURS: Final = {Level.OK: "green", Level.NOTE: "yellow", Level.PROBLEM: "bold red"}


@dataclass(frozen=True)
class Cli:
    """What every command is given."""

    deployment: Deployment
    as_json: bool
    console: Console

    def show(self, value: Any, *, as_table: Callable[[], object]) -> None:  # noqa: ANN401 - whatever JSON can hold
        if self.as_json:
            click.echo(json.dumps(value, indent=1, default=iso))
        else:
            self.console.print(as_table())


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--stack", default="journey-watch", show_default=True, help="The deployment's name.")
@click.option("--region", help="Where it is; the Region of your AWS configuration if not given.")
@click.option("--profile", help="Whose credentials to use, of your AWS configuration.")
@click.option("--json", "as_json", is_flag=True, help="For programs: JSON instead of tables.")
@click.pass_context
def main(context: click.Context, stack: str, region: str | None, profile: str | None, as_json: bool) -> None:
    """Look after a deployment of Journey Watch.

    Exit codes: 0 all is well, 1 something is wrong, 2 the command is not understood, 3 it could not be found out.
    """
    with _told():
        session = boto3.Session(region_name=region, profile_name=profile)
        if session.region_name is None:
            _give_up("No Region: name one with --region.")
    context.obj = Cli(Deployment(stack, session), as_json, Console())


@main.command("test-alert")
@click.pass_obj
def test_alert(cli: Cli) -> None:
    """Send a test alert through every channel."""
    with _told():
        answer = cli.deployment.send_test_alert()
    refused: Mapping[str, str | None] = answer["refused"]

    def table() -> Table:
        rows = [
            (channel, "[green]accepted[/]" if reason is None else f"[bold red]{escape(reason)}[/]")
            for channel, reason in refused.items()
        ]
        return _table(f"Test alert {answer['id']}", ("channel", "result"), rows)

    cli.show(answer, as_table=table)
    if any(refused.values()):
        sys.exit(FOUND_PROBLEMS)


@main.command()
@click.pass_obj
def doctor(cli: Cli) -> None:
    """Find what keeps alerts from arriving."""
    with _told():
        findings = list(examine(cli.deployment, now=datetime.now(UTC)))
    cli.show(
        [{"level": each.level, "about": each.about, "text": each.text} for each in findings],
        as_table=lambda: _table(
            None,
            ("", "about", "finding"),
            [(f"[{_COLOURS[each.level]}]{each.level}[/]", escape(each.about), escape(each.text)) for each in findings],
        ),
    )
    if any(each.level is Level.PROBLEM for each in findings):
        sys.exit(FOUND_PROBLEMS)


@main.command()
@click.pass_obj
def status(cli: Cli) -> None:
    """Show live runs and open conditions, journey by journey."""
    with _told():
        rows = [row for lane in cli.deployment.lanes for row in rows_of(lane, cli.deployment.state(lane))]

    def cells(row: Row) -> Sequence[str]:
        runs = ", ".join(f"{count} {name}" for name, count in row.live_runs.items())
        open_conditions = ", ".join(row.conditions)
        return escape(row.lane), escape(row.label), runs or "[dim]none[/]", f"[bold red]{escape(open_conditions)}[/]"

    cli.show(
        [row.to_json() for row in rows],
        as_table=lambda: _table(None, ("lane", "journey", "live runs", "open conditions"), map(cells, rows)),
    )


@main.command()
@click.pass_obj
def mutes(cli: Cli) -> None:
    """Show the mutes that operators have set. The configuration may have others."""
    with _told():
        found = cli.deployment.mutes()

    def cells(mute_id: str, mute: Mute | None) -> Sequence[str]:
        if mute is None:
            return escape(mute_id), "[red]cannot be read by this version[/]", "", "", ""
        scope = f"{mute.provider}/{mute.container_id}/{','.join(mute.journeys)}"
        return tuple(escape(text) for text in (mute.id, scope, str(mute.until), mute.reason, mute.set_by))

    cli.show(
        [_mute_json(one) if one else {"id": mute_id, "readable": False} for mute_id, one in found.items()],
        as_table=lambda: _table(None, ("id", "what", "until", "reason", "set by"), starmap(cells, found.items())),
    )


@main.command()
@click.argument("mute_id", metavar="ID")
@click.option("--for", "how_long", required=True, help='How long: a number and m, h or d, like "90m".')
@click.option("--reason", required=True, help="Why; others will read it.")
@click.option("--journey", "journeys", multiple=True, help="This journey or campaign alone; several may be given.")
@click.option("--container", default=ANY, help="This application or instance alone.")
@click.option("--provider", default=ANY, help="This provider alone.")
@click.pass_obj
def mute(
    cli: Cli, *, mute_id: str, how_long: str, reason: str, journeys: tuple[str, ...], container: str, provider: str
) -> None:
    """Keep quiet for a while: what happens is recorded, and summed up when the mute ends.

    Ids may hold the wildcards * and ?. A mute with the same ID is replaced.
    """
    now = datetime.now(UTC)
    new = Mute(
        id=_checked_id(mute_id),
        reason=reason,
        set_by=getuser(),
        journeys=journeys or (ANY,),
        container_id=container,
        provider=provider,
        since=now,
        until=now + _duration(how_long),
    )
    with _told():
        cli.deployment.put_mute(new)
    cli.show(_mute_json(new), as_table=lambda: f"Muted until {new.until:%Y-%m-%d %H:%M} UTC.")


@main.command()
@click.argument("mute_id", metavar="ID")
@click.pass_obj
def unmute(cli: Cli, mute_id: str) -> None:
    """End a mute now."""
    with _told():
        ended = cli.deployment.delete_mute(mute_id)
    cli.show({"ended": ended}, as_table=lambda: "It has ended." if ended else f'There is no mute "{escape(mute_id)}".')
    if not ended:
        sys.exit(FOUND_PROBLEMS)


@contextmanager
def _told() -> Iterator[None]:
    """One line for a person in place of a traceback."""
    try:
        yield
    except (JourneyWatchError, *AWS_ERRORS) as error:
        hint = " Are your AWS credentials set?" if isinstance(error, BotoCoreError) else ""
        _give_up(f"{error}{hint}")


def _give_up(message: str) -> NoReturn:
    click.echo(f"error: {message}", err=True)
    sys.exit(COULD_NOT_LOOK)


def _table(title: str | None, headings: Iterable[str], rows: Iterable[Sequence[str]]) -> Table:
    table = Table(*headings, title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table


def _mute_json(mute: Mute) -> dict[str, Any]:
    names = ("id", "reason", "set_by", "journeys", "container_id", "provider", "since", "until")
    return {name: getattr(mute, name) for name in names}


def _checked_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise click.BadParameter("expected letters, digits, - and _.", param_hint="ID")
    return text


def _duration(text: str) -> timedelta:
    try:
        length = parse_duration(text)
    except ValueError:
        length = timedelta()
    if length < timedelta(minutes=1):
        raise click.BadParameter('expected a number and m, h or d, like "90m".', param_hint="--for")
    return length


if __name__ == "__main__":
    main(prog_name="journey-watch")
