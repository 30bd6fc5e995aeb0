"""Whoever was down for an hour has everything of that hour once, and each thread in its order."""

import json
from collections.abc import Sequence
from itertools import chain
from typing import Any, Final

import pytest

from infra.deployed_stack import DeployedStack
from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from tests.faults.queued import OF_PAGERDUTY, OF_WEBHOOKS, play_outage
from tests.messages.alert_builders import alert, condition

OPENED: Final = condition(Phase.OPENED)
OF_A_CONDITION: Final = [
    OPENED,
    condition(Phase.REMINDER, opened_by=OPENED.thread, sequence=4),
    condition(Phase.RESOLVED, opened_by=OPENED.thread, sequence=5),
]
OF_RUNS: Final = [[alert(run_id=run_id, sequence=number) for number in (1, 2, 3)] for run_id in ("a", "b", "c")]
THREADS: Final[Sequence[Sequence[Alert]]] = [OF_A_CONDITION, *OF_RUNS]

pytestmark = pytest.mark.played
each_outage = pytest.mark.parametrize(
    "status", [500, 400], ids=["it is down, and PagerDuty's queue pauses", "it refuses each by itself"]
)


def accepted(bodies: Sequence[str]) -> list[Any]:
    return [json.loads(body) for body in bodies]


@each_outage
def test_the_endpoint_of_a_webhook_gets_every_thread_in_its_order(stack: DeployedStack, status: int) -> None:
    ids = [body["data"]["id"] for body in accepted(play_outage(OF_WEBHOOKS, stack, THREADS, status=status))]

    assert sorted(ids) == sorted(one.id for one in chain(*THREADS))
    for thread in THREADS:
        of_thread = [one.id for one in thread]
        assert [id_ for id_ in ids if id_ in of_thread] == of_thread


@each_outage
def test_pagerduty_resolves_what_it_has_opened(stack: DeployedStack, status: int) -> None:
    events = accepted(play_outage(OF_PAGERDUTY, stack, THREADS, status=status))

    assert len(events) == sum(map(len, THREADS))
    for thread in THREADS:
        actions = [event["event_action"] for event in events if event["dedup_key"] == thread[0].thread]
        assert actions == ["trigger", "trigger", "resolve" if thread is OF_A_CONDITION else "trigger"]
