"""The README shows a scenario that works and leaves out no kind of event or fault."""

import re
from pathlib import Path

import pytest

import simulator
from simulator import parse_scenario
from simulator.events import Event
from simulator.faults import Fault

README = Path(str(simulator.__file__)).with_name("README.md").read_text(encoding="utf-8")


def test_the_example_scenario_is_right() -> None:
    example = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert example is not None
    assert len(parse_scenario(example[1]).event) == 2


@pytest.mark.parametrize("kind", [*Event.kinds, *Fault.kinds])
def test_every_kind_is_named(kind: str) -> None:
    assert f"`{kind}`" in README
