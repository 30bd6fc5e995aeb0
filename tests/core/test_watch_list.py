"""Which listed journeys a target means."""

import pytest

from journey_watch.core.runs import JourneyKey
from journey_watch.core.watch_list import WatchTarget

SALE = JourneyKey("app-1", "c-17")


@pytest.mark.parametrize(
    ("patterns", "meant"),
    [
        (("*",), True),
        (("black-*",), True),
        (("c-1?",), True),
        (("cyber-*", "black-*"), True),
        (("cyber-*",), False),
        (("BLACK-*",), False),
        (("black",), False),
        (("c-17",), True),
    ],
)
def test_a_pattern_is_about_the_name_or_the_id_and_anything_else_is_an_id(
    patterns: tuple[str, ...], meant: bool
) -> None:
    target = WatchTarget("connect", "app-1", patterns)
    assert target.selects(SALE, name="black-friday", journey_type=None) is meant


def test_a_type_is_chosen_beside_the_pattern() -> None:
    target = WatchTarget("connect", "*", ("black-*",), journey_types=("MANAGED",))
    assert target.selects(SALE, name="black-friday", journey_type="MANAGED")
    assert not target.selects(SALE, name="black-friday", journey_type="JOURNEY")
    assert not target.selects(SALE, name="cyber-monday", journey_type="MANAGED")


def test_what_the_listing_does_not_say_is_not_held_against_a_journey() -> None:
    target = WatchTarget("connect", "app-1", ("black-*",), journey_types=("MANAGED",))
    assert target.selects(SALE, name=None, journey_type=None)


def test_a_target_means_nothing_in_another_container() -> None:
    assert not WatchTarget("connect", "app-2").selects(SALE, name="x", journey_type=None)


def test_another_pattern_or_type_is_another_listing_to_be_completed() -> None:
    """Else the campaigns that a wider pattern adds would all be told as new."""
    targets = [
        WatchTarget("connect", "app-1"),
        WatchTarget("connect", "app-1", ("black-*",)),
        WatchTarget("connect", "app-1", ("black-*", "cyber-*")),
        WatchTarget("connect", "app-1", journey_types=("MANAGED",)),
    ]
    assert len({target.marker for target in targets}) == len(targets)
    assert targets[0].marker == "app-1/*"
