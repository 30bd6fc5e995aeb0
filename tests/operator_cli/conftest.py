"""The account in which the operator's command looks."""

import functools
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import botocore.handlers
import pytest
from moto import mock_aws

from tests.operator_cli.account import REGION, Account


@pytest.fixture(scope="session")
def client() -> Callable[[str], Any]:
    """Clients with which tests make and break things: made once, for what moto answers lasts no longer than a test."""
    return functools.cache(boto3.Session("made-up", "made-up", region_name=REGION).client)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch, client: Callable[[str], Any]) -> Iterator[Account]:
    """A healthy deployment."""
    for name, value in (("AWS_ACCESS_KEY_ID", "made-up"), ("AWS_SECRET_ACCESS_KEY", "made-up")):
        monkeypatch.setenv(name, value)
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    with mock_aws():
        made = Account(client)
        handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-call", made.answer)]
        monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
        made.session = boto3.Session(region_name=REGION)
        made.make()
        yield made
