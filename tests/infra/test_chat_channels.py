"""Amazon Q: which channel hears what, and how little can be done from there."""

import json

import pytest

from infra.deployment_config import DeploymentConfig
from infra.recipients import SlackChannel, SlackWebhook, TeamsChannel
from journey_watch import contract
from journey_watch.core.errors import ConfigurationError
from journey_watch.core.severity import Severity
from tests.infra.conftest import EVERYTHING, Synthesize, telling
from tests.infra.synthesis import TOPICS, Synthesized, text

TEAM = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
CHATTY = telling(
    EVERYTHING,
    slack=(
        SlackChannel("T1", "C1"),
        SlackChannel("T1", "C2", Severity.CRITICAL),
        SlackWebhook("not/amazon-q"),
    ),
    teams=(TeamsChannel(TEAM, TEAM, "19%3Aone%40thread.tacv2", Severity.CRITICAL),),
)
SLACK = "AWS::Chatbot::SlackChannelConfiguration"
TEAMS = "AWS::Chatbot::MicrosoftTeamsChannelConfiguration"


def chat_topics(stack: Synthesized) -> dict[str, str]:
    """ARNs by severity, as the poller is told."""
    variables = stack.poller["Environment"]["Variables"]
    topics: dict[str, str] = json.loads(text(variables[contract.ENV_CHAT_TOPICS]))
    return topics


def test_channels_of_one_severity_share_a_topic(synthesize: Synthesize) -> None:
    stack = synthesize(telling(CHATTY, slack=CHATTY.default.slack[:2]))
    topics = chat_topics(stack)

    assert list(topics) == ["default/info", "default/critical"]
    heard = {
        each["ConfigurationName"]: [text(arn) for arn in each["SnsTopicArns"]]
        for each in (*stack.properties(SLACK), *stack.properties(TEAMS))
    }
    (teams_name,) = (name for name in heard if "teams" in name)
    assert heard == {
        "journey-watch-slack-C1": [topics["default/info"]],
        "journey-watch-slack-C2": [topics["default/critical"]],
        teams_name: [topics["default/critical"]],
    }


def test_every_channel_has_a_read_only_guardrail_a_log_and_a_role_that_may_do_nothing(synthesize: Synthesize) -> None:
    stack = synthesize(telling(CHATTY, slack=CHATTY.default.slack[:2]))

    for channel in (*stack.properties(SLACK), *stack.properties(TEAMS)):
        assert [text(each) for each in channel["GuardrailPolicies"]] == [
            "arn:${AWS::Partition}:iam::aws:policy/CloudWatchReadOnlyAccess"
        ]
        assert channel["LoggingLevel"] == "ERROR"
        role = channel["IamRoleArn"]["Fn::GetAtt"][0]
        assert stack.allowed(role) == set()
        (trust,) = stack.template["Resources"][role]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Principal"] == {"Service": "chatbot.amazonaws.com"}


def test_the_poller_may_publish_to_every_topic(synthesize: Synthesize) -> None:
    stack = synthesize(telling(CHATTY, slack=CHATTY.default.slack[:2]))
    may_publish = {to for action, to in stack.allowed(stack.poller_role) if action == "sns:Publish"}

    assert may_publish == {*map(stack.output, TOPICS), *chat_topics(stack).values()}


def test_without_chat_there_is_nothing_of_it(everything: Synthesized) -> None:
    assert chat_topics(everything) == {}
    assert len(everything.ids("AWS::SNS::Topic")) == 4


@pytest.mark.parametrize(
    "chatty", [telling(CHATTY, slack=()), telling(CHATTY, teams=())], ids=["a team", "a Slack channel"]
)
@pytest.mark.parametrize(
    "region", ["us-gov-west-1", "us-gov-east-1", "cn-north-1", "cn-northwest-1", "ap-east-2", "ap-southeast-6"]
)
def test_synthesis_refuses_channels_of_amazon_q_where_there_is_none(
    synthesize: Synthesize, chatty: DeploymentConfig, region: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"{region} has no Amazon Q .* webhook_secret"):
        synthesize(chatty, account="111122223333", region=region)


def test_a_webhook_works_in_govcloud_too(synthesize: Synthesize) -> None:
    by_webhook = telling(EVERYTHING, slack=(SlackWebhook("not/amazon-q"),))

    assert synthesize(by_webhook, account="111122223333", region="us-gov-west-1").ids("AWS::Lambda::Function")
