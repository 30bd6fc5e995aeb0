"""One test alert through every channel, compared word for word with what each channel should carry."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from journey_watch.core.alerts import Alert
from journey_watch.core.runs import LANE_ITSELF
from journey_watch.messages.forms.sns import TopicMessage, email_message, envelope_message
from verify_aws.findings import Finding, failed, not_checked, ok
from verify_aws.temporary_recipients import CRITICAL, EVERYTHING, INFO, Received
from verify_aws.verification import Verification

FORMS: Final[Mapping[str, Callable[[Alert], TopicMessage]]] = {
    "AlertTopicArn": envelope_message,
    "AlertMailTopicArn": email_message,
    "OpsTopicArn": envelope_message,
    "OpsMailTopicArn": email_message,
}
"""By the stack's output: what its topic carries of an alert."""
_SETTLING: Final = timedelta(seconds=5)
"""What comes to the recipients that should get nothing comes about when the others get theirs."""


def find(verification: Verification) -> Iterator[Finding]:
    """Accepted by every channel; then what every topic's recipients got."""
    outputs = verification.deployment.outputs
    topics = {name: outputs[name] for name in FORMS if name in outputs}
    for missing in sorted(FORMS.keys() - topics.keys()):
        yield failed("test alert", f"The stack has no output {missing}.")
    verification.recipients.subscribe(sorted(verification.of_type("AWS::SNS::Topic")))
    answer, heard = _send_until_filtered(verification, topics)
    for channel, reason in sorted(answer["refused"].items()):
        if reason is None:
            yield ok("test alert", f"Channel {channel} accepted it.")
        else:
            yield failed("test alert", f"Channel {channel} did not accept it: {reason}")
    yield from compare(answer["id"], topics, heard)
    if verification.config.default.event_bus:
        yield _on_the_bus(answer["id"], heard)
    yield not_checked(
        "test alert", "E-mail, Slack, Teams and webhooks: none is configured, so that nobody is disturbed."
    )


def _send_until_filtered(
    verification: Verification, topics: Mapping[str, str]
) -> tuple[Mapping[str, Any], list[Received]]:
    """Send one, and another a while later if filter policies seem not to be in force yet; the last answer."""

    def attempt() -> tuple[Mapping[str, Any], list[Received]]:
        answer = verification.deployment.send_test_alert()
        heard = verification.waiting.until(
            "the test alert in the queues",
            lambda: _heard(verification, answer["id"]),
            lambda all_of_it: _arrived(all_of_it) >= _expected(topics, verification),
            limit=verification.surroundings.patience.delivery,
        )
        verification.waiting.sleep(min(_SETTLING, verification.surroundings.pause * 4).total_seconds())
        return answer, heard

    return verification.waiting.until(
        "filter policies to be in force",
        attempt,
        lambda sent: not any(one.reader == INFO for one in _heard(verification, sent[0]["id"])),
        limit=verification.surroundings.patience.filters,
    )


def _heard(verification: Verification, alert_id: str) -> list[Received]:
    """What is about this alert: its id stands in every form."""
    return [one for one in verification.recipients.read() if alert_id in one.body]


def _arrived(heard: list[Received]) -> set[tuple[str, str | None]]:
    return {(one.reader, one.topic_arn) for one in heard}


def _expected(topics: Mapping[str, str], verification: Verification) -> set[tuple[str, str | None]]:
    bus = {(EVERYTHING, None)} if verification.config.default.event_bus else set()
    return bus | {(reader, arn) for arn in topics.values() for reader in (EVERYTHING, CRITICAL)}


def compare(alert_id: str, topics: Mapping[str, str], heard: list[Received]) -> Iterator[Finding]:
    """What each topic's recipients got of a test alert, against what they should have; `topics` are ARNs by output."""
    arrived = _arrived(heard)
    envelopes = [one.body for one in heard if one.topic_arn == topics.get("AlertTopicArn")]
    if not envelopes:
        yield failed("test alert", "No queue got the JSON of the alert topic, so no form can be compared with it.")
        return
    alert = Alert.from_envelope(json.loads(envelopes[0]), journey=LANE_ITSELF, thread=alert_id)
    for name, arn in topics.items():
        topic = name.removesuffix("Arn")
        got = [one for one in heard if one.topic_arn == arn]
        if (EVERYTHING, arn) not in arrived:
            yield failed(topic, "A queue without a filter policy got nothing of the test alert.")
            continue
        if (differences := _differences(FORMS[name](alert), got[0])) == []:
            yield ok(topic, "A queue got the test alert with exactly the body and the attributes that it should have.")
        else:
            yield failed(topic, f"The message in the queue is not what was composed: {'; '.join(differences)}.")
        if (CRITICAL, arn) in arrived:
            yield ok(topic, "A filter policy for critical alerts let it pass.")
        else:
            yield failed(
                topic, "A filter policy for critical alerts held back a critical one: filters see no attributes."
            )
        if (INFO, arn) in arrived:
            yield failed(topic, "A filter policy for info alerts let a critical one pass.")
        else:
            yield ok(topic, "A filter policy for info alerts held it back.")


def _differences(expected: TopicMessage, got: Received) -> list[str]:
    attributes = {
        name: value if isinstance(value, str) else json.dumps(value) for name, value in expected.attributes.items()
    }
    wrong = []
    if got.body != expected.body:
        wrong.append(f"the body has {len(got.body)} characters and begins {got.body[:60]!r}")
    if got.subject != (expected.subject or ""):
        wrong.append(f"the subject is {got.subject!r}")
    if dict(got.attributes) != attributes:
        wrong.append(f"the attributes are {dict(got.attributes)}, not {attributes}")
    return wrong


def _on_the_bus(alert_id: str, heard: list[Received]) -> Finding:
    if any(one.topic_arn is None and alert_id in one.body for one in heard):
        return ok("event bus", "A rule on the default event bus got the test alert.")
    return failed("event bus", "A rule on the default event bus got nothing of the test alert.")
