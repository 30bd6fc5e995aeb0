"""What the stack makes for recipients: a reader of each, that gets what is for it."""

import json
from dataclasses import replace

from infra.recipients import EmailRecipient, Recipient, SlackChannel, SlackWebhook
from journey_watch import contract
from journey_watch.core.routing import Route
from journey_watch.core.severity import Severity
from tests.infra.conftest import EVERYTHING, Synthesize
from tests.infra.synthesis import Synthesized, text

TEAM = Recipient(
    name="team",
    email=(EmailRecipient("ann@example.com", Severity.CRITICAL), EmailRecipient("team@example.com")),
    slack=(SlackChannel("T1", "C9"), SlackWebhook("shared/slack", Severity.CRITICAL)),
    event_bus="team",
)
ROUTED = replace(
    EVERYTHING,
    default=Recipient(
        email=(EmailRecipient("ann@example.com"),), slack=(SlackWebhook("shared/slack"),), event_bus="default"
    ),
    others=(TEAM,),
    watching=replace(EVERYTHING.watching, routes=(Route(to=("team",), region="eu-west-1"),), recipients=("team",)),
)
OPERATING = replace(ROUTED, watching=replace(ROUTED.watching, operators=("team",)))


def policies(stack: Synthesized, protocol: str, topic: str) -> dict[str, object]:
    """Filter policies, by endpoint."""
    return {
        text(each["Endpoint"]): each.get("FilterPolicy")
        for each in stack.properties("AWS::SNS::Subscription")
        if each["Protocol"] == protocol and text(each["TopicArn"]) == stack.output(topic)
    }


def test_an_address_of_two_recipients_has_one_subscription_that_hears_both(synthesize: Synthesize) -> None:
    assert policies(synthesize(ROUTED), "email", "AlertMailTopicArn") == {
        "ann@example.com": {"recipient": ["default/warning", "default/critical", "team/critical"]},
        "team@example.com": {"recipient": ["team/warning", "team/critical"]},
    }


def test_a_webhook_of_two_recipients_has_one_queue_that_hears_both(synthesize: Synthesize) -> None:
    (heard,) = policies(synthesize(ROUTED), "sqs", "AlertTopicArn").values()
    assert heard == {"recipient": ["default/info", "default/warning", "default/critical", "team/critical"]}


def test_each_recipient_has_its_own_chat_topic_and_bus_of_which_the_poller_is_told(synthesize: Synthesize) -> None:
    stack = synthesize(ROUTED)
    variables = stack.poller["Environment"]["Variables"]
    topics = json.loads(text(variables[contract.ENV_CHAT_TOPICS]))
    assert list(topics) == ["team/info"]
    buses = json.loads(text(variables[contract.ENV_EVENT_BUSES]))
    assert {name: arn.rpartition("/")[2] for name, arn in buses.items()} == {"default": "default", "team": "team"}
    allowed = stack.allowed(stack.poller_role)
    putting = "events:PutEvents if events:source is journey-watch"
    assert {("sns:Publish", topics["team/info"]), *((putting, arn) for arn in buses.values())} <= allowed


def test_recipients_of_ops_hear_of_a_blind_monitor_in_all_their_ways(synthesize: Synthesize) -> None:
    stack = synthesize(OPERATING)
    assert policies(stack, "email", "OpsMailTopicArn") == {"ann@example.com": None, "team@example.com": None}
    (heard,) = policies(stack, "sqs", "OpsTopicArn").values()
    assert heard == {"recipient": ["team/critical"]}
    assert policies(synthesize(ROUTED), "sqs", "OpsTopicArn") == {}


def test_a_recipient_more_changes_filters_in_place_and_asks_no_address_again(synthesize: Synthesize) -> None:
    def subscriptions(stack: Synthesized) -> dict[str, object]:
        resources = stack.template["Resources"].items()
        return {
            name: {**made["Properties"], "FilterPolicy": None}
            for name, made in resources
            if made["Type"] == "AWS::SNS::Subscription"
        }

    before = synthesize(replace(ROUTED, others=(), watching=EVERYTHING.watching))
    assert subscriptions(before).items() <= subscriptions(synthesize(ROUTED)).items()
