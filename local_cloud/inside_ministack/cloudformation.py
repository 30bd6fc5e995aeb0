"""Resource types that MiniStack's CloudFormation refuses, so that the stack deploys unchanged."""

# ruff: noqa: SLF001 - private names of MiniStack are what this file is about; private_names.py guards them
from collections.abc import Callable
from typing import Any

from local_cloud.inside_ministack.private_names import service
from local_cloud.inside_ministack.sns import confirm_subscription

Properties = dict[str, Any]
Created = tuple[str, Properties]
"""A physical id, and what GetAtt answers."""
Handler = dict[str, Callable[..., Any]]

AMAZON_Q = "https://global.sns-api.chatbot.amazonaws.com"
"""The endpoint with which Amazon Q Developer in chat applications subscribes to a channel's topics."""


def extend() -> None:
    """Register what is missing, and complete what is only half there."""
    handlers = service("cloudformation.provisioners")._RESOURCE_HANDLERS
    handlers["AWS::DynamoDB::Table"] = _with_table_settings(handlers["AWS::DynamoDB::Table"])
    handlers["AWS::SNS::Topic"] = _with_topic_settings(handlers["AWS::SNS::Topic"])
    handlers["AWS::SNS::Subscription"] = _confirmed(handlers["AWS::SNS::Subscription"])
    for kind in ("SlackChannelConfiguration", "MicrosoftTeamsChannelConfiguration"):
        handlers[f"AWS::Chatbot::{kind}"] = _chat_channel(handlers["AWS::SNS::Subscription"])
    for kind in ("AWS::Chatbot::CustomAction", "AWS::Logs::QueryDefinition"):
        handlers[kind] = _nothing_behind_it()
    handlers["AWS::CloudWatch::CompositeAlarm"] = _composite_alarm()
    handlers["AWS::CloudWatch::Alarm"] = _with_metric_math(handlers["AWS::CloudWatch::Alarm"])


def _with_table_settings(table: Handler) -> Handler:
    """Tables with the expiry, recovery and encryption that the template asks for, which MiniStack leaves off."""
    dynamodb = service("dynamodb")

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        name, attributes = table["create"](logical_id, properties, stack)
        for setting, change in {
            "TimeToLiveSpecification": dynamodb._update_ttl,
            "PointInTimeRecoverySpecification": dynamodb._update_continuous_backups,
        }.items():
            if setting in properties:
                change({"TableName": name, setting: properties[setting]})
        encryption = dynamodb._sse_description_from_spec(_with_enabled(properties.get("SSESpecification")))
        dynamodb._tables[name]["SSEDescription"] = encryption
        return name, attributes

    return {**table, "create": create}


def _with_enabled(encryption: Properties | None) -> Properties | None:
    """CloudFormation's name for what DynamoDB's API calls Enabled."""
    return encryption and {**encryption, "Enabled": encryption.get("SSEEnabled", False)}


def _with_topic_settings(topic: Handler) -> Handler:
    """Topics that know the key with which the template encrypts them, and whether they keep an order."""

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        arn, attributes = topic["create"](logical_id, properties, stack)
        settings = service("sns")._topics[arn]["attributes"]
        if "KmsMasterKeyId" in properties:
            settings["KmsMasterKeyId"] = properties["KmsMasterKeyId"]
        if properties.get("FifoTopic"):
            settings |= {"FifoTopic": "true", "ContentBasedDeduplication": "false"}
        return arn, attributes

    return {**topic, "create": create}


def _confirmed(subscription: Handler) -> Handler:
    """Subscriptions that work at once. MiniStack never sends an https endpoint of a template its confirmation link."""

    def create(logical_id: str, properties: Properties, stack: str) -> Created:
        arn, attributes = subscription["create"](logical_id, properties, stack)
        confirm_subscription(properties["TopicArn"], arn)
        return arn, attributes

    return {**subscription, "create": create}


def _nothing_behind_it() -> Handler:
    """A resource that has an id, and nothing else."""

    def create(logical_id: str, _properties: Properties, stack: str) -> Created:
        physical_id = f"{stack}-{logical_id}"
        return physical_id, {"CustomActionArn": physical_id, "QueryDefinitionId": physical_id}

    return {"create": create, "update": lambda physical_id, *_: (physical_id, {}), "delete": lambda *_: None}


def _chat_channel(subscription: Handler) -> Handler:
    """A chat channel. As on AWS, Amazon Q subscribes itself to its topics; the inbox shows what it gets."""
    sns = service("sns")

    def put(properties: Properties, stack: str) -> Created:
        name = properties["ConfigurationName"]
        remove(name, properties)
        for topic in properties.get("SnsTopicArns", []):
            reader = {"TopicArn": topic, "Protocol": "https", "Endpoint": f"{AMAZON_Q}#{name}"}
            subscription["create"](name, reader, stack)
        arn = f"arn:aws:chatbot::local-cloud:chat-configuration/{name}"
        return arn, {"Arn": arn}

    def remove(_physical_id: str, properties: Properties) -> None:
        endpoint = f"{AMAZON_Q}#{properties['ConfigurationName']}"
        for topic in sns._topics.values():
            topic["subscriptions"] = [known for known in topic["subscriptions"] if known["endpoint"] != endpoint]

    return {
        "create": lambda _logical_id, new, stack: put(new, stack),
        "update": lambda _physical_id, _old, new, stack: put(new, stack),
        "delete": remove,
    }


def _composite_alarm() -> Handler:
    """Composite alarms, which MiniStack's CloudWatch knows and its CloudFormation does not."""
    cloudwatch = service("cloudwatch")

    def put(name: str, properties: Properties) -> Created:
        status, _, body = cloudwatch._put_composite_alarm({}, {**properties, "AlarmName": name}, False, is_json=True)
        if status >= 400:  # noqa: PLR2004 - HTTP
            raise ValueError(f"AWS::CloudWatch::CompositeAlarm: {body!r}")
        return name, {"Arn": cloudwatch._composite_alarms[name]["AlarmArn"]}

    return {
        "create": lambda logical_id, new, stack: put(new.get("AlarmName") or f"{stack}-{logical_id}", new),
        "update": lambda physical_id, _old, new, _stack: put(physical_id, new),
        "delete": lambda physical_id, _properties: cloudwatch._composite_alarms.pop(physical_id, None),
    }


def _with_metric_math(alarm: Handler) -> Handler:
    """Let alarms on metric math deploy. They stay in INSUFFICIENT_DATA: the metric put in its place has no data."""

    def plain(properties: Properties) -> Properties:
        if "Metrics" not in properties:
            return properties
        rest = {name: value for name, value in properties.items() if name != "Metrics"}
        return {"Threshold": 0, **rest, "Namespace": "LocalCloud", "MetricName": "MetricMathIsNotEvaluated"}

    create, update = alarm["create"], alarm["update"]
    return {
        **alarm,
        "create": lambda logical_id, new, stack: create(logical_id, plain(new), stack),
        "update": lambda name, old, new, stack, **more: update(name, plain(old), plain(new), stack, **more),
    }
