"""The event bus: whose it is, and who may write to it."""

import json

import pytest

from journey_watch import contract
from tests.infra.conftest import EVERYTHING, Synthesize, telling
from tests.infra.synthesis import Synthesized, text

ELSEWHERE = "arn:aws:events:us-east-1:444455556666:event-bus/central"
HERE = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"


@pytest.mark.parametrize(("name", "arn"), [("default", HERE), (ELSEWHERE, ELSEWHERE)])
def test_the_poller_writes_to_the_named_bus_and_to_no_other(synthesize: Synthesize, name: str, arn: str) -> None:
    stack = synthesize(telling(EVERYTHING, event_bus=name))
    poller = stack.poller

    assert json.loads(text(poller["Environment"]["Variables"][contract.ENV_EVENT_BUSES])) == {"default": arn}
    assert {pair for pair in stack.allowed(stack.poller_role) if pair[0].startswith("events:")} == {
        ("events:PutEvents if events:source is journey-watch", arn)
    }


def test_without_a_bus_nothing_of_events_is_allowed(everything: Synthesized) -> None:
    assert not [pair for pair in everything.allowed(everything.poller_role) if pair[0].startswith("events:")]
