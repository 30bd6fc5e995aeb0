"""Plays every trouble of the fault table, and shows it or puts it into docs/reliability.md."""

import sys

import click
from rich.console import Console
from rich.progress import track

from tests.faults.table import PLAYS, Cells, Line, rendered, write
from tests.made_once import make_once
from tests.permissions.deployment import reader_of, synthesized


@click.command(help=__doc__)
@click.argument("words", nargs=-1)
@click.option(
    "--write", "into_document", is_flag=True, help="Put the table into docs/reliability.md: it takes all of it."
)
def main(words: tuple[str, ...], *, into_document: bool) -> None:
    """Only troubles that have one of the words in them, all if there is none. Ends with 1 if a promise was broken."""
    if words and into_document:
        raise click.UsageError("The document has the whole table: leave the words out.")
    make_once()
    console, stack = Console(stderr=True), synthesized()
    reader = reader_of(stack)
    chosen = [line for line in PLAYS if not words or any(word.lower() in ": ".join(line).lower() for word in words)]
    lines: dict[Line, Cells] = {}
    broken = False
    for line in track(chosen, "Troubles", console=console, transient=True):
        play, may_repeat = PLAYS[line]
        outcome = play(stack, reader)
        lines[line] = outcome.cells
        for promise in outcome.broken_promises(may_repeat=may_repeat):
            console.print(f"[bold red]{': '.join(line)}[/]: {promise}")
            broken = True
    if into_document:
        write(rendered(lines))
    else:
        print(rendered(lines), end="")  # noqa: T201 - what was asked for
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main(prog_name="python -m tests.faults")
