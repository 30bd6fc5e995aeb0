"""What the functions live through, one story after the other, on one deployment and under a judge."""

import functools
import json
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from moto import mock_aws

from infra.deployed_stack import DeployedStack
from journey_watch import composition, contract
from journey_watch.channels.pagerduty.composition import pagerduty_delivery
from journey_watch.channels.queued.delivery import QueuedDelivery
from journey_watch.channels.queued.https import Answer, Https
from journey_watch.channels.queued.recipients import recipients_by_queue
from journey_watch.channels.signed_webhook.composition import signed_webhook_delivery
from journey_watch.channels.slack.composition import slack_delivery
from journey_watch.channels.sns.mail_pace import MailPace
from journey_watch.composition import Poller
from journey_watch.core.alerts import Alert
from journey_watch.core.errors import JourneyWatchError, PollFailedError
from journey_watch.core.mutes import Mute
from journey_watch.core.runs import JourneyKey, Lane
from journey_watch.entrypoints import (
    pagerduty_handler,
    poll_handler,
    signed_webhook_handler,
    slack_handler,
    widget_handler,
)
from journey_watch.live_page.composition import LivePage
from journey_watch.polling.delivery import Delivery
from journey_watch.providers.connect.access import ANY_USER
from journey_watch.settings import Settings
from journey_watch.store import items as dynamodb_items
from simulator import Simulation, running
from tests.channels.slack.stand_in import BROKEN, slack_stand_in
from tests.entrypoints.conftest import Context
from tests.messages.alert_builders import alert
from tests.permissions.deployment import (
    CONFIG,
    JOURNEYS,
    PAGERDUTY_SECRET,
    READER_ROLE,
    SIGNING_SECRET,
    WATCHED,
    WEBHOOK_SECRET,
    make_parts,
    scenario,
    setting_up,
)
from tests.permissions.judge import Judge, Principal
from tests.permissions.policy import statements_of

HANDLERS = {
    "poller": contract.POLL_HANDLER,
    "widget": contract.WIDGET_HANDLER,
    "slack": contract.SLACK_HANDLER,
    "pagerduty": contract.PAGERDUTY_HANDLER,
    "signed webhook": contract.SIGNED_WEBHOOK_HANDLER,
}
READER = "reader"
FIRST, SECOND, *_ = WATCHED
"""The first lane looks up recipients for all."""


def role_ids(stack: DeployedStack) -> dict[str, str]:
    """The logical ids of the roles of the stack, by the names that tests call them."""
    found = {
        name: str(stack.properties(str(stack.function(handler)))["Role"]["Fn::GetAtt"][0])
        for name, handler in HANDLERS.items()
    }
    schedules = [stack.properties(each) for each in stack.ids("AWS::Scheduler::Schedule")]
    found["schedules"] = schedules[0]["Target"]["RoleArn"]["Fn::GetAtt"][0]
    (rule,) = [stack.properties(each) for each in stack.ids("AWS::Events::Rule")]
    found["all-clear"] = rule["Targets"][0]["RoleArn"]["Fn::GetAtt"][0]
    (chat,) = set(stack.ids("AWS::IAM::Role")) - set(found.values())
    return {**found, "chat": chat}


@dataclass
class Story:
    """A deployment whose functions run here, each with its own role's credentials."""

    stack: DeployedStack
    judge: Judge
    simulation: Simulation
    patch: pytest.MonkeyPatch
    told: dict[str, dict[str, list[dict[str, Any]]]] = field(default_factory=dict)
    """By what had happened: the envelopes that came to a queue on the alert topic, and to one on the ops topic."""
    failed: dict[str, JourneyWatchError] = field(default_factory=dict)

    def play(self, happening: Callable[["Story"], None]) -> None:
        """Let something happen, and keep what the queues got of it, and the error with which an invocation ended."""
        try:
            happening(self)
        except JourneyWatchError as error:
            self.failed[happening.__name__] = error
        self.told[happening.__name__] = {queue: self._received(queue) for queue in ("alerts", "ops")}

    def become(self, function: str) -> Mapping[str, str]:
        """Take a function's environment and credentials."""
        environment = self.stack.environment(str(self.stack.function(HANDLERS[function])))
        names = {contract.ENV_REGION: self.stack.region, "AWS_DEFAULT_REGION": self.stack.region}
        credentials = {"AWS_ACCESS_KEY_ID": function, "AWS_SECRET_ACCESS_KEY": "made-up"}
        for name, value in {**environment, **names, **credentials}.items():
            self.patch.setenv(name, value)
        return {**environment, **names}

    def queued_recipients(self, function: str, variable: str) -> dict[str, Any]:
        """What a function knows of the recipient of each of its queues, as its environment and bundle say it."""
        environment = self.stack.environment(str(self.stack.function(HANDLERS[function])))
        return recipients_by_queue(environment, variable, CONFIG.for_poller().queued)

    def start_poller(self) -> None:
        settings = Settings.from_env(self.become("poller"), CONFIG.for_poller())
        self.patch.setattr(composition, "_utc_now", lambda: self.simulation.now)
        # No recipient here is suspended for getting too many e-mails a second.
        self.patch.setattr(
            "journey_watch.channels.sns.entry.MailPace", functools.partial(MailPace, sleep=lambda _: None)
        )
        poller = Poller(settings)
        self.patch.setattr(poll_handler, "poller", lambda: poller)

    def invoke(self, event: Mapping[str, object]) -> None:
        handler: Callable[..., object] = poll_handler.handler
        handler(event, Context())

    def poll(self, *lanes: Lane, after: timedelta = timedelta(minutes=1)) -> None:
        """Poll the lanes, all if none is named, so long after what was before."""
        self.simulation.advance(after)
        for lane in lanes or WATCHED:
            self.invoke({contract.EVENT_LANE: str(lane)})

    def end(self, lane: Lane, journey: JourneyKey) -> None:
        """Somebody cancels what runs in the lane."""
        stopped = {"state": "Stopped", "by": f"connect:{ANY_USER}"}
        if lane.provider == "pinpoint":
            run = {"application": journey.container_id, "journey": journey.journey_id, "run": "first"}
            self.simulation.play({"kind": "run_status", **run, "status": "CANCELLED", "by": "user:ada"})
        else:
            self.simulation.play({"kind": "campaign_state", "campaign": journey.journey_id, **stopped})

    def cancel_new(self, run: str) -> None:
        """A run of the first lane is cancelled before it was ever seen to run."""
        (journey, *_) = JOURNEYS[FIRST]
        at = {"application": journey.container_id, "journey": journey.journey_id, "run": run}
        self.simulation.play({"kind": "run_starts", **at, "status": "CANCELLED"})

    def _received(self, queue: str) -> list[dict[str, Any]]:
        client = setting_up("sqs")
        url = client.get_queue_url(QueueName=f"{queue}-reader")["QueueUrl"]
        found = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for each in found:
            client.delete_message(QueueUrl=url, ReceiptHandle=each["ReceiptHandle"])
        return [json.loads(json.loads(each["Body"])["Message"]) for each in found]


@contextmanager
def deployment(stack: DeployedStack, reader: DeployedStack, *, cloudtrail_delay: str = "5m") -> Iterator[Story]:
    """Everything but AWS is real: moto in process, the simulator for what is watched and for STS."""
    ids = role_ids(stack)
    principals = {name: Principal(name, stack, statements_of(stack, ids[name])) for name in HANDLERS}
    (reader_id,) = reader.ids("AWS::IAM::Role")
    assumed = Principal(READER, reader, statements_of(reader, reader_id))
    with ExitStack() as everything:
        patch = everything.enter_context(pytest.MonkeyPatch.context())
        simulator = everything.enter_context(running(scenario(cloudtrail_delay=cloudtrail_delay)))
        sessions = simulator.control.sessions

        def principal_of(access_key: str) -> Principal | None:
            is_reader = access_key in sessions and f"/{READER_ROLE.rpartition('/')[2]}/" in sessions[access_key].arn
            return assumed if is_reader else principals.get(access_key)

        for service in ("PINPOINT", "CONNECTCAMPAIGNSV2", "CONNECT", "CLOUDTRAIL", "STS"):
            patch.setenv(f"AWS_ENDPOINT_URL_{service}", simulator.url)
        everything.enter_context(mock_aws())
        judge = Judge(principal_of)
        everything.enter_context(judge.sitting())
        make_parts(stack)
        _read_topics(stack)
        yield Story(stack, judge, simulator.control, patch)


def _read_topics(stack: DeployedStack) -> None:
    environment = stack.environment(str(stack.function(contract.POLL_HANDLER)))
    for name, topic in (("alerts", contract.ENV_ALERT_TOPIC), ("ops", contract.ENV_OPS_TOPIC)):
        setting_up("sqs").create_queue(QueueName=f"{name}-reader")
        queue = f"arn:aws:sqs:{stack.region}:{stack.account}:{name}-reader"
        setting_up("sns").subscribe(TopicArn=environment[topic], Protocol="sqs", Endpoint=queue)


def changes_are_told(story: Story) -> None:
    """The first look at every lane, then something ends in each; counters are read, and recipients looked up."""
    story.start_poller()
    story.poll(after=timedelta())
    for lane, journeys in JOURNEYS.items():
        story.end(lane, journeys[0])
    story.poll()


def who_did_it_is_looked_up(story: Story) -> None:
    """CloudTrail knows it by now, and Connect what its user is called."""
    story.poll(after=timedelta(minutes=6))


def what_was_left_is_claimed(story: Story) -> None:
    """An invocation ends between saving a change and sending its alert; a later one finds it."""
    story.cancel_new("second")

    def crash(*_: object) -> None:
        raise TimeoutError

    with story.patch.context() as patch:
        patch.setattr(Delivery, "send", crash)
        with suppress(TimeoutError):
            story.poll(FIRST)
    story.poll(FIRST, after=timedelta(minutes=5))


def a_mute_ends(story: Story) -> None:
    """Something happens under a mute; a poll notes its end, the next looks up what it held back and tells it."""
    mute = Mute(id="release", until=story.simulation.now + timedelta(minutes=10))
    (table,) = story.stack.ids("AWS::DynamoDB::Table")
    setting_up("dynamodb").put_item(TableName=story.stack.physical_ids[table], Item=dynamodb_items.mute_item(mute))
    story.poll(FIRST)
    story.cancel_new("third")
    story.poll(FIRST)
    story.poll(FIRST, after=timedelta(minutes=10))
    story.poll(FIRST)


def a_lane_goes_blind(story: Story) -> None:
    """Nothing of a lane can be read for so long that its operators are told."""
    story.simulation.switch_on({"kind": "error", "status": 403, "name": "blind", "region": SECOND.region})
    for _ in range(3):
        with suppress(PollFailedError):
            story.poll(SECOND, after=timedelta(minutes=20))
    story.simulation.switch_off("blind")


def a_test_alert_is_asked_for(story: Story) -> None:
    story.invoke({contract.EVENT_TEST_ALERT: True})


OF_POLLER = (
    changes_are_told,
    who_did_it_is_looked_up,
    what_was_left_is_claimed,
    a_mute_ends,
    a_lane_goes_blind,
    a_test_alert_is_asked_for,
)


def the_dashboard_is_looked_at(story: Story) -> None:
    story.become("widget")
    story.patch.setattr("journey_watch.live_page.composition.bundled_watch_config", CONFIG.for_poller)
    page = LivePage.from_environment()
    story.patch.setattr(widget_handler, "live_page", lambda: page)
    handler: Callable[..., str] = widget_handler.handler
    handler({"widgetContext": {"params": {}}}, Context())


def slack_is_down(story: Story, directory: Path) -> None:
    """An alert waits in a webhook's queue; Slack does not take it, and it goes back for a while."""
    story.become("slack")
    secrets = story.queued_recipients("slack", contract.ENV_SLACK_QUEUES)
    record = _waiting(story, secrets, alert())
    with slack_stand_in(directory, [BROKEN]) as (slack, certificate):
        story.patch.setenv("SSL_CERT_FILE", str(certificate))
        setting_up("secretsmanager").create_secret(Name=WEBHOOK_SECRET, SecretString=slack.url)
        _hand_over(story, slack_handler, slack_delivery(secrets), record)
    assert slack.requests == 1


def pagerduty_is_down(story: Story) -> None:
    """An alert waits in a service's queue; PagerDuty does not take it, and it goes back for a while."""
    setting_up("secretsmanager").create_secret(Name=PAGERDUTY_SECRET, SecretString="0" * 32)
    story.become("pagerduty")
    services = story.queued_recipients("pagerduty", contract.ENV_PAGERDUTY_QUEUES)
    record = _waiting(story, services, alert())
    with _everybody_answers(story, 503):
        _hand_over(story, pagerduty_handler, pagerduty_delivery(services), record)


def an_endpoint_is_down(story: Story) -> None:
    """An alert waits in the queue of a signed webhook; the endpoint does not take it, and it goes back for a while."""
    key = f"whsec_{b64encode(bytes(32)).decode()}"
    setting_up("secretsmanager").create_secret(Name=SIGNING_SECRET, SecretString=key)
    story.become("signed webhook")
    endpoints = story.queued_recipients("signed webhook", contract.ENV_SIGNED_WEBHOOK_QUEUES)
    record = _waiting(story, endpoints, alert())
    with _everybody_answers(story, 503):
        _hand_over(story, signed_webhook_handler, signed_webhook_delivery(endpoints), record)


def _waiting(story: Story, recipients: Mapping[str, object], of: Alert) -> dict[str, Any]:
    """As Lambda hands over an alert that waits in the one queue of a function. `recipients` are by queue ARN."""
    (queue_arn,) = recipients
    sqs = setting_up("sqs")
    url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
    body = json.dumps(of.envelope)
    if url.endswith(".fifo"):
        sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=of.thread, MessageDeduplicationId=of.id)
    else:
        sqs.send_message(QueueUrl=url, MessageBody=body)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": story.stack.region,
    }


@contextmanager
def _everybody_answers(story: Story, status: int) -> Iterator[None]:
    with story.patch.context() as patch:
        patch.setattr(Https, "post_json", lambda *_, **__: Answer(status, None, b""))
        yield


def _hand_over(story: Story, module: ModuleType, delivery: QueuedDelivery, record: Mapping[str, Any]) -> None:
    """Let the function of a module deliver an alert."""
    delivery.sleep = lambda _: None
    story.patch.setattr(module, "delivery", lambda: delivery)
    story.patch.setattr(module.logger.registered_handler, "stream", sys.stdout)
    module.handler({"Records": [record]}, Context())
