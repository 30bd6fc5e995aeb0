"""Pages: their sizes, their tokens, and that together they are the whole listing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mypy_boto3_pinpoint import PinpointClient

from simulator import Simulation

WINBACK = {"ApplicationId": "shop", "JourneyId": "winback"}


def page(pinpoint: PinpointClient, **parameters: str) -> tuple[list[str], str | None]:
    answer = pinpoint.get_journey_runs(**WINBACK, **parameters)["JourneyRunsResponse"]
    return [run["RunId"] for run in answer["Item"]], answer.get("NextToken")


def all_pages(pinpoint: PinpointClient, size: str) -> list[list[str]]:
    """The pages, read by their tokens; at most 50, should they not end."""
    run_ids, token = page(pinpoint, PageSize=size)
    pages = [run_ids]
    while token is not None and len(pages) < 50:
        run_ids, token = page(pinpoint, PageSize=size, Token=token)
        pages.append(run_ids)
    return pages


NEWEST_FIRST = [f"old-{n}" for n in range(10, 0, -1)]


@pytest.mark.usefixtures("control")
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(min_value=1, max_value=12))
def test_pages_of_any_size_add_up_to_the_listing(pinpoint: PinpointClient, size: int) -> None:
    pages = all_pages(pinpoint, str(size))
    assert [run_id for run_ids in pages for run_id in run_ids] == NEWEST_FIRST
    assert [len(run_ids) for run_ids in pages[:-1]] == [size] * (len(pages) - 1)


@pytest.mark.usefixtures("control")
def test_a_listing_that_fills_its_last_page_has_no_empty_page_after_it(pinpoint: PinpointClient) -> None:
    assert [len(run_ids) for run_ids in all_pages(pinpoint, "5")] == [5, 5]


def test_the_scenario_sets_default_and_largest_page(control: Simulation, pinpoint: PinpointClient) -> None:
    control.load(
        "max_page_size = 4\n[page_size]\nGetJourneyRuns = 3\n[[application]]\nid = 'shop'\n"
        "[[application.journey]]\nid = 'winback'\n[[application.journey.history]]\nruns = 9\n"
    )
    assert len(page(pinpoint)[0]) == 3
    assert len(page(pinpoint, PageSize="100")[0]) == 4


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize("size", ["0", "-1", "ten", "", "1.5", "²"])
def test_a_page_size_that_is_no_number_is_a_bad_request(pinpoint: PinpointClient, size: str) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException):
        page(pinpoint, PageSize=size)


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize("token", ["unknown", "", "bnVsbA==", "WzEsMl0=", "é"])
def test_an_unknown_token_is_a_bad_request(pinpoint: PinpointClient, token: str) -> None:
    with pytest.raises(pinpoint.exceptions.BadRequestException):
        page(pinpoint, Token=token)


@pytest.mark.usefixtures("control")
def test_a_token_is_worth_nothing_to_another_listing(pinpoint: PinpointClient) -> None:
    token = page(pinpoint, PageSize="1")[1] or ""
    with pytest.raises(pinpoint.exceptions.BadRequestException):
        pinpoint.get_journey_runs(ApplicationId="shop", JourneyId="welcome", Token=token)
    with pytest.raises(pinpoint.exceptions.BadRequestException):
        pinpoint.list_journeys(ApplicationId="shop", Token=token)


@pytest.mark.usefixtures("control")
def test_applications_and_journeys_are_paged_too(pinpoint: PinpointClient) -> None:
    first = pinpoint.list_journeys(ApplicationId="shop", PageSize="1")["JourneysResponse"]
    rest = pinpoint.list_journeys(ApplicationId="shop", PageSize="1", Token=first["NextToken"])["JourneysResponse"]
    assert [journey["Id"] for journey in first["Item"] + rest["Item"]] == ["welcome", "winback"]
    assert "NextToken" not in rest
