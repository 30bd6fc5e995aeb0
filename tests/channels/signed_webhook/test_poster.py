"""A signed webhook behind its queue: its endpoint can verify each alert, and knows a repeat by its id."""

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from infra.signed_webhooks import MAX_ATTEMPTS, SIGNED_WEBHOOK
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Answer
from journey_watch.channels.signed_webhook.poster import RETRIES, Endpoint, SignedWebhookPoster
from journey_watch.core.errors import ConfigurationError
from journey_watch.entrypoints import signed_webhook_handler
from tests.channels.queued.stand_in import QUEUE_ARN, QueueStandIn
from tests.entrypoints.conftest import Context
from tests.messages.alert_builders import alert

URL = "https://receiver.example/alerts"
KEYS = [f"whsec_{b64encode(bytes([number] * 32)).decode()}" for number in (1, 2)]
ALERTS = [alert(run_id=f"r{number}") for number in range(3)]


@dataclass
class Receiver:
    """The endpoint. It answers as it is told, and then accepts."""

    answers: list[Answer | Exception]
    accepted: list[tuple[Mapping[str, str], str]] = field(default_factory=list)
    asked: list[Mapping[str, str]] = field(default_factory=list)
    """The headers of every request."""

    def post_json(self, url: str, body: str, headers: Mapping[str, str], *, recipient: str) -> Answer:
        assert (url, recipient) == (URL, "The endpoint")
        self.asked.append(headers)
        answer = self.answers.pop(0) if self.answers else says(204)
        if isinstance(answer, Exception):
            raise answer
        if answer.is_success:
            self.accepted.append((headers, body))
        return answer

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.accepted]


def says(status: int, retry_after: str | None = None) -> Answer:
    return Answer(status, retry_after, b"")


@dataclass
class Play:
    receiver: Receiver
    queue: QueueStandIn
    poster: SignedWebhookPoster
    delivery: QueuedDelivery

    def drain(self, until: float = float("inf")) -> "Play":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(signed_webhook_handler, "delivery", lambda: self.delivery)
            self.queue.drain(lambda event: signed_webhook_handler.handler(event, Context()), until=until)  # type: ignore[arg-type]  # a made-up context
        return self


def play(
    *answers: Answer | Exception,
    bodies: Sequence[str] = (json.dumps(ALERTS[0].envelope),),
    keys: Sequence[str] = KEYS[:1],
    now: Any = None,  # noqa: ANN401 - a clock
) -> Play:
    queue = QueueStandIn(bodies, most_attempts=MAX_ATTEMPTS, fifo=SIGNED_WEBHOOK.in_order)
    receiver = Receiver(list(answers))
    poster = SignedWebhookPoster(
        {QUEUE_ARN: Endpoint(URL, "webhook")},
        lambda _: keys,
        receiver,
        now=now or (lambda: datetime.now(UTC)),
    )
    delivery = QueuedDelivery("The endpoint", poster, queue, RETRIES, clock=queue.clock, sleep=queue.sleep)
    return Play(receiver, queue, poster, delivery)


def test_the_endpoint_verifies_it_with_the_library_of_the_convention() -> None:
    ((headers, body),) = play().drain().receiver.accepted

    verified = Webhook(KEYS[0]).verify(body, dict(headers))
    assert verified["type"] == "journey_watch.status_change"
    assert verified["data"] == ALERTS[0].envelope
    with pytest.raises(WebhookVerificationError):
        Webhook(KEYS[1]).verify(body, dict(headers))


def test_while_a_key_is_replaced_who_knows_either_verifies_it() -> None:
    ((headers, body),) = play(keys=KEYS).drain().receiver.accepted

    for key in KEYS:
        Webhook(key).verify(body, dict(headers))


def test_the_time_is_that_of_the_attempt_wherever_the_clock_is() -> None:
    at = datetime.now(timezone(timedelta(hours=5)))
    ((headers, body),) = play(now=lambda: at).drain().receiver.accepted

    assert headers["webhook-timestamp"] == str(int(at.timestamp()))
    Webhook(KEYS[0]).verify(body, dict(headers))


def test_a_repeat_has_the_same_id_and_another_time() -> None:
    times = iter([datetime(2026, 11, 23, 13, tzinfo=UTC), datetime(2026, 11, 23, 14, tzinfo=UTC)])
    played = play(says(500), now=lambda: next(times)).drain()
    first, second = played.receiver.asked

    assert first["webhook-id"] == second["webhook-id"] == ALERTS[0].id
    assert first["webhook-timestamp"] != second["webhook-timestamp"]
    assert first["webhook-signature"] != second["webhook-signature"]


@pytest.mark.parametrize("status", [301, 400, 404, 410, 429, 500, 502])
def test_what_is_no_success_is_tried_for_three_days_and_then_a_dead_letter(status: int) -> None:
    played = play(*[says(status)] * 500).drain()

    assert len(played.receiver.asked) == MAX_ATTEMPTS
    assert played.queue.dead == 1
    assert 3 * 86400 < played.queue.at < 14 * 86400


@pytest.mark.parametrize("status", [429, 503])
def test_an_endpoint_that_asks_for_a_pause_gets_it(status: int) -> None:
    played = play(says(status, "40"), bodies=[json.dumps(one.envelope) for one in ALERTS]).drain()

    assert len(played.receiver.asked) == len(ALERTS) + 1
    assert played.queue.at >= 40
    assert sorted(played.receiver.ids) == sorted(one.id for one in ALERTS)


@pytest.mark.parametrize("status", [400, 403, 404, 410, 429, 503])
@pytest.mark.parametrize(("header", "seconds"), [("40", 40), ("0", 1)])
def test_an_endpoint_may_say_when_to_come_back_whatever_it_refuses_with(status: int, header: str, seconds: int) -> None:
    played = play(says(status, header)).drain(until=4 if seconds == 1 else 39)
    assert len(played.receiver.ids) == (1 if seconds == 1 else 0)
    assert played.drain(until=45).receiver.ids == [ALERTS[0].id]


def test_an_alert_that_has_waited_for_hours_keeps_no_other_waiting() -> None:
    played = play(*[says(500)] * 9).drain(until=3660)
    played.queue.at = 3660
    played.queue.arrive(json.dumps(ALERTS[1].envelope))
    played.drain(until=3660)

    assert played.receiver.ids == [ALERTS[1].id]


def test_an_endpoint_that_was_gone_for_an_hour_gets_all_of_it_within_ten_minutes() -> None:
    played = play(*[says(410)] * 100, bodies=[json.dumps(one.envelope) for one in ALERTS]).drain(until=3600)
    assert played.receiver.accepted == []

    played.receiver.answers.clear()
    played.drain(until=3600 + 600)

    assert sorted(played.receiver.ids) == sorted(one.id for one in ALERTS)


def test_an_endpoint_that_was_gone_for_an_hour_gets_what_happened_in_it_in_the_order_of_each_thread() -> None:
    played = play(*[says(503)] * 1_000, bodies=[json.dumps(ALERTS[0].envelope)])
    threads = {run_id: [alert(run_id=run_id, sequence=number) for number in range(4)] for run_id in ("a", "b", "c")}
    for number in range(4):
        for thread in threads.values():
            played.queue.arrive(json.dumps(thread[number].envelope), group=thread[number].thread)
        played.drain(until=900 * (number + 1))
        played.queue.at = 900.0 * (number + 1)
    assert played.receiver.accepted == []

    played.receiver.answers.clear()
    played.drain()

    assert sorted(played.receiver.ids) == sorted(one.id for one in (ALERTS[0], *chain(*threads.values())))
    for thread in threads.values():
        of_thread = [one.id for one in thread]
        assert [one for one in played.receiver.ids if one in of_thread] == of_thread


def test_an_alert_that_the_endpoint_refuses_keeps_only_its_thread_waiting() -> None:
    first, second, other = alert(run_id="a"), alert(run_id="a", sequence=9), alert(run_id="b")
    played = play(says(400), bodies=[])
    for one in (first, second, other):
        played.queue.arrive(json.dumps(one.envelope), group=one.thread)
    played.drain(until=4)
    assert played.receiver.ids == [other.id]

    played.drain()
    assert played.receiver.ids == [other.id, first.id, second.id]


def test_a_message_that_nobody_can_read_keeps_no_other_from_arriving() -> None:
    bodies = ["not JSON", "{}", "[]", json.dumps({**ALERTS[0].envelope, "id": "a.b"})]
    played = play(bodies=[*bodies, json.dumps(ALERTS[0].envelope)]).drain()

    assert played.receiver.ids == [ALERTS[0].id]
    assert played.queue.dead == len(bodies)


def test_a_key_that_cannot_be_read_is_waited_for() -> None:
    played = play()
    played.delivery.poster = replace(played.poster, keys_of=_no_key)
    played.drain()

    assert played.queue.dead == 1


def _no_key(_: str) -> Sequence[str]:
    raise ConfigurationError("no such secret")


def test_a_queue_that_nobody_told_it_of_gets_nothing() -> None:
    played = play()
    played.delivery.poster = replace(played.poster, endpoints={})
    played.drain(until=0)

    assert played.receiver.asked == []
