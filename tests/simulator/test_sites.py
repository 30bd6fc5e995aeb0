"""Accounts and Regions are apart: what the signature names decides what a call sees."""

from collections.abc import Callable
from typing import Any

import pytest
from mypy_boto3_pinpoint import PinpointClient

from simulator import Simulation

TWO_SITES = """
[[application]]
id = "here"
[[application]]
id = "there"
account = "222233334444"
region = "us-east-1"
"""


def listed(client: PinpointClient) -> list[str]:
    return [application["Id"] for application in client.get_apps()["ApplicationsResponse"]["Item"]]


def test_each_site_lists_only_its_own_applications(control: Simulation, new_client: Callable[..., Any]) -> None:
    control.load(TWO_SITES)
    there = new_client("pinpoint", region="us-east-1", key="222233334444")
    assert listed(there) == ["there"]
    with pytest.raises(there.exceptions.NotFoundException):
        there.get_app(ApplicationId="here")


def test_a_caller_without_a_site_of_its_own_sees_the_scenarios(
    control: Simulation, new_client: Callable[..., Any]
) -> None:
    control.load(TWO_SITES)
    assert listed(new_client("pinpoint", region="ap-southeast-2", key="000000000000")) == ["here"]


def test_quotas_and_counts_are_per_account_and_region(control: Simulation, new_client: Callable[..., Any]) -> None:
    control.load("[[quota]]\noperation = 'GetApps'\nper_second = 0\nburst = 1\n")
    first, second = new_client("pinpoint"), new_client("pinpoint", region="us-east-1")
    assert listed(first) == listed(second) == []
    with pytest.raises(first.exceptions.TooManyRequestsException):
        first.get_apps()
    assert (control.calls.count(region="us-east-1"), control.calls.count(region="eu-west-1")) == (1, 2)
