"""Every line of the fault table: nothing is lost or invented, all is well again, and the document says how."""

import pytest

from infra.deployed_stack import DeployedStack
from tests.faults.table import PLAYS, Line, documented


@pytest.mark.played
@pytest.mark.parametrize("line", PLAYS, ids=": ".join)
def test_what_is_wrong_loses_nothing_and_passes(line: Line, stack: DeployedStack, reader: DeployedStack) -> None:
    play, may_repeat = PLAYS[line]
    outcome = play(stack, reader)

    assert outcome.broken_promises(may_repeat=may_repeat) == []
    assert documented()[line] == outcome.cells, "python -m tests.faults --write"


def test_the_document_has_every_line_and_no_other() -> None:
    assert documented().keys() == PLAYS.keys()
