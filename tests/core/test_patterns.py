"""Patterns: only `*` and `?` are wildcards, and a name that is written exactly matches exactly."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.core.filters import Filter, Subject
from journey_watch.core.patterns import MAX_NAME, has_wildcards, matches
from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import WatchTarget
from tests.core.builders import LANE

NAMES = ["[VIP] Autumn", "[TEST] Welcome", "a[!b]c", "a.b", "(x)+", "\\d", "über alles", "line\nbreak", "{id}", "^$"]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_matches_itself_and_nothing_like_it(name: str) -> None:
    key = JourneyKey("i-1", "c-1")
    target = WatchTarget("connect", "i-1", (name,))
    assert target.lists_journeys
    assert target.selects(key, name=name, journey_type=None)
    assert not target.selects(key, name="T Welcome", journey_type=None)
    assert Filter(journeys=(name,)).covers(Subject(LANE, key, name))
    assert not Filter(journeys=(name,)).covers(Subject(LANE, key, "T Welcome"))
    assert not has_wildcards(name)


def test_names_are_compared_in_one_unicode_form() -> None:
    composed, decomposed = "Caf\u00e9 Zu\u0308rich", "Cafe\u0301 Z\u00fcrich"
    assert matches(composed, decomposed)
    assert matches(composed, "Caf? Z?rich")
    assert matches(decomposed, "Caf\u00e9*")
    target = WatchTarget("connect", "i-1", (decomposed,))
    assert target.selects(JourneyKey("i-1", "c"), name=composed, journey_type=None)


@given(st.text("ab[?*\n", max_size=12), st.text("ab[?*\n", max_size=8))
def test_a_pattern_matches_as_the_regular_expression_does(text: str, pattern: str) -> None:
    wild = {"*": ".*", "?": "."}
    expression = "".join(wild.get(letter, re.escape(letter)) for letter in pattern)
    assert matches(text, pattern) is (re.fullmatch(expression, text, re.DOTALL) is not None)


def test_no_pattern_takes_long() -> None:
    begun = time.process_time()
    assert not matches("a" * MAX_NAME, "*a" * (MAX_NAME // 2 - 1) + "*b")
    assert time.process_time() - begun < 1
