"""What AWS's services do under a role, or as themselves, and MiniStack does without asking any policy."""

# ruff: noqa: SLF001 - private names of MiniStack are what this file is about; private_names.py guards them
import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

from local_cloud.inside_ministack.permissions import PUBLISHING, Permissions, key_of
from local_cloud.inside_ministack.private_names import core, service

EVENTBRIDGE = "events.amazonaws.com"
SENDING = ("sqs:SendMessage",)
READING_A_QUEUE = ("sqs:ReceiveMessage", "sqs:GetQueueAttributes")
"""With sqs:DeleteMessage, what Lambda needs of a function's role to feed it from a queue (its guide, "Using SQS")."""


def judge(permissions: Permissions) -> None:
    """Judge what Scheduler, EventBridge's rules, alarms, Lambda's queue readers and Lambda's logging do."""
    _targets(permissions)
    _alarms(permissions)
    _event_sources(permissions)
    _logs(permissions)


def _targets(permissions: Permissions) -> None:
    """Judge the targets of schedules and rules; MiniStack calls both in one way."""
    eventbridge = service("eventbridge")
    invoke = eventbridge._invoke_target

    def invoke_if_allowed(
        target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: object = None
    ) -> None:
        if ":sns:" in target["Arn"]:
            allowed = _may_publish(target, rule["Arn"], permissions)
        elif ":lambda:" in target["Arn"] and "RoleArn" in target:
            allowed = _may_invoke(target, rule["Arn"], permissions)
            letters = target.get("DeadLetterConfig", {}).get("Arn")
            # A schedule that may not invoke its function leaves its event there, if it may do that.
            if not allowed and letters and _allowed(permissions, _session(target["RoleArn"]), SENDING, letters):
                eventbridge._dispatch_to_sqs(core("arn").parse_arn(letters), target.get("Input", "{}"))
        else:
            allowed = True
        if allowed:
            invoke(target, event, rule, view)

    eventbridge._invoke_target = invoke_if_allowed


def _may_invoke(target: dict[str, Any], schedule: str, permissions: Permissions) -> bool:
    """Return whether a schedule's role may be assumed for it, and may invoke. Scheduler names the group as source."""
    _, _, name, region, account, path = schedule.split(":", 5)
    group = f"arn:aws:{name}:{region}:{account}:schedule-group/{path.split('/')[1]}"
    role = target["RoleArn"]
    return _trusted_by(role, "scheduler.amazonaws.com", group, permissions) and _allowed(
        permissions, _session(role), ["lambda:InvokeFunction"], target["Arn"]
    )


def _may_publish(target: dict[str, Any], rule: str, permissions: Permissions) -> bool:
    """Return whether a rule may publish: under its role, or without one as EventBridge itself."""
    role, topic = target.get("RoleArn"), target["Arn"]
    if role:
        return _trusted_by(role, EVENTBRIDGE, rule, permissions) and _allowed(
            permissions, _session(role), ["sns:Publish"], topic
        )
    return _admitted_to_topic(EVENTBRIDGE, rule, topic, permissions)


def _alarms(permissions: Permissions) -> None:
    """CloudWatch publishes as itself, on behalf of an alarm: topic and key must both admit it."""
    cloudwatch = service("cloudwatch")
    dispatch = cloudwatch._dispatch_alarm_actions

    def dispatch_admitted(alarm: dict[str, Any], before: str, after: str, reason: str) -> None:
        field = {"ALARM": "AlarmActions", "OK": "OKActions"}.get(after, "InsufficientDataActions")
        kept = [
            action
            for action in alarm.get(field) or []
            if ":sns:" not in action
            or _admitted_to_topic(
                "cloudwatch.amazonaws.com", _alarm_arn(action, alarm["AlarmName"]), action, permissions
            )
        ]
        dispatch({**alarm, field: kept}, before, after, reason)

    cloudwatch._dispatch_alarm_actions = dispatch_admitted


def _alarm_arn(topic: str, alarm: str) -> str:
    """The ARN of an alarm, which is in the account and Region of the topics it may publish to."""
    _, _, _, region, account, _ = topic.split(":")
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{alarm}"


def _admitted_to_topic(caller: str, source: str, topic: str, permissions: Permissions) -> bool:
    """Return whether a service itself may publish to a topic on behalf of a source, and use the topic's key."""
    record = service("sns")._topic_by_arn_any_scope(topic) or {"attributes": {}}
    judged = [("sns:Publish", topic, record["attributes"].get("Policy"))]
    if key := key_of("sns:Publish", topic):
        policy, _ = service("kms").key_policy_for_arn(key) or ("", "")
        judged += [(action, key, policy) for action in PUBLISHING]
    for action, resource, policy in judged:
        if not _admits(policy, caller, action, resource, source):
            message = f"Its policy does not let {caller} in for {source}"
            permissions.write_refusal(caller, action, resource, message)
            return False
    return True


def _trusted_by(role: str, caller: str, source: str, permissions: Permissions) -> bool:
    """Return whether a role's trust lets a service assume it on behalf of a source."""
    record = service("iam")._roles.get_scoped(role.split(":")[4], None, role.rpartition("/")[2]) or {}
    if _admits(record.get("AssumeRolePolicyDocument"), caller, "sts:AssumeRole", role, source):
        return True
    message = f"The role's trust does not let {caller} assume it for {source}"
    permissions.write_refusal(role, "sts:AssumeRole", role, message)
    return False


def _admits(policy: Any, caller: str, action: str, resource: str, source: str) -> bool:  # noqa: ANN401 - text or object
    """Return whether a resource's own policy lets a service in that says on whose behalf it calls."""
    evaluator = core("iam_evaluator")
    _, _, _, region, account, _ = source.split(":", 5)
    context = evaluator.EvalContext(
        principal_arn=caller,
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=region,
        service_context={"aws:sourcearn": source, "aws:sourceaccount": account, "aws:securetransport": "true"},
    )
    return bool(evaluator.evaluate_resource_policy(policy, context, service=caller).decision == "Allow")


def _event_sources(permissions: Permissions) -> None:
    """Lambda reads the queues of a function as the function's role."""
    sqs = service("sqs")
    receive, delete = sqs._receive_messages_for_esm, sqs._delete_messages_for_esm

    def allowed(queue_url: str, actions: Iterable[str]) -> bool:
        queue = sqs._queues[queue_url]["attributes"]["QueueArn"]
        return all(
            _allowed(permissions, _session_of_function(config), actions, queue) for config in _functions_reading(queue)
        )

    def receive_as_role(queue_url: str, most: int) -> list[dict[str, Any]]:
        return receive(queue_url, most) if allowed(queue_url, READING_A_QUEUE) else []

    def delete_as_role(queue_url: str, receipts: set[str]) -> None:
        if allowed(queue_url, ["sqs:DeleteMessage"]):
            delete(queue_url, receipts)

    sqs._receive_messages_for_esm, sqs._delete_messages_for_esm = receive_as_role, delete_as_role


def _functions_reading(queue: str) -> Iterator[dict[str, Any]]:
    lambda_svc = service("lambda_svc")
    for _account, _region, mapping in lambda_svc._iter_all_esms():
        if mapping["EventSourceArn"] == queue:
            _, config = lambda_svc._get_func_record_for_qualifier(mapping["FunctionName"], mapping.get("Qualifier"))
            yield config


def _logs(permissions: Permissions) -> None:
    """Lambda writes a function's log as the function's role; what it may not write is lost, and the function runs."""
    lambda_svc = service("lambda_svc")
    emit = lambda_svc._emit_lambda_logs

    def emit_as_role(function: dict[str, Any], *output: Any, **more: Any) -> None:  # noqa: ANN401 - MiniStack's own
        config = function.get("config") or function
        _, _, _, region, account, *_ = config["FunctionArn"].split(":")
        group = config.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{config['FunctionName']}"
        # A stream for each invocation, whose name no policy knows.
        stream = f"arn:aws:logs:{region}:{account}:log-group:{group}:log-stream:any"
        if _allowed(permissions, _session_of_function(config), ["logs:CreateLogStream", "logs:PutLogEvents"], stream):
            emit(function, *output, **more)

    lambda_svc._emit_lambda_logs = emit_as_role


def _allowed(permissions: Permissions, access_key: str, actions: Iterable[str], resource: str) -> bool:
    region = resource.split(":")[3]
    return all(permissions.refusal(access_key, action, resource, region=region) is None for action in actions)


def _session_of_function(config: dict[str, Any]) -> str:
    return str(core("lambda_runtime").execution_credentials(config)["AWS_ACCESS_KEY_ID"])


def _session(role: str) -> str:
    """The key of a session that Scheduler or EventBridge has of a role."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    digest = hashlib.sha256(role.encode()).hexdigest()
    key = f"ASIA{digest[:16].upper()}"
    service("sts").register_session(
        key,
        {
            "Arn": f"arn:aws:sts::{account}:assumed-role/{name}/service",
            "UserId": f"{name}:service",
            "SecretAccessKey": digest,
            "SessionToken": digest,
        },
    )
    return key
