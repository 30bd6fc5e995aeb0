"""A PagerDuty service behind its queue: every incident that should be open is, and no other, whatever comes first."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations
from typing import Any

import pytest

from journey_watch.channels.pagerduty.poster import RESOLVED_AGAIN_AFTER, RETRIES, PagerDutyPoster, Service
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.core.alerts import Alert
from journey_watch.core.condition_rules import Phase
from journey_watch.core.errors import ConfigurationError, RecipientRefusedError, RecipientUnavailableError
from journey_watch.core.severity import Severity
from journey_watch.entrypoints import pagerduty_handler
from journey_watch.messages.digest import digest_of
from journey_watch.messages.self_test import self_test_alert
from journey_watch.providers.pinpoint.words import PINPOINT
from tests.channels.pagerduty.stand_in import Incidents
from tests.channels.queued.stand_in import QUEUE_ARN, VISIBILITY_TIMEOUT, QueueStandIn
from tests.core.builders import LANE, NOON
from tests.entrypoints.conftest import Context
from tests.messages.alert_builders import alert, condition

KEY = "0123456789abcdef0123456789abcdef"
SERVICE = Service("pagerduty", Severity.WARNING, "eu")


OPENED = condition(Phase.OPENED)
REMINDER = condition(Phase.REMINDER, opened_by=OPENED.thread)
RESOLVED = condition(Phase.RESOLVED, opened_by=OPENED.thread)


@dataclass
class PagerDuty:
    """Its events API, which fails as it is told."""

    failures: list[Exception] = field(default_factory=list)
    refuses: str = ""
    """The action that it does not take."""
    events: list[dict[str, Any]] = field(default_factory=list)

    def send(self, event: Mapping[str, Any], *, routing_key: str, region: str) -> None:
        assert (routing_key, region) == (KEY, SERVICE.region)
        if self.failures:
            raise self.failures.pop(0)
        if event["event_action"] == self.refuses:
            raise RecipientUnavailableError("PagerDuty answered 503.")
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
    queue = QueueStandIn([json.dumps(one.envelope) for one in alerts], most_attempts=300)
    pagerduty = PagerDuty(list(failures))

    def key_of(secret: str) -> str:
        assert secret == SERVICE.secret
        if isinstance(key, Exception):
            raise key
        return key

    poster = PagerDutyPoster({QUEUE_ARN: SERVICE}, key_of, pagerduty, queue)
    delivery = QueuedDelivery("PagerDuty", poster, queue, RETRIES, clock=queue.clock, sleep=queue.sleep)
    return Play(pagerduty, queue, delivery)


@pytest.mark.parametrize("order", list(permutations([OPENED, REMINDER, RESOLVED])))
def test_whatever_comes_first_what_is_over_is_resolved_in_the_end(order: Sequence[Alert]) -> None:
    played = play(order)
    played.drain()

    assert Incidents().take(played.pagerduty.events).open == set()


def test_a_resolution_that_overtook_the_opening_comes_again_after_it() -> None:
    """PagerDuty drops it the first time: nothing is open yet."""
    played = play([OPENED, RESOLVED])
    played.pagerduty.refuses = "trigger"
    played.delivery.retries = replace(RETRIES, longest_pause=0.0)  # as if the two came to two invocations
    played.drain(until=RESOLVED_AGAIN_AFTER / 2)
    assert played.pagerduty.actions == ["resolve"]

    played.pagerduty.refuses = ""
    played.drain()

    assert played.pagerduty.actions == ["resolve", "trigger", "resolve"]


def test_it_comes_again_after_everything_that_it_may_have_overtaken_was_tried_again() -> None:
    longest = max(*RETRIES.unavailable, *RETRIES.refused, RETRIES.longest_pause, VISIBILITY_TIMEOUT)

    assert longest < RESOLVED_AGAIN_AFTER <= 900  # SQS delays no message for longer


def test_an_incident_that_opens_again_is_another_one() -> None:
    again = condition(Phase.OPENED, sequence=4)
    played = play([RESOLVED, again])
    played.drain()

    assert played.pagerduty.actions == ["resolve", "trigger", "resolve"]
    assert Incidents().take(played.pagerduty.events).open == {again.thread}


def test_an_outage_of_hours_loses_nothing_and_opens_nothing_twice() -> None:
    runs = [alert(run_id=f"r{number}") for number in range(12)]
    played = play(runs, *[RecipientUnavailableError("PagerDuty answered 503.")] * 60)
    played.drain()

    incidents = Incidents().take(played.pagerduty.events)
    assert sorted(incidents.opened) == sorted(one.thread for one in runs)
    assert len(played.pagerduty.events) == len(runs)
    assert played.queue.dead == 0


def test_a_digest_becomes_an_incident_for_each_of_its_members_that_is_loud_enough() -> None:
    runs = [alert(run_id=f"r{number}") for number in range(20)]
    quiet = alert(run_id="quiet", severity=Severity.INFO)
    digest = digest_of([*runs, quiet, OPENED], lane=LANE, provider=PINPOINT)
    played = play([digest], RecipientUnavailableError("PagerDuty answered 503."))
    played.drain()

    assert sorted(Incidents().take(played.pagerduty.events).opened) == sorted(one.thread for one in (*runs, OPENED))


def test_a_digest_that_is_taken_apart_twice_opens_nothing_twice() -> None:
    runs = [alert(run_id=f"r{number}") for number in range(3)]
    digest = digest_of(runs, lane=LANE, provider=PINPOINT)
    played = play([digest, digest])
    played.drain()

    incidents = Incidents().take(played.pagerduty.events)
    assert len(incidents.opened) == len(runs)
    assert len(played.pagerduty.events) == 2 * len(runs)


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
    for body in ("not JSON", "{}", "[]", '"resolved_again"', json.dumps({**alert().envelope, "detail": None})):
        played.queue.arrive(body)
    played.drain()

    assert played.pagerduty.actions == ["trigger"]
    assert played.queue.dead == 5


def test_a_queue_that_nobody_told_it_of_is_named() -> None:
    played = play([alert()])
    played.delivery.poster = PagerDutyPoster({}, str, played.pagerduty, played.queue)
    played.drain(until=0)

    assert played.pagerduty.events == []
