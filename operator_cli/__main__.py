"""`journey-watch`: test alerts, diagnosis, what runs now, mutes."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from getpass import getuser
from pathlib import Path
from typing import Any, Final, NoReturn

import click
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from infra.bundle import shipped_code
from journey_watch.core.acknowledgements import Acknowledgement
from journey_watch.core.durations import parse_duration, readable_duration
from journey_watch.core.errors import ConfigurationError, JourneyWatchError
from journey_watch.core.filters import ANY
from journey_watch.core.mutes import LONGEST, Mute
from journey_watch.core.runs import Lane
from journey_watch.core.time_zones import located
from journey_watch.messages.content import readable_time
from journey_watch.messages.untrusted_text import for_terminal
from journey_watch.providers.registry import REGISTRY
from journey_watch.store.items import iso
from operator_cli.acknowledge import meant_by
from operator_cli.aws_errors import AWS_ERRORS, Options, explained
from operator_cli.aws_session import open_session
from operator_cli.deployment import Deployment
from operator_cli.doctor import Level, examine
from operator_cli.explain import Explanation
from operator_cli.mutes import (
    NO_ID,
    KnownMute,
    Remembered,
    at,
    held_by,
    ids_of,
    known_mutes,
    may_be_id,
    named,
    remembered,
    scope,
    when,
    who,
    within,
)
from operator_cli.routes import Question, answered, configured
from operator_cli.status import Row, rows_of
from operator_cli.terminal import Terminal, say
from strict_toml.tables import quoted

FOUND_PROBLEMS: Final = 1
COULD_NOT_LOOK: Final = 3
"""2 is click's, for a command that is not understood."""
OPTIONS: Final = Options("--profile", "--region", "docs/operator-policy.json has all that this command needs.")
_COLOURS: Final = {Level.OK: "green", Level.NOTE: "yellow", Level.PROBLEM: "bold red"}


@dataclass(frozen=True)
class Cli:
    """What every command is given."""

    stack: str
    region: str | None
    profile: str | None
    as_json: bool
    console: Console

    @cached_property
    def deployment(self) -> Deployment:
        """Opened when it is asked for: help needs none. Raises ConfigurationError if no Region is chosen."""
        return Deployment(self.stack, open_session(profile=self.profile, region=self.region, options=OPTIONS))

    def show(self, value: Any, *, as_table: Callable[[], object]) -> None:  # noqa: ANN401 - whatever JSON can hold
        if self.as_json:
            click.echo(json.dumps(value, indent=1, default=iso))
        else:
            self.console.print(as_table())


class _Text(click.ParamType[str]):
    """What can be shown and stored: not the bytes that another encoding has left in an argument."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            value.encode()
        except UnicodeEncodeError:
            self.fail("expected text in UTF-8.", param, ctx)
        return value


_TEXT: Final = _Text()


def _checked_stack(_context: click.Context, _option: click.Parameter, name: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,127}", name):
        raise click.BadParameter("expected the name of a stack: letters, digits and -.")
    return name


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--stack", default="journey-watch", show_default=True, callback=_checked_stack, help="The deployment's name."
)
@click.option("--region", help="Where it is; the Region of your AWS configuration if not given.")
@click.option("--profile", help="Whose credentials to use, of your AWS configuration.")
@click.option("--json", "as_json", is_flag=True, help="For programs: JSON instead of tables.")
@click.pass_context
def main(context: click.Context, stack: str, region: str | None, profile: str | None, as_json: bool) -> None:
    """Look after a deployment of Journey Watch.

    Exit codes: 0 all is well, 1 something is wrong, 2 the command is not understood, 3 it could not be found out.
    """
    context.obj = Cli(stack, region, profile, as_json, Terminal())


@main.command("test-alert")
@click.pass_obj
def test_alert(cli: Cli) -> None:
    """Send a test alert through every channel."""
    with _told():
        answer = cli.deployment.send_test_alert()
    refused: Mapping[str, str | None] = answer["refused"]

    def table() -> Table:
        rows = [
            (channel, Text("accepted", "green") if reason is None else Text(for_terminal(reason), "bold red"))
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
        findings = list(examine(cli.deployment, code=shipped_code(), now=datetime.now(UTC)))
    cli.show(
        [{"level": each.level, "about": each.about, "text": each.text} for each in findings],
        as_table=lambda: _table(
            None,
            ("", "about", "finding"),
            [(Text(each.level, _COLOURS[each.level]), each.about, each.text) for each in findings],
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

    def cells(row: Row) -> Sequence[Cell]:
        runs = ", ".join(f"{count} {name}" for name, count in row.live_runs.items())
        open_conditions = for_terminal(", ".join(row.conditions))
        return row.lane, row.label, runs or Text("none", "dim"), Text(open_conditions, "bold red")

    cli.show(
        [row.to_json() for row in rows],
        as_table=lambda: _table(None, ("lane", "journey", "live runs", "open conditions"), map(cells, rows)),
    )


@main.group()
def routes() -> None:
    """Who is told what."""


@routes.command("test")
@click.argument("alert_id", metavar="[ALERT_ID]", required=False)
@click.option("--when", help='What happens: a change like "RUNNING->CANCELLED", or a condition like "STUCK".')
@click.option("--provider", type=click.Choice(tuple(REGISTRY)), default=next(iter(REGISTRY)), show_default=True)
@click.option("--container", default="made-up", help="The id of its application or instance.")
@click.option("--journey", default="made-up", help="The id of the journey or campaign.")
@click.option("--name", help="Its name.")
@click.option("--type", "type_", help="Its type, in its provider's words.")
@click.option("--account", default="the-stacks-own", help="The AWS account it is in.")
@click.option("--in", "region", default="the-stacks-own", help="The Region it is in.")
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    help="The configuration; the one that is deployed if not given.",
)
@click.pass_obj
def routes_test(
    cli: Cli,
    *,
    alert_id: str | None,
    when: str | None,
    provider: str,
    container: str,
    journey: str,
    name: str | None,
    type_: str | None,
    account: str,
    region: str,
    file: Path | None,
) -> None:
    """Say who would hear of an alert, and why, by a configuration. Nothing is sent.

    A made-up alert is described by --when and what it is about; no account is asked then. ALERT_ID is that of one which
    the deployment has recorded; only its journey's --type has to be named, if routes choose by it.
    """
    if (alert_id is None) == (when is None):
        raise click.UsageError("Name an alert's id, or describe one with --when.")
    with _told():
        if when is not None:
            lane = Lane(provider, account, region)
            question = Question.of(when, lane=lane, container=container, journey=journey, name=name, type_=type_)
        else:
            question = Question.about(_explained(cli, str(alert_id)).alert, type_=type_)
        answer = answered(question, configured(file))
    steps = [(one.at, Text("yes", "green") if one.matches else "no", one.why) for one in answer.steps]
    told = [(name, way, Text("yes", "green") if loud else "no: too quiet for it") for name, way, loud in answer.told]

    def shown() -> Group:
        return Group(
            _table(None, ("where", "matches", "because"), steps),
            _table(f"{answer.severity}, for {', '.join(answer.recipients)}", ("recipient", "by", "told"), told),
        )

    cli.show(answer.to_json(), as_table=shown)


@main.command()
@click.argument("alert_id", metavar="ALERT_ID")
@click.pass_obj
def explain(cli: Cli, alert_id: str) -> None:
    """Show what is known of an alert: its thread, who was told, and who did what it tells."""
    now = datetime.now(UTC)
    with _told():
        found = _explained(cli, alert_id)

    def table() -> Table:
        thread = [f"{readable_time(one.observed_time)}  {one.detail['summary']}" for one in found.thread]
        rows = (
            ("what", str(found.alert.detail["summary"])),
            ("told", found.told),
            ("who did it", found.who_did_it(now)),
            ("thread", "\n".join(thread)),
        )
        return _table(f"Alert {alert_id}", ("", ""), rows)

    cli.show(found.to_json(now), as_table=table)


@main.command()
@click.argument("what", type=_TEXT, metavar="ALERT_OR_RUN")
@click.option("--for", "how_long", default="4h", show_default=True, help='How long: like "90m", "1h30m" or "2d".')
@click.option("--note", type=_TEXT, default="", help="What others should know; everybody who was told reads it.")
@click.pass_obj
def ack(cli: Cli, *, what: str, how_long: str, note: str) -> None:
    """Say that you look after what an alert told, by its id, or after all that is wrong with a run or campaign.

    Whoever was told of it is told so by the next poll, in its thread; reminders stop for so long, the page puts it
    last, and PagerDuty's incident is acknowledged. That it is over is told all the same.
    """
    now = datetime.now(UTC)
    until = now + _duration(how_long)
    with _told():
        set_by, identity = _own_name(), cli.deployment.caller()
        given = [
            Acknowledgement.of(alert, lane, until=until, set_by=set_by, identity=identity, note=note)
            for lane in cli.deployment.lanes
            for alert in meant_by(what, cli.deployment.history(lane), cli.deployment.state(lane))
        ]
        if not given:
            raise ConfigurationError(
                f"Nothing is wrong that {quoted(what)} means; an alert's id stands at the end of each mail."
            )
        for each in given:
            cli.deployment.put_acknowledgement(each)
    lines = [(one.alert_id, one.what) for one in given]
    cli.show(
        [{"alert_id": one.alert_id, "what": one.what, "until": one.until} for one in given],
        as_table=lambda: _table(f"Acknowledged until {at(until, cli.deployment.time_zone)}", ("alert", "what"), lines),
    )


@main.command()
@click.pass_obj
def mutes(cli: Cli) -> None:
    """Show the mutes that operators have set, and those of the configuration that is deployed.

    One that an operator has set is shown until a day after its end.
    """
    now = datetime.now(UTC)
    with _told():
        found = known_mutes(cli.deployment.mutes(), cli.deployment.configured_mutes, now)
        journeys = _remembered(cli)
        zone = cli.deployment.time_zone

    def cells(known: KnownMute) -> Sequence[Cell]:
        if known.mute is None:
            return known.id, Text("cannot be read by this version", "red"), "", "", "", "", ""
        mute = known.mute
        holds = named(held_by(mute, journeys))
        return mute.id, str(known.standing), scope(mute), holds, when(mute, zone), mute.reason, who(known)

    def to_json(known: KnownMute) -> dict[str, Any]:
        about = {"id": known.id, "readable": known.mute is not None, "configured": known.configured}
        if known.mute is None:
            return about
        return {**_mute_json(known.mute, journeys), **about, "state": known.standing, "when": when(known.mute, zone)}

    headings = ("id", "state", "what", "holds", "until or when", "reason", "set by")
    cli.show([to_json(one) for one in found], as_table=lambda: _table(None, headings, map(cells, found)))


@main.command()
@click.argument("mute_id", metavar="ID", type=_TEXT)
@click.option("--for", "how_long", help='How long: like "90m", "1h30m" or "2d".')
@click.option(
    "--until",
    "end",
    help='Until when: like "2026-12-24T18:00+01:00". Default offset: that of the deployment\'s time_zone.',
)
@click.option("--reason", type=_TEXT, required=True, help="Why; others will read it.")
@click.option(
    "--journey",
    "journeys",
    type=_TEXT,
    multiple=True,
    help="This journey or campaign alone, by its id, its name, or a pattern of either; several may be given.",
)
@click.option(
    "--container", type=_TEXT, default=ANY, help="This application or instance alone, by its id or a pattern of it."
)
@click.option("--provider", type=click.Choice([*REGISTRY, ANY]), default=ANY, help="This provider alone.")
@click.option(
    "--future",
    is_flag=True,
    help="Let each --journey count, as it is written, for what comes later too.",
)
@click.option("--yes", is_flag=True, help="Do not ask before everything is muted.")
@click.pass_obj
def mute(
    cli: Cli,
    *,
    mute_id: str,
    how_long: str | None,
    end: str | None,
    reason: str,
    journeys: tuple[str, ...],
    container: str,
    provider: str,
    future: bool,
    yes: bool,
) -> None:
    """Keep quiet for a while: what happens is recorded, and summed up when the mute ends.

    Names and patterns (with * and ?) become the ids of the journeys that are known now, which it then shows; what
    comes later is not muted by them. Without --journey all are, later ones too. That the monitor itself cannot read
    something is told to its operators all the same. A mute with the same ID is replaced.
    """
    now = datetime.now(UTC)
    length = _checked_length(how_long, end)
    checked_id = _checked_id(mute_id)
    with _told():
        zone = cli.deployment.time_zone
        until = now + length if length else _end(str(end), now, zone)
        if until - now > LONGEST:
            raise click.BadParameter(
                f"a mute may last {LONGEST.days} days; write a longer one into the configuration.",
                param_hint="--for" if length else "--until",
            )
        if checked_id in [one.id for one in cli.deployment.configured_mutes]:
            raise click.BadParameter("the configuration has a mute of this name, which would win.", param_hint="ID")
        known = _remembered(cli)
        new = Mute(
            id=checked_id,
            reason=reason,
            set_by=_own_name(),
            journeys=_chosen(journeys, known, provider=provider, container=container, future=future) or (ANY,),
            container_id=container,
            provider=provider,
            since=now,
            until=until,
            identity=cli.deployment.caller(),
        )
        held = held_by(new, known)
        if not yes and ((known and held == known) or scope(new) == scope(Mute(id=""))):
            question = (
                f"This mutes everything until {when(new, zone)}, {named(held)}. Nobody is told of any change. Go on?"
            )
            click.confirm(question, abort=True, err=True)
        cli.deployment.put_mute(new)
    lasts = readable_duration((until - now).total_seconds())
    cli.show(
        _mute_json(new, known),
        as_table=lambda: escape(f'Mute "{new.id}" until {when(new, zone)}, for {lasts}, holds {named(held)}.'),
    )


@main.command()
@click.argument("mute_id", metavar="ID", type=_TEXT)
@click.pass_obj
def unmute(cli: Cli, mute_id: str) -> None:
    """End a mute now."""
    with _told():
        ended = cli.deployment.delete_mute(mute_id)
        if not ended and mute_id in [one.id for one in cli.deployment.configured_mutes]:
            raise ConfigurationError(
                f'The mute "{mute_id}" stands in the configuration: take it out under [[alerts.mute]] and deploy.'
            )
    cli.show({"ended": ended}, as_table=lambda: "It has ended." if ended else f'There is no mute "{escape(mute_id)}".')
    if not ended:
        sys.exit(FOUND_PROBLEMS)


@contextmanager
def _told() -> Iterator[None]:
    """One line for a person in place of a traceback."""
    try:
        yield
    except JourneyWatchError as error:
        _give_up(str(error))
    except AWS_ERRORS as error:
        _give_up(explained(error, OPTIONS))


def _give_up(message: str) -> NoReturn:
    say(f"error: {message}", err=True)
    sys.exit(COULD_NOT_LOOK)


Cell = str | Text
"""A text as it came, or one of this command's own with a colour."""


def _table(title: str | None, headings: Iterable[str], rows: Iterable[Sequence[Cell]]) -> Table:
    # Folded, for the end of an ARN says most.
    columns = [Column(heading, overflow="fold") for heading in headings]
    table = Table(*columns, title=title and Text(for_terminal(title), "table.title"), title_justify="left")
    for row in rows:
        table.add_row(*(Text(for_terminal(cell)) if isinstance(cell, str) else cell for cell in row))
    return table


def _explained(cli: Cli, alert_id: str) -> Explanation:
    """Raises ConfigurationError if no such alert is recorded."""
    for lane in cli.deployment.lanes:
        history = cli.deployment.history(lane)
        alert = next((one for one in history if one.id == alert_id), None)
        if alert is not None:
            return Explanation.of(alert, history, cli.deployment.state(lane).states.get(alert.journey))
    raise ConfigurationError(
        f'No alert "{alert_id}" is recorded. Its id stands at the end of each mail; a digest has none of its own here, '
        "its members have; and history_days says how long alerts are kept."
    )


def _remembered(cli: Cli) -> list[Remembered]:
    return remembered({lane: cli.deployment.state(lane) for lane in cli.deployment.lanes})


def _chosen(
    wanted: Sequence[str], known: Sequence[Remembered], *, provider: str, container: str, future: bool
) -> tuple[str, ...]:
    """The journeys to mute, by id. Raises click's error if the options mean nothing that there is."""
    there = within(known, provider=provider, container=container)
    if not there and not future and (provider, container) != (ANY, ANY):
        hint = "--container" if container != ANY else "--provider"
        raise click.BadParameter("nothing that is watched is there; --future mutes what may come.", param_hint=hint)
    if not there and not may_be_id(container):
        raise click.BadParameter(f"{quoted(container)} {NO_ID}.", param_hint="--container")
    try:
        return ids_of(wanted, there, future=future)
    except LookupError as error:
        advice = "" if future else " --future mutes what may come."
        raise click.BadParameter(f"{error.args[0]}{advice}", param_hint="--journey") from None


def _mute_json(mute: Mute, known: Sequence[Remembered]) -> dict[str, Any]:
    names = ("id", "reason", "set_by", "identity", "journeys", "container_id", "provider", "since", "until")
    holds = [
        {
            "lane": str(one.lane),
            "container_id": one.key.container_id,
            "journey_id": one.key.journey_id,
            "name": one.name,
        }
        for one in held_by(mute, known)
    ]
    return {**{name: getattr(mute, name) for name in names}, "holds": holds}


def _own_name() -> str:
    """What this machine calls who runs this; empty for a user id without a name, as containers have them."""
    try:
        return getuser()
    except (KeyError, OSError):  # the one before Python 3.13, the other since
        return ""


def _checked_id(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", text):
        raise click.BadParameter("expected up to 64 letters, digits, - and _.", param_hint="ID")
    return text


def _checked_length(how_long: str | None, end: str | None) -> timedelta | None:
    """Return how long a mute lasts, or None if it has an end. Raise click's error unless one of both is given."""
    if (how_long is None) == (end is None):
        raise click.UsageError("Say how long: either --for or --until.")
    if how_long is not None:
        return _duration(how_long)
    _moment(str(end))
    return None


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        located(moment.replace(tzinfo=moment.tzinfo or UTC), "UTC")
    except (ValueError, LookupError):
        raise click.BadParameter('expected a time like "2026-12-24T18:00Z".', param_hint="--until") from None
    return moment


def _end(text: str, now: datetime, zone: str | None) -> datetime:
    """Return the end of a mute. `zone` is the deployment's, in which a time without an offset is."""
    moment = _moment(text)
    if moment.tzinfo is None and zone is None:
        say("The deployment does not say its time zone: --until is read in UTC. Deploy again to record it.", err=True)
    try:
        until = located(moment, zone or "UTC")
    except LookupError as error:
        raise click.BadParameter(f"is {moment:%Y-%m-%d %H:%M}, {error}", param_hint="--until") from None
    if until <= now:
        raise click.BadParameter(f"that is past; it is {at(now, zone)}.", param_hint="--until")
    return until


def _duration(text: str) -> timedelta:
    try:
        length = parse_duration(text)
    except ValueError:
        length = timedelta()
    if length < timedelta(minutes=1):
        raise click.BadParameter('expected at least a minute, like "90m", "1h30m" or "2d".', param_hint="--for")
    return length


if __name__ == "__main__":
    main(prog_name="journey-watch")
