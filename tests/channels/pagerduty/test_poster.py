"""A PagerDuty service behind its queue: every incident that should be open is, and no other."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.pagerduty_services import MAX_ATTEMPTS, PAGERDUTY
from journey_watch.channels.pagerduty.poster import RETRIES, PagerDutyPoster, Service
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.errors import ConfigurationError, RecipientRefusedError, RecipientUnavailableError
from journey_watch.entrypoints import pagerduty_handler
from journey_watch.messages.self_test import self_test_alert
from tests.channels.pagerduty.stand_in import Incidents
from tests.channels.queued.stand_in import QUEUE_ARN, QueueStandIn
from tests.core.builders import NOON
from tests.entrypoints.conftest import Context
from tests.messages.alert_builders import alert, condition

KEY = "0123456789abcdef0123456789abcdef"
SERVICE = Service("pagerduty", "eu")

OPENED = condition(Phase.OPENED)
REMINDER = condition(Phase.REMINDER, opened_by=OPENED.thread)
RESOLVED = condition(Phase.RESOLVED, opened_by=OPENED.thread)


@dataclass
class PagerDuty:
    """Its events API, which fails as it is told."""

    failures: list[Exception] = field(default_factory=list)
    refuses: str = ""
    """The key of which it takes nothing."""
    events: list[dict[str, Any]] = field(default_factory=list)

    def send(self, event: Mapping[str, Any], *, routing_key: str, region: str) -> None:
        assert (routing_key, region) == (KEY, SERVICE.region)
        if self.failures:
            raise self.failures.pop(0)
        if event["dedup_key"] == self.refuses:
            raise RecipientRefusedError("PagerDuty answered 400.")
        self.events.append(dict(event))

    @property
    def actions(self) -> list[str]:
        return [event["event_action"] for event in self.events]


@dataclass
class Play:
    """Alerts that wait in a queue, and the function that empties it."""

    pagerduty: PagerDuty
    queue: QueueStandIn
    delivery: QueuedDelivery

    def drain(self, until: float = float("inf")) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(pagerduty_handler, "delivery", lambda: self.delivery)
            self.queue.drain(lambda event: pagerduty_handler.handler(event, Context()), until=until)  # type: ignore[arg-type]  # a made-up context


def play(alerts: Sequence[Alert], *failures: Exception, key: str | Exception = KEY) -> Play:
    queue = QueueStandIn([], most_attempts=MAX_ATTEMPTS, fifo=PAGERDUTY.in_order)
    for one in alerts:
        queue.arrive(json.dumps(one.envelope), group=one.thread)
    pagerduty = PagerDuty(list(failures))

    def key_of(secret: str) -> str:
        assert secret == SERVICE.secret
        if isinstance(key, Exception):
            raise key
        return key

    poster = PagerDutyPoster({QUEUE_ARN: SERVICE}, key_of, pagerduty)
    delivery = QueuedDelivery("PagerDuty", poster, queue, RETRIES, clock=queue.clock, sleep=queue.sleep)
    return Play(pagerduty, queue, delivery)


def test_a_resolution_waits_for_the_opening() -> None:
    """PagerDuty would drop it: nothing is open yet."""
    played = play([OPENED, REMINDER, RESOLVED, alert()], RecipientRefusedError("PagerDuty answered 400."))
    played.drain()

    of_the_condition = [event for event in played.pagerduty.events if event["dedup_key"] == OPENED.thread]
    assert [event["event_action"] for event in of_the_condition] == ["trigger", "trigger", "resolve"]
    assert Incidents().take(played.pagerduty.events).open == {alert().thread}


def test_a_condition_that_pagerduty_refuses_keeps_no_other_waiting() -> None:
    played = play([OPENED, RESOLVED, alert()])
    played.pagerduty.refuses = OPENED.thread
    played.drain(until=60)

    assert [event["dedup_key"] for event in played.pagerduty.events] == [alert().thread]


def test_an_outage_of_hours_loses_nothing_and_opens_nothing_twice() -> None:
    runs = [alert(run_id=f"r{number}") for number in range(12)]
    played = play(runs, *[RecipientUnavailableError("PagerDuty answered 503.")] * 60)
    played.drain()

    incidents = Incidents().take(played.pagerduty.events)
    assert sorted(incidents.opened) == sorted(one.thread for one in runs)
    assert len(played.pagerduty.events) == len(runs)
    assert played.queue.dead == 0


def test_a_test_opens_an_incident_and_resolves_it_at_once() -> None:
    test = self_test_alert(service="journey-watch", account="111122223333", region="eu-west-1", sent_at=NOON)
    played = play([test])
    played.drain(until=0)

    assert played.pagerduty.actions == ["trigger", "resolve"]
    assert played.queue.age_of_oldest == 0


def test_a_wrong_key_is_waited_for_and_ends_as_a_dead_letter() -> None:
    played = play([alert()], key=ConfigurationError("no such secret"))
    played.drain()

    assert played.queue.dead == 1
    assert played.queue.at > 24 * 3600


def test_what_pagerduty_refuses_is_not_tried_again_quickly() -> None:
    played = play([alert()], RecipientRefusedError("PagerDuty answered 400."))
    played.drain()

    assert played.queue.at >= 300
    assert played.pagerduty.actions == ["trigger"]


def test_a_message_that_nobody_can_read_keeps_no_other_from_arriving() -> None:
    played = play([alert()])
    for body in ("not JSON", "{}", "[]", json.dumps({**alert().envelope, "detail": None})):
        played.queue.arrive(body)
    played.drain()

    assert played.pagerduty.actions == ["trigger"]
    assert played.queue.dead == 4


def test_a_queue_that_nobody_told_it_of_is_named() -> None:
    played = play([alert()])
    played.delivery.poster = PagerDutyPoster({}, str, played.pagerduty)
    played.drain(until=0)

    assert played.pagerduty.events == []
