"""The Slack function between a queue and a Slack in every mood: nothing is lost, and no log holds the webhook."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Https
from journey_watch.channels.slack.poster import RETRIES, SECONDS_PER_MESSAGE, SlackPoster
from journey_watch.channels.slack.webhook import SlackWebhook
from journey_watch.core.errors import ConfigurationError
from journey_watch.entrypoints import slack_handler
from tests.aws.hostile_answers import VALUES
from tests.channels.queued.stand_in import QUEUE_ARN, QueueStandIn
from tests.channels.slack import stand_in as moods
from tests.channels.slack.stand_in import SlackStandIn, slack_stand_in
from tests.damage import damaged
from tests.entrypoints.anything import JSON
from tests.entrypoints.conftest import Context
from tests.messages.alert_builders import alert

ALERTS = [alert(run_id=f"r{number}") for number in range(12)]
BODIES = [json.dumps(one.envelope) for one in ALERTS]

Drain = Callable[..., tuple[SlackStandIn, QueueStandIn]]


@dataclass
class Logged:
    """What the function logged."""

    lines: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def logged() -> Logged:
    return Logged()


@pytest.fixture
def drain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], logged: Logged) -> Drain:
    """Hands all that waits to the function until nothing waits; then looks through what it logged."""

    def drained(
        *its_moods: str,
        bodies: Sequence[str] = BODIES,
        url_of: Callable[[str, SlackStandIn], str] = lambda _, slack: slack.url,
        trusted: bool = True,
        most_attempts: int = 200,
    ) -> tuple[SlackStandIn, QueueStandIn]:
        queue = QueueStandIn(bodies, most_attempts=most_attempts)
        with ExitStack() as stack:
            slack, certificate = stack.enter_context(slack_stand_in(tmp_path, its_moods))
            if trusted:
                monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
            handler: Callable[..., Any] = slack_handler.handler
            poster = SlackPoster(
                secrets={QUEUE_ARN: "slack"},
                url_of=lambda secret: url_of(secret, slack),
                webhook=SlackWebhook(Https(seconds=1.0, may_reach=lambda _: True)),
                now=queue.now,
            )
            delivery = QueuedDelivery(
                "Slack",
                poster,
                queue,
                RETRIES,
                seconds_per_alert=SECONDS_PER_MESSAGE,
                clock=queue.clock,
                sleep=queue.sleep,
            )
            monkeypatch.setattr(slack_handler, "delivery", lambda: delivery)
            monkeypatch.setattr(slack_handler.logger.registered_handler, "stream", sys.stdout)
            queue.drain(lambda event: handler(event, Context()))
        written = capsys.readouterr()
        assert "SECRET" not in written.out + written.err
        logged.lines += [json.loads(line) for line in written.out.splitlines()]
        return slack, queue

    return drained


def test_every_alert_arrives_once(drain: Drain) -> None:
    slack, queue = drain()

    assert slack.alert_ids == {one.id: 1 for one in ALERTS}
    assert queue.slept == [2.0] * len(ALERTS)  # two invocations at once: one message a second


@pytest.mark.parametrize(
    "mood",
    [
        moods.BUSY,
        moods.BROKEN,
        moods.DROPPED,
        moods.DROPPED_AFTER,
        moods.HANGS,
        moods.GONE,
        moods.GOSSIP,
        moods.PROXY,
    ],
)
def test_nothing_is_lost_and_only_what_got_no_answer_repeats(drain: Drain, mood: str) -> None:
    slack, queue = drain(moods.OK, moods.OK, mood, moods.OK, mood, mood)

    assert slack.alert_ids.keys() == {one.id for one in ALERTS}
    unanswered = 3 if mood in (moods.DROPPED_AFTER, moods.HANGS) else 0
    assert slack.alert_ids.total() == len(ALERTS) + unanswered
    assert queue.dead == 0


def test_slack_being_down_for_a_day_loses_nothing(drain: Drain) -> None:
    slack, queue = drain(*[moods.BROKEN] * 140)

    assert slack.alert_ids == {one.id: 1 for one in ALERTS}
    assert queue.at > 20 * 3600


def test_a_channel_that_asks_for_a_pause_gets_it(drain: Drain) -> None:
    slack, queue = drain(moods.BUSY)

    # The others of the batch, and what else waits, did not knock meanwhile.
    assert slack.requests == len(ALERTS) + 1
    assert queue.at >= moods.RETRY_AFTER
    assert slack.alert_ids == {one.id: 1 for one in ALERTS}


def test_the_second_attempt_comes_soon_and_later_ones_less_often(drain: Drain) -> None:
    slack, queue = drain(moods.BROKEN, moods.BROKEN, moods.BROKEN, bodies=BODIES[:1])

    assert slack.requests == 4
    assert 15 + 30 + 60 <= queue.at <= 15 + 30 + 60 + 5


def test_a_message_that_nobody_can_read_keeps_no_other_from_arriving(drain: Drain) -> None:
    bodies = ["not JSON", "{}", "[]", json.dumps({**ALERTS[0].envelope, "detail": None}), BODIES[0]]
    slack, queue = drain(bodies=bodies, most_attempts=3)

    assert slack.alert_ids == {ALERTS[0].id: 1}
    assert queue.dead == 4


@dataclass
class Posted:
    """A webhook and a queue to which nothing happens."""

    messages: list[str] = field(default_factory=list)

    def post(self, _url: str, message: Mapping[str, Any]) -> None:
        self.messages.append(json.dumps(message))

    def postpone(self, _queue_url: str, _receipt: str, _seconds: int) -> None:
        pass


@given(
    bodies=st.lists(damaged(ALERTS[0].envelope, VALUES).map(json.dumps) | JSON.map(json.dumps) | st.text(), max_size=3),
    attempt=st.sampled_from(["1", "9" * 400, "many", "", None]),
    position=st.integers(0, 3),
)
def test_whatever_its_neighbours_are_an_alert_arrives_and_what_does_not_stays_in_the_queue(
    bodies: list[str], attempt: object, position: int
) -> None:
    records = [record(body, f"neighbour-{number}", attempt) for number, body in enumerate(bodies)]
    records.insert(position, record(BODIES[1], "sound", "1"))
    posted = Posted()
    poster = SlackPoster({QUEUE_ARN: "slack"}, lambda secret: secret, posted)
    delivery = QueuedDelivery("Slack", poster, posted, RETRIES)
    handler: Callable[..., Any] = slack_handler.handler
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(slack_handler, "delivery", lambda: delivery)
        answer = handler({"Records": records}, Context())

    kept = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    assert "sound" not in kept
    assert any(ALERTS[1].id in message for message in posted.messages)
    assert len(posted.messages) + len(kept) == len(records)


def record(body: str, message_id: str, attempt: object) -> dict[str, Any]:
    """As Lambda hands it over."""
    return {
        "messageId": message_id,
        "receiptHandle": message_id,
        "body": body,
        "attributes": {"ApproximateReceiveCount": attempt},
        "eventSourceARN": QUEUE_ARN,
    }


def test_a_secret_that_cannot_be_read_is_waited_for(drain: Drain) -> None:
    answers = [ConfigurationError("no such secret")] * 7

    def url_of(_: str, slack: SlackStandIn) -> str:
        if answers:
            raise answers.pop()
        return slack.url

    slack, queue = drain(url_of=url_of)

    assert slack.alert_ids == {one.id: 1 for one in ALERTS}
    assert queue.dead == 0


def test_a_webhook_with_a_certificate_that_nobody_vouches_for_gets_nothing(drain: Drain) -> None:
    slack, queue = drain(bodies=BODIES[:1], trusted=False, most_attempts=3)

    assert slack.accepted == []
    assert queue.dead == 1


def test_failures_are_logged_with_reason_and_attempt(drain: Drain, logged: Logged) -> None:
    drain(moods.GOSSIP, moods.GONE, bodies=BODIES[:1])

    (first, second) = logged.lines
    assert (first["reason"], first["attempt"]) == ("Slack answered 502.", 1)
    assert second["reason"].startswith("Slack answered 404 (no_service).")
    assert second["attempt"] == 2
