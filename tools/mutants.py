"""Changes the heart in small ways, one at a time, and sees whether a test notices: `make mutants`.

mutmut makes the changes and runs, for each, the tests that reach the changed function. A change that no test notices
has survived: either it changes nothing that anybody could see (it is equivalent, and is not counted), or a rule has no
test. `tools/mutants.toml` says of each survivor which of the two, and why.
"""

import ast
import json
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import ndiff
from itertools import cycle
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.table import Table

ROOT: Final = Path(__file__).resolve().parent.parent
WORK: Final = ROOT / ".build" / "mutants"
PACKAGE: Final = "journey_watch"
HEART: Final = (
    "core/condition_rules.py",
    "core/mutes.py",
    "core/poll_plan.py",
    "core/transitions.py",
    "polling/committing.py",
    "polling/delivery.py",
    "polling/journey_poll.py",
    "polling/lane_health.py",
    "polling/poll_lane.py",
    "polling/side_by_side.py",
    "polling/side_tasks.py",
    "polling/time_budget.py",
)
TESTS: Final = ("tests/core", "tests/polling", "tests/store/test_memory.py", "tests/store/test_items.py")
TOO_LARGE: Final = (
    "--ignore=tests/polling/test_call_counts.py",
    "--ignore=tests/polling/test_large.py",
    "--ignore=tests/polling/test_many_lanes.py",
    "--deselect=tests/polling/test_delivery.py::test_a_thousand_journeys_that_owe_something_do_not_eat_the_poll",
    "--deselect=tests/polling/test_delivery.py::test_dead_channel_never_silences_a_healthy_one",
)
"""They show with thousands what others show with a few."""
AT_LEAST: Final = 92
"""Per cent of what is not equivalent."""
KEPT: Final = ROOT / "tools" / "mutants.toml"
REPORT: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- begin: python -m tools.mutants --write -->"
END: Final = "<!-- end -->"
SURVIVED: Final = (0, 33)
BY_TESTS: Final = (1, 3)
"""Exit statuses of pytest that mutmut keeps, and its own for what no test reaches; all others are time-outs."""
ONLY_WORDS: Final = (
    "Only words of a log line, of an error or of a thread's name change: no test quotes what nothing depends on."
)

console = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One small change."""

    module: str
    function: str
    was: str
    """The lines that it changes."""
    becomes: str
    """What stands there instead; empty if they are left out."""

    def __str__(self) -> str:
        return f"{self.module}, {self.function}: `{self.was}` → `{self.becomes}`"


@dataclass(frozen=True, slots=True)
class Excuse:
    """Why something may survive. It is known by what is changed, not by a number that the next edit would shift."""

    why: str
    equivalent: bool
    """Nobody could see the difference."""
    module: str
    function: str
    was: str
    becomes: str | None = None
    """None: whatever becomes of the line."""

    def holds_for(self, mutant: Mutant) -> bool:
        same_line = (self.module, self.function, self.was) == (mutant.module, mutant.function, mutant.was)
        return same_line and self.becomes in (None, mutant.becomes)


@dataclass(frozen=True, slots=True)
class Findings:
    """What became of the mutants of one module."""

    module: str
    killed: int
    timed_out: int
    """Killed as well: the change made a test go on for ever."""
    survivors: Sequence[tuple[Mutant, Excuse | None]]

    @property
    def equivalent(self) -> int:
        return sum(excuse is not None and excuse.equivalent for _, excuse in self.survivors)

    @property
    def survived(self) -> int:
        """Without what is equivalent."""
        return len(self.survivors) - self.equivalent

    @property
    def noticed(self) -> int:
        return self.killed + self.timed_out


@click.command(help=__doc__)
@click.argument("modules", nargs=-1, type=click.Choice(HEART), metavar="[MODULE]...")
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True, help="Mutants at once.")
@click.option("--write", is_flag=True, help=f"Put the figures into {REPORT.name} in docs/.")
def main(*, modules: Sequence[str], jobs: int, write: bool) -> None:
    """Ends with 1 if fewer are killed than must be."""
    if write and modules:
        raise click.UsageError("--write needs figures of every module.")
    started = time.monotonic()
    _prepare(modules or HEART)
    mutmut = [sys.executable, "-P", str(ROOT / "tools" / "mutmut_run.py")]
    subprocess.run([*mutmut, "run", "--max-children", str(jobs)], cwd=WORK, check=True)  # noqa: S603 - our own words
    known = excuses(KEPT.read_text(encoding="utf-8"))
    findings = [_findings(module, known) for module in modules or HEART]
    Console().print(_shown(findings))
    for one in findings:
        for mutant, excuse in one.survivors:
            if excuse is None:
                console.print(f"Survived, and nobody has said why: {mutant}", markup=False, soft_wrap=True)
    for excuse in _needless(known, findings):
        where = f"{excuse.module}, {excuse.function}: {excuse.was}"
        console.print(f"Nothing survives any more of what {KEPT.name} excuses: {where}", markup=False, soft_wrap=True)
    if write:
        _write(findings, minutes=round(time.monotonic() - started) // 60)
    if share(findings) < AT_LEAST:
        console.print(f"[bold red]Fewer than {AT_LEAST} % are killed.[/]")
        sys.exit(1)


def _prepare(modules: Iterable[str]) -> None:
    """Lay out what mutmut reads: it takes a module's name from its path, and knows only `src` as a folder above it."""
    shutil.rmtree(WORK, ignore_errors=True)
    sources = WORK / "src" / PACKAGE
    shutil.copytree(ROOT / "lambda_src" / PACKAGE, sources, ignore=shutil.ignore_patterns("__pycache__"))
    for module in modules:
        source = (sources / module).read_text(encoding="utf-8")
        (sources / module).write_text(without_decorated_properties(source), encoding="utf-8")
    (WORK / "tests").symlink_to(ROOT / "tests")
    settings = {
        "source_paths": ["src"],
        "only_mutate": [f"src/{PACKAGE}/{module}" for module in modules],
        "pytest_add_cli_args_test_selection": [*TESTS, *TOO_LARGE],
        # The same examples for each mutant.
        "pytest_add_cli_args": ["--hypothesis-profile=mutants", "--hypothesis-seed=0", "-p", "no:cacheprovider"],
        "timeout_multiplier": 8.0,
        "timeout_constant": 5.0,
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    ours = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lines = [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    (WORK / "pyproject.toml").write_text(f"{ours}\n[tool.mutmut]\n{''.join(lines)}", encoding="utf-8")


def without_decorated_properties(source: str) -> str:
    """The same code with `name = property(name)` behind each function: mutmut leaves out what is decorated."""
    lines = source.splitlines()
    classes = [node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)]
    methods = [node for one in classes for node in one.body if isinstance(node, ast.FunctionDef)]
    for method in reversed(methods):
        if [ast.unparse(one) for one in method.decorator_list] == ["property"]:
            lines.insert(method.end_lineno or 0, f"{' ' * method.col_offset}{method.name} = property({method.name})")
            del lines[method.decorator_list[0].lineno - 1]
    return "\n".join(lines) + "\n"


def _findings(module: str, known: Sequence[Excuse]) -> Findings:
    path = WORK / "mutants" / "src" / PACKAGE / module
    statuses: dict[str, int | None] = json.loads(Path(f"{path}.meta").read_text(encoding="utf-8"))["exit_code_by_key"]
    if None in statuses.values():
        raise click.ClickException(f"Not all mutants of {module} were tried.")
    spans: Mapping[str, Sequence[int]] = json.loads(Path(f"{path}.spans").read_text(encoding="utf-8"))["spans"]
    lines = path.read_text(encoding="utf-8").splitlines()
    counts = Counter(statuses.values())
    unnoticed = [name for name, status in statuses.items() if status in SURVIVED]
    mutants = [_mutant(module, name.rpartition(".")[2], spans, lines) for name in unnoticed]
    return Findings(
        module,
        killed=sum(counts[status] for status in BY_TESTS),
        timed_out=len(statuses) - sum(counts[status] for status in (*BY_TESTS, *SURVIVED)),
        survivors=[(one, excuse_of(one, known)) for one in mutants],
    )


def _mutant(module: str, name: str, spans: Mapping[str, Sequence[int]], lines: Sequence[str]) -> Mutant:
    """For each mutant mutmut writes a function, beside the one that is as it was."""
    mangled, _, _ = name.partition("__mutmut_")

    def source(function: str) -> list[str]:
        first, last = spans[function]
        return [line.strip().replace(function, "") for line in lines[first - 1 : last]]

    changes = list(ndiff(source(f"{mangled}__mutmut_orig"), source(name)))
    was, becomes = (" ".join(line[2:] for line in changes if line.startswith(sign)) for sign in "-+")
    return Mutant(module, mangled.removeprefix("x_").removeprefix("xǁ").replace("ǁ", "."), was, becomes)


def excuses(kept: str) -> list[Excuse]:
    """Those of a text in the form of `tools/mutants.toml`."""
    return [
        Excuse(reason["why"], reason["equivalent"], *change)
        for reason in tomllib.loads(kept).get("reason", ())
        for change in reason["changes"]
    ]


def excuse_of(mutant: Mutant, known: Iterable[Excuse]) -> Excuse | None:
    """Why it may survive; what is said of it by itself comes first. None if nobody has said why."""
    said = next((one for one in known if one.holds_for(mutant)), None)
    if said is None and _changes_only_words(mutant):
        return Excuse(ONLY_WORDS, equivalent=False, module=mutant.module, function=mutant.function, was=mutant.was)
    return said


def _changes_only_words(mutant: Mutant) -> bool:
    """True if mutmut did nothing but mark the words of string literals, or write them in other letters."""
    before, after = mutant.was.split('"'), mutant.becomes.split('"')
    # Every other piece stands between quotes; an empty literal has no words.
    return len(before) == len(after) and all(
        new == old or (between_quotes and old and new in (f"XX{old}XX", old.lower(), old.upper()))
        for between_quotes, old, new in zip(cycle((False, True)), before, after, strict=False)
    )


def _needless(known: Iterable[Excuse], findings: Sequence[Findings]) -> list[Excuse]:
    modules = {one.module for one in findings}
    used = {excuse for one in findings for _, excuse in one.survivors}
    return [excuse for excuse in known if excuse.module in modules and excuse not in used]


def share(findings: Sequence[Findings]) -> float:
    """Per cent killed, without what is equivalent."""
    noticed = sum(one.noticed for one in findings)
    return 100 * noticed / max(1, noticed + sum(one.survived for one in findings))


HEADINGS: Final = ("", "mutants", "killed", "of them by a time-out", "survived", "equivalent", "killed of the rest")


def _rows(findings: Sequence[Findings]) -> Iterator[tuple[str, ...]]:
    for module, ones in [*((one.module, [one]) for one in findings), ("all", list(findings))]:
        noticed, survived = sum(one.noticed for one in ones), sum(one.survived for one in ones)
        timed_out, equivalent = sum(one.timed_out for one in ones), sum(one.equivalent for one in ones)
        counts = (noticed + survived + equivalent, noticed, timed_out, survived, equivalent)
        yield module, *(f"{count:,}" for count in counts), f"{share(ones):.1f} %"


def _shown(findings: Sequence[Findings]) -> Table:
    table = Table(*HEADINGS, title="What the tests notice")
    for row in _rows(findings):
        table.add_row(*row)
    return table


def _write(findings: Sequence[Findings], *, minutes: int) -> None:
    text = REPORT.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    REPORT.write_text(f"{before}{BEGIN}\n{''.join(_lines(findings, minutes))}{END}{after}", encoding="utf-8")


def _lines(findings: Sequence[Findings], minutes: int) -> Iterator[str]:
    yield f"\nRun of {datetime.now(UTC):%Y-%m-%d}, {minutes} minutes.\n\n"
    yield f"| {' | '.join(HEADINGS)} |\n|---|{'---:|' * (len(HEADINGS) - 1)}\n"
    for row in _rows(findings):
        yield f"| {' | '.join(row)} |\n"
    yield from _named(pair for one in findings for pair in one.survivors)
    yield "\n"


def _named(survivors: Iterable[tuple[Mutant, Excuse | None]]) -> Iterator[str]:
    """What survives and counts, by the reason why it may."""
    by_reason: dict[str, Counter[str]] = {}
    for mutant, excuse in survivors:
        if excuse is None or not excuse.equivalent:
            instead = f"`{mutant.becomes}`" if mutant.becomes else "left out"
            becomes = f" → {instead}" if excuse is None or excuse.becomes is not None else ""
            where = f"`{mutant.module}`, `{mutant.function}`: `{mutant.was}`{becomes}"
            by_reason.setdefault(excuse.why if excuse else "Nobody has said why.", Counter())[where] += 1
    for why, places in by_reason.items():
        yield f"\n{why}\n\n"
        yield from (f"- {where}{f' ({count} changes)' if count > 1 else ''}\n" for where, count in places.items())


if __name__ == "__main__":
    main(prog_name="python -m tools.mutants")
