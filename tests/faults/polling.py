"""The poller of a deployment that has everything, invoked once a minute while something that it needs is in trouble."""

import io
import json
import logging
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import pytest

from infra.deployed_stack import DeployedStack
from journey_watch import contract
from journey_watch.aws.assumed_role import session_for_role
from journey_watch.aws.rate_limit import RateLimit
from journey_watch.core.conditions import ConditionKind
from journey_watch.core.errors import JourneyWatchError
from journey_watch.core.runs import Lane
from journey_watch.entrypoints import poll_handler
from local_cloud.emf_bridge import metric_data
from tests.faults.alarms import alarms_of, last_minutes_on
from tests.faults.outcome import Outcome
from tests.faults.troubles import Trouble
from tests.faults.wire import Wire
from tests.infra.alarm_evaluator import Datum
from tests.infra.synthesis import text
from tests.permissions import stories
from tests.permissions.deployment import JOURNEYS, setting_up
from tests.permissions.stories import Story

QUIET_MINUTES: Final = 4
"""Before anything goes wrong: alarms have seen data then."""
CHANGE_AFTER: Final = 2
"""So many minutes into the trouble a run or campaign ends."""
HEALING_MINUTES: Final = 7

_TOPICS: Final = {
    contract.CHANNEL_ALERTS: contract.ENV_ALERT_TOPIC,
    contract.CHANNEL_MAIL: contract.ENV_ALERT_MAIL_TOPIC,
    contract.CHANNEL_OPS: contract.ENV_OPS_TOPIC,
    contract.CHANNEL_OPS_MAIL: contract.ENV_OPS_MAIL_TOPIC,
    contract.CHANNEL_IN_ORDER: contract.ENV_ORDERED_TOPIC,
}
_OPERATORS: Final = frozenset({contract.CHANNEL_OPS, contract.CHANNEL_OPS_MAIL})


def play_poller(trouble: Trouble, stack: DeployedStack, reader: DeployedStack) -> Outcome:
    """Poll a lane in peace, then in trouble, then in peace again; something ends in the lane within the trouble."""
    with _deployed(stack, reader, trouble.lane) as polling:
        polling.poll(QUIET_MINUTES)
        assert not polling.received
        polling.wire.faults = trouble.faults
        if trouble.at_cold_start:
            polling.story.start_poller()
        polling.poll(CHANGE_AFTER)
        polling.story.end(trouble.lane, JOURNEYS[trouble.lane][0])
        polling.poll(trouble.minutes - CHANGE_AFTER)
        polling.wire.faults = {}
        polling.poll(HEALING_MINUTES)
        return polling.outcome(changed=QUIET_MINUTES + CHANGE_AFTER, healed=QUIET_MINUTES + trouble.minutes)


@dataclass
class _Polling:
    """One lane, and everything that leaves the poller."""

    story: Story
    wire: Wire
    lane: Lane
    topics: Mapping[str, str]
    """Channels by the ARN of the topic that each is."""
    queue_url: str
    """Of a queue that all topics fill."""
    minute: int = 0
    received: list[tuple[int, str, str]] = field(default_factory=list)
    """In which minute, through which channel, what."""
    data: list[Datum] = field(default_factory=list)

    def poll(self, minutes: int) -> None:
        """Once a minute. The next poll comes a minute after the one before had begun, however long that took."""
        simulation, function = self.story.simulation, self._function
        for _ in range(minutes):
            begun, printed, failed = simulation.now, io.StringIO(), 1
            with redirect_stdout(printed), suppress(JourneyWatchError):
                self.story.invoke({contract.EVENT_LANE: str(self.lane)})
                failed = 0
            took = simulation.now - begun
            assert took < self.timeout, f"Lambda ends it after {self.timeout}: it took {took}"
            self.data.append(Datum("AWS/Lambda", "Errors", {"FunctionName": function}, begun.timestamp(), (failed,)))
            for namespace, entry in metric_data(printed.getvalue().splitlines()):
                at = {**entry, "Timestamp": begun.timestamp()}
                self.data.append(Datum.from_entry(namespace, at))
            self.minute += 1
            self._receive()
            simulation.advance(timedelta(minutes=1) - took)

    @property
    def timeout(self) -> timedelta:
        function = str(self.story.stack.function(contract.POLL_HANDLER))
        return timedelta(seconds=int(self.story.stack.properties(function)["Timeout"]))

    @property
    def _function(self) -> str:
        """As `text` names it."""
        return text({"Ref": self.story.stack.function(contract.POLL_HANDLER)})

    def _receive(self) -> None:
        sqs = setting_up("sqs")
        while found := sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for each in found:
                sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=each["ReceiptHandle"])
                notification = json.loads(each["Body"])
                self.received.append((self.minute, self.topics[notification["TopicArn"]], notification["Message"]))
        self.received += [(self.minute, contract.CHANNEL_EVENT_BUS, each) for each in self.wire.put_events()]

    def outcome(self, *, changed: int, healed: int) -> Outcome:
        to_users = [one for one in self.received if not _is_for_operators(*one[1:])]
        channels = {contract.CHANNEL_EVENT_BUS, *self.topics.values()} - _OPERATORS
        by_channel: dict[str, list[int]] = {name: [] for name in channels}
        ids: dict[str, set[str]] = {}
        for minute, channel, body in to_users:
            by_channel[channel].append(minute)
            ids.setdefault(channel, set()).add(body)
        # Nobody polls the other lanes here.
        own = str(self.lane)
        alarms = (one for one in alarms_of(self.story.stack) if one.dimensions.get(contract.DIMENSION_LANE, own) == own)
        rang = last_minutes_on(alarms, self.data, range(QUIET_MINUTES, self.minute + 1))
        return Outcome(
            told_after={name: min(minutes) - changed if minutes else None for name, minutes in by_channel.items()},
            copies={name: len(minutes) for name, minutes in by_channel.items()},
            different=max((len(bodies) for bodies in ids.values()), default=0),
            rang=sorted(rang),
            operators_told=[_condition(body) for _, channel, body in self.received if channel == contract.CHANNEL_OPS],
            lasted=healed - changed,
            last_alarm_off_after=max(0, max(rang.values(), default=0) + 1 - healed),
            owed=self._owed,
        )

    @property
    def _owed(self) -> float:
        """As the last poll counted it."""
        *_, last = (datum for datum in self.data if datum.name == contract.METRIC_OLDEST_UNDELIVERED_AGE)
        return last.values[-1]


def _is_for_operators(channel: str, body: str) -> bool:
    """What is told in order is for whoever its recipients are."""
    if channel == contract.CHANNEL_IN_ORDER:
        return bool(json.loads(body)["detail"].get("condition") == ConditionKind.UNREACHABLE)
    return channel in _OPERATORS


def _condition(body: str) -> str:
    detail = json.loads(body)["detail"]
    return f"{detail['condition']} {detail['phase'].lower()}"


@contextmanager
def _deployed(stack: DeployedStack, reader: DeployedStack, lane: Lane) -> Iterator[_Polling]:
    wire = Wire(lambda _: None, {})
    # CloudTrail shows nothing yet: who did it would be an alert of its own.
    deployed = stories.deployment(stack, reader, cloudtrail_delay="1d")
    with pytest.MonkeyPatch.context() as patch, wire.tapped(), deployed as story:
        logging.disable()
        try:
            clock = _Clock(story)
            wire.wait = clock.sleep
            # What waits does so by the clock of the story: the SDK before it repeats a call, the rate limit, and
            # whoever was refused a role.
            patch.setattr("botocore.endpoint.time", clock)
            patch.setitem(_defaults(RateLimit.__init__), "clock", clock.monotonic)
            patch.setitem(_defaults(RateLimit.__init__), "sleep", clock.sleep)
            patch.setitem(_defaults(session_for_role), "clock", clock.monotonic)
            patch.setattr(poll_handler, "monotonic", clock.monotonic)
            topics = _topics(story)
            queue_url = _fill_queue(story, topics)
            story.start_poller()
            yield _Polling(story, wire, lane, topics, queue_url)
        finally:
            logging.disable(logging.NOTSET)


def _defaults(function: Any) -> dict[str, Any]:  # noqa: ANN401 - any function
    """Of its keyword-only parameters."""
    defaults: dict[str, Any] = function.__kwdefaults__
    return defaults


@dataclass(frozen=True, slots=True)
class _Clock:
    """The time of a story. What waits at the same time does so one after the other: slower than it would be."""

    story: Story
    lock: threading.Lock = field(default_factory=threading.Lock)

    def monotonic(self) -> float:
        return self.story.simulation.now.timestamp()

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.story.simulation.advance(timedelta(seconds=seconds))


def _topics(story: Story) -> dict[str, str]:
    environment = story.stack.environment(str(story.stack.function(contract.POLL_HANDLER)))
    chat: Mapping[str, str] = json.loads(environment[contract.ENV_CHAT_TOPICS])
    return {environment[variable]: name for name, variable in _TOPICS.items()} | {
        arn: f"chat from {least}" for least, arn in chat.items()
    }


def _fill_queue(story: Story, topics: Iterable[str]) -> str:
    sqs, sns = setting_up("sqs"), setting_up("sns")
    url: str = sqs.create_queue(QueueName="everything")["QueueUrl"]
    arn = f"arn:aws:sqs:{story.stack.region}:{story.stack.account}:everything"
    for topic in topics:
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url
