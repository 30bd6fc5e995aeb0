"""Queues that read what the stack sends, for as long as the verification lasts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from journey_watch import contract
from journey_watch.core.routing import DEFAULT
from journey_watch.messages.envelope import SOURCE
from verify_aws.surroundings import Surroundings

EVERYTHING: Final = "everything"
"""Subscribes without a filter policy: reads alarms too, which have no attributes."""
CRITICAL: Final = "critical"
"""Subscribes to critical alerts, as the test alert is one."""
INFO: Final = "info"
"""Subscribes to what the test alert is not."""
FILTERS: Final[Mapping[str, Mapping[str, list[str]] | None]] = {
    EVERYTHING: None,
    # One attribute is a text, the other a list: policies read both.
    CRITICAL: {contract.ATTRIBUTE_SEVERITY: ["critical"]},
    INFO: {contract.ATTRIBUTE_RECIPIENT: [contract.audience(DEFAULT, "info")]},
}


@dataclass(frozen=True, slots=True)
class Received:
    """One message that a queue got."""

    reader: str
    """EVERYTHING, CRITICAL or INFO."""
    topic_arn: str | None
    """None for an event of the bus."""
    subject: str
    body: str
    attributes: Mapping[str, str]
    """Message attributes by name; arrays are JSON."""


@dataclass
class TemporaryRecipients:
    """Three queues. Each topic is subscribed to by all of them, the event bus is read by the first."""

    surroundings: Surroundings
    name: str
    """Begins the names of the queues and of the rule. A queue's name is free again a minute after its deletion."""
    received: list[Received] = field(default_factory=list)
    _urls: dict[str, str] = field(default_factory=dict)
    _subscriptions: list[str] = field(default_factory=list)
    _rules: list[str] = field(default_factory=list)

    def subscribe(self, topic_arns: list[str]) -> None:
        """Make the queues, and have them read these topics and the account's default event bus."""
        sqs, sns, events = (self.surroundings.client(service) for service in ("sqs", "sns", "events"))
        rule = f"{self.name}-events"
        rule_arn = events.put_rule(Name=rule, EventPattern=json.dumps({"source": [SOURCE]}))["RuleArn"]
        self._rules.append(rule)
        for reader, policy in FILTERS.items():
            url = sqs.create_queue(QueueName=f"{self.name}-{reader}", Attributes={"SqsManagedSseEnabled": "true"})[
                "QueueUrl"
            ]
            self._urls[reader] = url
            arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            senders = _may_send(arn, {"sns.amazonaws.com": topic_arns, "events.amazonaws.com": [rule_arn]})
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(senders)})
            for topic_arn in topic_arns:
                subscription = sns.subscribe(
                    TopicArn=topic_arn,
                    Protocol="sqs",
                    Endpoint=arn,
                    Attributes={"FilterPolicy": json.dumps(policy)} if policy else {},
                    ReturnSubscriptionArn=True,
                )
                self._subscriptions.append(subscription["SubscriptionArn"])
            if reader == EVERYTHING:
                events.put_targets(Rule=rule, Targets=[{"Id": "reader", "Arn": arn}])

    def read(self) -> list[Received]:
        """Everything received so far, oldest first."""
        sqs = self.surroundings.client("sqs")
        for reader, url in self._urls.items():
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                for message in messages:
                    self.received.append(_received(reader, json.loads(message["Body"])))
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return self.received

    def remove(self) -> list[str]:
        """Take all of it away again; what could not be removed, with the reason."""
        sqs, sns, events = (self.surroundings.client(service) for service in ("sqs", "sns", "events"))
        removals: list[tuple[str, Callable[[], object]]] = [
            *((arn, lambda arn=arn: sns.unsubscribe(SubscriptionArn=arn)) for arn in self._subscriptions),
            *((rule, lambda rule=rule: events.remove_targets(Rule=rule, Ids=["reader"])) for rule in self._rules),
            *((rule, lambda rule=rule: events.delete_rule(Name=rule)) for rule in self._rules),
            *((url, lambda url=url: sqs.delete_queue(QueueUrl=url)) for url in self._urls.values()),
        ]
        problems = []
        for what, remove in removals:
            try:
                remove()
            except Exception as error:  # noqa: BLE001 - the others must be removed all the same
                problems.append(f"{what}: {error}")
        return problems


def _may_send(queue_arn: str, senders: Mapping[str, list[str]]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": sources}},
            }
            for service, sources in senders.items()
        ],
    }


def _received(reader: str, body: Mapping[str, Any]) -> Received:
    if "TopicArn" not in body:
        return Received(reader, None, str(body.get("detail-type", "")), json.dumps(body.get("detail", body)), {})
    return Received(
        reader=reader,
        topic_arn=body["TopicArn"],
        subject=body.get("Subject", ""),
        body=body["Message"],
        attributes={name: each["Value"] for name, each in body.get("MessageAttributes", {}).items()},
    )
