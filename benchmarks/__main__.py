"""Measures Journey Watch: `python -m benchmarks COMMAND`. With --help each says what it measures, and against what."""

import click

from benchmarks.compare import compare
from benchmarks.connections import connections
from benchmarks.memory import memory
from benchmarks.parsing import parsing
from benchmarks.quota import quota
from benchmarks.start_up import start_up


@click.group(help=__doc__)
def main() -> None:
    """Only a name for the others."""


for command in (compare, parsing, start_up, connections, memory, quota):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
