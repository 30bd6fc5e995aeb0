"""Topics: who may publish, who reads, and that nothing travels or rests in the clear."""

from dataclasses import replace

import pytest

from infra.readers import EmailReader
from journey_watch.core.severity import Severity
from tests.infra.conftest import EVERYTHING, Synthesize
from tests.infra.synthesis import Json, Synthesized, listed, text

READERS = replace(
    EVERYTHING,
    alert_email=(
        EmailReader("quiet@example.com", Severity.CRITICAL),
        EmailReader("default@example.com"),
        EmailReader("all@example.com", Severity.INFO),
    ),
    ops_email=("oncall@example.com",),
)


def policy_of(stack: Synthesized, topic: str) -> list[Json]:
    """The statements of a topic's policy; `topic` is the output that names it."""
    (policy,) = [
        each["PolicyDocument"]["Statement"]
        for each in stack.properties("AWS::SNS::TopicPolicy")
        if stack.output(topic) in map(text, each["Topics"])
    ]
    return list(policy)


def subscriptions(stack: Synthesized, topic: str) -> dict[str, Json | None]:
    """Filter policy by address."""
    found = [
        each for each in stack.properties("AWS::SNS::Subscription") if text(each["TopicArn"]) == stack.output(topic)
    ]
    assert all(each["Protocol"] == "email" for each in found)
    return {each["Endpoint"]: each.get("FilterPolicy") for each in found}


def test_each_reader_gets_its_severity_and_what_is_louder(synthesize: Synthesize) -> None:
    assert subscriptions(synthesize(READERS), "AlertTopicArn") == {
        "quiet@example.com": {"severity": ["critical"]},
        "default@example.com": {"severity": ["warning", "critical"]},
        "all@example.com": {"severity": ["info", "warning", "critical"]},
    }


def test_ops_readers_get_everything_on_the_ops_topic(synthesize: Synthesize) -> None:
    assert subscriptions(synthesize(READERS), "OpsTopicArn") == {"oncall@example.com": None}


def test_without_readers_synthesis_says_so_loudly(synthesize: Synthesize) -> None:
    silent, heard = synthesize(), synthesize(READERS)

    assert any("Nobody gets the alerts" in warning for warning in silent.warnings)
    assert any("Nobody is told when Journey Watch itself fails" in warning for warning in silent.warnings)
    assert not heard.warnings


def test_both_topics_are_encrypted_with_the_stacks_key_and_refuse_plain_http(everything: Synthesized) -> None:
    for topic in everything.properties("AWS::SNS::Topic"):
        assert text(topic["KmsMasterKeyId"]) == everything.arn("AWS::KMS::Key")
    for topic_name in ("AlertTopicArn", "OpsTopicArn"):
        (denied,) = [each for each in policy_of(everything, topic_name) if each["Effect"] == "Deny"]
        assert denied["Action"] == "sns:Publish"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert text(denied["Resource"]) == everything.output(topic_name)


def admitted(stack: Synthesized, service: str) -> tuple[Json, Json]:
    """What the ops topic and the key allow a service of AWS."""
    key_statements = stack.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (topic_statement, key_statement) = [
        each
        for each in (*policy_of(stack, "OpsTopicArn"), *key_statements)
        if each["Principal"] == {"Service": service}
    ]
    return topic_statement, key_statement


@pytest.mark.parametrize("service", ["cloudwatch.amazonaws.com", "events.amazonaws.com"])
def test_an_alarm_and_its_end_reach_the_ops_topic_through_its_policy_and_the_keys(
    everything: Synthesized, service: str
) -> None:
    """The path of a real alarm: with either policy missing it fails silently."""
    topic_statement, key_statement = admitted(everything, service)

    assert topic_statement["Effect"] == key_statement["Effect"] == "Allow"
    assert topic_statement["Action"] == "sns:Publish"
    assert text(topic_statement["Resource"]) == everything.output("OpsTopicArn")
    assert set(listed(key_statement["Action"])) == {"kms:Decrypt", "kms:GenerateDataKey*"}


def test_only_this_accounts_alarms_may(everything: Synthesized) -> None:
    for statement in admitted(everything, "cloudwatch.amazonaws.com"):
        condition = statement["Condition"]
        assert {key: text(value) for key, value in condition["StringEquals"].items()} == {
            "aws:SourceAccount": "${AWS::AccountId}"
        }
        assert {key: text(value) for key, value in condition["ArnLike"].items()} == {
            "aws:SourceArn": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:*"
        }


def test_eventbridge_is_admitted_without_a_condition_which_it_could_not_meet(everything: Synthesized) -> None:
    """EventBridge's guide, "Amazon SNS permissions", and SNS's, "Key management": conditions are not supported."""
    for statement in admitted(everything, "events.amazonaws.com"):
        assert "Condition" not in statement


def test_nobody_but_the_poller_publishes_alerts(everything: Synthesized) -> None:
    assert not [each for each in policy_of(everything, "AlertTopicArn") if each["Effect"] == "Allow"]
