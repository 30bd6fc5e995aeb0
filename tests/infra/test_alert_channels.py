"""Topics: who may publish, who reads, and that nothing travels or rests in the clear."""

from dataclasses import replace

import pytest

from infra.recipients import EmailRecipient
from journey_watch.core.severity import Severity
from tests.infra.conftest import EVERYTHING, Synthesize, telling
from tests.infra.synthesis import TOPICS, Json, Synthesized, listed, text, without_filter_policies

READERS = replace(
    telling(
        EVERYTHING,
        email=(
            EmailRecipient("quiet@example.com", Severity.CRITICAL),
            EmailRecipient("default@example.com"),
            EmailRecipient("all@example.com", Severity.INFO),
        ),
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
    assert subscriptions(synthesize(READERS), "AlertMailTopicArn") == {
        "quiet@example.com": {"recipient": ["default/critical"]},
        "default@example.com": {"recipient": ["default/warning", "default/critical"]},
        "all@example.com": {"recipient": ["default/info", "default/warning", "default/critical"]},
    }


def test_ops_readers_get_everything_that_operators_are_told(synthesize: Synthesize) -> None:
    assert subscriptions(synthesize(READERS), "OpsMailTopicArn") == {"oncall@example.com": None}


def test_nobody_is_mailed_json(synthesize: Synthesize) -> None:
    for topic in ("AlertTopicArn", "OpsTopicArn"):
        assert subscriptions(synthesize(READERS), topic) == {}


def test_a_subscription_stays_itself_whatever_becomes_of_the_others_and_of_its_filter(synthesize: Synthesize) -> None:
    """One whose logical id changes is deleted after it was made again; whoever confirmed it gets nothing any more."""
    before = synthesize(READERS)
    after = synthesize(
        replace(
            telling(
                READERS,
                email=(
                    EmailRecipient("all@example.com", Severity.CRITICAL),
                    EmailRecipient("new@example.com"),
                    EmailRecipient("default@example.com", Severity.INFO),
                    EmailRecipient("quiet@example.com"),
                ),
            ),
            ops_email=("all@example.com", *READERS.ops_email),
        )
    )

    assert len(without_filter_policies(before)) == 4
    assert without_filter_policies(before).items() <= without_filter_policies(after).items()
    assert subscriptions(before, "AlertMailTopicArn") != subscriptions(after, "AlertMailTopicArn")


def test_without_readers_synthesis_says_so_loudly(synthesize: Synthesize) -> None:
    silent, heard = synthesize(), synthesize(READERS)

    assert any("Nobody gets the alerts" in warning for warning in silent.warnings)
    assert any("Nobody is told when Journey Watch itself fails" in warning for warning in silent.warnings)
    assert not heard.warnings


def test_all_topics_are_encrypted_with_the_stacks_key_and_refuse_plain_http(everything: Synthesized) -> None:
    for topic in everything.properties("AWS::SNS::Topic"):
        assert text(topic["KmsMasterKeyId"]) == everything.arn("AWS::KMS::Key")
    for topic_name in TOPICS:
        (denied,) = [each for each in policy_of(everything, topic_name) if each["Effect"] == "Deny"]
        assert denied["Action"] == "sns:Publish"
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        assert text(denied["Resource"]) == everything.output(topic_name)


def admitted(stack: Synthesized, service: str, topic: str = "OpsMailTopicArn") -> tuple[Json, Json]:
    """What a topic and the key allow a service of AWS."""
    key_statements = stack.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    (topic_statement, key_statement) = [
        each for each in (*policy_of(stack, topic), *key_statements) if each["Principal"] == {"Service": service}
    ]
    return topic_statement, key_statement


@pytest.mark.parametrize("topic", ["OpsTopicArn", "OpsMailTopicArn"])
def test_an_alarm_reaches_the_ops_topics_through_their_policies_and_the_keys(
    everything: Synthesized, topic: str
) -> None:
    """The path of a real alarm: with either policy missing it fails silently."""
    topic_statement, key_statement = admitted(everything, "cloudwatch.amazonaws.com", topic)

    assert topic_statement["Effect"] == key_statement["Effect"] == "Allow"
    assert topic_statement["Action"] == "sns:Publish"
    assert text(topic_statement["Resource"]) == everything.output(topic)
    assert set(listed(key_statement["Action"])) == {"kms:Decrypt", "kms:GenerateDataKey*"}


def test_only_this_stacks_alarms_may(everything: Synthesized) -> None:
    for statement in admitted(everything, "cloudwatch.amazonaws.com"):
        condition = statement["Condition"]
        assert {key: text(value) for key, value in condition["StringEquals"].items()} == {
            "aws:SourceAccount": "${AWS::AccountId}"
        }
        assert {key: text(value) for key, value in condition["ArnLike"].items()} == {
            "aws:SourceArn": "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:journey-watch *"
        }


def test_the_rule_publishes_the_end_of_an_alarm_under_a_role_that_no_other_rule_can_use(
    everything: Synthesized,
) -> None:
    rule = everything.only("AWS::Events::Rule")
    (role,) = {target["RoleArn"]["Fn::GetAtt"][0] for target in rule["Targets"]}
    (trust,) = everything.template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert trust["Principal"] == {"Service": "events.amazonaws.com"}
    assert {key: text(value) for key, value in trust["Condition"]["StringEquals"].items()} == {
        "aws:SourceAccount": "${AWS::AccountId}",
        "aws:SourceArn": f"arn:${{AWS::Partition}}:events:${{AWS::Region}}:${{AWS::AccountId}}:rule/{rule['Name']}",
    }
    via_sns = "kms:ViaService is sns.${AWS::Region}.amazonaws.com"
    assert everything.allowed(role) == {
        *(("sns:Publish", everything.output(topic)) for topic in ("OpsTopicArn", "OpsMailTopicArn")),
        *((f"kms:{each} if {via_sns}", everything.arn("AWS::KMS::Key")) for each in ("Decrypt", "GenerateDataKey*")),
    }


def test_the_rules_name_fits_and_tells_stacks_apart_whatever_they_are_called(synthesize: Synthesize) -> None:
    long = [replace(EVERYTHING, name=f"{'x' * 120}-{end}") for end in ("eu", "us")]
    names = [synthesize(config).only("AWS::Events::Rule")["Name"] for config in (EVERYTHING, *long)]

    assert names[0] == "journey-watch-all-clear"
    assert len(set(names)) == 3
    assert max(map(len, names)) <= 64


def test_nobody_but_the_poller_publishes_alerts(everything: Synthesized) -> None:
    for topic in ("AlertTopicArn", "AlertMailTopicArn"):
        assert not [each for each in policy_of(everything, topic) if each["Effect"] == "Allow"]
