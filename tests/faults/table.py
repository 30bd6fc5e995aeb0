"""The fault table: every trouble, played, and its line in docs/reliability.md."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

from infra.deployed_stack import DeployedStack
from tests.faults.outcome import Outcome
from tests.faults.polling import play_poller
from tests.faults.queued import QUEUES, play_queue
from tests.faults.troubles import POLLERS
from tests.infra.conftest import ROOT

REPORT: Final = ROOT / "docs" / "reliability.md"
BEGIN: Final = "<!-- begin: python -m tests.faults --write -->"
END: Final = "<!-- end of the fault table -->"
HEAD: Final = (
    "| | what is wrong with it | what you see | what happens meanwhile is told | all is well again |\n"
    "|---|---|---|---|---|\n"
)

Cells = tuple[str, str, str]
"""What people see, what becomes of a change, and when all is well again."""
Line = tuple[str, str]
"""The dependency, and what is wrong with it."""
Play = Callable[[DeployedStack, DeployedStack], Outcome]
"""Given the stack and that of the reader role."""

PLAYS: Final[Mapping[Line, tuple[Play, bool]]] = {
    **{(one.dependency, one.what): (partial(play_poller, one), one.may_repeat) for one in POLLERS},
    **{(one.dependency, one.what): (partial(play_queue, one), one.may_repeat) for one in QUEUES},
}
"""By line: what plays it, and whether alerts may come again, as something is carried out whose answer gets lost."""


def rendered(played: Mapping[Line, Cells]) -> str:
    """The table; what ends alike at one dependency stands in one row."""
    rows: dict[tuple[str, Cells], list[str]] = {}
    for dependency in dict.fromkeys(dependency for dependency, _ in played):
        for (of, what), cells in played.items():
            if of == dependency:
                rows.setdefault((dependency, cells), []).append(what)
    return HEAD + "".join(
        f"| {' | '.join((dependency, '; '.join(troubles), *cells))} |\n"
        for (dependency, cells), troubles in rows.items()
    )


def documented() -> Mapping[Line, Cells]:
    """What the document says, line by line."""
    return dict(_lines(_between(REPORT.read_text(encoding="utf-8"))[1].splitlines()))


def write(table: str) -> None:
    before, _, after = _between(REPORT.read_text(encoding="utf-8"))
    REPORT.write_text(f"{before}{BEGIN}\n\n{table}\n{END}{after}", encoding="utf-8")


def _between(text: str) -> tuple[str, str, str]:
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    return before, table, after


def _lines(rows: Iterable[str]) -> Iterator[tuple[Line, Cells]]:
    for row in rows:
        match row.strip("| ").split(" | "):
            case [dependency, troubles, seen, told, heals]:
                yield from (((dependency, what), (seen, told, heals)) for what in troubles.split("; "))
