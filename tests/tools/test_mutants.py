"""`make mutants`: what survives is known by what was changed, and what is kept about it is about code that is there."""

import ast
from typing import Final

import pytest

from tests.infra.conftest import ROOT
from tools.mutants import (
    HEART,
    KEPT,
    ONLY_WORDS,
    Excuse,
    Findings,
    Mutant,
    excuse_of,
    excuses,
    share,
    without_decorated_properties,
)

MUTANT: Final = Mutant("core/mutes.py", "Mute.covers", "return a and b", "return a or b")


def findings(*survivors: Excuse | None, killed: int = 0, timed_out: int = 0) -> Findings:
    return Findings("core/mutes.py", killed, timed_out, [(MUTANT, excuse) for excuse in survivors])


def excuse(*, equivalent: bool, becomes: str | None = None) -> Excuse:
    return Excuse("said", equivalent, MUTANT.module, MUTANT.function, MUTANT.was, becomes)


def functions(module: str) -> dict[str, str]:
    """Each function of a module by its name, on one line."""
    source = (ROOT / "lambda_src/journey_watch" / module).read_text(encoding="utf-8")
    lines, tree = source.splitlines(), ast.parse(source)
    owners: list[tuple[str, ast.Module | ast.ClassDef]] = [("", tree)]
    owners += [(f"{node.name}.", node) for node in tree.body if isinstance(node, ast.ClassDef)]
    return {
        f"{prefix}{node.name}": " ".join(line.strip() for line in lines[node.lineno - 1 : node.end_lineno])
        for prefix, owner in owners
        for node in owner.body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("module", HEART)
def test_what_is_kept_is_about_code_that_is_there(module: str) -> None:
    known = [one for one in excuses(KEPT.read_text(encoding="utf-8")) if one.module == module]
    code = functions(module)
    assert [one for one in known if one.was not in code.get(one.function, "")] == []


def test_nothing_is_kept_about_other_modules() -> None:
    assert {one.module for one in excuses(KEPT.read_text(encoding="utf-8"))} <= {*HEART}


def test_an_excuse_holds_for_one_change_or_for_all_of_a_line() -> None:
    assert excuse(equivalent=False).holds_for(MUTANT)
    assert excuse(equivalent=False, becomes=MUTANT.becomes).holds_for(MUTANT)
    assert not excuse(equivalent=False, becomes="return None").holds_for(MUTANT)


def test_what_is_equivalent_does_not_count_and_what_is_excused_otherwise_does() -> None:
    assert share([findings(excuse(equivalent=True), killed=2, timed_out=1)]) == 100
    assert share([findings(excuse(equivalent=False), killed=2, timed_out=1)]) == 75
    assert share([findings(None, killed=2, timed_out=1)]) == 75


def log_line(becomes: str, *, was: str = 'logger.info("Not Made", of=one)') -> Mutant:
    return Mutant("core/mutes.py", "Mute.covers", was, becomes)


@pytest.mark.parametrize("words", ["XXNot MadeXX", "not made", "NOT MADE"])
def test_words_may_change_and_count_all_the_same(words: str) -> None:
    found = excuse_of(log_line(f'logger.info("{words}", of=one)'), [])
    assert found is not None
    assert (found.why, found.equivalent) == (ONLY_WORDS, False)


@pytest.mark.parametrize(
    "mutant",
    [
        log_line('logger.info("Not Made", of=None)'),
        log_line("logger.info(None, of=one)"),
        log_line('logger.info("NOT MADE", of=None)'),
        log_line('logger.info("Made", of=one)'),
        log_line('return it or "XXXX"', was='return it or ""'),
        log_line("", was='it = "made"'),
    ],
    ids=["an argument", "no words", "more than words", "other words", "nothing was said", "a line is left out"],
)
def test_what_is_more_than_words_is_not_excused(mutant: Mutant) -> None:
    assert excuse_of(mutant, []) is None


def test_what_is_said_of_a_change_comes_before_what_holds_for_words() -> None:
    mutant = log_line('logger.info("NOT MADE", of=one)')
    said = Excuse("said", True, mutant.module, mutant.function, mutant.was)
    assert excuse_of(mutant, [said]) is said


def test_properties_are_changed_as_well() -> None:
    source = without_decorated_properties(
        '''
class One:
    @property
    def first(self) -> int:
        """Said."""
        return 1

    @property
    def second(self) -> int:
        return self.first + 1

    @staticmethod
    def third() -> int:
        return 3
'''
    )
    made: dict[str, type] = {}
    exec(source, made)  # noqa: S102 - our own words, above
    one = made["One"]()

    assert "@property" not in source
    assert [one.first, one.second, one.third()] == [1, 2, 3]
