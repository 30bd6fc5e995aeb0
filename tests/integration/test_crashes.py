"""Real crashes: the deployed function's process, killed before and after everything that one poll does to the world.

What that is, is found by recording a poll. For each of them the same poll is played again, from the same table, and
what every subscriber received is held against what it received from the poll that nobody disturbed.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import pytest

from journey_watch import contract
from journey_watch.core.mute_tally import MuteTally
from journey_watch.core.mutes import Mute
from local_cloud.fault_proxy import Harm
from local_cloud.waiting import eventually
from tests.integration.deployed_poller import SERVICES, DeployedPoller

pytestmark = pytest.mark.integration

CONFIG: Final = """
name = "crashes"
keep_data = false

[[watch]]
provider = "pinpoint"
application_id = "*"
unreachable_after = "1s"

[alerts]
email = [{ to = "everyone@example.com", min_severity = "info" }]
event_bus = "default"
slack = [
  { workspace_id = "T0123ABCD", channel_id = "C0123ABCD", min_severity = "info" },
  { webhook_secret = "team/slack", min_severity = "info" },
]

[ops]
email = ["oncall@example.com"]
"""
SCENARIO: Final = """
[[application]]
id = "shop"
    [[application.journey]]
    id = "welcome"
    [[application.journey]]
    id = "muted"
    [[application.journey]]
    id = "blind"
"""
CHAT: Final = contract.chat_channel("info")
FOR_ALL: Final = {contract.CHANNEL_ALERTS, contract.CHANNEL_EVENT_BUS, contract.CHANNEL_MAIL, CHAT}
FOR_OPERATORS: Final = {contract.CHANNEL_OPS, contract.CHANNEL_OPS_MAIL}
PROGRAMS: Final = {contract.CHANNEL_ALERTS, contract.CHANNEL_OPS}
READS: Final = {"BatchGetItem", "ListSubscriptionsByTopic", "Query"}
"""Operations that change nothing: to die beside them is to die between two others."""


class Effect(NamedTuple):
    """A call of a poll that changes something, as it is found again in another poll that begins alike."""

    service: str
    operation: str
    earlier: int
    """How many such calls the poll makes before it."""


class Subscriber(NamedTuple):
    channel: str
    endpoint: str


class Situation:
    """Much for a poll to do, as often as it is asked for; and what subscribers receive meanwhile."""

    def __init__(self, poller: DeployedPoller) -> None:
        self.poller = poller
        self._channels = let_everybody_subscribe(poller)
        self._ids: list[str] = []
        give_much_to_do(poller)
        self._table = poller.table()
        self.begin()
        assert not poller.poll().failed
        self.effects = self._effects()
        to_programs = [texts for to, texts in self.received().items() if to.channel in PROGRAMS]
        envelopes = {envelope["id"]: envelope["detail"] for texts in to_programs for envelope in map(json.loads, texts)}
        self._ids = list(envelopes)
        self.told = self.received()
        about_the_run = [one for one, detail in envelopes.items() if "run_id" in detail]
        self.story = sorted(about_the_run, key=lambda one: envelopes[one]["sequence"])

    def begin(self) -> None:
        """Let the table be as it was at first, and nobody have received anything."""
        self.poller.mend()
        self.poller.restore(self._table)
        self._earlier = len(self.poller.cloud.inbox.deliveries())

    def received(self) -> dict[Subscriber, list[str]]:
        """The ids of the alerts that came to each, in order; of what is none of those that are known the text."""
        found: dict[Subscriber, list[str]] = {}
        for one in self.poller.cloud.inbox.deliveries()[self._earlier :]:
            subscriber = Subscriber(self._channels.get(one.topic_arn, CHAT), one.endpoint)
            alert = next((known for known in self._ids if known in one.body), one.body)
            found.setdefault(subscriber, []).append(alert)
        return found

    def _effects(self) -> list[Effect]:
        found: list[Effect] = []
        for service in SERVICES:
            operations = [call.operation for call in self.poller.proxy(service).calls]
            found += [
                Effect(service, operation, operations[:position].count(operation))
                for position, operation in enumerate(operations)
                if operation not in READS
            ]
        return found


def _for_rules(topic_arn: str) -> Mapping[str, object]:
    """A policy that lets EventBridge's rules publish."""
    events = {"Service": "events.amazonaws.com"}
    allowed = {"Effect": "Allow", "Principal": events, "Action": "sns:Publish", "Resource": topic_arn}
    return {"Version": "2012-10-17", "Statement": [allowed]}


def let_everybody_subscribe(poller: DeployedPoller) -> Mapping[str, str]:
    """Who does not yet: the channel of each topic but that for chats."""
    cloud, outputs = poller.cloud, poller.cloud.outputs
    sns, events, functions = (cloud.client(service) for service in ("sns", "events", "lambda"))
    _, queue = cloud.open_queue("ops-reader")
    sns.subscribe(TopicArn=outputs["OpsTopicArn"], Protocol="sqs", Endpoint=queue)
    behind_the_bus = sns.create_topic(Name="behind-the-bus")["TopicArn"]
    sns.set_topic_attributes(
        TopicArn=behind_the_bus, AttributeName="Policy", AttributeValue=json.dumps(_for_rules(behind_the_bus))
    )
    sns.subscribe(TopicArn=behind_the_bus, Protocol="email", Endpoint="bus@example.com")
    events.put_rule(Name="all", EventPattern=json.dumps({"source": ["journey-watch"]}))
    events.put_targets(Rule="all", Targets=[{"Id": "reader", "Arn": behind_the_bus}])
    # What waits for the webhook is in the inbox; what becomes of it then is not the poller's business.
    for each in functions.list_event_source_mappings()["EventSourceMappings"]:
        functions.update_event_source_mapping(UUID=each["UUID"], Enabled=False)
    return {
        outputs["AlertTopicArn"]: contract.CHANNEL_ALERTS,
        outputs["AlertMailTopicArn"]: contract.CHANNEL_MAIL,
        outputs["OpsTopicArn"]: contract.CHANNEL_OPS,
        outputs["OpsMailTopicArn"]: contract.CHANNEL_OPS_MAIL,
        behind_the_bus: contract.CHANNEL_EVENT_BUS,
    }


def give_much_to_do(poller: DeployedPoller) -> None:
    """To the next poll: what a dead one owes, a change of the same run, a mute's account, a journey gone blind."""
    now = datetime.now(UTC)
    mute = Mute(id="drill", journeys=("muted",), until=now + timedelta(hours=1))
    run = {"application": "shop", "run": "r-1"}
    assert not poller.poll().failed
    poller.mute(mute)
    for journey in ("welcome", "muted"):
        poller.control("POST", "/events", {"kind": "run_starts", "journey": journey, **run})
    poller.control("POST", "/faults", {"kind": "error", "status": 403, "journey": "blind"})
    with poller.held(poller.sns, "PublishBatch", Harm.DROP_REQUEST):
        poller.kill()
    died = datetime.now(UTC)
    poller.let_leases_end()
    poller.mute(replace(mute, until=now - timedelta(hours=1)))
    note_the_end(poller, mute.id, now - timedelta(hours=1))
    poller.control("POST", "/events", {"kind": "run_status", "journey": "welcome", "status": "CANCELLED", **run})
    eventually(lambda: datetime.now(UTC) - died > timedelta(seconds=1))  # it is blind for long enough by then


def note_the_end(poller: DeployedPoller, mute_id: str, at: datetime) -> None:
    """Have an earlier poll found that the mute has ended: its account comes an interval later."""
    tallies = {mute_id: asdict(MuteTally(ended_at=at.isoformat()))}
    poller.restore(
        [{**item, "mute_tallies": {"S": json.dumps(tallies)}} if "mutes" in item else item for item in poller.table()]
    )


@pytest.fixture(scope="module")
def situation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Situation]:
    files = tmp_path_factory.mktemp("crashes")
    config, scenario = files / "config.toml", files / "scenario.toml"
    config.write_text(CONFIG, encoding="utf-8")
    scenario.write_text(SCENARIO, encoding="utf-8")
    with DeployedPoller.deployed(config=config, scenario=scenario) as poller:
        yield Situation(poller)


def test_a_recorded_poll_does_all_that_a_poll_does_and_nothing_past_the_recording(situation: Situation) -> None:
    kinds = Counter((effect.service, effect.operation) for effect in situation.effects)
    assert kinds == {
        ("dynamodb", "UpdateItem"): 1 + 2 * len(FOR_ALL) + len(FOR_OPERATORS),  # a claim, the acknowledgements
        ("dynamodb", "TransactWriteItems"): 3,  # a mute's account, a run's change, a condition
        ("sns", "PublishBatch"): 2 * len(FOR_ALL - {contract.CHANNEL_EVENT_BUS}) + len(FOR_OPERATORS),
        ("eventbridge", "PutEvents"): 2,  # as everywhere: two alerts of a run are never in one batch
    }
    told = Counter(subscriber.channel for subscriber, alerts in situation.told.items() for _ in alerts)
    programs = 2  # subscribe to the alerts' topic: a queue, and the webhook's queue
    assert told == {
        **dict.fromkeys(FOR_ALL, 3),
        **dict.fromkeys(FOR_OPERATORS, 1),
        contract.CHANNEL_ALERTS: 3 * programs,
    }
    cloud = situation.poller.cloud
    used = {
        one.action.partition(":")[0] for one in cloud.permissions.used() if one.role == cloud.outputs["PollerRoleArn"]
    }
    assert used == {"dynamodb", "events", "sns", "kms", "mobiletargeting", "logs"}  # the last three change nothing


def test_wherever_a_poll_is_killed_nothing_is_lost_and_only_what_was_not_acknowledged_is_repeated(
    situation: Situation,
) -> None:
    """Nothing is between two effects, so to die before one is to die after the last: the first of a kind shows that."""
    points = [(effect, Harm.DROP_ANSWER) for effect in situation.effects]
    points += [(effect, Harm.DROP_REQUEST) for effect in situation.effects if not effect.earlier]
    repeated: set[str] = set()
    for point in points:
        repeated |= repeated_after_a_death_at(situation, *point)
    assert repeated == FOR_ALL | FOR_OPERATORS


def repeated_after_a_death_at(situation: Situation, effect: Effect, harm: Harm) -> set[str]:
    """Play a poll that is killed there and those after it, and hold what came of it against what should have.

    Returns the channels, at most one, that were sent something again.
    """
    poller, point = situation.poller, f"{effect}: {harm.name}"
    situation.begin()
    proxy = poller.proxy(effect.service)
    with poller.held(proxy, effect.operation, harm, after=effect.earlier) as polling:
        poller.kill()
        assert polling.result().failed, point
        received, owed = situation.received(), poller.owed()
    poller.let_leases_end()
    assert not poller.poll().failed, point

    in_the_end = situation.received()
    assert in_the_end.keys() == situation.told.keys(), point
    repeated: set[str] = set()
    for subscriber, alerts in in_the_end.items():
        again = Counter(one for one in received.get(subscriber, []) if f"{one}@{subscriber.channel}" in owed)
        assert Counter(alerts) == Counter(situation.told[subscriber]) + again, f"{point}: {subscriber}"
        story = [one for one in dict.fromkeys(alerts) if one in situation.story]
        assert story in ([], situation.story), f"{point}: {subscriber}"
        repeated |= {subscriber.channel} if again else set()
    assert len(repeated) <= 1, point

    poller.let_leases_end()
    assert not poller.poll().failed, point
    assert situation.received() == in_the_end, point
    return repeated
