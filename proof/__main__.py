"""Proves what Journey Watch promises, or finds where it does not hold: the real poll while everything goes wrong.

Each trial has a number, from which all of it follows: what happens at the provider, what goes wrong when, and which of
several invocations goes on when all of them wait.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

import click
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from proof.breakages import BREAKAGES, as_it_is
from proof.memory import MAY_GROW, Kept, Weighing
from proof.scenario import Scenario
from proof.tally import Tally, played, until_noticed
from proof.trial import LANE, play, shrunk

TRIALS: Final = 20_000
OVER_DYNAMODB: Final = 200
UNTIL_CAUGHT: Final = 4_000
"""So many trials a broken rule may go unnoticed."""
AT_ONCE: Final = 25
"""Trials that a process plays before it tells how they went."""
REPORT: Final = Path(__file__).resolve().parent.parent / "docs" / "reliability.md"
BEGIN: Final = "<!-- begin: python -m proof run --write -->"
END: Final = "<!-- end -->"

console = Console(stderr=True)


@click.group(help=__doc__)
def main() -> None:
    """Only a name for the others."""


@main.command()
@click.option("--trials", default=TRIALS, show_default=True, help="So many over the store in memory.")
@click.option("--dynamodb", default=OVER_DYNAMODB, show_default=True, help="So many over the DynamoDB adapter.")
@click.option("--first", default=0, show_default=True, help="The number of the first trial.")
@click.option("--breakages/--no-breakages", default=True, help="Break the rules on purpose as well: is it noticed?")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Processes at once.")
@click.option("--json", "as_json", is_flag=True, help="Print figures for programs.")
@click.option("--write", is_flag=True, help=f"Put the figures into {REPORT.name} in docs/.")
def run(*, trials: int, dynamodb: int, first: int, breakages: bool, jobs: int, as_json: bool, write: bool) -> None:
    """Play trials, and break rules on purpose. Ends with 1 if a promise was broken, or a breakage not noticed."""
    started = time.monotonic()
    in_memory, over_dynamodb = Tally(), Tally()
    caught: dict[int, tuple[int | None, str]] = {}
    with ProcessPoolExecutor(jobs, get_context("spawn")) as pool, Progress(console=console, transient=True) as progress:
        work: list[Future[Any]] = [
            *(pool.submit(played, part, dynamodb=False) for part in _parts(first, trials)),
            *(pool.submit(played, part, dynamodb=True) for part in _parts(first, dynamodb)),
            *(pool.submit(until_noticed, number, UNTIL_CAUGHT) for number in range(len(BREAKAGES)) if breakages),
        ]
        bar = progress.add_task("trials", total=len(work))
        tallies = dict.fromkeys(work[: len(_parts(first, trials))], in_memory)
        for done in as_completed(work):
            progress.advance(bar)
            result = done.result()
            if isinstance(result, Tally):
                tallies.get(done, over_dynamodb).merge(result)
            else:
                number, count, kind = result
                caught[number] = count, kind
    figures = {
        "in_memory": in_memory.to_json(),
        "over_dynamodb": over_dynamodb.to_json(),
        "breakages": [
            {"rule": BREAKAGES[number].rule, "caught_after": count, "as": kind, "held_by": BREAKAGES[number].held_by}
            for number, (count, kind) in sorted(caught.items())
        ],
        "seconds": round(time.monotonic() - started),
    }
    if as_json:
        print(json.dumps(figures, indent=2))  # noqa: T201 - what was asked for
    else:
        Console().print(_shown(in_memory, over_dynamodb, figures["breakages"]))
    if write:
        _write(figures)
    failed = [*in_memory.failed, *over_dynamodb.failed]
    if failed:
        console.print(f"[bold red]Broken in {len(failed)} trials.[/] See one: python -m proof replay {min(failed)}")
    if failed or any(count is None and not BREAKAGES[number].held_by for number, (count, _) in caught.items()):
        sys.exit(1)


def _parts(first: int, count: int) -> list[range]:
    return [range(at, min(at + AT_ONCE, first + count)) for at in range(first, first + count, AT_ONCE)]


@main.command()
@click.argument("number", type=int)
@click.option("--whole", is_flag=True, help="All that happens, not only what is needed for the failure.")
def replay(number: int, *, whole: bool) -> None:
    """Play one trial again by its number, and show what happens in it: of one that fails as little as possible."""
    trial = play(Scenario.of(number))
    if trial.violations and not whole:
        trial = shrunk(trial, play)
    out = Console(highlight=False, soft_wrap=True)
    for fault in trial.scenario.faults:
        out.print(f"[yellow]{fault}[/]")
    for line in trial.trace:
        out.print(line, markup=False)
    for violation in trial.violations:
        out.print(f"[bold red]{violation}[/]")
    if not trial.violations:
        out.print("[bold green]Nothing lost, repeated, out of order or false.[/]")
    sys.exit(1 if trial.violations else 0)


@main.command()
@click.option("--polls", default=2_000, show_default=True, help="So many, five minutes apart.")
@click.option("--seed", default=0, show_default=True, help="Decides what happens.")
def soak(*, polls: int, seed: int) -> None:
    """Play one trial that lasts for days. Ends with 1 if a promise was broken, or if polls leave anything behind."""
    early = Weighing(as_it_is, at=max(1, polls // 10))
    trial = play(Scenario.long(seed, polls), poll=early)
    late = Kept.now()
    states = trial.world.store.load(LANE).states.values()
    received = sum(map(len, trial.world.received.values()))
    out = Console()
    out.print(
        f"{trial.world.invocations:,} polls in {polls * 5 / 1_440:.1f} days, {len(trial.scenario.faults)} troubles."
    )
    out.print(f"{len(trial.scenario.steps):,} changes; {received:,} alerts received.")
    remembered, owed = max(len(state.runs) for state in states), sum(len(state.undelivered) for state in states)
    out.print(f"In the end the largest state remembers {remembered} runs, and {owed} alerts are owed.")
    for count, kept in ((early.at, early.kept), (early.polls, late)):
        out.print(f"After {count:,} polls: {kept.objects} objects of the product alive, {kept.peak_mb:.0f} MB at most.")
    grown = late.grown_since(early.kept)
    if grown:
        out.print(f"[bold red]Polls leave something behind: more than {MAY_GROW} times as many objects.[/]")
    for violation in trial.violations:
        out.print(f"[bold red]{violation}[/]")
    sys.exit(1 if trial.violations or grown else 0)


def _shown(in_memory: Tally, over_dynamodb: Tally, breakages: object) -> Table:
    table = Table("", "in memory", "over DynamoDB", title="What was promised")
    figures = in_memory.to_json(), over_dynamodb.to_json()
    for name in figures[0]:
        if name != "failed":
            table.add_row(name.replace("_", " "), *(f"{one[name]:,}" for one in figures))
    if isinstance(breakages, list) and breakages:
        table.add_section()
        for one in breakages:
            unnoticed = f"not noticed: {one['held_by'] or '[red]why?[/]'}"
            found = f"after {one['caught_after']:,} trials: {one['as']}" if one["caught_after"] else unnoticed
            table.add_row(f"broken: {one['rule']}", found, "")
    return table


def _write(figures: dict[str, Any]) -> None:
    text = REPORT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    REPORT.write_text(f"{before}{BEGIN}\n{''.join(_lines(figures))}{END}{after}", encoding="utf-8")


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    yield f"\nRun of {datetime.now(UTC):%Y-%m-%d}, {figures['seconds'] // 60} minutes.\n\n"
    yield "| | store in memory | DynamoDB adapter |\n|---|---:|---:|\n"
    for name in figures["in_memory"]:
        if name != "failed":
            counts = (figures[where][name] for where in ("in_memory", "over_dynamodb"))
            yield f"| {name.replace('_', ' ')} | {' | '.join(f'{count:,}' for count in counts)} |\n"
    if figures["breakages"]:
        yield "\n| a rule broken on purpose | noticed at trial | as |\n|---|---:|---|\n"
        for one in figures["breakages"]:
            count = f"{one['caught_after']:,}" if one["caught_after"] else f"not in {UNTIL_CAUGHT:,}"
            yield f"| {one['rule']} | {count} | {one['as'] if one['caught_after'] else one['held_by']} |\n"
    yield "\n"


if __name__ == "__main__":
    main(prog_name="python -m proof")
