"""Queued channels: from the alert topic to a function that may read its queues and secrets, and nothing is lost."""

import json
from dataclasses import dataclass, replace

import pytest

from infra.deployment_config import DeploymentConfig
from infra.pagerduty_services import PAGERDUTY
from infra.queued_channel import BATCH_SIZE, QueuedKind
from infra.recipients import PagerDutyService, Recipient, SignedWebhook, SlackWebhook
from infra.signed_webhooks import SIGNED_WEBHOOK
from infra.slack_webhooks import SLACK
from journey_watch.channels.pagerduty import events_api, poster
from journey_watch.channels.queued.recipients import recipients_by_queue
from journey_watch.channels.signed_webhook.poster import SECONDS
from journey_watch.channels.slack import poster as slack_poster
from journey_watch.channels.slack import webhook
from journey_watch.core.severity import Severity
from tests.infra.conftest import EVERYTHING, Synthesize, telling
from tests.infra.synthesis import Json, Synthesized, listed, text, without_filter_policies

ALL = telling(
    EVERYTHING,
    slack=(SlackWebhook("team/slack"), SlackWebhook("team-slack", Severity.CRITICAL)),
    pagerduty=(PagerDutyService("team/pager"), PagerDutyService("pager", Severity.WARNING, "eu")),
    signed_webhooks=(
        SignedWebhook("https://a.example/in", "team/hook"),
        SignedWebhook("https://b.example/in", "hook", Severity.WARNING),
    ),
)


@dataclass(frozen=True)
class Kind:
    """One kind of recipients, and what is expected of it."""

    deployed: QueuedKind
    config: DeploymentConfig
    told: dict[str, object]
    """By secret."""
    heard: dict[str, list[str]]
    """By secret: the severities that its queue gets."""
    seconds_per_alert: float
    """The most that one takes."""


KINDS = [
    Kind(
        SLACK,
        telling(EVERYTHING, slack=ALL.default.slack),
        {"team/slack": "team/slack", "team-slack": "team-slack"},
        {"team/slack": ["info", "warning", "critical"], "team-slack": ["critical"]},
        slack_poster.SECONDS_PER_MESSAGE + webhook.SECONDS,
    ),
    Kind(
        PAGERDUTY,
        telling(EVERYTHING, pagerduty=ALL.default.pagerduty),
        {
            "team/pager": {"secret": "team/pager", "region": "us"},
            "pager": {"secret": "pager", "region": "eu"},
        },
        {"team/pager": ["critical"], "pager": ["warning", "critical"]},
        poster.SECONDS_PER_ALERT + events_api.SECONDS,
    ),
    Kind(
        SIGNED_WEBHOOK,
        telling(EVERYTHING, signed_webhooks=ALL.default.signed_webhooks),
        {
            "team/hook": {"secret": "team/hook", "url": "https://a.example/in"},
            "hook": {"secret": "hook", "url": "https://b.example/in"},
        },
        {"team/hook": ["info", "warning", "critical"], "hook": ["warning", "critical"]},
        SECONDS,
    ),
]

each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.deployed.name)


def function_of(stack: Synthesized, kind: Kind) -> Json:
    return stack.function(kind.deployed.handler)


def told(stack: Synthesized, kind: Kind) -> dict[str, object]:
    """By queue ARN, as the function is told."""
    variable = kind.deployed.variable
    names = text(function_of(stack, kind)["Environment"]["Variables"][variable])
    found = recipients_by_queue({variable: names}, variable, ALL.for_poller().queued)
    beginning = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:"
    return {arn.removeprefix(beginning).replace(".QueueName}", ".Arn}"): told for arn, told in found.items()}


def secrets(stack: Synthesized, kind: Kind) -> dict[str, str]:
    """By queue ARN."""
    secret_of = {json.dumps(expected): secret for secret, expected in kind.told.items()}
    return {arn: secret_of[json.dumps(found)] for arn, found in told(stack, kind).items()}


def ordered_topic(stack: Synthesized) -> str:
    """Its reference."""
    (topic,) = (
        name
        for name, resource in stack.template["Resources"].items()
        if resource["Type"] == "AWS::SNS::Topic" and resource["Properties"].get("FifoTopic")
    )
    return f"${{{topic}}}"


def queue(stack: Synthesized, arn: str) -> Json:
    properties: Json = stack.template["Resources"][arn.removeprefix("${").removesuffix(".Arn}")]["Properties"]
    return properties


@each_kind
def test_each_recipient_has_a_queue_that_hears_its_severities(synthesize: Synthesize, kind: Kind) -> None:
    stack = synthesize(ALL)
    queues = secrets(stack, kind)
    heard = {
        queues[text(each["Endpoint"])]: [
            audience.removeprefix("default/") for audience in each["FilterPolicy"]["recipient"]
        ]
        for each in stack.properties("AWS::SNS::Subscription")
        if text(each["Endpoint"]) in queues and each["Protocol"] == "sqs" and each["RawMessageDelivery"]
    }

    assert heard == kind.heard


@each_kind
def test_where_order_matters_the_topic_the_queue_and_the_dead_letters_keep_it(
    synthesize: Synthesize, kind: Kind
) -> None:
    stack = synthesize(ALL)
    topics = {
        text(each["Endpoint"]): text(each["TopicArn"])
        for each in stack.properties("AWS::SNS::Subscription")
        if text(each["Endpoint"]) in secrets(stack, kind)
    }

    assert len(topics) == len(kind.told)
    for arn, topic in topics.items():
        dead_letters = text(queue(stack, arn)["RedrivePolicy"]["deadLetterTargetArn"])
        for each in (queue(stack, arn), queue(stack, dead_letters)):
            assert each.get("FifoQueue", False) is kind.deployed.in_order
        assert topic == (ordered_topic(stack) if kind.deployed.in_order else stack.output("AlertTopicArn"))


@each_kind
def test_the_ordered_topic_is_there_only_for_those_who_read_it(synthesize: Synthesize, kind: Kind) -> None:
    fifo = [each for each in synthesize(kind.config).properties("AWS::SNS::Topic") if each.get("FifoTopic")]

    assert len(fifo) == int(kind.deployed.in_order)
    for topic in fifo:
        assert topic["KmsMasterKeyId"]
        assert not topic.get("ContentBasedDeduplication")


def test_a_recipient_who_is_an_operator_too_is_told_of_a_blind_monitor_and_of_no_alarm(synthesize: Synthesize) -> None:
    sre = Recipient(name="sre", slack=(SlackWebhook("slack"),), pagerduty=(PagerDutyService("pager"),))
    stack = synthesize(replace(EVERYTHING, others=(sre,), watching=replace(EVERYTHING.watching, operators=("sre",))))
    heard = [
        (text(each["TopicArn"]), each["FilterPolicy"]["recipient"])
        for each in stack.properties("AWS::SNS::Subscription")
        if each["Protocol"] == "sqs" and ("PagerDuty" in text(each["Endpoint"]) or "Slack" in text(each["Endpoint"]))
    ]

    # An alarm of CloudWatch's comes without the attribute.
    everything = ["sre/info", "sre/warning", "sre/critical"]
    assert sorted(heard) == sorted(
        [
            (stack.output("AlertTopicArn"), everything),
            (stack.output("OpsTopicArn"), everything),
            (ordered_topic(stack), ["sre/critical"]),
        ]
    )


@each_kind
def test_one_kind_alone_is_deployed_alone(synthesize: Synthesize, kind: Kind) -> None:
    stack = synthesize(kind.config)
    handlers = {each["Handler"] for each in stack.properties("AWS::Lambda::Function")}

    assert handlers & {each.deployed.handler for each in KINDS} == {kind.deployed.handler}
    assert not any("Nobody gets the alerts" in warning for warning in stack.warnings)


def test_a_subscription_stays_itself_whatever_becomes_of_the_others_and_of_its_filter(synthesize: Synthesize) -> None:
    """What would be a new one is the old one to SNS, which is then deleted."""
    changed = telling(
        ALL,
        slack=(SlackWebhook("new/slack"), SlackWebhook("team-slack"), SlackWebhook("team/slack", Severity.WARNING)),
        pagerduty=(PagerDutyService("new"), *reversed(ALL.default.pagerduty)),
        signed_webhooks=(
            SignedWebhook("https://b.example/elsewhere", "hook"),
            SignedWebhook("https://a.example/in", "team/hook", Severity.CRITICAL),
        ),
    )
    before, after = synthesize(ALL), synthesize(changed)

    assert len(without_filter_policies(before)) == 6
    assert without_filter_policies(before).items() <= without_filter_policies(after).items()


@each_kind
def test_what_is_not_taken_is_kept_for_days_and_then_for_somebody_to_look_at(
    synthesize: Synthesize, kind: Kind
) -> None:
    stack = synthesize(ALL)
    for arn in secrets(stack, kind):
        properties = queue(stack, arn)
        assert properties["SqsManagedSseEnabled"] is True
        assert properties["MessageRetentionPeriod"] == 14 * 86400
        redrive = properties["RedrivePolicy"]
        assert redrive["maxReceiveCount"] == kind.deployed.max_attempts
        dead_letters = queue(stack, text(redrive["deadLetterTargetArn"]))
        assert dead_letters["SqsManagedSseEnabled"] is True
        assert dead_letters["MessageRetentionPeriod"] == 14 * 86400


@each_kind
def test_two_invocations_at_most_each_with_time_for_its_batch(synthesize: Synthesize, kind: Kind) -> None:
    stack = synthesize(ALL)
    timeout = function_of(stack, kind)["Timeout"]
    queues = secrets(stack, kind)
    sources = [
        each for each in stack.properties("AWS::Lambda::EventSourceMapping") if text(each["EventSourceArn"]) in queues
    ]

    assert {text(each["EventSourceArn"]) for each in sources} == queues.keys()
    for source in sources:
        assert source["ScalingConfig"] == {"MaximumConcurrency": 2}
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
        assert source["BatchSize"] == (1 if kind.deployed.in_order else BATCH_SIZE)
        assert queue(stack, text(source["EventSourceArn"]))["VisibilityTimeout"] == 6 * timeout
    assert timeout > kind.deployed.batch_size * kind.seconds_per_alert
    assert "ReservedConcurrentExecutions" not in function_of(stack, kind)


@each_kind
def test_a_function_may_do_this_and_nothing_else(synthesize: Synthesize, kind: Kind) -> None:
    stack = synthesize(ALL)
    role = function_of(stack, kind)["Role"]["Fn::GetAtt"][0]
    log = f"${{{function_of(stack, kind)['LoggingConfig']['LogGroup']['Ref']}.Arn}}"
    secret = "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:"
    actions = ("ReceiveMessage", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes")

    assert stack.allowed(role) == {
        *((f"sqs:{action}", arn) for action in actions for arn in secrets(stack, kind)),
        *(("secretsmanager:GetSecretValue", f"{secret}{name}-??????") for name in kind.told),
        ("logs:CreateLogStream", log),
        ("logs:PutLogEvents", log),
    }


def test_only_topics_fill_a_queue(synthesize: Synthesize) -> None:
    stack = synthesize(ALL)
    allowed = [
        statement
        for policy in stack.properties("AWS::SQS::QueuePolicy")
        for statement in policy["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert {text(each["Resource"]) for each in allowed} == {arn for kind in KINDS for arn in secrets(stack, kind)}
    for statement in allowed:
        assert listed(statement["Action"]) == ["sqs:SendMessage"]
        source = text(statement["Condition"]["ArnEquals"]["aws:SourceArn"])
        assert source in {stack.output("AlertTopicArn"), ordered_topic(stack)}


@each_kind
def test_a_queue_that_is_not_emptied_and_a_dead_letter_raise_alarms(synthesize: Synthesize, kind: Kind) -> None:
    stack = synthesize(ALL)
    alarms = {
        (each["MetricName"], text(dimension["Value"])): each["AlarmName"]
        for each in stack.properties("AWS::CloudWatch::Alarm")
        for dimension in each.get("Dimensions", ())
    }

    for arn, secret in secrets(stack, kind).items():
        name = kind.deployed.name
        age = alarms["ApproximateAgeOfOldestMessage", arn.replace(".Arn}", ".QueueName}")]
        assert age == f"{EVERYTHING.name} queue-too-old {name} {secret}"
        dead_letters = text(queue(stack, arn)["RedrivePolicy"]["deadLetterTargetArn"])
        given_up = alarms["ApproximateNumberOfMessagesVisible", dead_letters.replace(".Arn}", ".QueueName}")]
        assert given_up == f"{EVERYTHING.name} dead-letters {name}"


def test_the_pagerduty_function_is_told_a_region_that_it_knows(synthesize: Synthesize) -> None:
    assert {each["region"] for each in told(synthesize(ALL), KINDS[1]).values()} == events_api.URLS.keys()  # type: ignore[index]  # objects of texts
