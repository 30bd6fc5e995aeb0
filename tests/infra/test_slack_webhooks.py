"""Webhooks: from the alert topic to a function that may read its queues and secrets, and nothing is lost on the way."""

import json

from infra.recipients import SlackWebhook
from infra.slack_webhooks import BATCH_SIZE
from journey_watch import contract
from journey_watch.channels.slack.poster import SECONDS_PER_MESSAGE
from journey_watch.channels.slack.webhook import CONNECT_SECONDS, READ_SECONDS
from journey_watch.core.severity import Severity
from tests.infra.conftest import EVERYTHING, Synthesize, telling
from tests.infra.synthesis import Json, Synthesized, listed, text, without_filter_policies

WEBHOOKS = telling(EVERYTHING, slack=(SlackWebhook("team/slack"), SlackWebhook("team-slack", Severity.CRITICAL)))


def slack_function(stack: Synthesized) -> Json:
    return stack.function(contract.SLACK_HANDLER)


def secrets(stack: Synthesized) -> dict[str, str]:
    """By queue ARN, as the function is told."""
    told: dict[str, str] = json.loads(
        text(slack_function(stack)["Environment"]["Variables"][contract.ENV_WEBHOOK_SECRETS])
    )
    return told


def queue(stack: Synthesized, arn: str) -> Json:
    properties: Json = stack.template["Resources"][arn.removeprefix("${").removesuffix(".Arn}")]["Properties"]
    return properties


def test_each_webhook_has_a_queue_that_hears_its_severities(synthesize: Synthesize) -> None:
    stack = synthesize(WEBHOOKS)
    heard = {
        secrets(stack)[text(each["Endpoint"])]: each["FilterPolicy"]
        for each in stack.properties("AWS::SNS::Subscription")
        if each["Protocol"] == "sqs" and each["RawMessageDelivery"]
    }

    assert heard == {
        "team/slack": {"recipient": ["default/info", "default/warning", "default/critical"]},
        "team-slack": {"recipient": ["default/critical"]},
    }
    assert {text(each["TopicArn"]) for each in stack.properties("AWS::SNS::Subscription")} == {
        stack.output("AlertTopicArn")
    }


def test_a_webhooks_subscription_stays_itself_whatever_becomes_of_the_others_and_of_its_filter(
    synthesize: Synthesize,
) -> None:
    """What would be a new one is the old one to SNS, which is then deleted."""
    changed = (SlackWebhook("new/slack"), SlackWebhook("team-slack"), SlackWebhook("team/slack", Severity.WARNING))
    before, after = synthesize(WEBHOOKS), synthesize(telling(WEBHOOKS, slack=changed))

    assert len(without_filter_policies(before)) == 2
    assert without_filter_policies(before).items() <= without_filter_policies(after).items()


def test_what_slack_does_not_take_is_kept_for_days_and_then_for_somebody_to_look_at(synthesize: Synthesize) -> None:
    stack = synthesize(WEBHOOKS)
    for arn in secrets(stack):
        properties = queue(stack, arn)
        assert properties["SqsManagedSseEnabled"] is True
        assert properties["MessageRetentionPeriod"] == 14 * 86400
        redrive = properties["RedrivePolicy"]
        assert redrive["maxReceiveCount"] >= 100
        dead_letters = queue(stack, text(redrive["deadLetterTargetArn"]))
        assert dead_letters["SqsManagedSseEnabled"] is True
        assert dead_letters["MessageRetentionPeriod"] == 14 * 86400


def test_two_invocations_at_most_each_with_time_for_its_batch(synthesize: Synthesize) -> None:
    stack = synthesize(WEBHOOKS)
    timeout = slack_function(stack)["Timeout"]
    sources = stack.properties("AWS::Lambda::EventSourceMapping")

    assert {text(each["EventSourceArn"]) for each in sources} == secrets(stack).keys()
    for source in sources:
        assert source["ScalingConfig"] == {"MaximumConcurrency": 2}
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["BatchSize"] == BATCH_SIZE
        assert queue(stack, text(source["EventSourceArn"]))["VisibilityTimeout"] == 6 * timeout
    assert timeout > BATCH_SIZE * (SECONDS_PER_MESSAGE + CONNECT_SECONDS + READ_SECONDS)
    assert "ReservedConcurrentExecutions" not in slack_function(stack)


def test_the_function_may_do_this_and_nothing_else(synthesize: Synthesize) -> None:
    stack = synthesize(WEBHOOKS)
    role = slack_function(stack)["Role"]["Fn::GetAtt"][0]
    log = f"${{{slack_function(stack)['LoggingConfig']['LogGroup']['Ref']}.Arn}}"
    secret = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
    actions = ("ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes")

    assert stack.allowed(role) == {
        *((f"sqs:{action}", arn) for action in actions for arn in secrets(stack)),
        *(("secretsmanager:GetSecretValue", f"{secret}{name}-??????") for name in secrets(stack).values()),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


def test_only_the_alert_topic_fills_a_queue(synthesize: Synthesize) -> None:
    stack = synthesize(WEBHOOKS)
    allowed = [
        statement
        for policy in stack.properties("AWS::SQS::QueuePolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert {text(each["Resource"]) for each in allowed} == secrets(stack).keys()
    for statement in allowed:
        assert listed(statement["Action"]) == ["sqs:SendMessage"]
        assert text(statement["Condition"]["ArnEquals"]["aws:SourceArn"]) == stack.output("AlertTopicArn")


def test_a_queue_that_is_not_emptied_and_a_dead_letter_raise_alarms(synthesize: Synthesize) -> None:
    stack = synthesize(WEBHOOKS)
    watched = {
        (each["MetricName"], text(dimension["Value"]))
        for each in stack.properties("AWS::CloudWatch::Alarm")
        if each.get("Namespace") == "AWS/SQS"
        for dimension in each["Dimensions"]
    }

    for arn in secrets(stack):
        assert ("ApproximateAgeOfOldestMessage", arn.replace(".Arn}", ".QueueName}")) in watched
        dead_letters = text(queue(stack, arn)["RedrivePolicy"]["deadLetterTargetArn"])
        assert ("ApproximateNumberOfMessagesVisible", dead_letters.replace(".Arn}", ".QueueName}")) in watched


def test_a_deployment_with_webhooks_alone_has_readers(synthesize: Synthesize) -> None:
    assert not any("Nobody gets the alerts" in warning for warning in synthesize(WEBHOOKS).warnings)
