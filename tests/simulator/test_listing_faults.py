"""Each fault of a listing does to a real boto3 client what its docstring says."""

import itertools
from typing import Any

from mypy_boto3_pinpoint import PinpointClient

from simulator import Simulation
from tests.simulator.test_paging import NEWEST_FIRST, WINBACK, all_pages, page


def runs(client: PinpointClient) -> list[Any]:
    answer = client.get_journey_runs(**WINBACK)["JourneyRunsResponse"]
    found: list[Any] = answer["Item"]
    return found


def test_pages_that_shift_forward_repeat_the_last_item(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "shift"})
    assert all_pages(pinpoint, "4") == [
        ["old-10", "old-9", "old-8", "old-7"],
        ["old-7", "old-6", "old-5", "old-4"],
        ["old-4", "old-3", "old-2", "old-1"],
    ]


def test_pages_that_shift_back_lose_an_item(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "shift", "by": -1})
    assert all_pages(pinpoint, "4")[:2] == [
        ["old-10", "old-9", "old-8", "old-7"],
        ["old-5", "old-4", "old-3", "old-2"],
    ]


def test_an_item_that_moves_to_the_front_is_never_seen_and_another_twice(
    control: Simulation, pinpoint: PinpointClient
) -> None:
    control.switch_on({"kind": "move"})
    seen = [run_id for run_ids in all_pages(pinpoint, "4") for run_id in run_ids]
    assert len(seen) == 10
    assert set(NEWEST_FIRST) - set(seen) == {"old-1"}
    assert seen.count("old-7") == 2


def test_shuffled_listings_are_whole_and_each_in_another_order(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "shuffle"})
    listings = [[run_id for run_ids in all_pages(pinpoint, "3") for run_id in run_ids] for _ in range(3)]
    assert all(sorted(listing) == sorted(NEWEST_FIRST) for listing in listings)
    assert len({tuple(listing) for listing in listings}) == 3


def test_faults_of_a_listing_add_up(control: Simulation, pinpoint: PinpointClient) -> None:
    for fault in ({"kind": "shift", "by": 2}, {"kind": "move"}, {"kind": "fields", "set": {"Status": "RUNNING"}}):
        control.switch_on(fault)
    assert all_pages(pinpoint, "6")[1][:3] == ["old-7", "old-6", "old-5"]
    assert {run["Status"] for run in runs(pinpoint)} == {"RUNNING"}


def test_the_same_seed_shuffles_the_same_way(control: Simulation, pinpoint: PinpointClient) -> None:
    listings = []
    for _ in range(2):
        control.load(control.scenario)
        control.switch_on({"kind": "shuffle"})
        listings.append(page(pinpoint)[0])
    assert listings[0] == listings[1] != NEWEST_FIRST


def test_a_repeated_token_leads_round_for_ever(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "repeat_token"})
    _, first = page(pinpoint, PageSize="2")
    _, second = page(pinpoint, PageSize="2", Token=first or "")
    assert first == second
    assert len(all_pages(pinpoint, "2")) == 50


def test_endless_tokens_are_always_new_and_their_pages_empty_in_the_end(
    control: Simulation, pinpoint: PinpointClient
) -> None:
    control.switch_on({"kind": "endless_tokens"})
    pages = all_pages(pinpoint, "5")
    assert len(pages) == 50
    assert all(pages[:2])
    assert not any(pages[2:])


def test_a_duplicate_comes_again_on_the_next_page_as_it_was_told_to(
    control: Simulation, pinpoint: PinpointClient
) -> None:
    control.switch_on({"kind": "duplicate", "set": {"Status": "RUNNING"}})
    first = pinpoint.get_journey_runs(**WINBACK, PageSize="5")["JourneyRunsResponse"]
    second = pinpoint.get_journey_runs(**WINBACK, PageSize="5", Token=first["NextToken"])["JourneyRunsResponse"]
    assert second["Item"][0] == {**first["Item"][-1], "Status": "RUNNING"}
    assert len(second["Item"]) == 6


def test_an_emptied_listing_is_empty_and_well_formed(control: Simulation, pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "empty", "operation": "GetJourneyRuns"})
    assert page(pinpoint) == ([], None)


def test_an_unknown_status_and_an_unreadable_time_reach_the_client(
    control: Simulation, trusting_pinpoint: PinpointClient
) -> None:
    control.switch_on({"kind": "fields", "item": "old-3", "set": {"Status": "EXPLODED", "LastUpdateTime": "soon"}})
    by_id = {run["RunId"]: run for run in runs(trusting_pinpoint)}
    assert (by_id["old-3"]["Status"], by_id["old-3"]["LastUpdateTime"]) == ("EXPLODED", "soon")
    assert by_id["old-4"]["Status"] == "COMPLETED"


def test_fields_can_be_missing_or_null_in_all_items(control: Simulation, trusting_pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "fields", "remove": ["RunId"], "null": ["CreationTime"]})
    assert {frozenset(run) for run in runs(trusting_pinpoint)} == {frozenset({"Status", "LastUpdateTime"})}


def test_an_item_can_be_null(control: Simulation, trusting_pinpoint: PinpointClient) -> None:
    control.switch_on({"kind": "null_item", "item": "old-10"})
    assert runs(trusting_pinpoint)[0] is None
    assert all(itertools.islice(runs(trusting_pinpoint), 1, None))
